//! When an environment may be changed: windows on days of the week in a named zone, and freezes, in which it may not.
//!
//! A window lies on the day on which it begins, and ends on the next when it ends no later than it begins. A time that a
//! change of the clocks leaves out is the first moment behind it; of one that comes twice the first is meant, so that no
//! window is longer than it was written. A freeze is stronger than any window. Where there are no windows it is always
//! open but for freezes.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};

use super::name::RoleName;
use super::procedure::Kind;
use super::time::short;
use crate::text::Foreign;

/// When an environment may be changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Windows {
    /// It is open while any of these is; none: always.
    pub open: Vec<Window>,
    /// Whatever is open, it is closed during these.
    pub freezes: Vec<Freeze>,
    /// For which kinds of procedure that holds.
    pub kinds: Vec<Kind>,
    /// Who may change it all the same, for a reason: a role of the site. Nobody where it is `None`.
    pub role: Option<RoleName>,
}

/// One window.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The days on which it begins.
    pub days: Days,
    /// When it begins.
    pub from: Time,
    /// When it ends: on the next day unless it is later than `from`.
    pub to: Time,
    /// By the clocks of which place.
    pub zone: TimeZone,
}

/// A time in which nothing is changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Freeze {
    /// Its begin.
    pub from: DateTime,
    /// Its end; that moment is no part of it.
    pub to: DateTime,
    /// By the clocks of which place.
    pub zone: TimeZone,
    /// Why.
    pub reason: Foreign,
}

/// Days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Days(u8);

/// Days of the week with the words for them.
const WEEK: [(Weekday, &str); 7] = [
    (Weekday::Monday, "mon"),
    (Weekday::Tuesday, "tue"),
    (Weekday::Wednesday, "wed"),
    (Weekday::Thursday, "thu"),
    (Weekday::Friday, "fri"),
    (Weekday::Saturday, "sat"),
    (Weekday::Sunday, "sun"),
];

impl Days {
    /// Reads `mon`, `mon-fri`, `fri-mon`, `daily`, and several of them with blanks or commas between.
    pub fn parse(words: &str) -> Option<Self> {
        let place = |word: &str| WEEK.iter().position(|(_, name)| word.eq_ignore_ascii_case(name));
        let mut days = 0;
        for word in words.split([' ', ',']).filter(|word| !word.is_empty()) {
            if word.eq_ignore_ascii_case("daily") {
                days = 0x7f;
                continue;
            }
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            let (first, last) = (place(first)?, place(last)?);
            let count = (last + 7 - first) % 7;
            days |= (0..=count).fold(0, |days, step| days | 1 << ((first + step) % 7));
        }
        (days != 0).then_some(Self(days))
    }

    /// Whether it is one of them.
    pub fn has(self, day: Weekday) -> bool {
        WEEK.iter().position(|(known, _)| *known == day).is_some_and(|at| self.0 & 1 << at != 0)
    }
}

/// Whether an environment may be changed at a moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Opening {
    /// It may.
    Open {
        /// Until when, and by the clocks of which place; nothing when no end is in sight.
        until: Option<(Timestamp, TimeZone)>,
    },
    /// It may not.
    Closed {
        /// The freeze that closes it; nothing when no window is open.
        freeze: Option<Freeze>,
        /// When it opens next; nothing when it does not within a year.
        next: Option<(Timestamp, TimeZone)>,
    },
}

impl Opening {
    /// Whether it may be changed.
    pub fn is_open(&self) -> bool {
        matches!(self, Opening::Open { .. })
    }

    /// It in words: `open until 04:00 Europe/Berlin, 1h 46m left`, `closed, opens Sat 01:00 Europe/Berlin, in 2d 3h`.
    pub fn told(&self, now: Timestamp) -> String {
        let at = |(moment, zone): &(Timestamp, TimeZone)| {
            let local = |moment: Timestamp| zone.to_datetime(moment);
            let (then, today) = (local(*moment), local(now));
            let form = match then.date().since(today.date()).map(|span| span.get_days()) {
                Ok(0) => "%H:%M",
                Ok(1..=6) => "%a %H:%M",
                _ => "%Y-%m-%d %H:%M",
            };
            format!("{} {}", then.strftime(form), zone_name(zone))
        };
        let left = |moment: Timestamp| short(moment.duration_since(now).unsigned_abs());
        match self {
            Opening::Open { until: None } => "open".to_owned(),
            Opening::Open { until: Some(until) } => format!("open until {}, {} left", at(until), left(until.0)),
            Opening::Closed { freeze, next } => {
                let mut told = match freeze {
                    Some(freeze) => format!("frozen: {}", freeze.reason.plain()),
                    None => "closed".to_owned(),
                };
                match next {
                    Some(next) => told.push_str(&format!(", opens {}, in {}", at(next), left(next.0))),
                    None => told.push_str(", and does not open within a year"),
                }
                told
            }
        }
    }
}

fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

/// A stretch of time in which it is open.
#[derive(Debug, Clone)]
struct Stretch {
    from: Timestamp,
    to: Option<Timestamp>,
    zone: TimeZone,
}

/// So many days are looked at for the next opening: first a week, then more.
const HORIZONS: [i64; 3] = [9, 60, 400];

impl Windows {
    /// Whether they say anything about procedures of this kind.
    pub fn hold_for(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind) && !(self.open.is_empty() && self.freezes.is_empty())
    }

    /// Whether it may be changed at a moment.
    pub fn at(&self, now: Timestamp) -> Opening {
        let mut next = None;
        for days in HORIZONS {
            let stretches = self.stretches(now, days);
            if let Some(open) = stretches.iter().find(|one| one.from <= now && one.to.is_none_or(|to| now < to)) {
                // What ends where it was looked no further has no end in sight.
                let in_sight = now.checked_add(Span::new().hours((days - 2) * 24)).unwrap_or(Timestamp::MAX);
                match open.to {
                    Some(to) if to < in_sight => {
                        return Opening::Open { until: Some((to, open.zone.clone())) };
                    }
                    Some(_) | None if days == HORIZONS[HORIZONS.len() - 1] => return Opening::Open { until: None },
                    Some(_) | None => continue,
                }
            }
            next = stretches.into_iter().find(|one| one.from > now).map(|one| (one.from, one.zone));
            if next.is_some() {
                break;
            }
        }
        let freeze = self.freezes.iter().find(|freeze| {
            let (from, to) = freeze.stretch();
            from <= now && now < to
        });
        Opening::Closed { freeze: freeze.cloned(), next }
    }

    /// When it is open from two days before to so many days after a moment, in order, none touching another.
    fn stretches(&self, now: Timestamp, days: i64) -> Vec<Stretch> {
        let mut open: Vec<Stretch> = self.open.iter().flat_map(|window| window.stretches(now, days)).collect();
        if self.open.is_empty() {
            let zone = self.freezes.first().map_or(TimeZone::UTC, |freeze| freeze.zone.clone());
            open.push(Stretch { from: Timestamp::MIN, to: None, zone });
        }
        open.sort_by_key(|one| one.from);
        let mut merged: Vec<Stretch> = Vec::new();
        for one in open {
            match merged.last_mut() {
                Some(last) if last.to.is_none_or(|to| one.from <= to) => {
                    if last.to.is_some_and(|to| one.to.is_none_or(|end| end > to)) {
                        (last.to, last.zone) = (one.to, one.zone);
                    }
                }
                Some(_) | None => merged.push(one),
            }
        }
        self.freezes.iter().fold(merged, |open, freeze| freeze.cut(open))
    }
}

impl Window {
    /// Its occurrences around a moment.
    fn stretches(&self, now: Timestamp, days: i64) -> impl Iterator<Item = Stretch> + '_ {
        let today = self.zone.to_datetime(now).date();
        (-2..=days).filter_map(move |offset| {
            let day = today.checked_add(Span::new().days(offset)).ok()?;
            let last = if self.to > self.from { day } else { day.tomorrow().ok()? };
            let (from, to) = (instant(&self.zone, day, self.from), instant(&self.zone, last, self.to));
            (self.days.has(day.weekday()) && from < to).then(|| Stretch { from, to: Some(to), zone: self.zone.clone() })
        })
    }
}

impl Freeze {
    fn stretch(&self) -> (Timestamp, Timestamp) {
        let at = |at: DateTime| instant(&self.zone, at.date(), at.time());
        (at(self.from), at(self.to))
    }

    /// What is left of stretches.
    fn cut(&self, open: Vec<Stretch>) -> Vec<Stretch> {
        let (from, to) = self.stretch();
        let mut left = Vec::new();
        for one in open {
            if one.to.is_some_and(|end| end <= from) || to <= one.from {
                left.push(one);
                continue;
            }
            if one.from < from {
                left.push(Stretch { to: Some(from), zone: self.zone.clone(), ..one.clone() });
            }
            if one.to.is_none_or(|end| to < end) {
                left.push(Stretch { from: to, zone: self.zone.clone(), ..one });
            }
        }
        left
    }
}

