//! One host's clock against ours: which moment of ours a stamp of the host was.
//!
//! The offset that the host's facts tell is the measure. Between two measurings a clock that was set anew is found by the
//! time since boot, which nobody can set. What comes out never goes back: inside a host the journal's order counts.

use crate::domain::host::ClockOffset;

/// Differences up to this are no step but drift and noise, in microseconds.
const STEADY: i64 = 1_000_000;

/// So many lines behind each other that tell earlier times say that the newest was wrong.
const BELOW: u32 = 16;

/// The clock of one host.
#[derive(Debug, Clone, Default)]
pub struct HostClock {
    /// Ours less the host's.
    shift: i64,
    /// Measured since the last row.
    fresh: bool,
    measured: Option<ClockOffset>,
    last: Option<Last>,
    /// The moment of a loss behind the last line.
    floor: Option<i64>,
    /// Lines of a lane that tells times itself, one after the other below the newest, and the newest of their times.
    below: (u32, i64),
    /// The first row, and the shift that counted there: from it time is counted backwards.
    first: Option<(Last, i64)>,
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
        let shift = offset.proven().saturating_mul(-1000);
        let noise = offset.error.saturating_mul(2000).saturating_add(5000);
        if self.measured.is_none() || shift.saturating_sub(self.shift).abs() > noise {
            (self.shift, self.fresh) = (shift, true);
        }
        self.measured = Some(offset);
    }

    /// The host's clock less ours, when it was measured and is worth telling.
    pub fn offset(&self) -> Option<ClockOffset> {
        self.measured.filter(|offset| offset.proven() != 0)
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
        }
        if let Some(before) = self.before() {
            moment = self.not_before(moment, before, boot);
        }
        (self.fresh, self.floor) = (false, None);
        let last = Last { key: moment, monotonic, boot };
        self.last = Some(last);
        self.first = self.first.or(Some((last, self.shift)));
        moment
    }

    /// A line stands never before the one before it, unless lines tell their times themselves and one alone told a later one.
    fn not_before(&mut self, moment: i64, last: i64, boot: u128) -> i64 {
        if boot != 0 || moment >= last {
            self.below = (0, i64::MIN);
            return moment.max(last);
        }
        self.below = (self.below.0 + 1, self.below.1.max(moment));
        if self.below.0 < BELOW {
            return last;
        }
        std::mem::take(&mut self.below).1
    }

    /// The moment of a line older than all others by our clock, never behind the first one.
    pub fn older_line(&mut self, at: i64, monotonic: u64, boot: u128) -> i64 {
        let (first, mut shift) = self.first.map_or((None, self.shift), |(first, shift)| (Some(first), shift));
        let mut moment = at.saturating_add(shift);
        if let Some(first) = first {
            let known = boot != 0 && first.boot == boot && monotonic <= first.monotonic && monotonic > 0;
            let passed = i64::try_from(first.monotonic.saturating_sub(monotonic)).unwrap_or(i64::MAX);
            let expected = first.key.saturating_sub(passed);
            if known && moment.saturating_sub(expected).saturating_abs() > STEADY.saturating_add(passed / 1000) {
                shift = expected.saturating_sub(at);
                moment = expected;
            }
            moment = moment.min(first.key);
        }
        self.first = Some((Last { key: moment, monotonic, boot }, shift));
        moment
    }

    /// The moment of a loss older than all others.
    pub fn older_loss(&mut self, at: i64) -> i64 {
        let (first, shift) = self.first.map_or((None, self.shift), |(first, shift)| (Some(first), shift));
        let moment = first.map_or(at.saturating_add(shift), |first| at.saturating_add(shift).min(first.key));
        let first = first.unwrap_or(Last { key: moment, monotonic: 0, boot: 0 });
        self.first = Some((Last { key: moment.min(first.key), ..first }, shift));
        moment
    }

    /// The oldest rows were let go, none of them younger than this.
    pub fn forget(&mut self, until: i64) {
        let shift = self.first.map_or(self.shift, |(_, shift)| shift);
        self.first = Some((Last { key: until, monotonic: 0, boot: 0 }, shift));
    }

    /// The moment of a loss: between the row before it and the newest of all where its stamp may be a guess. By what was passed
    /// since the last line the clock is not judged.
    pub fn loss(&mut self, at: i64, newest: Option<i64>) -> i64 {
        let before = self.before().unwrap_or(i64::MIN);
        let most = newest.map_or(i64::MAX, |newest| newest.max(before));
        let moment = at.saturating_add(self.shift).min(most).max(before);
        self.floor = Some(moment);
        self.first = self.first.or(Some((Last { key: moment, monotonic: 0, boot: 0 }, self.shift)));
        moment
    }

    /// The moment of the newest row.
    fn before(&self) -> Option<i64> {
        self.floor.or(self.last.map(|last| last.key))
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
    fn backwards_over_a_clock_that_was_set_an_hour_back_it_goes_on_by_the_time_since_boot() {
        let mut clock = HostClock::default();
        assert_eq!(clock.line(5400 * SECOND, 50_000_000, 7), 5400 * SECOND);
        assert_eq!(clock.older_line(5399 * SECOND, 49_000_000, 7), 5399 * SECOND);
        // Before it was set back it was an hour ahead.
        assert_eq!(clock.older_line(8998 * SECOND, 48_000_000, 7), 5398 * SECOND);
        assert_eq!(clock.older_line(8997 * SECOND, 47_000_000, 7), 5397 * SECOND);
        assert_eq!(clock.older_loss(8999 * SECOND), 5397 * SECOND);
        assert_eq!(clock.older_line(5000 * SECOND, 90_000_000, 6), 1400 * SECOND, "of another boot the clock counts");
        assert_eq!(clock.line(5401 * SECOND, 51_000_000, 7), 5401 * SECOND);
    }

    #[test]
    fn a_lone_peak_of_a_file_does_not_hold_what_comes_behind_it() {
        let mut clock = HostClock::default();
        assert_eq!(clock.line(400 * SECOND, 0, 0), 400 * SECOND);
        let keys: Vec<i64> = (100..120).map(|second| clock.line(second * SECOND, 0, 0) / SECOND).collect();
        assert_eq!(keys.get(..15), Some(&[400; 15][..]));
        assert_eq!(keys.get(15..), Some(&[115, 116, 117, 118, 119][..]));
    }

    /// A cut a quarter of an hour behind the last line is no step of the clock, and stands when it was.
    #[test]
    fn a_cut_stands_when_it_was_and_what_was_written_behind_it_too() {
        let mut clock = HostClock::default();
        clock.measure(offset(5000));
        assert_eq!(clock.line(105 * SECOND, 50_000_000, 7), 100 * SECOND);
        assert_eq!(clock.loss(1005 * SECOND, None), 1000 * SECOND);
        assert_eq!(clock.line(1007 * SECOND, 952_000_000, 7), 1002 * SECOND);
        assert_eq!(clock.line(1008 * SECOND, 953_000_000, 7), 1003 * SECOND);
    }

    #[test]
    fn it_never_goes_back() {
        let mut clock = HostClock::default();
        let first = clock.line(100 * SECOND, 0, 0);
        assert_eq!(clock.line(90 * SECOND, 0, 0), first);
        assert_eq!(clock.loss(0, Some(500 * SECOND)), first);
        assert_eq!(clock.loss(900 * SECOND, Some(500 * SECOND)), 500 * SECOND);
        assert_eq!(clock.line(101 * SECOND, 5, 9), 500 * SECOND);
    }
}
