//! Runs of lines that say the same, numbers aside: which rows of an order follow each other so, counted exactly. They are
//! looked for in slices, the newest rows first, and kept up with what comes.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::group;
use super::host::HostLog;
use super::order::{Order, Ref};
use crate::domain::structure::pattern;
use crate::port::log_block::Row;

/// Rows and bytes that one slice looks at.
const SLICE_ROWS: usize = 6_000;
const SLICE_BYTES: usize = 512 << 10;
/// Rows as many of which take as long as one that goes on with another.
const GOES_ON: usize = 20;
/// Messages of many lines that may stand between the lines of one.
const NEAR: usize = 8;
/// Lines of a run from which on it is worth folding.
const LEAST: usize = 3;

/// A run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// Its first row.
    pub first: Ref,
    /// Its last row, with what belongs to the last line.
    pub last: Ref,
    /// The row with which its last line begins.
    pub until: Ref,
    /// Its lines.
    pub count: usize,
    key: u64,
}

/// The runs of an order.
#[derive(Debug, Clone)]
pub struct Folds {
    /// Runs of two lines and more.
    folds: VecDeque<Fold>,
    /// Everything from here on was looked at; nothing before. It is never a line that goes on with another.
    frontier: Ref,
    done: bool,
    /// The line that was asked for last.
    recent: Option<(Ref, Kind)>,
    buffer: Vec<u8>,
}

/// What a row is for runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A line, by who says what.
    Says(u64),
    /// It goes on with a line before it, and belongs to that.
    GoesOn,
    /// Something is missing: no run goes over it.
    Loss,
}

impl Default for Folds {
    fn default() -> Self {
        Self { folds: VecDeque::new(), frontier: Ref::LAST, done: false, recent: None, buffer: Vec::new() }
    }
}

impl Folds {
    /// The run to which a row belongs, when it is worth folding.
    pub fn of(&self, row: Ref) -> Option<&Fold> {
        self.folds.get(self.place(row)?).filter(|fold| fold.count >= LEAST)
    }

