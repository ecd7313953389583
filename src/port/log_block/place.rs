//! The places of the lines of a block in their journal, each told by what differs from the line before it; every few rows
//! one stands there whole, so that none needs more than those few to be read.

use crate::port::log::Cursor;

/// Rows from one whole place to the next.
const STEP: usize = 64;

/// The places of the lines of a block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Places {
    bytes: Vec<u8>,
    /// Where every `STEP`-th row begins.
    marks: Vec<u32>,
    origins: Vec<Origin>,
}

/// Number of what the cursors of one boot have in common; none when a cursor stands there as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lineage(Option<u16>);

/// Journal file sequence and boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Origin {
    sequence: u128,
    boot: u128,
}

/// What of a place differs from line to line.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    number: u64,
    monotonic: u64,
    realtime: u64,
}

impl Places {
    /// Puts the place of a row, packed where it is written as journald writes it. `at` is its time, `before` the place of
    /// the row before.
    pub fn put(&mut self, row: usize, cursor: &Cursor, at: i64, before: &mut Option<Place>) -> Lineage {
        self.none(row, before);
        let parts = read(cursor.as_str());
        let Some((origin, place, sum)) =
            parts.filter(|(origin, place, sum)| written(origin, place, *sum) == *cursor.as_str())
        else {
            let word = cursor.as_str().as_bytes();
            put(&mut self.bytes, word.len() as u64);
            self.bytes.extend_from_slice(word);
            return Lineage(None);
        };
        let by_clock = u64::try_from(at).unwrap_or(0);
        put(&mut self.bytes, turned(place.realtime.wrapping_sub(by_clock)));
        let expected = before.unwrap_or(Place { number: 0, monotonic: 0, realtime: place.realtime });
        put(&mut self.bytes, turned(place.number.wrapping_sub(expected.number)));
        // Both clocks of a host go alike.
        let passed = place.realtime.wrapping_sub(expected.realtime);
        put(&mut self.bytes, turned(place.monotonic.wrapping_sub(expected.monotonic.wrapping_add(passed))));
        self.bytes.extend_from_slice(&sum.to_le_bytes());
        *before = Some(place);
        let known = self.origins.iter().rposition(|one| *one == origin);
        let number = known.unwrap_or_else(|| {
            self.origins.push(origin);
            self.origins.len() - 1
        });
        Lineage(u16::try_from(number).ok())
    }

    /// A row that has no place.
    pub fn none(&mut self, row: usize, before: &mut Option<Place>) {
        if row.is_multiple_of(STEP) {
            self.marks.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
            *before = None;
        }
    }

    /// The place of a row; `told` says of each row from one on its time and lineage, if it is a line.
    pub fn get<I>(&self, row: usize, told: impl FnOnce(usize) -> I) -> Option<Cursor>
    where
        I: Iterator<Item = Option<(i64, Lineage)>>,
    {
        let from = row - row % STEP;
        let mut bytes = self.bytes.get(*self.marks.get(row / STEP)? as usize..)?;
        let mut before: Option<Place> = None;
        for (at, told) in told(from).enumerate().take(row - from + 1) {
            let is_meant = from + at == row;
            let Some((by_clock, lineage)) = told else { continue };
            let Some(origin) = lineage.0 else {
                let length = usize::try_from(number(&mut bytes)?).ok()?;
                let (word, rest) = bytes.split_at_checked(length)?;
                if is_meant {
                    return Cursor::new(std::str::from_utf8(word).ok()?);
                }
                bytes = rest;
                continue;
            };
            let by_clock = u64::try_from(by_clock).unwrap_or(0);
            let realtime = by_clock.wrapping_add(back(number(&mut bytes)?));
            let expected = before.unwrap_or(Place { number: 0, monotonic: 0, realtime });
            let passed = realtime.wrapping_sub(expected.realtime);
            let place = Place {
                number: expected.number.wrapping_add(back(number(&mut bytes)?)),
                monotonic: expected.monotonic.wrapping_add(passed).wrapping_add(back(number(&mut bytes)?)),
                realtime,
            };
            let (sum, rest) = bytes.split_first_chunk()?;
            if is_meant {
                let origin = self.origins.get(usize::from(origin))?;
                return Cursor::new(&written(origin, &place, u64::from_le_bytes(*sum)));
            }
            (bytes, before) = (rest, Some(place));
        }
        None
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.marks.clear();
        self.origins.clear();
    }

    /// Bytes they take.
    pub fn bytes(&self) -> usize {
        self.bytes.len() + self.marks.len() * 4 + self.origins.len() * size_of::<Origin>()
    }
}

/// The parts of a cursor `s=…;i=…;b=…;m=…;t=…;x=…`.
fn read(word: &str) -> Option<(Origin, Place, u64)> {
    let mut parts = word.split(';');
    let mut part = |name: &str| parts.next()?.strip_prefix(name);
    let sequence = u128::from_str_radix(part("s=")?, 16).ok()?;
    let number = u64::from_str_radix(part("i=")?, 16).ok()?;
    let boot = u128::from_str_radix(part("b=")?, 16).ok()?;
    let monotonic = u64::from_str_radix(part("m=")?, 16).ok()?;
    let realtime = u64::from_str_radix(part("t=")?, 16).ok()?;
    let sum = u64::from_str_radix(part("x=")?, 16).ok()?;
    Some((Origin { sequence, boot }, Place { number, monotonic, realtime }, sum))
}

fn written(origin: &Origin, place: &Place, sum: u64) -> String {
    let (Origin { sequence, boot }, Place { number, monotonic, realtime }) = (origin, place);
    format!("s={sequence:032x};i={number:x};b={boot:032x};m={monotonic:x};t={realtime:x};x={sum:x}")
}

/// A small difference on either side of zero as a small number.
fn turned(difference: u64) -> u64 {
    let signed = difference.cast_signed();
    ((signed << 1) ^ (signed >> 63)).cast_unsigned()
}

fn back(number: u64) -> u64 {
    (number >> 1) ^ (number & 1).wrapping_neg()
}

/// Seven bits a byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number as u8 & 0x7F) | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if *byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_put_comes_out(
            rows in prop::collection::vec(
                prop::option::weighted(0.9, (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>(), 0_i64..1 << 55, 0_u128..3)),
                0..200,
            ),
            near in any::<bool>(),
        ) {
            let (mut places, mut before, mut told, mut written) = (Places::default(), None, Vec::new(), Vec::new());
            for (row, parts) in rows.iter().enumerate() {
                let Some((number, monotonic, realtime, sum, at, boot)) = *parts else {
                    places.none(row, &mut before);
                    told.push(None);
                    written.push(None);
                    continue;
                };
                let near_to = |value: u64| if near { row as u64 * 1000 + value % 50 } else { value };
                let (number, monotonic, realtime) = (near_to(number), near_to(monotonic), near_to(realtime));
                let word = match sum % 7 {
                    0 => format!("s=0639a;i={number:x};b=b1"),
                    _ => format!("s={:032x};i={number:x};b={boot:032x};m={monotonic:x};t={realtime:x};x={sum:x}", 5),
                };
                let cursor = Cursor::new(&word).unwrap();
                told.push(Some((at, places.put(row, &cursor, at, &mut before))));
                written.push(Some(cursor));
            }
            for (row, cursor) in written.into_iter().enumerate() {
                prop_assert_eq!(places.get(row, |from| told.iter().skip(from).copied()), cursor);
            }
            prop_assert_eq!(places.get(rows.len() + 64, |from| told.iter().skip(from).copied()), None);
        }
    }
}
