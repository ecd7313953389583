//! Figures as people read them at night: short, with a unit, never more digits than they mean.

use std::time::Duration;

/// Bytes as `84M`, `1.2G`, `512K`; powers of 1024.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["B", "K", "M", "G", "T", "P"];
    let mut unit = 0;
    let mut rest = count as f64;
    while rest >= 999.5 && unit + 1 < UNITS.len() {
        rest /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(unit >= 3 && rest < 9.95);
    format!("{rest:.digits$}{}", UNITS[unit])
}

/// A latency as `9ms`, `412ms`, `1.2s`, `12s`.
pub fn latency(span: Duration) -> String {
    let millis = span.as_secs_f64() * 1000.0;
    if millis < 1.0 {
        "<1ms".to_owned()
    } else if millis < 999.5 {
        format!("{millis:.0}ms")
    } else if millis < 9950.0 {
        format!("{:.1}s", millis / 1000.0)
    } else {
        format!("{:.0}s", millis / 1000.0)
    }
}

/// The share of a whole that is used, in whole per cent; nothing where there is no whole. Never rounded up to 100.
pub fn used_percent(total: u64, free: u64) -> Option<u64> {
    let used = total.saturating_sub(free);
    (total > 0).then(|| u64::try_from(u128::from(used) * 100 / u128::from(total)).unwrap_or(100))
}

/// A count with commas between its thousands: `412,903`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 host`, `3 hosts`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let sizes =
            [(0, "0B"), (999, "999B"), (1000, "1K"), (1024, "1K"), (88_080_384, "84M"), (1_288_490_189, "1.2G")];
        for (count, text) in sizes {
            assert_eq!(bytes(count), text);
        }
        assert_eq!(bytes(u64::MAX), "16384P");
        let spans = [(400, "<1ms"), (9_400, "9ms"), (412_000, "412ms"), (1_240_000, "1.2s"), (12_400_000, "12s")];
        for (micros, text) in spans {
            assert_eq!(latency(Duration::from_micros(micros)), text);
        }
        assert_eq!(used_percent(1000, 1), Some(99));
        assert_eq!(used_percent(0, 0), None);
        assert_eq!([0, 999, 1000, 412_903, 1_000_000].map(grouped), ["0", "999", "1,000", "412,903", "1,000,000"]);
        assert_eq!((count(1, "host"), count(0, "host")), ("1 host".to_owned(), "0 hosts".to_owned()));
    }
}
