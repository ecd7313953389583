//! How far the clocks of two machines are apart, and when that is too far.

use jiff::{SignedDuration, Timestamp};

use super::HostName;

/// Farther apart nothing is begun that windows, freezes and other people's looks at it depend on.
pub const APART: SignedDuration = SignedDuration::from_secs(60);

/// How far the clock of another machine is ahead of this one's: between these two, as far as one asking tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    least: SignedDuration,
    most: SignedDuration,
}

impl Offset {
    /// From the whole second that the other machine told, somewhere between two moments of the clock here.
    pub fn measured(before: Timestamp, there: i64, after: Timestamp) -> Self {
        let there = |more: i64| SignedDuration::from_secs(there.saturating_add(more));
        let here = |at: Timestamp| at.duration_since(Timestamp::UNIX_EPOCH);
        Self { least: there(0).saturating_sub(here(after)), most: there(1).saturating_sub(here(before)) }
    }

    /// Whether they are too far apart, however long the way there or back took.
    pub fn is_apart(self) -> bool {
        self.least > APART || self.most < SignedDuration::ZERO.saturating_sub(APART)
    }

    /// How far they are apart, in words: of the clock there as seen from here.
    pub fn told(self, host: &HostName) -> String {
        let (by, word) = match self.least > SignedDuration::ZERO {
            true => (self.least, "ahead of"),
            false => (self.most, "behind"),
        };
        let by = match by.unsigned_abs() {
            by if by.as_secs() < 3600 => format!("{} s", by.as_secs()),
            by => super::time::short(by),
        };
        format!("the clock of the lock host {host} is {by} {word} the clock of this machine")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_770_000_000_000 + millis).unwrap()
    }

    fn measured(before: i64, there: i64, after: i64) -> Offset {
        Offset::measured(at(before), 1_770_000_000 + there, at(after))
    }

    #[test]
    fn only_what_no_way_there_and_back_explains_is_apart() {
        // By a way that takes no time more than a minute is apart, and a second that is not over is no proof.
        for (there, is_apart) in [(0, false), (60, false), (61, true), (-60, false), (-61, false), (-62, true)] {
            assert_eq!(measured(0, there, 0).is_apart(), is_apart, "{there}");
        }
        // What took long proves less.
        assert!(measured(0, 75, 1000).is_apart() && !measured(0, 75, 20_000).is_apart());
        assert!(measured(0, -75, 1000).is_apart() && !measured(-20_000, -75, 0).is_apart());
        assert!(measured(0, 86_400, 5000).is_apart() && measured(0, -86_400, 5000).is_apart());
        assert!(measured(0, i64::MAX / 2, 0).is_apart() && measured(0, i64::MIN / 2, 0).is_apart());
    }

    #[test]
    fn it_is_told_which_of_them_is_ahead() {
        let host = HostName::new("app-1").unwrap();
        assert_eq!(
            measured(0, 90, 1000).told(&host),
            "the clock of the lock host app-1 is 89 s ahead of the clock of this machine"
        );
        assert!(measured(0, -3601, 0).told(&host).contains("behind the clock of this machine"));
    }
}
