//! Windows and freezes of an environment.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::super::mistake::{Sink, quoted};
use super::super::raw::{RawEnvironment, RawFreeze, RawWindow};
use super::super::read::Located;
use super::super::source::Span;
use super::channel;
use crate::domain::procedure::Kind;
use crate::domain::window::{Days, Freeze, Window, Windows};
use crate::domain::{RoleName, Roles};

const MOST: usize = 100;

/// Those of an environment. One that can't be read is a mistake, so that a site with it is not opened as if it were
/// always open.
pub fn resolve(raw: &RawEnvironment, roles: &Roles, sink: &mut Sink<'_>) -> Windows {
    let (windows, freezes) = (raw.windows.as_deref().unwrap_or_default(), raw.freezes.as_deref().unwrap_or_default());
    let last = windows.get(MOST).map(|one| &one.span).or(freezes.get(MOST).map(|one| &one.span));
    if let Some(span) = last {
        sink.add(span, format!("an environment has at most {MOST} windows and {MOST} freezes"));
    }
    let mut kinds = channel::kinds(raw.window_kinds.as_ref(), sink);
    if kinds.is_empty() {
        kinds.push(Kind::Deploy);
    }
    Windows {
        open: windows.iter().take(MOST).filter_map(|one| window(one, sink)).collect(),
        freezes: freezes.iter().take(MOST).filter_map(|one| freeze(one, sink)).collect(),
        kinds,
        role: raw.window_override.as_ref().and_then(|role| one_of(role, roles, sink)),
    }
}

/// A role of the site.
fn one_of(word: &Located<String>, roles: &Roles, sink: &mut Sink<'_>) -> Option<RoleName> {
    let role = RoleName::new(&word.value).ok().filter(|role| roles.people(role).is_some());
    if role.is_none() {
        let message = format!("there is no role {}", quoted(&word.value));
        let known: Vec<&str> = roles.names().map(RoleName::as_str).collect();
        sink.unknown(&word.span, message, &word.value, known);
    }
    role
}

fn window(raw: &RawWindow, sink: &mut Sink<'_>) -> Option<Window> {
    let lost = |key| raw.lost(key);
    let days = said(&raw.days, "days", lost, &raw.span, sink).and_then(|word| days(word, sink));
    let from = said(&raw.from, "from", lost, &raw.span, sink).and_then(|word| time(word, sink));
    let to = said(&raw.to, "to", lost, &raw.span, sink).and_then(|word| time(word, sink));
    let zone = said(&raw.zone, "zone", lost, &raw.span, sink).and_then(|word| zone(word, sink));
    Some(Window { days: days?, from: from?, to: to?, zone: zone? })
}

fn freeze(raw: &RawFreeze, sink: &mut Sink<'_>) -> Option<Freeze> {
    let lost = |key| raw.lost(key);
    let from = said(&raw.from, "from", lost, &raw.span, sink).and_then(|word| day(word, false, sink));
    let to = said(&raw.to, "to", lost, &raw.span, sink).and_then(|word| day(word, true, sink));
    let zone = said(&raw.zone, "zone", lost, &raw.span, sink).and_then(|word| zone(word, sink));
    let reason = said(&raw.reason, "reason", lost, &raw.span, sink)?;
    let (from, to) = (from?, to?);
    if to <= from {
        sink.add(&raw.span, "this freeze ends before it begins");
        return None;
    }
    Some(Freeze { from, to, zone: zone?, reason: reason.value.as_str().into() })
}

/// A key that must be there.
fn said<'r>(
    word: &'r Option<Located<String>>,
    key: &'static str,
    lost: impl Fn(&'static str) -> bool,
    of: &Span,
    sink: &mut Sink<'_>,
) -> Option<&'r Located<String>> {
    if word.is_none() && !lost(key) {
        sink.add(of, format!("this has no `{key}`"));
    }
    word.as_ref()
}

fn days(word: &Located<String>, sink: &mut Sink<'_>) -> Option<Days> {
    let days = Days::parse(&word.value);
    if days.is_none() {
        let hint = "write \"mon-fri\", \"sat sun\" or \"daily\"";
        sink.add_hint(&word.span, format!("{} are no days of the week", quoted(&word.value)), hint);
    }
    days
}

fn time(word: &Located<String>, sink: &mut Sink<'_>) -> Option<Time> {
    let time = clock(&word.value);
    if time.is_none() {
        let message = format!("{} is no time of the day", quoted(&word.value));
        sink.add_hint(&word.span, message, "write it like \"02:00\" or \"23:30\"");
    }
    time
}

/// `02:00` or `23:59:30`, nothing else.
fn clock(word: &str) -> Option<Time> {
    let digits = word.bytes().enumerate().all(|(at, b)| if at % 3 == 2 { b == b':' } else { b.is_ascii_digit() });
    // The parser takes a leap second for the second before it: it is no time that a window could mean.
    (digits && matches!(word.len(), 5 | 8) && !word.ends_with(":60")).then(|| word.parse().ok()).flatten()
}

