//! The times of lines as text: all lines of a second have everything but the fraction in common.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// Writes times of a zone, as ISO 8601 has them, with six digits of a second.
#[derive(Debug)]
pub struct Stamp {
    zone: TimeZone,
    /// The second that was written last.
    second: Option<i64>,
    before: String,
    behind: String,
}

impl Stamp {
    /// For this zone.
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, second: None, before: String::new(), behind: String::new() }
    }

    /// Appends the time.
    pub fn push(&mut self, at: Timestamp, out: &mut String) {
        let micros = at.as_microsecond();
        let (second, fraction) = (micros.div_euclid(SECOND), micros.rem_euclid(SECOND));
        if self.second != Some(second) {
            let whole = Timestamp::from_second(second).unwrap_or(at).to_zoned(self.zone.clone());
            self.before = whole.strftime("%Y-%m-%dT%H:%M:%S").to_string();
            self.behind = whole.strftime("%:z").to_string();
            self.second = Some(second);
        }
        // A string takes everything.
        let _ = write!(out, "{}.{fraction:06}{}", self.before, self.behind);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    proptest::proptest! {
        #[test]
        fn it_is_what_would_be_written_of_each_time_by_itself(
            begin in -62_135_596_800i64..253_402_200_000, steps in proptest::collection::vec(-2_000_000i64..9_000_000_000, 1..20)
        ) {
            let zone = TimeZone::get("Europe/Berlin").unwrap();
            let mut stamp = Stamp::new(zone.clone());
            let mut micros = begin.saturating_mul(SECOND);
            for step in steps {
                micros += step;
                let Ok(at) = Timestamp::from_microsecond(micros) else { continue };
                let mut text = String::new();
                stamp.push(at, &mut text);
                let whole = at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.6f%:z").to_string();
                proptest::prop_assert_eq!(text, whole);
            }
        }
    }
}
