//! What all parts of one connection share: the multiplexed session, its channels, and when it was last heard.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use openssh::Session;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::{mpsc, watch};

use super::budget::Budget;
use super::master::reason;
use crate::domain::{LinkFailure, Shell};
use crate::port::End;

/// How long the end of a channel may come before the news that the whole link is gone.
const NEWS: Duration = Duration::from_secs(2);

/// One connection, as its tasks see it. Holding it does not keep the connection alive.
#[derive(Debug)]
pub(super) struct Line {
    /// The session behind the master's socket.
    pub(super) session: Arc<Session>,
    /// The word by which everything started for this connection is found on the host.
    pub(super) link: String,
    /// Which shell commands get.
    pub(super) shell: Shell,
    /// Its channels.
    pub(super) budget: Arc<Budget>,
    /// Why it is gone, once it is.
    pub(super) gone: watch::Receiver<Option<LinkFailure>>,
    /// Calls that may have left something running. Bounded: what finds no place is left to the warden.
    pub(super) orphans: mpsc::Sender<String>,
    /// When the last byte came.
    pub(super) heard: Heard,
}

impl Line {
    /// Why a channel ended early: the link is gone, or only the channel is.
    pub(super) async fn lost(&self) -> Option<LinkFailure> {
        let mut gone = self.gone.clone();
        tokio::time::timeout(NEWS, reason(&mut gone)).await.ok()
    }

    /// The reason why the link is gone; waits for it.
    pub(super) async fn gone(&self) -> LinkFailure {
        let mut gone = self.gone.clone();
        reason(&mut gone).await
    }

    /// The link's end, if it is gone now.
    pub(super) fn dead(&self) -> Option<End> {
        self.gone.borrow().clone().map(End::LinkLost)
    }

    /// Ends on the host what a call may have left running.
    pub(super) fn end_call(&self, call: &str) {
        let _ = self.orphans.try_send(call.to_owned());
    }
}

/// When the last byte came from the host.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    begin: Instant,
    millis: Arc<AtomicU64>,
}

impl Heard {
    pub(super) fn now() -> Self {
        Self { begin: Instant::now(), millis: Arc::new(AtomicU64::new(0)) }
    }

    pub(super) fn note(&self) {
        let millis = u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.millis.store(millis, Ordering::Relaxed);
    }

    pub(super) fn last(&self) -> Instant {
        self.begin + Duration::from_millis(self.millis.load(Ordering::Relaxed))
    }
}

/// A reader that notes each time something came.
pub(super) struct Noting<R> {
    pub(super) inner: R,
    pub(super) heard: Heard,
}

impl<R: AsyncRead + Unpin> AsyncRead for Noting<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.heard.note();
        }
        polled
    }
}
