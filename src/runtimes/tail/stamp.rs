//! The moment and the level that a line of a file tells by itself, where it is written in a way that is known: ISO 8601,
//! syslog's, nginx's.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use regex::bytes::{Captures, Regex};

/// Bytes at the beginning of a line in which both are looked for. What stands further back may be words of whoever is logged,
/// as a request is.
const HEAD: usize = 160;
/// Bytes at the beginning in which a moment by ISO 8601 begins, and a level that is no field.
const FRONT: usize = 48;
/// Year, month, day, time of day, a part of a second and the zone, which may be left out.
const ISO: &str = r"(?-u)(?:^|[^0-9])([0-9]{4})[-/]([0-9]{2})[-/]([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]{1,9}))?[ ]?(Z|[+-][0-9]{2}:?[0-9]{2})?";
/// Day, month by name, year, time of day and zone, as web servers write them.
const WEB: &str = r"(?-u)\[([0-9]{2})/([A-Z][a-z]{2})/([0-9]{4}):([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-][0-9]{4})\]";
/// Month by name, day, and time of day at the beginning.
const SYSLOG: &str = r"(?-u)^([A-Z][a-z]{2}) +([0-9]{1,2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ";
/// A level in capitals, in brackets, or behind its name.
const LEVEL: &str = r#"(?-u)\b(EMERG|ALERT|PANIC|FATAL|CRITICAL|CRIT|ERROR|ERR|WARNING|WARN|NOTICE|INFO|DEBUG|TRACE)\b|\[(emerg|alert|panic|fatal|critical|crit|error|err|warning|warn|notice|info|debug|trace)\]|\b(?:level|severity)"?[=:] ?"?([A-Za-z]+)"#;
/// A moment that is further than this beyond now is none: its line would stand behind all others until then.
const AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);
/// The same where no year is told: such a moment is of the year before.
const DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What a line tells of its moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// This one.
    At(Timestamp),
    /// One that has not come yet.
    Ahead,
    /// Nothing.
    Nothing,
}

/// Reads moments and levels.
#[derive(Debug, Clone)]
pub struct Stamps {
    iso: Option<Regex>,
    web: Option<Regex>,
    syslog: Option<Regex>,
    level: Option<Regex>,
}

impl Default for Stamps {
    fn default() -> Self {
        let regex = |text: &str| Regex::new(text).ok();
        Self { iso: regex(ISO), web: regex(WEB), syslog: regex(SYSLOG), level: regex(LEVEL) }
    }
}

impl Stamps {
    /// The moment of a line. What names no zone is in that of the host, what names no year is not younger than `now`.
    pub fn at(&self, line: &[u8], zone: Offset, now: Timestamp) -> Option<Timestamp> {
        match self.read(line, zone, now) {
            Told::At(at) => Some(at),
            Told::Ahead | Told::Nothing => None,
        }
    }

    /// The same, and whether the line tells one that can't be.
    pub fn read(&self, line: &[u8], zone: Offset, now: Timestamp) -> Told {
        match self.told(line, zone, now) {
            Some(at) if now.checked_add(AHEAD).is_ok_and(|soon| at <= soon) => Told::At(at),
            Some(_) => Told::Ahead,
            None => Told::Nothing,
        }
    }

