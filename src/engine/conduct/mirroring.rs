//! One run on its way to the environment's lock host, so that other workstations know of it: what is told there, and
//! that somebody else has taken the run over.

use std::time::Duration;

use jiff::Timestamp;

use super::ledger::Lost;
use crate::domain::{Run, RunId};
use crate::engine::approvals::Approvals;
use crate::engine::mirror::{Mirror, MirrorError, Trail, TrailState};
use crate::engine::releases::Shared;
use crate::engine::store::{Adopted, Recorded, Store, Who};

/// What needs no answer of the lock host waits for it so long at most: so that little is lost when the console goes.
const WAITED: Duration = Duration::from_secs(3);
/// The end of a run is the last that is told of it.
const ENDED: Duration = Duration::from_secs(10);

/// The lock host's copy of one run. Cheap to clone.
#[derive(Clone)]
pub(super) struct Mirroring {
    mirror: Mirror,
    trail: Trail,
    run: RunId,
}

impl Mirroring {
    /// Begins to tell of a run under this token; also when the lock host can't be written now: then it is told later.
    pub(super) async fn begin(
        mirror: Mirror,
        run: &Run,
        token: u64,
        who: Who,
        at: Timestamp,
    ) -> (Self, Result<(), MirrorError>) {
        let (trail, sent) = mirror.begin(run, token, who, at);
        (Self { mirror, trail, run: run.id.clone() }, sent.await)
    }

    /// Tells it: whether it is there. What can't be sent now is kept, and sent later in its order.
    pub(super) async fn must(&self, what: Recorded, at: Timestamp) -> Result<(), MirrorError> {
        self.trail.append(what, at).await
    }

    /// The same for what changes nothing on any host: while the lock host can't be written it is not waited for. Says
    /// only whether the run is somebody else's.
    pub(super) async fn tell(&self, what: Recorded, at: Timestamp) -> Result<(), MirrorError> {
        let is_whole = *self.trail.state().borrow() == TrailState::Whole;
        let sent = self.trail.append(what, at);
        if !is_whole {
            return Ok(());
        }
        match tokio::time::timeout(WAITED, sent).await {
            Ok(Err(taken @ MirrorError::Taken { .. })) => Err(taken),
            Ok(Err(why)) => {
                tracing::warn!(run = %self.run, %why, "a record waits for the lock host");
                Ok(())
            }
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }

    /// Tells the end: a sentence if others may go on to see the run as open.
    pub(super) async fn end(&self, what: Recorded, at: Timestamp) -> Option<String> {
        let why = match tokio::time::timeout(ENDED, self.trail.append(what, at)).await {
            Ok(Ok(())) => return None,
            Ok(Err(why)) => why.to_string(),
            Err(_) => format!("the lock host {} gives no answer", self.mirror.host()),
        };
        Some(format!("That the run has ended could not be told to others, who may still see it as open: {why}."))
    }

    /// The approvals on the same host.
    pub(super) fn approvals(&self) -> Approvals {
        self.mirror.approvals()
    }

    /// The lock host itself.
    pub(super) fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// The releases on the same host.
    pub(super) fn releases(&self) -> Shared {
        self.mirror.releases()
    }

    /// Waits until all that was told is there, for so long: a sentence if it is not.
    pub(super) async fn flushed(&self, at: Timestamp, within: Duration) -> Option<String> {
        let why = match tokio::time::timeout(within, self.trail.flushed(at)).await {
            Ok(Ok(())) => return None,
            Ok(Err(why)) => why.to_string(),
            Err(_) => format!("the lock host {} gives no answer", self.mirror.host()),
        };
        Some(format!(
            "Not all of what was done last in run {} could be told to others: {why}. It is recorded here, and told when \
             the run is gone on with from here.",
            self.run.short()
        ))
    }

    /// Comes back once somebody else has the run.
    pub(super) async fn taken(&self) {
        let mut state = self.trail.state();
        let is_taken = state.wait_for(|state| matches!(state, TrailState::Taken(_))).await.is_ok();
        if !is_taken {
            std::future::pending::<()>().await;
        }
    }

    /// Who has it, as far as that can be learnt; from then on nothing of it is recorded here.
    pub(super) async fn owner(&self, store: &dyn Store, at: Timestamp) -> Option<String> {
        theirs(&self.mirror, store, &self.run, at).await.map(|(by, _)| by)
    }
}

/// A run that is somebody else's now: who that is, and how it stands. It is put into the store as theirs.
pub(super) async fn theirs(mirror: &Mirror, store: &dyn Store, run: &RunId, at: Timestamp) -> Option<(String, Run)> {
    let found = mirror.read(run).await.ok()?;
    let by = found.by(mirror.host());
    let who = found.who.clone();
    let who = who.unwrap_or_else(|| Who { person: found.login.plain(), workstation: mirror.host().to_string() });
    let adopted = Adopted::from(&found);
    if let Err(error) = store.take_in(adopted, who, false, at).await {
        tracing::info!(%run, %error, "what the lock host says of a run is not taken in");
    }
    Some((by, found.run))
}

impl From<MirrorError> for Lost {
    fn from(error: MirrorError) -> Self {
        match error {
            MirrorError::Taken { by, .. } => Lost::Taken(by),
            error => Lost::Unrecorded(error.to_string()),
        }
    }
}
