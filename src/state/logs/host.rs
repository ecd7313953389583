//! The log of one lane of a host: sealed blocks, an open one, and what is known of its end.

use std::collections::VecDeque;
use std::sync::Arc;

use super::clock::HostClock;
use super::order::Ref;
use super::{effort, group};
use crate::domain::{HostName, Lane};
use crate::port::log::{Cursor, LogRow, LossKind, TailState};
use crate::port::log_block::{Block, OpenBlock, Row};
use crate::port::log_page::HostFilter;
use crate::text::Foreign;

/// One lane of a host.
#[derive(Debug)]
pub struct HostLog {
    /// The host.
    pub name: HostName,
    /// What of it.
    pub lane: Lane,
    /// The place of its host among the hosts, which gives the colour.
    pub hue: u16,
    /// Its place among all lanes of all hosts.
    pub place: u16,
    /// Its clock against ours.
    pub clock: HostClock,
    /// How its part of the tail stands; `None` until it said so. Of what has ended it is what was missing in it, if something
    /// was.
    pub state: Option<TailState>,
    /// Whether reading it has ended.
    pub ended: bool,
    /// Whether it has followed once, so that what comes with an old stamp is late.
    pub live: bool,
    /// Where reading goes on: the last row that has a place in the journal.
    pub last: Option<Cursor>,
    /// Lines that were let go.
    pub evicted: u64,
    /// Lines that came.
    pub lines: u64,
    /// Rows that are kept and say that something is missing.
    pub loss_rows: usize,
    /// How far back its log can be read.
    pub older: Older,
    /// The oldest part of it, where that was chosen on the host.
    pub picked: Option<Picked>,
    sealed: VecDeque<Sealed>,
    open: OpenBlock,
    /// Number of the first row of the open block.
    open_first: u64,
    /// How far before each row of the open block the one stands with which it goes on; 0 for none.
    open_back: Vec<u8>,
    /// Moment of the newest row of the open block, else of the last one.
    newest: i64,
    /// Moment of its oldest row.
    oldest: i64,
    sealed_bytes: usize,
}

/// What lies before the oldest row of a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Older {
    /// Perhaps older lines: nobody has looked, or there are.
    #[default]
    There,
    /// They are being fetched.
    Fetching,
    /// Nothing: here the journal begins.
    Beginning,
    /// They could not be fetched; a sentence.
    Failed(Foreign),
}

/// Rows that a host has chosen itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    /// What it chose by.
    pub only: HostFilter,
    /// All rows with smaller numbers than this one are of that kind.
    pub before: u64,
}

/// The number of the first row of a host, so that there are numbers for rows before it.
pub const FIRST: u64 = 1 << 42;

#[derive(Debug)]
struct Sealed {
    first: u64,
    block: Arc<Block>,
    /// As of the open block.
    back: Vec<u8>,
    /// Moment of its newest row.
    newest: i64,
    /// Moment of its oldest row.
    oldest: i64,
}

impl Sealed {
    fn bytes(&self) -> usize {
        self.block.bytes() + self.back.len()
    }
}

/// What is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// Rows of this host …
    pub host: u16,
    /// … with smaller numbers than this …
    pub before: u64,
    /// … none of them older than this …
    pub since: i64,
    /// … none of them younger than this …
    pub until: i64,
    /// … and so many of them lines.
    pub lines: u64,
}

impl Gone {
    /// Whether a row is one of them.
    pub fn has(&self, row: Ref) -> bool {
        row.host() == self.host && row.number() < self.before
    }

    /// Between which rows they stand in any order: none of them before the first of these two, each before the second. Where
    /// many rows have the same time, or times fall, these are few all the same.
    pub fn bounds(&self) -> (Ref, Ref) {
        (Ref::from(self.since), Ref::new(self.until, self.host, self.before, Some(0), false))
    }
}

impl HostLog {
    /// A host of which nothing came yet.
    pub fn new(name: HostName, lane: Lane, place: u16, hue: u16) -> Self {
        Self {
            name,
            lane,
            hue,
            place,
            clock: HostClock::default(),
            state: None,
            ended: false,
            live: false,
            last: None,
            evicted: 0,
            lines: 0,
            loss_rows: 0,
            older: Older::There,
            picked: None,
            sealed: VecDeque::new(),
            open: OpenBlock::default(),
            open_first: FIRST,
            open_back: Vec::new(),
            newest: i64::MIN,
            oldest: i64::MAX,
            sealed_bytes: 0,
        }
    }

