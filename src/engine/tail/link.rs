//! The link of a host as whoever reads a lane of it sees it: the newest one, and how long there was none.

use std::sync::{Arc, Weak};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::engine::transport::Connection;
use crate::runtimes::clock;
use crate::runtimes::tail::Gap;

/// Where the newest connection of a host is.
pub type Connections = watch::Receiver<Option<Arc<dyn Connection>>>;

/// The word by which the host's answer is known.
const WORD: &str = "qd-cut";

/// The newest link, and the one that was lost.
pub struct HostLink {
    connections: Connections,
    lost: Option<Weak<dyn Connection>>,
    /// When the host was heard last before its link was lost, until the next one has told how long that was.
    heard: Option<Instant>,
}

impl HostLink {
    /// None was lost yet.
    pub fn new(connections: Connections) -> Self {
        Self { connections, lost: None, heard: None }
    }

    /// The same for another lane.
    pub fn beside(&self) -> Self {
        Self::new(self.connections.clone())
    }

    /// The newest link, another one than that which was lost, where there is one now.
    pub fn there(&mut self) -> Option<Arc<dyn Connection>> {
        let now = self.connections.borrow_and_update().clone();
        now.filter(|now| is_new(now, self.lost.as_ref()))
    }

    /// Waits for such a one; `None` when there will never be one.
    pub async fn wait(&mut self) -> Option<Arc<dyn Connection>> {
        let lost = self.lost.clone();
        let is_new = |now: &Option<Arc<dyn Connection>>| now.as_ref().is_some_and(|now| is_new(now, lost.as_ref()));
        self.connections.wait_for(is_new).await.ok()?.clone()
    }

    /// This one is gone; with `was_read` something was read through it, so that how long there is none counts.
    pub fn lose(&mut self, connection: &Arc<dyn Connection>, was_read: bool) {
        self.heard = self.heard.or_else(|| was_read.then(|| connection.heard()));
        self.lost = Some(Arc::downgrade(connection));
    }

    /// How long there was none, and since when by the host's clock; told once, when there is one again.
    pub async fn gap(&mut self, connection: &dyn Connection) -> Option<Gap> {
        let heard = self.heard?;
        let at = lost_at(connection, heard).await;
        self.heard = None;
        Some(Gap { length: heard.elapsed(), at })
    }
}

fn is_new(now: &Arc<dyn Connection>, lost: Option<&Weak<dyn Connection>>) -> bool {
    lost.is_none_or(|lost| !Weak::ptr_eq(&Arc::downgrade(now), lost))
}

/// When the host was heard last, by its own clock; nothing where it does not tell what time it is.
async fn lost_at(connection: &dyn Connection, heard: Instant) -> Option<Timestamp> {
    let output = connection.run(clock::ask(WORD)).await;
    let now = Timestamp::from_second(clock::read(&output.stdout, WORD)?).ok()?;
    now.checked_sub(SignedDuration::try_from(heard.elapsed()).ok()?).ok()
}
