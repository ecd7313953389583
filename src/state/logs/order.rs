//! The order over all hosts: short sorted chunks of references, so that a row that comes late moves few others.

use std::collections::VecDeque;

use super::effort;

/// References in a chunk before it is parted.
const CHUNK: usize = 512;

/// A row: when it happened by our clock, and where it stands. Rows are in order of time, then host, then journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref {
    key: i64,
    /// Host (16 bits), number in the host (43), late (1), loss (1), priority (3).
    id: u64,
}

impl Ref {
    /// The first there could be.
    pub const FIRST: Ref = Ref { key: i64::MIN, id: 0 };
    /// The last there could be.
    pub const LAST: Ref = Ref { key: i64::MAX, id: u64::MAX };
    /// The greatest number of a row.
    const NUMBERS: u64 = (1 << 43) - 1;

    /// A line, or with `priority` `None` a loss.
    pub fn new(key: i64, host: u16, number: u64, priority: Option<u8>, late: bool) -> Self {
        let kind = priority.map_or(0b1000, |priority| u64::from(priority & 0b111));
        let place = u64::from(host) << 48 | (number & Self::NUMBERS) << 5;
        Self { key, id: place | u64::from(late) << 4 | kind }
    }

    /// In front of all rows of this moment.
    pub fn from(key: i64) -> Self {
        Self { key, id: 0 }
    }

    /// When it happened, in microseconds, by our clock.
    pub fn key(self) -> i64 {
        self.key
    }

    /// The host's place among the hosts.
    pub fn host(self) -> u16 {
        (self.id >> 48) as u16
    }

    /// Its number, counted from the first row of the host.
    pub fn number(self) -> u64 {
        self.id >> 5 & Self::NUMBERS
    }

    /// Whether it stands for something that is missing.
    pub fn is_loss(self) -> bool {
        self.id & 0b1000 != 0
    }

    /// Whether it came after younger ones had been shown.
    pub fn is_late(self) -> bool {
        self.id & 0b1_0000 != 0
    }

    /// Syslog priority; 0 of a loss.
    pub fn priority(self) -> u8 {
        (self.id & 0b111) as u8
    }

    /// Whether it is an error or worse.
    pub fn is_error(self) -> bool {
        !self.is_loss() && self.priority() <= 3
    }
}

/// References in order.
#[derive(Debug, Clone, Default)]
pub struct Order {
    chunks: VecDeque<Vec<Ref>>,
    len: usize,
}

impl Order {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The first.
    pub fn first(&self) -> Option<Ref> {
        self.chunks.front().and_then(|chunk| chunk.first()).copied()
    }

    /// The last.
    pub fn last(&self) -> Option<Ref> {
        self.chunks.back().and_then(|chunk| chunk.last()).copied()
    }

    /// Whether it is in.
    pub fn contains(&self, row: Ref) -> bool {
        self.forward(row).next() == Some(row)
    }

    /// Puts one in at its place; nothing happens when it is there already.
    pub fn insert(&mut self, row: Ref) {
        if self.last().is_none_or(|last| last < row) {
            match self.chunks.back_mut() {
                Some(chunk) if chunk.len() < CHUNK => chunk.push(row),
                _ => {
                    let mut chunk = Vec::with_capacity(CHUNK);
                    chunk.push(row);
                    self.chunks.push_back(chunk);
                }
            }
            self.len += 1;
            return;
        }
        let place = self.chunk_of(row);
        let Some(chunk) = self.chunks.get_mut(place) else { return };
        let Err(at) = chunk.binary_search(&row) else { return };
        chunk.insert(at, row);
        self.len += 1;
        if chunk.len() > 2 * CHUNK {
            let half = chunk.split_off(CHUNK);
            self.chunks.insert(place + 1, half);
        }
    }

    /// Puts rows in front that are in order and before all others.
    pub fn prepend(&mut self, rows: &[Ref]) {
        self.len += rows.len();
        for chunk in rows.rchunks(CHUNK) {
            self.chunks.push_front(chunk.to_vec());
        }
    }

    /// Puts rows in that are in order, most often before all others.
    pub fn put_in_front(&mut self, rows: &[Ref]) {
        let is_before = rows.last().is_none_or(|last| self.first().is_none_or(|first| *last < first));
        if is_before {
            self.prepend(rows);
        } else {
            rows.iter().for_each(|row| self.insert(*row));
        }
    }