    /// How it is called: the host, and the lane where that is not the journal.
    pub fn called(&self) -> String {
        match &self.lane {
            Lane::Journal => self.name.to_string(),
            lane => format!("{} {}", self.name, Foreign::from(lane.speaker()).ident()),
        }
    }

    /// A row by its number, unless it was let go.
    pub fn row(&self, number: u64) -> Option<Row<'_>> {
        effort::look(1);
        if let Some(place) = number.checked_sub(self.open_first) {
            return self.open.block().row(usize::try_from(place).ok()?);
        }
        let behind = self.sealed.partition_point(|sealed| sealed.first <= number);
        let sealed = self.sealed.get(behind.checked_sub(1)?)?;
        sealed.block.row(usize::try_from(number - sealed.first).ok()?)
    }

    /// How far before a row the one stands with which it goes on; 0 for none.
    pub fn back(&self, number: u64) -> Option<u8> {
        effort::look(1);
        if let Some(place) = number.checked_sub(self.open_first) {
            return self.open_back.get(usize::try_from(place).ok()?).copied();
        }
        let behind = self.sealed.partition_point(|sealed| sealed.first <= number);
        let sealed = self.sealed.get(behind.checked_sub(1)?)?;
        sealed.back.get(usize::try_from(number - sealed.first).ok()?).copied()
    }

    /// Looks anew with what a row goes on. Says whether that is another row than before.
    fn look_back(&mut self, number: u64) -> bool {
        let back = group::back(self, number);
        let place = match number.checked_sub(self.open_first) {
            Some(place) => usize::try_from(place).ok().and_then(|place| self.open_back.get_mut(place)),
            None => {
                let behind = self.sealed.partition_point(|sealed| sealed.first <= number);
                let sealed = behind.checked_sub(1).and_then(|place| self.sealed.get_mut(place));
                sealed.and_then(|sealed| sealed.back.get_mut(usize::try_from(number - sealed.first).ok()?))
            }
        };
        place.is_some_and(|place| std::mem::replace(place, back) != back)
    }

    /// The block of a row and the number of its first row, unless it was let go.
    pub fn block(&self, number: u64) -> Option<(u64, &Block)> {
        if number >= self.open_first {
            return Some((self.open_first, self.open.block()));
        }
        let behind = self.sealed.partition_point(|sealed| sealed.first <= number);
        let sealed = self.sealed.get(behind.checked_sub(1)?)?;
        Some((sealed.first, &sealed.block))
    }

    /// Adds a row. `newest` is the youngest moment of all hosts; what is older than `late_before` came late.
    pub fn add(&mut self, row: &LogRow, newest: i64, late_before: i64) -> Ref {
        if self.open.is_full() {
            self.seal();
        }
        let number = self.open_first + self.open.block().len() as u64;
        let (key, priority) = match row {
            LogRow::Entry(entry) => {
                self.open.line(entry);
                self.lines += 1;
                self.last = Some(entry.cursor.clone());
                let key = self.clock.line(entry.at.as_microsecond(), entry.monotonic, entry.boot);
                (key, Some(entry.level()))
            }
            LogRow::Loss(loss) => {
                self.open.loss(loss);
                self.loss_rows += 1;
                self.last = loss.cursor.clone().or_else(|| self.last.take());
                // Of a cut it is known when it was, also where nobody has said anything since long before it.
                let newest = Some(newest).filter(|_| !matches!(loss.kind, LossKind::LinkLost(_)));
                (self.clock.loss(loss.at.as_microsecond(), newest), None)
            }
        };
        self.open_back.push(0);
        self.look_back(number);
        let is_first = self.open_back.len() == 1;
        self.newest = if is_first { key } else { self.newest.max(key) };
        self.oldest = if is_first { key } else { self.oldest.min(key) };
        Ref::new(key, self.place, number, priority, self.live && key < late_before)
    }

    fn seal(&mut self) {
        let block = self.open.seal();
        let mut back = std::mem::take(&mut self.open_back);
        back.shrink_to_fit();
        let (newest, oldest) = (self.newest, self.oldest);
        let sealed = Sealed { first: self.open_first, newest, oldest, block: Arc::new(block), back };
        self.open_first += sealed.block.len() as u64;
        self.sealed_bytes += sealed.bytes();
        self.sealed.push_back(sealed);
    }

    /// Moment of the newest row of the oldest sealed block.
    pub fn oldest_block(&self) -> Option<i64> {
        self.sealed.front().map(|sealed| sealed.newest)
    }

    /// What goes with the oldest sealed block.
    pub fn would_go(&self) -> Option<Gone> {
        let sealed = self.sealed.front()?;
        let lines = (sealed.block.len() - sealed.block.losses()) as u64;
        let before = sealed.first + sealed.block.len() as u64;
        Some(Gone { host: self.place, before, since: sealed.oldest, until: sealed.newest, lines })
    }

    /// Lets the oldest sealed block go.
    pub fn evict(&mut self) {
        let Some(sealed) = self.sealed.pop_front() else { return };
        self.sealed_bytes -= sealed.bytes();
        self.loss_rows -= sealed.block.losses();
        self.clock.forget(sealed.newest);
        if self.older == Older::Beginning {
            self.older = Older::There;
        }
        let before = sealed.first + sealed.block.len() as u64;
        self.picked.take_if(|picked| picked.before <= before);
    }

    /// The number of the first row that is kept.
    pub fn first(&self) -> u64 {
        self.sealed.front().map_or(self.open_first, |sealed| sealed.first)
    }

    /// The place of the oldest line that is kept.
    pub fn oldest(&self) -> Option<Cursor> {
        let blocks = self.sealed.iter().map(|sealed| &*sealed.block).chain([self.open.block()]);
        let mut rows = blocks.flat_map(|block| (0..block.len()).filter_map(|place| block.row(place)));
        rows.find_map(|row| match row {
            Row::Line(line) => line.cursor(),
            Row::Loss(_) => None,
        })
    }

    /// Adds rows in front of all others; says where each of them stands, the oldest first.
    pub fn add_older(&mut self, rows: &[LogRow]) -> Vec<Ref> {
        // From the newest on back every moment depends on the one behind it.
        let back = |row: &LogRow| match row {
            LogRow::Entry(entry) => self.clock.older_line(entry.at.as_microsecond(), entry.monotonic, entry.boot),
            LogRow::Loss(loss) => self.clock.older_loss(loss.at.as_microsecond()),
        };
        let mut keys: Vec<i64> = rows.iter().rev().map(back).collect();
        keys.reverse();
        let begin = self.first().saturating_sub(rows.len() as u64);
        let (mut blocks, mut open, mut first, mut newest) = (Vec::new(), OpenBlock::default(), begin, i64::MIN);
        let mut oldest = i64::MAX;
        let mut seal = |open: &mut OpenBlock, first: &mut u64, newest: i64, oldest: &mut i64| {
            let block = Arc::new(open.seal());
            let back = vec![0; block.len()];
            let sealed = Sealed { first: *first, newest, oldest: std::mem::replace(oldest, i64::MAX), block, back };
            *first += sealed.block.len() as u64;
            blocks.push(sealed);
        };
        let mut made = Vec::with_capacity(rows.len());
        for (number, (row, key)) in (begin..).zip(rows.iter().zip(keys)) {
            if open.is_full() {
                seal(&mut open, &mut first, newest, &mut oldest);
            }
            let priority = match row {
                LogRow::Entry(entry) => {
                    open.line(entry);
                    Some(entry.level())
                }
                LogRow::Loss(loss) => {
                    open.loss(loss);
                    self.loss_rows += 1;
                    None
                }
            };
            (newest, oldest) = (key, oldest.min(key));
            made.push(Ref::new(key, self.place, number, priority, false));
        }
        if !open.block().is_empty() {
            seal(&mut open, &mut first, newest, &mut oldest);
        }
        for sealed in blocks.into_iter().rev() {
            self.sealed_bytes += sealed.bytes();
            self.sealed.push_front(sealed);
        }
        // Also those that stood first until now, as far as one of these can be what they go on with.
        let seam = begin.saturating_add(rows.len() as u64);
        for number in begin..seam.saturating_add(group::BETWEEN) {
            self.look_back(number);
        }
        self.newest = self.newest.max(newest);
        made
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.sealed_bytes + self.open.block().bytes() + self.open_back.capacity()
    }

    /// All blocks with the numbers of their first rows; the open one as it is now.
    pub fn blocks(&self) -> Vec<(u64, Arc<Block>)> {
        let open = (self.open_first, Arc::new(self.open.block().clone()));
        self.sealed.iter().map(|sealed| (sealed.first, Arc::clone(&sealed.block))).chain([open]).collect()
    }
}
