//! Runs of lines that say the same, numbers aside: which rows of an order follow each other so, counted exactly. They are
//! looked for in slices, the newest rows first, and kept up with what comes.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::group;
use super::host::{Gone, HostLog};
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

    /// Looks at one more slice; how much of a slice that was, in percent.
    pub fn work(&mut self, order: &Order, hosts: &[HostLog]) -> usize {
        if self.done {
            return 0;
        }
        let mut head = order.forward(self.frontier).next().and_then(|row| match self.kind(row, hosts) {
            Kind::Says(key) => Some((row, key, Self::end_of(row, order, hosts))),
            Kind::GoesOn | Kind::Loss => None,
        });
        let (mut rows, mut bytes, mut tail) = (0, 0, None);
        let spent = |rows: usize, bytes: usize| (rows * 100 / SLICE_ROWS).max(bytes * 100 / SLICE_BYTES);
        let mut older = order.backward(self.frontier);
        loop {
            let Some(row) = older.next() else {
                self.done = true;
                return spent(rows, bytes);
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
                return spent(rows, bytes);
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
            self.taken(before).unwrap_or_else(|| Fold {
                first: before,
                last: end(before),
                until: before,
                count: 1,
                key,
            })
        });
        let right = behind.map(|behind| {
            self.taken(behind).unwrap_or_else(|| Fold {
                first: behind,
                last: end(behind),
                until: behind,
                count: 1,
                key,
            })
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
        let right = behind.map_or(0, |_| Self::lines_behind(&fold, row, order, hosts));
        self.put(Fold { last: before, until, count: fold.count.saturating_sub(right), ..fold });
        if let Some(first) = behind {
            self.put(Fold { first, count: right, ..fold });
        }
    }

    /// The lines of a run behind a row that stands in it, counted from the end that is nearer: so all parts of a run together
    /// cost little more than its length, wherever it is parted and how often.
    fn lines_behind(fold: &Fold, row: Ref, order: &Order, hosts: &[HostLog]) -> usize {
        let mut older = order.backward(row).take_while(|one| *one >= fold.first);
        let mut newer = order.forward(row).skip(1).take_while(|one| *one <= fold.until);
        let (mut before, mut behind) = (0, 0);
        loop {
            let Some(one) = older.next() else { return fold.count.saturating_sub(before) };
            before += usize::from(!Self::goes_on(one, hosts));
            let Some(one) = newer.next() else { return behind };
            behind += usize::from(!Self::goes_on(one, hosts));
        }
    }

    /// The runs in which something is that will be let go.
    fn touched(&self, gone: &Gone) -> Range<usize> {
        let (from, until) = gone.bounds();
        let first = self.folds.partition_point(|fold| fold.last < from);
        first..self.folds.partition_point(|fold| fold.first < until).max(first)
    }

    /// The lines of a run among what goes and those near it, which may go on with what goes.
    fn lines_near(fold: &Fold, gone: &Gone, order: &Order, hosts: &[HostLog]) -> usize {
        // All lines of a run are of one host.
        if fold.first.host() != gone.host {
            return 0;
        }
        let (from, until) = gone.bounds();
        let seam = gone.before.saturating_add(group::BETWEEN * (group::MEMBERS as u64 + 1));
        let rows = order.forward(fold.first.max(from)).take_while(|one| *one <= fold.until);
        let near = rows.take_while(|one| *one < until || one.host() != gone.host || one.number() < seam);
        near.filter(|one| !Self::goes_on(*one, hosts)).count()
    }

    /// The lines that [`forget`](Self::forget) takes for those that were there: asked while they are.
    pub fn near(&self, gone: &Gone, order: &Order, hosts: &[HostLog]) -> Vec<usize> {
        self.folds.range(self.touched(gone)).map(|fold| Self::lines_near(fold, gone, order, hosts)).collect()
    }

    /// Takes out what is gone; `order` is without it already. What stays of a run is not counted anew: it may be long.
    pub fn forget(&mut self, gone: &Gone, near: Vec<usize>, order: &Order, hosts: &[HostLog]) {
        let touched = self.touched(gone);
        let begin = touched.start;
        let runs: Vec<Fold> = self.folds.drain(touched).collect();
        let left = runs.into_iter().zip(near).filter_map(|(mut fold, before)| {
            let left = Self::lines_near(&fold, gone, order, hosts);
            fold.count = fold.count.saturating_sub(before) + left;
            let is_line = |one: &Ref| !Self::goes_on(*one, hosts);
            if gone.has(fold.first) {
                fold.first = order.forward(fold.first).take_while(|one| *one <= fold.until).find(is_line)?;
            }
            if gone.has(fold.until) {
                fold.until = order.backward(fold.until).take_while(|one| *one >= fold.first).find(is_line)?;
            }
            if gone.has(fold.last) {
                fold.last = order.backward(fold.last).next().map_or(fold.until, |last| last.max(fold.until));
            }
            (fold.count > 1).then_some(fold)
        });
        for (place, fold) in (begin..).zip(left.collect::<Vec<_>>()) {
            self.folds.insert(place, fold);
        }
        self.recent = None;
    }
}