    /// The moment as the line tells it. What stands first counts: what comes behind it may be anybody's words.
    fn told(&self, line: &[u8], zone: Offset, now: Timestamp) -> Option<Timestamp> {
        let head = line.get(..HEAD).unwrap_or(line);
        let of = |regex: &Option<Regex>| regex.as_ref()?.captures(head);
        let begin = |parts: &Captures<'_>| parts.get(0).map_or(usize::MAX, |all| all.start());
        let moment = |parts: &Captures<'_>, places: [usize; 6], month: Option<i64>, year: Option<i64>, zone: Offset| {
            let [y, mo, d, h, mi, s] = places.map(|place| number(parts, place));
            let nanos =
                parts.get(7).filter(|_| places == [1, 2, 3, 4, 5, 6]).map_or(0, |part| fraction(part.as_bytes()));
            let date = DateTime::new(
                i16::try_from(year.or(y)?).ok()?,
                i8::try_from(month.or(mo)?).ok()?,
                i8::try_from(d?).ok()?,
                i8::try_from(h?).ok()?,
                i8::try_from(mi?).ok()?,
                i8::try_from(s?.min(59)).ok()?,
                nanos,
            );
            // What lies behind the last moment that can be told, at the end of the year 9999, is as far ahead as any.
            Some(zone.to_timestamp(date.ok()?).unwrap_or(Timestamp::MAX))
        };
        let web = of(&self.web);
        let syslog = of(&self.syslog);
        let before = web.iter().chain(&syslog).map(begin).min().unwrap_or(FRONT);
        if let Some(parts) = of(&self.iso).filter(|parts| begin(parts) < before.min(FRONT)) {
            let zone = parts.get(8).and_then(|word| offset(word.as_bytes())).unwrap_or(zone);
            return moment(&parts, [1, 2, 3, 4, 5, 6], None, None, zone);
        }
        if let Some(parts) = web.filter(|parts| syslog.as_ref().is_none_or(|other| begin(parts) < begin(other))) {
            let zone = parts.get(7).and_then(|word| offset(word.as_bytes())).unwrap_or(zone);
            return moment(&parts, [3, 2, 1, 4, 5, 6], Some(month(&parts, 2)?), None, zone);
        }
        let parts = syslog?;
        let year = i64::from(zone.to_datetime(now).year());
        let in_year = |year| moment(&parts, [1, 1, 2, 3, 4, 5], month(&parts, 1), Some(year), zone);
        in_year(year).filter(|at| now.checked_add(DAY).is_ok_and(|soon| *at <= soon)).or_else(|| in_year(year - 1))
    }

    /// The priority that a line tells, 0 to 7.
    pub fn priority(&self, line: &[u8]) -> Option<u8> {
        let head = line.get(..HEAD).unwrap_or(line);
        // A line of a web server has no level: what looks like one is the visitor's.
        if self.web.as_ref().is_some_and(|web| web.is_match(head)) {
            return None;
        }
        let parts = self.level.as_ref()?.captures(head)?;
        let begin = parts.get(0)?.start();
        if begin >= FRONT && !head.starts_with(b"{") {
            return None;
        }
        let word = parts.iter().skip(1).flatten().next()?;
        let word = std::str::from_utf8(word.as_bytes()).ok()?.to_ascii_lowercase();
        Some(match word.as_str() {
            "emerg" | "panic" => 0,
            "alert" => 1,
            "fatal" | "critical" | "crit" => 2,
            "error" | "err" => 3,
            "warning" | "warn" => 4,
            "notice" => 5,
            "info" => 6,
            "debug" | "trace" => 7,
            _ => return None,
        })
    }
}

fn number(parts: &Captures<'_>, place: usize) -> Option<i64> {
    std::str::from_utf8(parts.get(place)?.as_bytes()).ok()?.trim().parse().ok()
}

fn month(parts: &Captures<'_>, place: usize) -> Option<i64> {
    let word = parts.get(place)?.as_bytes();
    MONTHS.iter().position(|name| name.as_bytes() == word).and_then(|place| i64::try_from(place + 1).ok())
}

/// Nanoseconds of the digits behind the point.
fn fraction(digits: &[u8]) -> i32 {
    let nine = digits.iter().copied().chain(std::iter::repeat(b'0')).take(9);
    nine.fold(0, |sum, digit| sum * 10 + i32::from(digit.saturating_sub(b'0').min(9)))
}

