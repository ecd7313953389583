//! Waiting for an environment's lock, for as long as somebody has said.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{EnvironmentLock, LockError};
use crate::domain::{Lock, RunId};
use crate::engine::clock::{AnyClock, Clock};
use crate::port::procedure::Awaited;
use crate::port::{Event, ProcedureNews};

/// How often it is looked at.
pub const LOOKS: Duration = Duration::from_secs(5);
/// How often it is told who has it.
const TELLS: Duration = Duration::from_secs(30);

/// For how long the lock is waited for, and who hears of it.
#[derive(Debug, Clone)]
pub(super) struct Patience {
    within: Duration,
    events: mpsc::Sender<Event>,
}

/// What came of waiting for a lock.
#[derive(Debug)]
pub enum Waited {
    /// It may be taken, and nobody had to wait for that.
    No,
    /// Somebody had it, and now it may be taken: what was judged and confirmed before that is old.
    Free,
    /// It still may not be taken.
    InVain(Box<Lock>),
}

impl EnvironmentLock {
    /// The same for somebody who waits for it so long, and is told every half minute who has it.
    #[must_use]
    pub fn patient(self, within: Duration, events: mpsc::Sender<Event>) -> Self {
        Self { patience: Some(Patience { within, events }), ..self }
    }

    /// For how long it is waited for.
    pub fn patience(&self) -> Option<Duration> {
        self.patience.as_ref().map(|patience| patience.within)
    }

    /// Waits until a run may take it: at once where it may, or nobody waits. `begun` is since when it is waited for.
    ///
    /// # Errors
    /// Why that is not known; while there is time it is asked again.
    pub async fn awaited(&self, run: Option<&RunId>, clock: &AnyClock, begun: Instant) -> Result<Waited, LockError> {
        let mut told: Option<Instant> = None;
        let mut was_held = false;
        loop {
            let now = clock.now().wall;
            let seen = match self.look(now).await.map(|seen| seen.filter(|lock| !lock.may_be_taken(run))) {
                Ok(None) => return Ok(if was_held { Waited::Free } else { Waited::No }),
                Ok(Some(lock)) => Ok(Waited::InVain(Box::new(lock))),
                Err(why) => Err(why),
            };
            let held = match &seen {
                Ok(Waited::InVain(lock)) => format!("The environment is locked: {}", lock.told(now)),
                Ok(Waited::No | Waited::Free) => String::new(),
                Err(why) => why.to_string(),
            };
            was_held |= seen.is_ok();
            let Some(patience) = &self.patience else { return seen };
            let left = patience.within.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return seen;
            }
            if told.is_none_or(|told| told.elapsed() >= TELLS) {
                told = Some(Instant::now());
                let lock = match &seen {
                    Ok(Waited::InVain(lock)) => Some((**lock).clone()),
                    Ok(Waited::No | Waited::Free) | Err(_) => None,
                };
                let news = ProcedureNews::Awaited(Box::new(Awaited { told: held, lock, left }));
                // Whoever heard of it may be gone: then nobody waits.
                if patience.events.send(Event::Procedure(news)).await.is_err() {
                    return seen;
                }
            }
            tokio::time::sleep(left.min(LOOKS)).await;
        }
    }
}