    /// Takes out what is `gone` among those from the first of these two on and before the second.
    pub fn forget(&mut self, (from, until): (Ref, Ref), gone: impl Fn(Ref) -> bool) {
        let place = self.chunk_of(from).min(self.chunks.len());
        let mut empty = false;
        for chunk in self.chunks.range_mut(place..) {
            if chunk.first().is_none_or(|first| *first >= until) {
                break;
            }
            let before = chunk.len();
            effort::look(before);
            chunk.retain(|row| *row < from || *row >= until || !gone(*row));
            self.len -= before - chunk.len();
            empty |= chunk.is_empty();
        }
        if empty {
            self.chunks.retain(|chunk| !chunk.is_empty());
        }
    }

    /// Those from this one on.
    pub fn forward(&self, from: Ref) -> impl Iterator<Item = Ref> + '_ {
        let place = self.chunk_of(from);
        let skip = self.chunks.get(place).map_or(0, |chunk| chunk.partition_point(|row| *row < from));
        let rows = self.chunks.range(place.min(self.chunks.len())..).flatten().skip(skip);
        rows.copied().inspect(|_| effort::look(1))
    }

    /// Those before this one, the nearest first.
    pub fn backward(&self, before: Ref) -> impl Iterator<Item = Ref> + '_ {
        let rows = self.backward_parts(before).flat_map(|part| part.iter().rev());
        rows.copied().inspect(|_| effort::look(1))
    }

    /// Those before this one in parts of some length, the nearest part first; in a part they are in order.
    pub fn backward_parts(&self, before: Ref) -> impl Iterator<Item = &[Ref]> + '_ {
        let place = self.chunk_of(before);
        let head = self.chunks.get(place).map(|chunk| &chunk[..chunk.partition_point(|row| *row < before)]);
        head.into_iter().chain(self.chunks.range(..place.min(self.chunks.len())).rev().map(Vec::as_slice))
    }

    /// How many stand before this one.
    pub fn rank(&self, row: Ref) -> usize {
        let place = self.chunk_of(row);
        let before: usize = self.chunks.range(..place.min(self.chunks.len())).map(Vec::len).sum();
        before + self.chunks.get(place).map_or(0, |chunk| chunk.partition_point(|other| *other < row))
    }

    /// How many stand behind this one, be it in or not.
    pub fn behind(&self, row: Ref) -> usize {
        self.len - self.rank(row) - usize::from(self.contains(row))
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.len * size_of::<Ref>()
    }

    /// The first chunk whose last one is not before this.
    fn chunk_of(&self, row: Ref) -> usize {
        self.chunks.partition_point(|chunk| chunk.last().is_none_or(|last| *last < row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_keeps_what_it_is_made_of() {
        let row = Ref::new(-5, 65_535, (1 << 43) - 1, Some(3), true);
        assert_eq!((row.key(), row.host(), row.number(), row.priority()), (-5, 65_535, (1 << 43) - 1, 3));
        assert!(row.is_late() && row.is_error() && !row.is_loss());
        assert!(Ref::new(0, 1, 2, None, false).is_loss());
        assert!(Ref::new(1, 0, 9, Some(7), true) < Ref::new(1, 0, 10, Some(0), false), "the journal's order counts");
    }

    #[test]
    fn it_is_the_same_as_sorting() {
        let mut rng = fastrand::Rng::with_seed(7);
        let (mut order, mut plain) = (Order::default(), Vec::new());
        for number in 0..6000_u64 {
            let row = Ref::new(rng.i64(0..500), rng.u16(0..3), number, Some(6), false);
            order.insert(row);
            order.insert(row);
            plain.push(row);
        }
        plain.sort();
        assert_eq!(order.forward(Ref::FIRST).collect::<Vec<_>>(), plain);
        assert_eq!(order.backward(Ref::LAST).collect::<Vec<_>>(), plain.iter().rev().copied().collect::<Vec<_>>());
        for _ in 0..200 {
            let at = rng.usize(0..plain.len());
            assert_eq!(order.rank(plain[at]), at);
            assert_eq!(order.forward(plain[at]).next(), Some(plain[at]));
            assert_eq!(order.backward(plain[at]).next(), at.checked_sub(1).map(|at| plain[at]));
        }
        order.forget((Ref::from(100), Ref::from(301)), |row| row.host() == 1);
        plain.retain(|row| !(100..=300).contains(&row.key()) || row.host() != 1);
        assert_eq!(order.forward(Ref::FIRST).collect::<Vec<_>>(), plain);
        assert_eq!(order.len(), plain.len());
        let mut other = Order::default();
        let (front, back) = plain.split_at(1700);
        back.iter().for_each(|row| other.insert(*row));
        other.prepend(front);
        assert_eq!(other.forward(Ref::FIRST).collect::<Vec<_>>(), plain);
        assert_eq!(other.len(), plain.len());
    }
}
