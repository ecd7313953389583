//! What every step of a run needs: where it is done, where it is recorded, and the lock before it changes anything.

use std::sync::Arc;

use super::away::PutOff;
use super::job::{Came, Orders};
use super::ledger::Ledger;
use crate::domain::run::Reason;
use crate::engine::act::Place;
use crate::engine::channels::{About, Post};
use crate::engine::jobs::{Fence, Jobs};
use crate::engine::lock::{Denied, Guard};

/// What every step of a run needs.
#[derive(Clone)]
pub(super) struct Kit {
    pub(super) place: Place,
    pub(super) jobs: Arc<dyn Jobs>,
    pub(super) ledger: Ledger,
    pub(super) token: u64,
    /// The environment's lock, where the procedure wants it.
    pub(super) guard: Option<Guard>,
    /// The token of it that is handed to a host.
    pub(super) fence: Option<Fence>,
    /// What brings notices to channels, and what they are about.
    pub(super) post: Post,
    pub(super) about: About,
}

impl Kit {
    /// Has the environment's lock before something changes, where the procedure wants it.
    pub(super) async fn have_lock(&mut self, changes: bool, orders: &Orders) -> Result<(), Came> {
        let Some(guard) = self.guard.as_ref().filter(|_| changes) else { return Ok(()) };
        tokio::select! {
            may = guard.may_change() => match may {
                Ok(fence) => self.fence = Some(fence),
                Err(Denied::Anew(waits)) => return Err(Came::PutOff(PutOff::Lock(waits))),
                Err(Denied::Refused(why)) => return Err(Came::Never(Reason::Refused, why)),
            },
            () = orders.cancel.cancelled() => {
                return Err(Came::Never(Reason::Cancelled, "cancelled while it waited for the lock".to_owned()));
            }
        }
        Ok(())
    }
}
