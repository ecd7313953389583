//! Moments as people type them: `10m`, `2h`, `2026-11-21 03:00`, `03:00`, `today`, `yesterday`, `now`.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned, civil};

use crate::port::log::Since;
use crate::site::parse_duration;

/// What the words can be, for messages.
pub const FORMS: &str = "write it like 10m, 2h, \"2026-11-21 03:00\", 03:00, today or yesterday";

/// A moment before now, or on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// So long before now.
    Ago(Duration),
    /// Then.
    At(Timestamp),
}

impl Moment {
    /// Reads it; times of day are those of `now`'s zone.
    pub fn read(word: &str, now: &Zoned) -> Option<Self> {
        let word = word.trim();
        if let Some(ago) = parse_duration(word) {
            return Some(Moment::Ago(ago));
        }
        let on = |date: civil::Date, time: civil::Time| {
            let at = date.to_datetime(time).to_zoned(now.time_zone().clone()).ok()?;
            Some(Moment::At(at.timestamp()))
        };
        match word {
            "now" => return Some(Moment::At(now.timestamp())),
            "today" => return on(now.date(), civil::Time::midnight()),
            "yesterday" => return on(now.date().yesterday().ok()?, civil::Time::midnight()),
            _ => {}
        }
        if let Ok(at) = word.parse::<Timestamp>() {
            return Some(Moment::At(at));
        }
        // A date with a time of day would be taken for the time alone, and a bare number for an hour.
        if word.contains(':')
            && !word.contains('-')
            && let Ok(time) = word.parse::<civil::Time>()
        {
            return on(now.date(), time);
        }
        let (date, time) = word.split_once([' ', 'T']).unwrap_or((word, "00:00"));
        on(date.parse().ok()?, time.parse().ok()?)
    }

    /// As the beginning of a tail.
    pub fn since(self) -> Since {
        match self {
            Moment::Ago(ago) => Since::Ago(ago),
            Moment::At(at) => Since::At(at),
        }
    }

    /// As a moment on the clock.
    pub fn at(self, now: &Zoned) -> Timestamp {
        match self {
            Moment::Ago(ago) => now.timestamp().checked_sub(ago).unwrap_or(Timestamp::UNIX_EPOCH),
            Moment::At(at) => at,
        }
    }
}

/// The time here.
pub fn now() -> Zoned {
    Timestamp::now().to_zoned(TimeZone::system())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn moments_are_read_in_the_zone_of_the_person() {
        let now: Zoned = "2026-11-21T03:14:15[Europe/Paris]".parse().unwrap();
        let at = |word: &str| match Moment::read(word, &now) {
            Some(Moment::At(at)) => at.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(Moment::read("2h", &now), Some(Moment::Ago(Duration::from_secs(7200))));
        assert_eq!(at("2026-11-21 03:00"), "2026-11-21T02:00:00Z");
        assert_eq!(at("2026-11-20T03:00:30"), "2026-11-20T02:00:30Z");
        assert_eq!(at("2026-11-20T03:00:30Z"), "2026-11-20T03:00:30Z");
        assert_eq!(at("03:00"), "2026-11-21T02:00:00Z");
        assert_eq!(at("today"), "2026-11-20T23:00:00Z");
        assert_eq!(at("yesterday"), "2026-11-19T23:00:00Z");
        assert_eq!(at("2026-11-19"), "2026-11-18T23:00:00Z");
        for bad in ["", "tomorrow-ish", "10", "25:00", "2026-13-01", "--help"] {
            assert_eq!(Moment::read(bad, &now), None, "{bad:?}");
        }
    }
}
