//! Whether a reader that is never silent has told what was there before, and tells what is being written now.

use std::time::Duration;

use jiff::Timestamp;

/// A line that was written no longer ago is new.
const NEW: Duration = Duration::from_secs(2);
/// So long the pace of lines is looked at.
const LOOK: Duration = Duration::from_secs(3);

/// By the time that lines tell: they are of now, or their times go by no faster than time does, as where the clock of the host
/// is behind ours. What was there before comes much faster than it was written.
#[derive(Debug, Default)]
pub struct CaughtUp {
    /// The newest line when looking began, and when that was.
    since: Option<(Timestamp, Timestamp)>,
}

impl CaughtUp {
    /// Hears the newest line, written `at`, and says whether it is new.
    pub fn hears(&mut self, at: Timestamp, now: Timestamp) -> bool {
        let span = |from: Timestamp, to: Timestamp| Duration::try_from(to.duration_since(from)).unwrap_or_default();
        if span(at, now) <= NEW {
            return true;
        }
        let (first, begun) = *self.since.get_or_insert((at, now));
        let passed = span(begun, now);
        if passed < LOOK {
            return false;
        }
        if span(first, at) <= passed * 2 {
            return true;
        }
        self.since = Some((at, now));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_millis(millis)
    }

    #[test]
    fn a_line_of_now_is_new_and_so_is_one_of_a_clock_that_is_ahead() {
        assert!(CaughtUp::default().hears(at(8_500), at(10_000)));
        assert!(CaughtUp::default().hears(at(19_000), at(10_000)));
        assert!(!CaughtUp::default().hears(at(1_000), at(10_000)));
    }

    #[test]
    fn where_the_clock_of_the_host_is_behind_the_pace_tells() {
        let mut lines = CaughtUp::default();
        let heard: Vec<i64> =
            (0..40).map(|tenth| tenth * 100).filter(|now| lines.hears(at(*now), at(60_000 + now))).collect();
        assert_eq!(heard.first(), Some(&3_000));
    }

    #[test]
    fn what_was_there_before_comes_faster_than_it_was_written() {
        let mut lines = CaughtUp::default();
        // An hour in six seconds; then what is written now.
        for tenth in 0..60 {
            assert!(!lines.hears(at(tenth * 60_000), at(3_700_000 + tenth * 100)), "{tenth}");
        }
        assert!(lines.hears(at(3_705_000), at(3_706_000)));
    }
}
