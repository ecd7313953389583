//! Whether somebody else has the environment's lock when a change begins: it begins all the same only where a person was
//! shown that very holder. Whoever can't ask does not keep anybody from mending what is broken.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::domain::lock::Stands;
use crate::domain::{Lock, RunId};
use crate::engine::lock::EnvironmentLock;
use crate::port::Event;
use crate::port::procedure::ProcedureNews;

/// How long the lock host may take to say who has it: a change of one service is often urgent.
const WITHIN: Duration = Duration::from_secs(3);

/// The lock of the environment, as others may have it.
#[derive(Debug, Clone)]
pub struct Others {
    /// The lock.
    pub lock: EnvironmentLock,
    /// The runs that go on here: what they hold is ours.
    pub own: Vec<RunId>,
}

impl Others {
    /// Looks whether what a person was shown is how it stands.
    ///
    /// # Errors
    /// Who has it, as a sentence: then nothing may be done.
    pub(super) async fn allow(
        &self,
        shown: Option<&Lock>,
        events: &mpsc::Sender<Event>,
        now: Timestamp,
    ) -> Result<(), String> {
        let looked = tokio::time::timeout(WITHIN, self.lock.look(now)).await;
        let why = match looked {
            Ok(Ok(seen)) => return self.judge(shown, seen, events, now).await,
            Ok(Err(why)) => why.to_string(),
            Err(_) => format!("the lock host {} gives no answer", self.lock.host()),
        };
        if shown.is_none() {
            let told =
                format!("Whether somebody has the lock of the environment was not known, and it was begun: {why}.");
            let _ = events.send(Event::Trouble(told)).await;
        }
        Ok(())
    }

    async fn judge(
        &self,
        shown: Option<&Lock>,
        seen: Option<Lock>,
        events: &mpsc::Sender<Event>,
        now: Timestamp,
    ) -> Result<(), String> {
        let is_held = |lock: &&Lock| {
            let ours = lock.holder.run.as_ref().is_some_and(|run| self.own.contains(run));
            matches!(lock.stands, Stands::Held | Stands::Reserved) && !ours
        };
        let Some(lock) = seen.as_ref().filter(is_held) else { return Ok(()) };
        if shown.is_some_and(|shown| shown.token == lock.token) {
            return Ok(());
        }
        let told = format!(
            "The environment is locked, so nothing was done: {}. Look again: it is done all the same when you say so.",
            lock.told(now)
        );
        // Whoever looks again sees it.
        let _ = events.send(Event::Procedure(ProcedureNews::Lock(seen.map(Box::new)))).await;
        Err(told)
    }
}
