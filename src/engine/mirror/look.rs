//! Runs that this machine knows as going on, as the lock host has them: what others have done of them is put into the store.

use jiff::Timestamp;

use super::{Mirror, MirrorError, Mirrored};
use crate::domain::Run;
use crate::domain::run::RunState;
use crate::engine::store::{Adopted, Store, Who, newest_token};

/// So many runs are asked about at once.
const MOST: usize = 64;

/// A run as it lies on the lock host.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// What lies there.
    pub there: Mirrored,
    /// Whether that is this machine's own word: nobody else has taken it over.
    pub ours: bool,
}

/// Asks with one question how these runs stand that go on as far as is known here, and puts into the store what somebody else
/// has done of them. `workstation` is this one.
///
/// # Errors
/// Why the lock host says nothing.
pub async fn look(
    mirror: &Mirror,
    store: &dyn Store,
    runs: &[Run],
    workstation: &str,
    now: Timestamp,
) -> Result<Vec<Looked>, MirrorError> {
    let open = runs.iter().filter(|run| run.state == RunState::Running && run.document.is_some());
    let open: Vec<_> = open.map(|run| run.id.clone()).take(MOST).collect();
    let listing = mirror.these(&open).await?;
    for why in listing.unreadable {
        tracing::info!(%why, "how a run stands there is not known");
    }
    let mut all = Vec::new();
    for there in listing.runs {
        let known = newest_token(&store.records(there.run.id.clone()).await.unwrap_or_default());
        let from_here = there.who.as_ref().is_none_or(|who| who.workstation == workstation);
        let ours = there.token <= known && from_here;
        // Whether it is somebody else's the store knows best: it keeps what goes on from here.
        let who = there.who.clone();
        let who = who.unwrap_or_else(|| Who { person: there.login.plain(), workstation: mirror.host().to_string() });
        if let Err(error) = store.take_in(Adopted::from(&there), who, false, now).await {
            tracing::info!(run = %there.run.id, %error, "what the lock host says of a run is not taken in");
        }
        all.push(Looked { there, ours });
    }
    Ok(all)
}

impl From<&Mirrored> for Adopted {
    fn from(there: &Mirrored) -> Self {
        Self { run: there.run.clone(), token: there.token, takers: there.takers.clone() }
    }
}
