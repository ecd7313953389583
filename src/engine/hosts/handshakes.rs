//! How many handshakes may be under way at once: a jump host that restarts is not stormed by all behind it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// At once through one jump host. An sshd begins to drop at ten.
const THROUGH_ONE: usize = 8;
/// At once in all, for the sake of this machine.
const IN_ALL: usize = 32;

/// The permits. Cheap to clone; all clones share them.
#[derive(Debug, Clone)]
pub struct Handshakes {
    all: Arc<Semaphore>,
    through: Arc<Ways>,
}

#[derive(Debug, Default)]
struct Ways(Mutex<HashMap<String, Arc<Semaphore>>>);

/// The right to one handshake; given back when dropped.
#[derive(Debug)]
pub struct Permit {
    _through: Option<OwnedSemaphorePermit>,
    _all: OwnedSemaphorePermit,
}

impl Default for Handshakes {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(IN_ALL)), through: Arc::default() }
    }
}

impl Handshakes {
    /// Waits for a permit to reach a host through `via`. In order of asking for each way.
    pub async fn permit(&self, via: Option<&str>) -> Permit {
        // First the narrow place, so that hosts that wait there do not keep others out.
        let through = match via {
            Some(via) => self.way(via).acquire_owned().await.ok(),
            None => None,
        };
        loop {
            // Never closed, so this never turns twice.
            if let Ok(all) = self.all.clone().acquire_owned().await {
                return Permit { _through: through, _all: all };
            }
            tokio::task::yield_now().await;
        }
    }

    fn way(&self, via: &str) -> Arc<Semaphore> {
        let mut ways = self.through.0.lock().unwrap_or_else(PoisonError::into_inner);
        ways.entry(via.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(THROUGH_ONE))).clone()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn eight_go_through_one_jump_host_and_others_are_not_held_up() {
        let handshakes = Handshakes::default();
        let mut held: Vec<Permit> =
            (0..8).map(|_| handshakes.permit(Some("bastion")).now_or_never().unwrap()).collect();
        assert!(handshakes.permit(Some("bastion")).now_or_never().is_none());
        assert!(handshakes.permit(Some("other")).now_or_never().is_some());
        assert!(handshakes.permit(None).now_or_never().is_some());
        held.pop();
        assert!(handshakes.permit(Some("bastion")).now_or_never().is_some());
    }

    #[test]
    fn there_is_a_limit_in_all() {
        let handshakes = Handshakes::default();
        let held: Vec<Permit> = std::iter::from_fn(|| handshakes.permit(None).now_or_never()).collect();
        assert_eq!(held.len(), IN_ALL);
    }
}
