//! Time as a value: what the clock on the wall said and how long the program has been awake.
//!
//! Ages and deadlines use the monotonic part, which goes on while the machine sleeps; what a person reads
//! uses the wall part. Nothing below the loop reads a clock.

use std::time::Duration;

use jiff::Timestamp;

/// A point on the monotonic clock, counted from an arbitrary start; it includes time asleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(pub Duration);

impl Moment {
    /// How long before `later` this moment was; zero when it was not before it.
    pub fn age(self, later: Moment) -> Duration {
        later.0.saturating_sub(self.0)
    }

    /// The moment `span` after this one.
    #[must_use]
    pub fn after(self, span: Duration) -> Moment {
        Moment(self.0.saturating_add(span))
    }
}

/// Both clocks, read together once per turn of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Coordinated universal time.
    pub wall: Timestamp,
    /// The monotonic clock.
    pub mono: Moment,
}

impl Now {
    /// The epoch on both clocks: where tests begin.
    pub const START: Now = Now { wall: Timestamp::UNIX_EPOCH, mono: Moment(Duration::ZERO) };

    /// Both clocks moved on by `span`.
    #[must_use]
    pub fn after(self, span: Duration) -> Now {
        let wall = jiff::SignedDuration::try_from(span)
            .ok()
            .and_then(|span| self.wall.checked_add(span).ok())
            .unwrap_or(self.wall);
        Now { wall, mono: self.mono.after(span) }
    }

    /// The first whole second of the wall clock at or after `at`: figures and ages that move by themselves move
    /// together then, and not each at a moment of its own.
    pub fn beat(self, at: Moment) -> Moment {
        let second = Duration::from_secs(1).as_nanos();
        // Before the epoch the part of a second is negative; its size is near enough.
        let past = u128::from(self.wall.subsec_nanosecond().unsigned_abs());
        let whole = (past + self.mono.age(at).as_nanos()).div_ceil(second) * second;
        self.mono.after(Duration::from_nanos(u64::try_from(whole - past).unwrap_or(u64::MAX)))
    }

    /// How long ago, by the wall, something with a time stamp of its own happened; zero if it lies ahead.
    pub fn since(self, then: Timestamp) -> Duration {
        Duration::try_from(self.wall.duration_since(then)).unwrap_or(Duration::ZERO)
    }
}

/// A short age such as `38s`, `4m`, `2h 4m`, `2d 4h`: at most two units, never rounded up.
pub fn short(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if seconds < 60 {
        format!("{seconds}s")
    } else if minutes < 60 {
        format!("{minutes}m")
    } else if hours < 24 {
        with_rest(hours, "h", minutes % 60, "m")
    } else {
        with_rest(days, "d", hours % 24, "h")
    }
}

/// The same of what is still to come, such as a limit: never rounded down.
pub fn short_at_most(span: Duration) -> String {
    let seconds = span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0));
    let step = step_of_short(seconds);
    short(Duration::from_secs(seconds.div_ceil(step).saturating_mul(step)))
}

/// The units of a length of time, largest first, with their milliseconds.
pub const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Longest time that makes sense in a file.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// Reads `1h30m`, `5s`, `500ms`: numbers with units, larger units first, nothing between.
pub fn parse(word: &str) -> Option<Duration> {
    let mut rest = word;
    let mut total: u64 = 0;
    let mut last = usize::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        let at = UNITS.iter().position(|(name, _)| *name == unit)?;
        if last != usize::MAX && at <= last {
            return None;
        }
        let millis = number.parse::<u64>().ok()?.checked_mul(UNITS.get(at)?.1)?;
        total = total.checked_add(millis)?;
        (rest, last) = (next, at);
    }
    let duration = Duration::from_millis(total);
    (last != usize::MAX && duration <= LONGEST).then_some(duration)
}

/// How long the text of [`short`] for `span` stays true.
pub fn short_lasts(span: Duration) -> Duration {
    let step = step_of_short(span.as_secs());
    let past = Duration::new(span.as_secs() % step, span.subsec_nanos());
    Duration::from_secs(step).saturating_sub(past)
}

/// From one text of [`short`] to the next it takes so many seconds.
fn step_of_short(seconds: u64) -> u64 {
    match seconds {
        0..60 => 1,
        60..86_400 => 60,
        _ => 3600,
    }
}

fn with_rest(count: u64, unit: &str, rest: u64, rest_unit: &str) -> String {
    if rest == 0 { format!("{count}{unit}") } else { format!("{count}{unit} {rest}{rest_unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short_and_never_rounded_up() {
        let texts =
            [(0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (3660, "1h 1m"), (187_200, "2d 4h")];
        for (seconds, text) in texts {
            assert_eq!(short(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn what_is_to_come_is_never_rounded_down() {
        let texts = [
            (0, "0s"),
            (1, "1s"),
            (59_001, "1m"),
            (60_000, "1m"),
            (60_001, "2m"),
            (299_990, "5m"),
            (300_000, "5m"),
            (3_599_000, "1h"),
            (3_600_001, "1h 1m"),
            (86_400_000, "1d"),
            (86_400_001, "1d 1h"),
        ];
        for (millis, text) in texts {
            assert_eq!(short_at_most(Duration::from_millis(millis)), text, "{millis}");
        }
    }

    #[test]
    fn a_beat_is_a_whole_second_of_the_wall() {
        let now = Now::START.after(Duration::from_millis(12_300));
        let beat = |millis: u64| now.beat(Moment(Duration::from_millis(millis))).0.as_millis();
        assert_eq!(
            [beat(12_000), beat(12_300), beat(12_301), beat(13_000), beat(13_001)],
            [13_000, 13_000, 13_000, 13_000, 14_000]
        );
        let whole = Now::START.after(Duration::from_secs(12));
        assert_eq!(whole.beat(whole.mono), whole.mono);
    }

    #[test]
    fn an_age_changes_exactly_when_it_said() {
        for millis in [0, 400, 59_999, 60_000, 61_500, 86_399_000, 86_400_000, 90_000_001] {
            let span = Duration::from_millis(millis);
            let lasts = short_lasts(span);
            assert_eq!(short(span), short(span + lasts - Duration::from_nanos(1)));
            assert_ne!(short(span), short(span + lasts), "{millis}");
        }
    }
}