/// The moment that a clock of a place shows as this.
fn instant(zone: &TimeZone, day: Date, time: Time) -> Timestamp {
    let shown = day.to_datetime(time);
    let moment = match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(shown).ok()
        }
        // With the offset that holds afterwards it lies before the change.
        AmbiguousOffset::Gap { after, .. } => {
            let before = after.to_timestamp(shown).ok();
            before.and_then(|before| zone.following(before).next()).map(|change| change.timestamp())
        }
    };
    moment.unwrap_or(if day.year() < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::time::Duration;

    use jiff::civil::time;
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn window(days: &str, from: &str, to: &str, place: &str) -> Window {
        Window {
            days: Days::parse(days).unwrap(),
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            zone: zone(place),
        }
    }

    fn only(window: Window) -> Windows {
        Windows { open: vec![window], ..Windows::default() }
    }

    fn at(moment: &str) -> Timestamp {
        moment.parse().unwrap()
    }

    #[test]
    fn a_window_may_lie_over_midnight_and_belongs_to_the_day_it_begins_on() {
        let windows = only(window("sat", "23:00", "02:00", "UTC"));
        assert!(windows.at(at("2027-03-06T23:30:00Z")).is_open() && windows.at(at("2027-03-07T01:59:59Z")).is_open());
        assert!(!windows.at(at("2027-03-06T01:00:00Z")).is_open() && !windows.at(at("2027-03-07T23:30:00Z")).is_open());
    }

    #[test]
    fn a_freeze_is_stronger_and_the_next_opening_lies_behind_it() {
        let mut windows = only(window("mon-fri", "02:00", "04:00", "Europe/Berlin"));
        windows.freezes.push(Freeze {
            from: "2027-03-01T00:00".parse().unwrap(),
            to: "2027-06-01T03:00".parse().unwrap(),
            zone: zone("Europe/Berlin"),
            reason: "the books are closed".into(),
        });
        let closed = windows.at(at("2027-03-02T01:30:00Z"));
        assert_eq!(
            closed.told(at("2027-03-02T01:30:00Z")),
            "frozen: the books are closed, opens 2027-06-01 03:00 Europe/Berlin, in 90d 23h"
        );
        assert!(windows.at(at("2027-06-01T01:00:00Z")).is_open());
    }

    #[test]
    fn it_is_told_with_what_is_left() {
        let windows = only(window("daily", "02:00", "04:00", "Europe/Berlin"));
        let now = at("2027-01-05T01:14:00Z");
        assert_eq!(windows.at(now).told(now), "open until 04:00 Europe/Berlin, 1h 46m left");
        let later = at("2027-01-05T03:00:00Z");
        assert_eq!(windows.at(later).told(later), "closed, opens Wed 02:00 Europe/Berlin, in 22h");
        assert_eq!(Windows::default().at(now), Opening::Open { until: None });
    }

    #[test]
    fn windows_that_touch_are_one() {
        let mut windows = only(window("daily", "02:00", "04:00", "UTC"));
        windows.open.push(window("daily", "04:00", "05:00", "UTC"));
        let Opening::Open { until: Some((ends, _)) } = windows.at(at("2027-01-05T02:00:00Z")) else { panic!("closed") };
        assert_eq!(ends, at("2027-01-05T05:00:00Z"));
    }

    #[test]
    fn days_are_read() {
        let days = |words: &str| Days::parse(words).map(|days| WEEK.map(|(day, _)| days.has(day)));
        assert_eq!(days("mon-wed, sun"), Some([true, true, true, false, false, false, true]));
        assert_eq!(days("Sat-Mon"), Some([true, false, false, false, false, true, true]));
        assert_eq!(days("daily"), Some([true; 7]));
        assert!(["", " ", "noday", "mon-", "mon--fri", "-"].iter().all(|words| days(words).is_none()));
    }

    proptest! {
        #[test]
        fn what_is_told_of_ends_and_begins_is_so(
            days in 1_u8..=0x7f, from in 0_i32..1440, length in 1_i32..1440,
            place in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
            now in 1_770_000_000_i64..1_870_000_000,
            freeze in prop::option::of((0_i64..40, 1_i64..60)),
        ) {
            let time = |minute: i32| time((minute / 60 % 24) as i8, (minute % 60) as i8, 0, 0);
            let mut windows = only(Window { days: Days(days), from: time(from), to: time(from + length), zone: zone(place) });
            let now = Timestamp::from_second(now).unwrap();
            if let Some((after, hours)) = freeze {
                let from = zone(place).to_datetime(now).checked_add(Span::new().hours(after - 20)).unwrap();
                let to = from.checked_add(Span::new().hours(hours)).unwrap();
                windows.freezes.push(Freeze { from, to, zone: zone(place), reason: "x".into() });
            }
            let second = Duration::from_secs(1);
            match windows.at(now) {
                Opening::Open { until } => {
                    let (until, _) = until.unwrap();
                    prop_assert!(now < until && windows.at(until - second).is_open() && !windows.at(until).is_open());
                }
                Opening::Closed { next, .. } => {
                    let (next, _) = next.unwrap();
                    prop_assert!(now < next && windows.at(next).is_open() && !windows.at(next - second).is_open());
                }
            }
        }
    }
}
