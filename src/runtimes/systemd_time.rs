//! Reads the times that systemd's own programs print, when they are asked to print them in UTC and in C.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Microseconds since the epoch as a moment; `None` for systemd's two ways to say "never".
pub fn from_micros(micros: u64) -> Option<Timestamp> {
    if micros == 0 || micros == u64::MAX {
        return None;
    }
    Timestamp::from_microsecond(i64::try_from(micros).ok()?).ok()
}

/// `Sat 2026-11-21 05:19:26 UTC`, with or without a fraction, or `@` and seconds since the epoch.
/// Empty, `n/a`, `0` and `[not set]` are no moment.
pub fn timestamp(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(seconds) = text.strip_prefix('@') {
        return from_micros(decimal_micros(seconds)?);
    }
    let mut words = text.split_ascii_whitespace();
    let first = words.next()?;
    let date = if first.starts_with(|c: char| c.is_ascii_alphabetic()) { words.next()? } else { first };
    let clock = words.next()?;
    if words.next().is_some_and(|zone| zone != "UTC") {
        return None;
    }
    let civil: DateTime = format!("{date}T{clock}").parse().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// A span as systemd prints it: `1y 2month 3w 4d 5h 6min 7s 8ms 9us`, fractions allowed; also a bare number of
/// microseconds. `infinity` and anything else is none.
pub fn span(text: &str) -> Option<Duration> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().filter(|micros| *micros != u64::MAX).map(Duration::from_micros);
    }
    let mut total = Duration::ZERO;
    for word in text.split_ascii_whitespace() {
        let end = word.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, unit) = word.split_at(end);
        let micros = decimal_micros(number)?;
        let seconds = match unit {
            "us" => return total.checked_add(Duration::from_micros(micros / 1_000_000)),
            "ms" => {
                total = total.checked_add(Duration::from_micros(micros / 1000))?;
                continue;
            }
            "s" => 1,
            "min" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 604_800,
            "month" => 2_629_800,
            "y" => 31_557_600,
            _ => return None,
        };
        total = total.checked_add(Duration::from_micros(micros).checked_mul(seconds)?)?;
    }
    Some(total)
}

/// A decimal number of at most six decimal places, times a million.
fn decimal_micros(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(fraction.parse().ok()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn moments_of_every_version_are_read() {
        let at: Timestamp = "2026-11-21T05:24:27Z".parse().unwrap();
        for text in ["Sat 2026-11-21 05:24:27 UTC", "2026-11-21 05:24:27 UTC", "@1795238667"] {
            assert_eq!(timestamp(text), Some(at), "{text}");
        }
        let fine = timestamp("Sat 2026-11-21 05:24:27.798147 UTC").unwrap();
        assert_eq!(fine.as_microsecond(), 1_795_238_667_798_147);
        for text in ["", "n/a", "0", "[not set]", "Sat 2026-11-21 05:24:27 CET", "@x", "Sat 2026-13-41 99:00:00 UTC"] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn spans_are_read() {
        let micros = |text: &str| span(text).map(|span| span.as_micros());
        assert_eq!(micros("37min 22.602065s"), Some(2_242_602_065));
        assert_eq!(micros("1d 2h 5ms"), Some(93_600_005_000));
        assert_eq!(micros("250us"), Some(250));
        assert_eq!(micros("1500000"), Some(1_500_000));
        for text in ["", "infinity", "[not set]", "18446744073709551615", "1 h", "5parsec", "99999999999999y"] {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,40}", numbers in "[0-9@. a-z]{0,40}") {
            let _: (Option<Timestamp>, Option<Duration>) = (timestamp(&text), span(&text));
            let _: (Option<Timestamp>, Option<Duration>) = (timestamp(&numbers), span(&numbers));
        }
    }
}