    /// Whether all was looked at.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.folds.len() * size_of::<Fold>()
    }

    /// The place of the run in which a row lies.
    fn place(&self, row: Ref) -> Option<usize> {
        let place = self.folds.partition_point(|fold| fold.last < row);
        self.folds.get(place).filter(|fold| fold.first <= row).map(|_| place)
    }

    fn kind(&mut self, row: Ref, hosts: &[HostLog]) -> Kind {
        if let Some((_, kind)) = self.recent.filter(|(known, _)| *known == row) {
            return kind;
        }
        let kind = self.asked(row, hosts);
        self.recent = Some((row, kind));
        kind
    }

    fn asked(&mut self, row: Ref, hosts: &[HostLog]) -> Kind {
        let Some(host) = hosts.get(usize::from(row.host())) else { return Kind::Loss };
        let Some(Row::Line(line)) = host.row(row.number()) else { return Kind::Loss };
        if group::goes_on(host, row.number()) {
            return Kind::GoesOn;
        }
        pattern(line.raw(), &mut self.buffer);
        let mut hasher = DefaultHasher::new();
        (row.host(), line.unit(), line.priority(), &self.buffer).hash(&mut hasher);
        Kind::Says(hasher.finish())
    }

    fn goes_on(row: Ref, hosts: &[HostLog]) -> bool {
        !row.is_loss() && hosts.get(usize::from(row.host())).is_some_and(|host| group::goes_on(host, row.number()))
    }

    /// The last row that belongs to the line that begins here.
    fn end_of(row: Ref, order: &Order, hosts: &[HostLog]) -> Ref {
        let near = order.forward(row).skip(1).take(group::MEMBERS * NEAR);
        near.take_while(|next| Self::goes_on(*next, hosts)).last().unwrap_or(row)
    }

    /// Looks at one more slice.
    pub fn work(&mut self, order: &Order, hosts: &[HostLog]) {
        if self.done {
            return;
        }
        let mut head = order.forward(self.frontier).next().and_then(|row| match self.kind(row, hosts) {
            Kind::Says(key) => Some((row, key, Self::end_of(row, order, hosts))),
            Kind::GoesOn | Kind::Loss => None,
        });
        let (mut rows, mut bytes, mut tail) = (0, 0, None);
        let mut older = order.backward(self.frontier);
        loop {
            let Some(row) = older.next() else {
                self.done = true;
                return;
            };
            rows += 1;
            let message = hosts.get(usize::from(row.host())).and_then(|host| match host.row(row.number())? {
                Row::Line(line) => Some(line.raw().len()),
                Row::Loss(_) => None,
            });
            bytes += message.unwrap_or(0);
            match self.asked(row, hosts) {
                Kind::GoesOn => {
                    rows += GOES_ON;
                    tail = tail.or(Some(row));
                    continue;
                }
                Kind::Loss => (head, tail) = (None, None),
                Kind::Says(key) => {
                    let end = tail.take().unwrap_or(row);
                    if let Some((behind, _, behind_end)) = head.filter(|(_, other, _)| *other == key) {
                        match self.folds.front_mut().filter(|fold| fold.first == behind) {
                            Some(fold) => (fold.first, fold.count) = (row, fold.count + 1),
                            None => self.folds.push_front(Fold {
                                first: row,
                                last: behind_end,
                                until: behind,
                                count: 2,
                                key,
                            }),
                        }
                    }
                    head = Some((row, key, end));
                }
            }
            self.frontier = row;
            if rows >= SLICE_ROWS || bytes >= SLICE_BYTES {
                return;
            }
        }
    }

    /// Takes a row in that came just now, if it lies where was looked already.
    pub fn admit(&mut self, row: Ref, order: &Order, hosts: &[HostLog]) {
        if !self.done && row < self.frontier {
            return;
        }
        let kind = self.kind(row, hosts);
        if let Some(place) = self.place(row) {
            let same = match (kind, self.folds.get_mut(place)) {
                (Kind::GoesOn, _) => true,
                (Kind::Says(key), Some(fold)) if fold.key == key => {
                    fold.count += 1;
                    // Between its last line and what belongs to that.
                    fold.until = fold.until.max(row);
                    true
                }
                (Kind::Says(_) | Kind::Loss, _) => false,
            };
            if !same {
                self.split(place, row, order, hosts);
            }
            return;
        }
        match kind {
            Kind::Loss => {}
            Kind::GoesOn => {
                let before = order.backward(row).next();
                if let Some(place) = before.and_then(|before| self.place(before))
                    && let Some(fold) = self.folds.get_mut(place)
                {
                    fold.last = fold.last.max(row);
                }
            }
            Kind::Says(key) => self.join(row, key, order, hosts),
        }
    }

    /// Joins a new line with the lines before and behind it that say the same.
    fn join(&mut self, row: Ref, key: u64, order: &Order, hosts: &[HostLog]) {
        let (done, frontier) = (self.done, self.frontier);
        let before = order.backward(row).take_while(|one| done || *one >= frontier);
        let before = before.into_iter().find(|one| !Self::goes_on(*one, hosts));
        let behind = order.forward(row).skip(1).find(|one| !Self::goes_on(*one, hosts));
        let recent = self.recent;
        let says = |folds: &mut Self, one: Option<Ref>| {
            one.filter(|one| match folds.place(*one).and_then(|place| folds.folds.get(place)) {
                Some(fold) => fold.key == key,
                None => folds.asked(*one, hosts) == Kind::Says(key),
            })
        };
        let (before, behind) = (says(self, before), says(self, behind));
        self.recent = recent;
        let end = |one: Ref| Self::end_of(one, order, hosts);
        let left = before.map(|before| {
            self.taken(before).unwrap_or(Fold { first: before, last: end(before), until: before, count: 1, key })
        });
        let right = behind.map(|behind| {
            self.taken(behind).unwrap_or(Fold { first: behind, last: end(behind), until: behind, count: 1, key })
        });
        let mut fold = Fold { first: row, last: end(row), until: row, count: 1, key };
        if let Some(left) = left {
            (fold.first, fold.count) = (left.first, fold.count + left.count);
        }
        if let Some(right) = right {
            (fold.last, fold.until, fold.count) = (right.last, right.until, fold.count + right.count);
        }
        self.put(fold);
    }

    /// Takes the run of a row out.
    fn taken(&mut self, row: Ref) -> Option<Fold> {
        self.place(row).and_then(|place| self.folds.remove(place))
    }

    fn put(&mut self, fold: Fold) {
        if fold.count > 1 {
            let place = self.folds.partition_point(|other| other.first < fold.first);
            self.folds.insert(place, fold);
        }
    }

    /// Parts a run in which something else stands now.
    fn split(&mut self, place: usize, row: Ref, order: &Order, hosts: &[HostLog]) {
        let Some(fold) = self.folds.remove(place) else { return };
        let lines = |one: &Ref| !Self::goes_on(*one, hosts);
        let until = order.backward(row).find(lines).unwrap_or(fold.first);
        let before = order.backward(row).next().unwrap_or(fold.first);
        let behind: Option<Ref> = order.forward(row).skip(1).find(lines).filter(|one| *one <= fold.last);
        // What comes late comes near the end.
        let right = behind.map_or(0, |first| {
            order.forward(first).take_while(|one| *one <= fold.until).filter(|one| lines(one)).count()
        });
        self.put(Fold { last: before, until, count: fold.count.saturating_sub(right), ..fold });
        if let Some(first) = behind {
            self.put(Fold { first, count: right, ..fold });
        }
    }

    /// Takes out what is gone; `order` is without it already.
    pub fn forget(&mut self, until: i64, gone: impl Fn(Ref) -> bool, order: &Order, hosts: &[HostLog]) {
        self.folds.retain_mut(|fold| {
            if fold.first.key() > until || !gone(fold.first) {
                return true;
            }
            if gone(fold.until) {
                return false;
            }
            let mut left = order.forward(fold.first).take_while(|one| *one <= fold.until);
            let Some(first) = left.find(|one| !Self::goes_on(*one, hosts)) else { return false };
            fold.count = 1 + left.filter(|one| !Self::goes_on(*one, hosts)).count();
            fold.first = first;
            fold.count > 1
        });
        self.recent = None;
    }
}