/// A day, or a moment of one. The last day of a freeze is part of it.
fn day(word: &Located<String>, last: bool, sink: &mut Sink<'_>) -> Option<DateTime> {
    let (date, time) = word.value.split_once([' ', 'T']).map_or((word.value.as_str(), None), |(d, t)| (d, Some(t)));
    let day = date.parse::<Date>().ok().filter(|_| date.len() == 10);
    let at = match (day, time) {
        (Some(day), Some(time)) => clock(time).map(|time| day.to_datetime(time)),
        (Some(day), None) if last => day.tomorrow().ok().map(|next| next.to_datetime(Time::midnight())),
        (Some(day), None) => Some(day.to_datetime(Time::midnight())),
        (None, _) => None,
    };
    if at.is_none() {
        let message = format!("{} is no day", quoted(&word.value));
        sink.add_hint(&word.span, message, "write it like \"2026-12-20\" or \"2026-12-20 18:00\"");
    }
    at
}

fn zone(word: &Located<String>, sink: &mut Sink<'_>) -> Option<TimeZone> {
    // Names of whatever this machine is set to: on another one they are another zone.
    let is_set_here = ["localtime", "posixrules"].iter().any(|name| word.value.eq_ignore_ascii_case(name));
    let zone = TimeZone::get(&word.value).ok().filter(|_| !is_set_here);
    if zone.is_none() {
        let message = format!("there is no zone {}", quoted(&word.value));
        sink.add_hint(
            &word.span,
            message,
            "write its name in the time zone database, like \"Europe/Berlin\" or \"UTC\"",
        );
    }
    zone
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use jiff::Timestamp;

    use super::super::super::load::parse;
    use super::super::super::render;

    const HOSTS: &str = "[environments.production.hosts]\na = {}\n[services.web]\nhosts = 'a'\n";

    fn told(text: &str) -> Vec<String> {
        let text = format!("[environments.production]\n{text}\n{HOSTS}");
        let parsed = parse(Path::new("site.toml"), "shop", text.as_bytes());
        parsed.mistakes.iter().map(|one| format!("{}: {}", one.line, one.message)).collect()
    }

    #[test]
    fn windows_and_freezes_are_read() {
        let text = format!(
            "[environments.production]\nwindows = [{{ days = 'mon-fri', from = '22:00', to = '02:00', zone = 'Europe/Berlin' }}]\n\
             freezes = [{{ from = '2026-12-20', to = '2027-01-03', zone = 'Europe/Berlin', reason = 'Christmas' }}]\n\
             window_kinds = ['deploy', 'maintenance']\n{HOSTS}"
        );
        let parsed = parse(Path::new("site.toml"), "shop", text.as_bytes());
        assert!(parsed.mistakes.is_empty(), "{}", render(&parsed.mistakes));
        let site = parsed.value.unwrap();
        let windows = &site.environments[0].windows;
        let open = |at: &str| windows.at(at.parse::<Timestamp>().unwrap()).is_open();
        assert!(open("2026-12-18T23:30:00Z") && !open("2026-12-19T23:30:00Z"), "Friday's goes into Saturday");
        assert!(
            !open("2027-01-03T22:30:00Z") && open("2027-01-04T22:30:00Z"),
            "the last day of a freeze is part of it"
        );
    }

    #[test]
    fn what_is_wrong_is_told_at_its_line() {
        let cases = [
            ("windows = [{ from = '02:00', to = '04:00', zone = 'UTC' }]", "2: this has no `days`"),
            ("windows = [{ days = 'mon', from = '02:00', to = '04:00' }]", "2: this has no `zone`"),
            ("windows = [{ days = 'moon', from = '02:00', to = '04:00', zone = 'UTC' }]", "2: `moon` are no days"),
            ("windows = [{ days = 'mon', from = '2', to = '04:00', zone = 'UTC' }]", "2: `2` is no time"),
            ("windows = [{ days = 'mon', from = '23:59:60', to = '04:00', zone = 'UTC' }]", "2: `23:59:60` is no time"),
            ("windows = [{ days = 'mon', from = '24:00', to = '04:00', zone = 'UTC' }]", "2: `24:00` is no time"),
            (
                "windows = [{ days = 'mon', from = '02:00', to = '04:00', zone = 'Berlin' }]",
                "2: there is no zone `Berlin`",
            ),
            (
                "windows = [{ days = 'mon', from = '02:00', to = '04:00', zone = 'localtime' }]",
                "2: there is no zone `localtime`",
            ),
            (
                "freezes = [{ from = '2026-12-20', to = '2027-01-01', zone = 'Posixrules', reason = 'x' }]",
                "2: there is no zone `Posixrules`",
            ),
            (
                "freezes = [{ from = '2026-02-30', to = '2027-01-01', zone = 'UTC', reason = 'x' }]",
                "2: `2026-02-30` is no day",
            ),
            (
                "freezes = [{ from = '2027-01-02', to = '2027-01-01', zone = 'UTC', reason = 'x' }]",
                "2: this freeze ends",
            ),
            ("freezes = [{ from = '2027-01-02', to = '2027-01-03', zone = 'UTC' }]", "2: this has no `reason`"),
            ("window_override = 'cto'", "2: there is no role `cto`"),
            ("window_kinds = 'deplyo'", "2: `deplyo` is no kind"),
        ];
        for (text, message) in cases {
            let told = told(text);
            assert!(told.iter().any(|one| one.starts_with(message)), "{text}\n{told:?}");
        }
    }
}
