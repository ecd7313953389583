//! Moments and spans of time as people type them: `10m`, `03:00`, `yesterday 22:00..23:15`, `-2h..-1h`.

use std::time::Duration;

use jiff::{Timestamp, Zoned, civil};

use super::query::Mistake;
use super::time::parse;

/// What a moment can be, for messages.
pub const FORMS: &str = "write it like 10m, 2h, \"2026-11-21 03:00\", 03:00, \"yesterday 22:00\", today or yesterday";

/// A moment before now, or on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// So long before now.
    Ago(Duration),
    /// Then.
    At(Timestamp),
}

/// From one moment to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    /// Where it begins.
    pub from: When,
    /// Where it ends; it goes on with what comes where that is nothing.
    pub until: Option<Timestamp>,
}

impl When {
    /// Reads it; times of day are those of `now`'s zone.
    pub fn read(word: &str, now: &Zoned) -> Option<Self> {
        read(word, now, now.date()).ok()
    }

    /// As a moment on the clock.
    pub fn at(self, now: &Zoned) -> Timestamp {
        match self {
            When::Ago(ago) => now.timestamp().checked_sub(ago).unwrap_or(Timestamp::UNIX_EPOCH),
            When::At(at) => at,
        }
    }
}

impl TimeSpan {
    /// Reads `FROM` or `FROM..UNTIL`. A time of day at its end is the first one of that kind behind its beginning.
    ///
    /// # Errors
    /// What is wrong, and at which byte.
    pub fn read(text: &str, now: &Zoned) -> Result<Self, Mistake> {
        let wrong = |at: usize, what: &str| Mistake { at, what: what.to_owned(), unfinished: at >= text.len() };
        let (first, second) = match text.split_once("..") {
            Some((first, second)) => (first, Some(second)),
            None => (text, None),
        };
        let begins = first.len() - first.trim_start().len();
        if first.trim().is_empty() {
            let at = if second.is_some() { begins } else { text.len() };
            return Err(wrong(at, "a moment must stand here"));
        }
        let no_moment = |at: usize| wrong(at, "this is no moment");
        let from = read(first, now, now.date()).map_err(no_moment)?;
        let begin = from.at(now);
        if begin > now.timestamp() {
            return Err(wrong(begins, "this is yet to come: yesterday or a date may stand before it"));
        }
        let Some(second) = second.filter(|second| !second.trim().is_empty()) else {
            return Ok(Self { from, until: None });
        };
        let place = first.len() + 2;
        let ends = place + (second.len() - second.trim_start().len());
        let day = begin.to_zoned(now.time_zone().clone()).date();
        let until = read(second, now, day).map_err(|at| no_moment(place + at))?.at(now);
        // Over midnight.
        let next = || day.tomorrow().ok().and_then(|day| read(second, now, day).ok()).map(|until| until.at(now));
        let until = if until <= begin { next().unwrap_or(until) } else { until };
        if until <= begin {
            return Err(wrong(ends, "this lies before the beginning of the span"));
        }
        Ok(Self { from, until: Some(until) })
    }
}