/// A zone as `Z`, `+01:00` or `+0100`.
pub fn offset(word: &[u8]) -> Option<Offset> {
    if word == b"Z" {
        return Some(Offset::UTC);
    }
    let digits: Vec<i32> =
        word.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| i32::from(byte - b'0')).collect();
    let [h1, h2, m1, m2] = digits.as_slice() else { return None };
    let seconds = (h1 * 10 + h2) * 3600 + (m1 * 10 + m2) * 60;
    Offset::from_seconds(if word.first() == Some(&b'-') { -seconds } else { seconds }).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn moments_are_read_in_the_ways_that_programs_write_them() {
        let (stamps, zone) = (Stamps::default(), Offset::from_seconds(3600).unwrap());
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let at = |line: &str| stamps.told(line.as_bytes(), zone, now).map(|at| at.to_string());
        let told = |word: &str| Some(word.to_owned());
        assert_eq!(at("2026-11-22T08:04:25.123Z INFO up"), told("2026-11-22T08:04:25.123Z"));
        assert_eq!(at("[2026-11-22 08:04:25,120] WARN slow"), told("2026-11-22T07:04:25.12Z"));
        assert_eq!(at("2026-11-22 08:04:25 +0000 x"), told("2026-11-22T08:04:25Z"));
        assert_eq!(at("2026/11/22 08:04:25 [error] 31#31: *1 open() failed"), told("2026-11-22T07:04:25Z"));
        let web = r#"10.0.0.7 - - [22/Nov/2026:08:04:25 +0200] "GET / HTTP/1.1" 200 12"#;
        assert_eq!(at(web), told("2026-11-22T06:04:25Z"));
        // Of December, read in January.
        assert_eq!(at("Dec 31 23:30:00 db-1 cron[7]: run"), told("2025-12-31T22:30:00Z"));
        assert_eq!(at("Jan  1 10:00:00 db-1 cron[7]: run"), told("2026-01-01T09:00:00Z"));
        // Whoever is logged chooses neither when nor how important.
        let later: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let at_later = |line: &str| stamps.at(line.as_bytes(), zone, later).map(|at| at.to_string());
        for year in ["2001", "9999"] {
            let visit =
                format!(r#"10.0.0.7 - - [22/Nov/2026:08:04:25 +0200] "GET /?x={year}-01-01T00:00:00Z HTTP/1.1" 200"#);
            assert_eq!(at_later(&visit), told("2026-11-22T06:04:25Z"));
            let said = format!("Nov 22 10:00:00 db-1 app[7]: got {year}-01-01T00:00:00Z");
            assert_eq!(at_later(&said), told("2026-11-22T09:00:00Z"));
        }
        assert_eq!(at_later("9999-01-01T00:00:00Z up"), None, "what has not come yet is no moment");
        assert_eq!(at_later("2026-11-23T00:06:00Z up"), None, "also within a day");
        for far in ["9999-12-31T23:59:59Z far", "9999-12-30T23:00:00-23:59 far", "9998-01-01 00:00:00 far"] {
            assert_eq!(stamps.read(far.as_bytes(), zone, later), Told::Ahead, "{far}");
        }
        assert_eq!(at_later("2026-11-23T00:04:00Z up"), told("2026-11-23T00:04:00Z"), "clocks may differ a little");
        for none in ["", "no time", "2026-13-45 99:99:99", "12:00:01 up", "order 2026-11-22"] {
            assert_eq!(at(none), None, "{none}");
        }
    }

    #[test]
    fn a_level_is_a_word_that_can_be_nothing_else() {
        let priority = |line: &str| Stamps::default().priority(line.as_bytes());
        assert_eq!(priority("2026/11/22 08:04:25 [error] 31#31: *1 open() failed"), Some(3));
        assert_eq!(priority("2026-11-22 08:04:25,120 WARNING slow"), Some(4));
        assert_eq!(priority(r#"{"level":"fatal","msg":"x"}"#), Some(2));
        assert_eq!(priority("level=debug msg=x"), Some(7));
        assert_eq!(priority("an error is no level here"), None);
        let visit = r#"10.0.0.7 - - [22/Nov/2026:08:04:25 +0200] "GET /?level=emerg HTTP/1.1" 200 ERROR"#;
        assert_eq!(priority(visit), None);
    }
}
