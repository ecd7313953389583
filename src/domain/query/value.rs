//! Values of fields: numbers with their units, and how they compare.

use std::cmp::Ordering;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing that is said.
    Plain,
    /// Time, in seconds.
    Time,
    /// Bytes.
    Bytes,
    /// Percent.
    Percent,
}

/// A number with what it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// In the unit of its kind.
    value: f64,
    /// As it was written; `None` of one that has several parts: `1m30s`.
    written: Option<f64>,
    kind: Kind,
}

/// Units, what they count and how much one of them is; the longer ones first.
const UNITS: &[(&str, Kind, f64)] = &[
    ("KiB", Kind::Bytes, 1024.0),
    ("MiB", Kind::Bytes, 1024.0 * 1024.0),
    ("GiB", Kind::Bytes, 1024.0 * 1024.0 * 1024.0),
    ("TiB", Kind::Bytes, 1024.0 * 1024.0 * 1024.0 * 1024.0),
    ("min", Kind::Time, 60.0),
    ("µs", Kind::Time, 1e-6),
    ("μs", Kind::Time, 1e-6),
    ("ns", Kind::Time, 1e-9),
    ("us", Kind::Time, 1e-6),
    ("ms", Kind::Time, 1e-3),
    ("kB", Kind::Bytes, 1e3),
    ("KB", Kind::Bytes, 1e3),
    ("MB", Kind::Bytes, 1e6),
    ("GB", Kind::Bytes, 1e9),
    ("TB", Kind::Bytes, 1e12),
    ("B", Kind::Bytes, 1.0),
    ("s", Kind::Time, 1.0),
    ("m", Kind::Time, 60.0),
    ("h", Kind::Time, 3600.0),
    ("d", Kind::Time, 86_400.0),
    ("%", Kind::Percent, 1.0),
];

impl Number {
    /// Reads `502`, `-1.5e3`, `12ms`, `1.5 GiB`, `1m30s`, `80%`; nothing else may stand there.
    pub fn read(text: &[u8]) -> Option<Self> {
        let mut rest = std::str::from_utf8(text).ok()?.trim();
        if rest.is_empty() || rest.len() > 64 {
            return None;
        }
        let mut total: Option<Self> = None;
        while !rest.is_empty() {
            let (part, behind) = part(rest, total.is_some())?;
            total = Some(match total {
                None => part,
                Some(sum) if sum.kind == Kind::Time && part.kind == Kind::Time => {
                    Self { value: sum.value + part.value, written: None, kind: Kind::Time }
                }
                Some(_) => return None,
            });
            rest = behind;
        }
        total
    }

    /// How this value of a line compares with the number of a query, if it does: the units must be of one kind, and a
    /// query without a unit means the number as it was written.
    pub fn compare(self, asked: Self) -> Option<Ordering> {
        if self.kind == asked.kind {
            self.value.partial_cmp(&asked.value)
        } else if asked.kind == Kind::Plain {
            self.written?.partial_cmp(&asked.value)
        } else {
            None
        }
    }
}

/// One number with its unit, and what stands behind it. A further one has no sign.
fn part(text: &str, further: bool) -> Option<(Number, &str)> {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let begin = usize::from(!further && matches!(bytes.first(), Some(b'-' | b'+')));
    let whole = digits(begin);
    let mut end = whole;
    if bytes.get(whole) == Some(&b'.') && bytes.get(whole + 1).is_some_and(u8::is_ascii_digit) {
        end = digits(whole + 1);
    }
    if end == begin {
        return None;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    let written: f64 = text.get(..end)?.parse().ok()?;
    let behind = text.get(end..)?;
    if behind.is_empty() && !further {
        return Some((Number { value: written, written: Some(written), kind: Kind::Plain }, behind));
    }
    let unit = behind.trim_start();
    let (name, kind, one) = UNITS.iter().find(|(name, ..)| unit.starts_with(name))?;
    let rest = unit.get(name.len()..)?;
    // `5 minutes` is no number that is understood, and neither is `12msec`.
    if rest.starts_with(|c: char| !c.is_ascii_digit()) {
        return None;
    }
    Some((Number { value: written * one, written: Some(written), kind: *kind }, rest))
}