/// Reads a moment; a bare time of day is one of `day`. Else the byte at which it is none.
fn read(text: &str, now: &Zoned, day: civil::Date) -> Result<When, usize> {
    let begins = text.len() - text.trim_start().len();
    let word = text.trim();
    if let Some(ago) = parse(word.strip_prefix('-').unwrap_or(word)) {
        return Ok(When::Ago(ago));
    }
    let on = |date: civil::Date, time: civil::Time| {
        let at = date.to_datetime(time).to_zoned(now.time_zone().clone()).ok();
        at.map(|at| When::At(at.timestamp())).ok_or(begins)
    };
    if word == "now" {
        return Ok(When::At(now.timestamp()));
    }
    if let Ok(at) = word.parse::<Timestamp>() {
        return Ok(When::At(at));
    }
    // A date with a time of day would be taken for the time alone, and a bare number for an hour.
    let of_day = |word: &str| word.parse::<civil::Time>().ok().filter(|_| word.contains(':') && !word.contains('-'));
    if let Some(time) = of_day(word) {
        return on(day, time);
    }
    let (date, rest) = match word.find([' ', 'T']) {
        Some(at) => word.split_at(at),
        None => (word, ""),
    };
    let date = match date {
        "today" => now.date(),
        "yesterday" => now.date().yesterday().map_err(|_| begins)?,
        date => date.parse().map_err(|_| begins)?,
    };
    let time = rest.trim_start_matches([' ', 'T']);
    match (time, of_day(time)) {
        ("", _) => on(date, civil::Time::midnight()),
        (_, Some(time)) => on(date, time),
        (_, None) => Err(begins + word.len() - time.len()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn now() -> Zoned {
        "2026-11-21T03:14:15[Europe/Paris]".parse().unwrap()
    }

    #[test]
    fn moments_are_read_in_the_zone_of_the_person() {
        let at = |word: &str| match When::read(word, &now()) {
            Some(When::At(at)) => at.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(When::read("2h", &now()), Some(When::Ago(Duration::from_secs(7200))));
        assert_eq!(When::read("-1h30m", &now()), Some(When::Ago(Duration::from_secs(5400))));
        assert_eq!(at("2026-11-21 03:00"), "2026-11-21T02:00:00Z");
        assert_eq!(at("2026-11-20T03:00:30"), "2026-11-20T02:00:30Z");
        assert_eq!(at("2026-11-20T03:00:30Z"), "2026-11-20T03:00:30Z");
        assert_eq!(at("03:00"), "2026-11-21T02:00:00Z");
        assert_eq!(at("today"), "2026-11-20T23:00:00Z");
        assert_eq!(at("yesterday"), "2026-11-19T23:00:00Z");
        assert_eq!(at("yesterday 22:00"), "2026-11-20T21:00:00Z");
        assert_eq!(at("today 01:30:15"), "2026-11-21T00:30:15Z");
        assert_eq!(at("2026-11-19"), "2026-11-18T23:00:00Z");
        for bad in
            ["", "tomorrow-ish", "10", "25:00", "2026-13-01", "--help", "yesterday 22", "now 10:00", "2026-11-21 3"]
        {
            assert_eq!(When::read(bad, &now()), None, "{bad:?}");
        }
    }

    #[test]
    fn spans_are_read_from_one_moment_to_another() {
        let told = |text: &str| {
            let span = TimeSpan::read(text, &now()).unwrap();
            let until = span.until.map(|until| until.to_string()).unwrap_or_default();
            format!("{}..{until}", span.from.at(&now()))
        };
        assert_eq!(told("02:30"), "2026-11-21T01:30:00Z..");
        assert_eq!(told("02:30 .. "), "2026-11-21T01:30:00Z..");
        assert_eq!(told("yesterday 22:00..23:15"), "2026-11-20T21:00:00Z..2026-11-20T22:15:00Z");
        assert_eq!(told("yesterday 22:00 .. 01:15"), "2026-11-20T21:00:00Z..2026-11-21T00:15:00Z", "over midnight");
        assert_eq!(told("-2h..-1h"), "2026-11-21T00:14:15Z..2026-11-21T01:14:15Z");
        assert_eq!(told("2026-11-20T00:00:00Z..2026-11-20T06:00:00Z"), "2026-11-20T00:00:00Z..2026-11-20T06:00:00Z");
        assert_eq!(told("yesterday..today"), "2026-11-19T23:00:00Z..2026-11-20T23:00:00Z");
    }

    #[test]
    fn a_mistake_in_a_span_is_pointed_at() {
        let wrong = |text: &str| {
            let mistake = TimeSpan::read(text, &now()).unwrap_err();
            (mistake.at, mistake.what.split([':', ';', ',']).next().unwrap().to_owned(), mistake.unfinished)
        };
        assert_eq!(wrong(""), (0, "a moment must stand here".to_owned(), true));
        assert_eq!(wrong(" ..10:00"), (1, "a moment must stand here".to_owned(), false));
        assert_eq!(wrong("noon"), (0, "this is no moment".to_owned(), false));
        assert_eq!(wrong("yesterday 25:00..01:00"), (10, "this is no moment".to_owned(), false));
        assert_eq!(wrong("yesterday 22:00..soon"), (17, "this is no moment".to_owned(), false));
        assert_eq!(wrong("23:30"), (0, "this is yet to come".to_owned(), false));
        assert_eq!(wrong("-1h.. -2h"), (6, "this lies before the beginning of the span".to_owned(), false));
    }
}
