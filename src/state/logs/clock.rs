//! One host's clock against ours: which moment of ours a stamp of the host was.
//!
//! The offset that the host's facts tell is the measure. Between two measurings a clock that was set anew is found by the
//! time since boot, which nobody can set. What comes out never goes back: inside a host the journal's order counts.

use crate::domain::host::ClockOffset;

/// Differences up to this are no step but drift and noise, in microseconds.
const STEADY: i64 = 1_000_000;

/// The clock of one host.
#[derive(Debug, Clone, Default)]
pub struct HostClock {
    /// Ours less the host's.
    shift: i64,
    /// Measured since the last row.
    fresh: bool,
    measured: Option<ClockOffset>,
    last: Option<Last>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    key: i64,
    monotonic: u64,
    boot: u128,
}

impl HostClock {
    /// Takes a measuring in. One that says the same within its own error changes nothing.
    pub fn measure(&mut self, offset: ClockOffset) {
        // What lies within the error is no difference at all.
        let millis = if offset.millis.abs() <= offset.error { 0 } else { offset.millis };
        let shift = millis.saturating_mul(-1000);
        let noise = offset.error.saturating_mul(2000).saturating_add(5000);
        if self.measured.is_none() || shift.saturating_sub(self.shift).abs() > noise {
            (self.shift, self.fresh) = (shift, true);
        }
        self.measured = Some(offset);
    }

    /// The host's clock less ours, when it was measured and is worth telling.
    pub fn offset(&self) -> Option<ClockOffset> {
        self.measured.filter(|offset| offset.millis.abs() > offset.error)
    }

    /// The moment of a line by our clock, never before the one before it.
    pub fn line(&mut self, at: i64, monotonic: u64, boot: u128) -> i64 {
        let mut moment = at.saturating_add(self.shift);
        if let Some(last) = self.last {
            let known = boot != 0 && last.boot == boot && monotonic >= last.monotonic && last.monotonic > 0;
            let passed = i64::try_from(monotonic.saturating_sub(last.monotonic)).unwrap_or(i64::MAX);
            let expected = last.key.saturating_add(passed);
            let apart = moment.saturating_sub(expected).saturating_abs();
            if known && !self.fresh && apart > STEADY.saturating_add(passed / 1000) {
                self.shift = expected.saturating_sub(at);
                moment = expected;
            }
            moment = moment.max(last.key);
        }
        self.fresh = false;
        self.last = Some(Last { key: moment, monotonic, boot });
        moment
    }

    /// The moment of a loss: between the line before it and the newest of all, since its stamp may be a guess.
    pub fn loss(&mut self, at: i64, newest: i64) -> i64 {
        let before = self.last.map_or(i64::MIN, |last| last.key);
        let moment = at.saturating_add(self.shift).min(newest.max(before)).max(before);
        let last = self.last.unwrap_or(Last { key: moment, monotonic: 0, boot: 0 });
        self.last = Some(Last { key: moment.max(last.key), ..last });
        moment
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const SECOND: i64 = 1_000_000;

    fn offset(millis: i64) -> ClockOffset {
        ClockOffset { millis, error: 12, at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_skew_is_corrected_and_noise_is_not() {
        let mut clock = HostClock::default();
        clock.measure(offset(5000));
        assert_eq!(clock.line(105 * SECOND, 1, 7), 100 * SECOND);
        clock.measure(offset(5010));
        assert_eq!(clock.line(106 * SECOND, 1 + 1_000_000, 7), 101 * SECOND);
        let mut near = HostClock::default();
        near.measure(offset(9));
        assert_eq!((near.line(SECOND, 1, 7), near.offset()), (SECOND, None));
    }

    #[test]
    fn a_clock_that_is_set_back_an_hour_goes_on_by_the_time_since_boot() {
        for measured_first in [false, true] {
            let mut clock = HostClock::default();
            clock.measure(offset(0));
            assert_eq!(clock.line(9000 * SECOND, 50_000_000, 7), 9000 * SECOND);
            if measured_first {
                clock.measure(offset(-3_600_000));
            }
            assert_eq!(clock.line(5401 * SECOND, 51_000_000, 7), 9001 * SECOND);
            clock.measure(offset(-3_600_000));
            assert_eq!(clock.line(5402 * SECOND, 52_000_000, 7), 9002 * SECOND);
        }
    }

    #[test]
    fn it_never_goes_back() {
        let mut clock = HostClock::default();
        let first = clock.line(100 * SECOND, 0, 0);
        assert_eq!(clock.line(90 * SECOND, 0, 0), first);
        assert_eq!(clock.loss(0, 500 * SECOND), first);
        assert_eq!(clock.loss(900 * SECOND, 500 * SECOND), 500 * SECOND);
        assert_eq!(clock.line(101 * SECOND, 5, 9), 500 * SECOND);
    }
}
