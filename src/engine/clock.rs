//! The clock of the loop: the real one, and one that tests hold in their hand.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::watch;

use crate::domain::{Moment, Now};

/// Tells the time and wakes at a moment.
pub trait Clock {
    /// Both clocks, read together.
    fn now(&self) -> Now;
    /// Ends when `moment` has come. May be dropped at any point.
    fn until(&self, moment: Moment) -> impl Future<Output = ()> + Send;
}

/// The clocks of this machine. The monotonic one goes on while the machine sleeps.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealClock;

/// Timers of the runtime stand still while the machine sleeps. Asking again at this interval bounds how late
/// a moment can be noticed after it woke; nothing is drawn for it.
const LATE_AT_MOST: Duration = Duration::from_secs(20);

#[cfg(target_os = "linux")]
const MONOTONIC: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const MONOTONIC: ClockId = ClockId::Monotonic;

impl RealClock {
    /// The monotonic clock alone.
    pub fn moment() -> Moment {
        let time = clock_gettime(MONOTONIC);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
        Moment(Duration::new(seconds, nanos))
    }
}

impl Clock for RealClock {
    fn now(&self) -> Now {
        Now { wall: Timestamp::now(), mono: Self::moment() }
    }

    async fn until(&self, moment: Moment) {
        loop {
            let left = Self::moment().age(moment);
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LATE_AT_MOST)).await;
        }
    }
}

/// A clock that stands until it is moved. Clones show the same time.
#[derive(Debug, Clone)]
pub struct HeldClock(watch::Sender<Now>);

impl HeldClock {
    /// A clock that stands at `now`.
    pub fn at(now: Now) -> Self {
        Self(watch::Sender::new(now))
    }

    /// Moves both clocks on.
    pub fn advance(&self, span: Duration) {
        self.0.send_modify(|now| *now = now.after(span));
    }

    /// Sets the clock on the wall; the other one stands as it stood.
    pub fn set(&self, wall: Timestamp) {
        self.0.send_modify(|now| now.wall = wall);
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Now {
        *self.0.borrow()
    }

    async fn until(&self, moment: Moment) {
        // The sender lives in `self`, so the wait can't fail.
        let _ = self.0.subscribe().wait_for(|now| now.mono >= moment).await;
    }
}

/// Either clock, where both are possible.
#[derive(Debug, Clone)]
pub enum AnyClock {
    /// The clocks of this machine.
    Real(RealClock),
    /// One that is held.
    Held(HeldClock),
}

impl Clock for AnyClock {
    fn now(&self) -> Now {
        match self {
            AnyClock::Real(clock) => clock.now(),
            AnyClock::Held(clock) => clock.now(),
        }
    }

    async fn until(&self, moment: Moment) {
        match self {
            AnyClock::Real(clock) => clock.until(moment).await,
            AnyClock::Held(clock) => clock.until(moment).await,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_held_clock_moves_only_by_hand() {
        let clock = HeldClock::at(Now::START);
        let later = Now::START.mono.after(Duration::from_secs(5));
        assert!(clock.until(later).now_or_never().is_none());
        clock.advance(Duration::from_secs(4));
        assert!(clock.until(later).now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        assert!(clock.until(later).now_or_never().is_some());
        assert_eq!(clock.now(), Now::START.after(Duration::from_secs(5)));
    }

    #[test]
    fn the_real_clock_never_goes_back() {
        let first = RealClock.now();
        let second = RealClock.now();
        assert!(second.mono >= first.mono);
        assert!(RealClock.until(first.mono).now_or_never().is_some());
    }
}
