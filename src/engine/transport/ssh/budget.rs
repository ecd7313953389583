//! How many channels a connection may have open, and for what. Streams never queue, commands do.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Channels in all: two fewer than an sshd allows by default.
const MOST: usize = 8;

/// What the channels may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shares {
    /// Whether one watches over the rest.
    warden: bool,
    /// Long-lived readers.
    streams: usize,
    /// Commands.
    commands: usize,
}

/// Divides `most` channels: commands first, then the warden, then streams.
const fn shares(most: usize) -> Shares {
    let (warden, streams, commands) = match most {
        0 => (false, 0, 0),
        1 => (false, 0, 1),
        2 => (true, 0, 1),
        3 => (true, 1, 1),
        4 => (true, 1, 2),
        5 => (true, 2, 2),
        6 => (true, 3, 2),
        7 => (true, 4, 2),
        _ => (true, 5, 2),
    };
    Shares { warden, streams, commands }
}

/// What a channel is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// To watch over the connection.
    Warden,
    /// A long-lived reader.
    Stream,
    /// A command.
    Command,
}

/// The channels of one connection. Learns from a refusal how many the host really allows.
#[derive(Debug)]
pub(super) struct Budget {
    counts: Mutex<Counts>,
    changed: Notify,
}

#[derive(Debug)]
struct Counts {
    most: usize,
    warden: usize,
    streams: usize,
    commands: usize,
    /// What tells each stream to make room, oldest first.
    evict: Vec<CancellationToken>,
}

impl Counts {
    fn of(&mut self, what: Use) -> &mut usize {
        match what {
            Use::Warden => &mut self.warden,
            Use::Stream => &mut self.streams,
            Use::Command => &mut self.commands,
        }
    }

    fn open(&self) -> usize {
        self.warden + self.streams + self.commands
    }

    fn has_room(&self, what: Use) -> bool {
        let shares = shares(self.most);
        let in_all = self.open() < self.most;
        in_all
            && match what {
                Use::Warden => shares.warden && self.warden == 0,
                Use::Stream => self.streams < shares.streams,
                Use::Command => self.commands < shares.commands,
            }
    }
}

/// A place among the channels; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    budget: std::sync::Arc<Budget>,
    what: Use,
    evicted: CancellationToken,
}

impl Place {
    /// Resolves when a stream must make room, because the host allows fewer channels than it seemed.
    pub(super) fn evicted(&self) -> CancellationToken {
        self.evicted.clone()
    }
}

impl Budget {
    pub(super) fn new() -> std::sync::Arc<Self> {
        let counts = Mutex::new(Counts { most: MOST, warden: 0, streams: 0, commands: 0, evict: Vec::new() });
        std::sync::Arc::new(Self { counts, changed: Notify::new() })
    }

    /// A place at once, or none.
    pub(super) fn now(self: &std::sync::Arc<Self>, what: Use) -> Option<Place> {
        let mut counts = self.lock();
        counts.has_room(what).then(|| {
            *counts.of(what) += 1;
            let evicted = CancellationToken::new();
            if what == Use::Stream {
                counts.evict.retain(|stream| !stream.is_cancelled());
                counts.evict.push(evicted.clone());
            }
            Place { budget: self.clone(), what, evicted }
        })
    }

    /// A place as soon as there is one.
    pub(super) async fn wait(self: &std::sync::Arc<Self>, what: Use) -> Place {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(place) = self.now(what) {
                return place;
            }
            changed.await;
        }
    }

    /// The host refused one channel more than those that are open now, ours (`asking`) not counted: it
    /// allows no more. The newest streams beyond their share make room. Returns how many those are. One is
    /// always allowed: the warden ran, so what holds the last channel now is something that will end.
    pub(super) fn refused(&self, asking: &Place) -> usize {
        let mut counts = self.lock();
        let others = counts.open() - usize::from(*counts.of(asking.what) > 0);
        counts.most = counts.most.min(others.max(1));
        let share = shares(counts.most).streams;
        let streams = counts.streams - usize::from(asking.what == Use::Stream);
        counts.evict.retain(|stream| !stream.is_cancelled());
        // The one who asks goes by itself; it is the newest, if it is a stream.
        let candidates = counts.evict.len().min(streams);
        for stream in counts.evict.iter().take(candidates).skip(share) {
            stream.cancel();
        }
        drop(counts);
        self.changed.notify_waiters();
        others
    }

    /// Whether the host allows nothing beside a single command, so that the warden must make room.
    pub(super) fn is_single(&self) -> bool {
        !shares(self.lock().most).warden
    }

    /// Resolves when the host turns out to allow a single channel only.
    pub(super) async fn single(&self) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.is_single() {
                return;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // Nothing can panic while it is held.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.budget.lock();
        let count = counts.of(self.what);
        *count = count.saturating_sub(1);
        // So that the list holds living streams only.
        self.evicted.cancel();
        drop(counts);
        self.budget.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn shares_never_exceed_what_is_allowed_and_keep_a_channel_for_commands() {
        for most in 0..20 {
            let given = shares(most);
            assert!(usize::from(given.warden) + given.streams + given.commands <= most.min(MOST), "{most}");
            assert_eq!(given.commands > 0, most > 0, "{most}");
        }
        assert_eq!(shares(10), Shares { warden: true, streams: 5, commands: 2 });
    }

    #[test]
    fn streams_never_queue_and_leave_room_for_commands() {
        let budget = Budget::new();
        let _warden = budget.now(Use::Warden).unwrap();
        let streams: Vec<Place> = std::iter::from_fn(|| budget.now(Use::Stream)).collect();
        let commands: Vec<Place> = std::iter::from_fn(|| budget.now(Use::Command)).collect();
        assert_eq!((streams.len(), commands.len()), (5, 2));
        drop(streams);
        assert!(budget.now(Use::Command).is_none() && budget.now(Use::Stream).is_some());
    }

    #[tokio::test]
    async fn a_command_waits_for_its_place_and_a_refusal_is_learnt() {
        let budget = Budget::new();
        let _warden = budget.now(Use::Warden).unwrap();
        let first = budget.wait(Use::Command).await;
        let second = budget.wait(Use::Command).await;
        assert_eq!(budget.refused(&second), 2);
        drop(second);
        assert!(budget.now(Use::Command).is_none(), "the host allows two, one of them is the warden's");
        let waiting = tokio::spawn({
            let budget = budget.clone();
            async move { budget.wait(Use::Command).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        let place = waiting.await.unwrap();
        assert_eq!(budget.refused(&place), 1);
        assert!(budget.is_single());
    }

    #[test]
    fn a_host_that_opened_a_channel_is_not_taken_for_one_that_opens_none() {
        let budget = Budget::new();
        let only = budget.now(Use::Command).unwrap();
        assert_eq!(budget.refused(&only), 0);
        drop(only);
        assert!(budget.now(Use::Command).is_some(), "what holds the last channel ends, and then there is one");
    }
}
