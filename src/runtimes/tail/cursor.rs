//! What a cursor says about the place it names. journald calls it opaque; its parts are used only to compare two
//! places, and where a part is missing nothing is concluded.

use std::cmp::Ordering;

use crate::port::log::Cursor;

/// The parts of a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Parts {
    /// Whose numbers they are.
    pub series: Option<u128>,
    /// Number of the entry in its series.
    pub number: Option<u64>,
    /// The boot.
    pub boot: Option<u128>,
    /// Microseconds since boot.
    pub monotonic: Option<u64>,
    /// Microseconds since 1970.
    pub realtime: Option<u64>,
    /// A sum over the content.
    pub sum: Option<u64>,
}

impl Parts {
    /// Takes a cursor apart.
    pub fn of(cursor: &Cursor) -> Self {
        let mut parts = Self::default();
        for part in cursor.as_str().split(';') {
            let Some((name, hex)) = part.split_once('=') else { continue };
            let short = || u64::from_str_radix(hex, 16).ok();
            let long = || u128::from_str_radix(hex, 16).ok();
            match name {
                "s" => parts.series = long(),
                "i" => parts.number = short(),
                "b" => parts.boot = long(),
                "m" => parts.monotonic = short(),
                "t" => parts.realtime = short(),
                "x" => parts.sum = short(),
                _ => {}
            }
        }
        parts
    }

    /// What stays the same when an entry gets another number, as it does on its way from memory to disk.
    pub fn content(&self) -> Option<(u128, u64, u64, u64)> {
        Some((self.boot?, self.monotonic?, self.realtime?, self.sum?))
    }

    /// Which of two places comes first, as journalctl itself decides it.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        if self.series.is_some() && self.series == other.series {
            return Some(self.number?.cmp(&other.number?));
        }
        if self.boot.is_some() && self.boot == other.boot {
            return Some(self.monotonic?.cmp(&other.monotonic?));
        }
        Some(self.realtime?.cmp(&other.realtime?))
    }

    /// How many entries lie between this place and a later one, where both are counted alike.
    pub fn between(&self, later: &Self) -> Option<u64> {
        (self.series.is_some() && self.series == later.series).then_some(())?;
        later.number?.checked_sub(self.number?)?.checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parts(word: &str) -> Parts {
        Parts::of(&Cursor::new(word).unwrap())
    }

    #[test]
    fn places_are_compared_as_journalctl_does() {
        let first = parts("s=a;i=4;b=b;m=10;t=30;x=1");
        assert_eq!(first.order(&parts("s=a;i=5;b=c;m=1;t=1;x=1")), Some(Ordering::Less), "by number in one series");
        assert_eq!(
            first.order(&parts("s=b;i=1;b=b;m=5;t=90;x=1")),
            Some(Ordering::Greater),
            "by boot time in one boot"
        );
        assert_eq!(first.order(&parts("s=b;i=1;b=c;m=5;t=90;x=1")), Some(Ordering::Less), "else by the clock");
        assert_eq!(first.order(&parts("s=zz")), None);
        assert_eq!(first.between(&parts("s=a;i=9")), Some(4));
        assert_eq!(first.between(&parts("s=b;i=9")), None);
    }
}
