//! The log of one host: sealed blocks, an open one, and what is known of its end.

use std::collections::VecDeque;
use std::sync::Arc;

use super::clock::HostClock;
use super::order::Ref;
use crate::domain::HostName;
use crate::port::log::{Cursor, LogRow, TailState};
use crate::port::log_block::{Block, OpenBlock, Row};

/// One host.
#[derive(Debug)]
pub struct HostLog {
    /// Its name.
    pub name: HostName,
    /// Its place among the hosts.
    pub place: u16,
    /// Its clock against ours.
    pub clock: HostClock,
    /// How its part of the tail stands; `None` until it said so.
    pub state: Option<TailState>,
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
    sealed: VecDeque<Sealed>,
    open: OpenBlock,
    /// Number of the first row of the open block.
    open_first: u64,
    /// Moment of the newest row.
    newest: i64,
    sealed_bytes: usize,
}

#[derive(Debug)]
struct Sealed {
    first: u64,
    block: Arc<Block>,
    /// Moment of its newest row.
    newest: i64,
}

/// What is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// Rows of this host …
    pub host: u16,
    /// … with smaller numbers than this …
    pub before: u64,
    /// … none of them younger than this.
    pub until: i64,
}

impl HostLog {
    /// A host of which nothing came yet.
    pub fn new(name: HostName, place: u16) -> Self {
        Self {
            name,
            place,
            clock: HostClock::default(),
            state: None,
            live: false,
            last: None,
            evicted: 0,
            lines: 0,
            loss_rows: 0,
            sealed: VecDeque::new(),
            open: OpenBlock::default(),
            open_first: 0,
            newest: i64::MIN,
            sealed_bytes: 0,
        }
    }

    /// A row by its number, unless it was let go.
    pub fn row(&self, number: u64) -> Option<Row<'_>> {
        if let Some(place) = number.checked_sub(self.open_first) {
            return self.open.block().row(usize::try_from(place).ok()?);
        }
        let behind = self.sealed.partition_point(|sealed| sealed.first <= number);
        let sealed = self.sealed.get(behind.checked_sub(1)?)?;
        sealed.block.row(usize::try_from(number - sealed.first).ok()?)
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
                (key, Some(entry.priority.min(7)))
            }
            LogRow::Loss(loss) => {
                self.open.loss(loss);
                self.loss_rows += 1;
                self.last = loss.cursor.clone().or_else(|| self.last.take());
                (self.clock.loss(loss.at.as_microsecond(), newest), None)
            }
        };
        self.newest = key;
        Ref::new(key, self.place, number, priority, self.live && key < late_before)
    }

    fn seal(&mut self) {
        let block = self.open.seal();
        let sealed = Sealed { first: self.open_first, newest: self.newest, block: Arc::new(block) };
        self.open_first += sealed.block.len() as u64;
        self.sealed_bytes += sealed.block.bytes();
        self.sealed.push_back(sealed);
    }

    /// Moment of the newest row of the oldest sealed block.
    pub fn oldest_block(&self) -> Option<i64> {
        self.sealed.front().map(|sealed| sealed.newest)
    }

    /// Lets the oldest sealed block go; says how many bytes became free.
    pub fn evict(&mut self) -> Option<(Gone, usize)> {
        let sealed = self.sealed.pop_front()?;
        let bytes = sealed.block.bytes();
        self.sealed_bytes -= bytes;
        let losses = sealed.block.losses();
        self.loss_rows -= losses;
        self.evicted += (sealed.block.len() - losses) as u64;
        let before = sealed.first + sealed.block.len() as u64;
        Some((Gone { host: self.place, before, until: sealed.newest }, bytes))
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.sealed_bytes + self.open.block().bytes()
    }

    /// All blocks with the numbers of their first rows; the open one as it is now.
    pub fn blocks(&self) -> Vec<(u64, Arc<Block>)> {
        let open = (self.open_first, Arc::new(self.open.block().clone()));
        self.sealed.iter().map(|sealed| (sealed.first, Arc::clone(&sealed.block))).chain([open]).collect()
    }
}
