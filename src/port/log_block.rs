//! A block of rows of one host's log: packed into an index and one arena of bytes. Sealed blocks never change, so that
//! they can be shared with whoever searches or writes them elsewhere.

use std::collections::HashMap;
use std::ops::Range;

use jiff::Timestamp;

use super::log::{Cursor, LogEntry, Loss};
use crate::domain::query::Subject;
use crate::domain::{HostName, UnitName};
use crate::text::{Budget, Clean, Foreign, sanitize};

/// Rows of one block at most.
const ROWS: usize = 4096;
/// Bytes in the arena from which on a block is sealed.
const ARENA: usize = 512 << 10;
/// Bytes of an identifier that are kept.
const NAME: usize = 64;
/// In place of a number of a table: there is none.
const NONE: u16 = u16::MAX;
/// In place of a priority: the row says that something is missing.
const LOSS: u8 = 255;

/// Rows of one host, in the order of its journal.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    index: Vec<Packed>,
    arena: Vec<u8>,
    units: Vec<UnitName>,
    names: Vec<Foreign>,
    lineages: Vec<Lineage>,
    losses: Vec<Loss>,
}

/// The index of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Packed {
    /// Microseconds since the epoch.
    at: i64,
    /// Where its bytes begin in the arena; of a loss its place in the table.
    offset: u32,
    /// Bytes of the message.
    length: u32,
    /// Bytes beyond those.
    cut: u32,
    pid: u32,
    unit: u16,
    name: u16,
    /// Of the cursor; `NONE` when the cursor stands in the arena as it came.
    lineage: u16,
    level: u8,
}

/// What the cursors of one boot have in common: journal file sequence and boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Lineage {
    sequence: u128,
    boot: u128,
}

/// One row of a block.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    /// A line.
    Line(Line<'a>),
    /// Something is missing.
    Loss(&'a Loss),
}

/// One line of a block.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    block: &'a Block,
    packed: Packed,
}

impl Block {
    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// How many of its rows say that something is missing.
    pub fn losses(&self) -> usize {
        self.losses.len()
    }

    /// A row by its place.
    pub fn row(&self, place: usize) -> Option<Row<'_>> {
        let packed = *self.index.get(place)?;
        if packed.level == LOSS {
            return self.losses.get(packed.offset as usize).map(Row::Loss);
        }
        Some(Row::Line(Line { block: self, packed }))
    }

    /// All messages, with other bytes between them: to be searched, never to be shown.
    pub fn arena(&self) -> &[u8] {
        &self.arena
    }

    /// Where the message of a row stands in the arena; rows stand there in order. `None` for what is missing.
    pub fn message(&self, place: usize) -> Option<Range<usize>> {
        let packed = self.index.get(place).filter(|packed| packed.level != LOSS)?;
        let from = packed.offset as usize;
        Some(from..from.saturating_add(packed.length as usize))
    }

    /// Numbers of the unit and of the program's name of a row, in the tables of the block.
    pub fn spoken(&self, place: usize) -> Option<(usize, usize)> {
        let packed = self.index.get(place).filter(|packed| packed.level != LOSS)?;
        Some((usize::from(packed.unit), usize::from(packed.name)))
    }

    /// The units of its rows.
    pub fn units(&self) -> &[UnitName] {
        &self.units
    }

    /// The names of the programs of its rows.
    pub fn names(&self) -> &[Foreign] {
        &self.names
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        let names = self.names.len() * (NAME + 16) + self.units.len() * 48;
        let losses = self.losses.len() * size_of::<Loss>();
        self.index.len() * size_of::<Packed>() + self.arena.len() + names + losses
    }

    fn bytes_of(&self, offset: u32, length: u32) -> &[u8] {
        let (from, length) = (offset as usize, length as usize);
        self.arena.get(from..from.saturating_add(length)).unwrap_or_default()
    }
}

impl<'a> Line<'a> {
    /// When journald took it, by the host's clock.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_microsecond(self.packed.at).unwrap_or_default()
    }

    /// Syslog priority, 0 to 7.
    pub fn priority(&self) -> u8 {
        self.packed.level
    }

    /// The unit it belongs to.
    pub fn unit(&self) -> Option<&'a UnitName> {
        self.block.units.get(usize::from(self.packed.unit))
    }

    /// The name by which the program calls itself.
    pub fn identifier(&self) -> Option<&'a Foreign> {
        self.block.names.get(usize::from(self.packed.name))
    }

    /// The process, 0 where it is not known.
    pub fn pid(&self) -> u32 {
        self.packed.pid
    }

    /// The bytes of the message: to be searched, never to be shown.
    pub fn raw(&self) -> &'a [u8] {
        self.block.bytes_of(self.packed.offset, self.packed.length)
    }

    /// What a query can know of it.
    pub fn subject(&self, host: &'a HostName) -> Subject<'a> {
        Subject {
            host: host.as_str(),
            unit: self.unit().map(UnitName::as_str),
            identifier: self.identifier().map(Foreign::raw).unwrap_or_default(),
            pid: self.pid(),
            priority: self.priority(),
            message: self.raw(),
        }
    }

    /// The message, made safe.
    pub fn clean(&self, budget: Budget) -> Clean {
        sanitize(self.raw(), budget)
    }

    /// Bytes of the message that were not kept.
    pub fn cut(&self) -> u32 {
        self.packed.cut
    }

    /// Its place in the journal.
    pub fn cursor(&self) -> Option<Cursor> {
        let tail = self.block.arena.get((self.packed.offset + self.packed.length) as usize..)?;
        let mut tail = tail.iter().copied();
        if self.packed.lineage == NONE {
            let length = usize::try_from(number(&mut tail)?).ok()?;
            let word: Vec<u8> = tail.take(length).collect();
            return Cursor::new(std::str::from_utf8(&word).ok()?);
        }
        let lineage = self.block.lineages.get(usize::from(self.packed.lineage))?;
        let (i, m, t) = (number(&mut tail)?, number(&mut tail)?, number(&mut tail)?);
        let at = u64::try_from(self.packed.at).unwrap_or(0);
        let mut x = [0; 8];
        x.iter_mut().for_each(|byte| *byte = tail.next().unwrap_or(0));
        Cursor::new(&written(*lineage, [i, m, at.wrapping_add(t), u64::from_le_bytes(x)]))
    }
}

/// A block to which rows are still added.
#[derive(Debug, Clone, Default)]
pub struct OpenBlock {
    block: Block,
    units: HashMap<UnitName, u16>,
    names: HashMap<Foreign, u16>,
    lineages: HashMap<Lineage, u16>,
}

impl OpenBlock {
    /// What is in it so far.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// Whether it should be sealed before another row.
    pub fn is_full(&self) -> bool {
        self.block.index.len() >= ROWS || self.block.arena.len() >= ARENA
    }

    /// Adds a line.
    pub fn line(&mut self, entry: &LogEntry) {
        let raw = entry.message.raw();
        let offset = u32::try_from(self.block.arena.len()).unwrap_or(u32::MAX);
        self.block.arena.extend_from_slice(raw);
        let at = entry.at.as_microsecond();
        let lineage = self.cursor(&entry.cursor, at);
        let unit = entry.unit.as_ref().map_or(NONE, |unit| known(&mut self.units, &mut self.block.units, unit));
        let name = match entry.identifier.raw() {
            [] => NONE,
            short if short.len() <= NAME => known(&mut self.names, &mut self.block.names, &entry.identifier),
            long => known(&mut self.names, &mut self.block.names, &Foreign::from(&long[..NAME])),
        };
        self.block.index.push(Packed {
            at,
            offset,
            length: u32::try_from(raw.len()).unwrap_or(u32::MAX),
            cut: u32::try_from(entry.cut).unwrap_or(u32::MAX),
            pid: entry.pid,
            unit,
            name,
            lineage,
            level: entry.priority.min(7),
        });
    }

    /// Adds a loss.
    pub fn loss(&mut self, loss: &Loss) {
        let offset = u32::try_from(self.block.losses.len()).unwrap_or(u32::MAX);
        self.block.losses.push(loss.clone());
        let at = loss.at.as_microsecond();
        self.block.index.push(Packed {
            at,
            offset,
            length: 0,
            cut: 0,
            pid: 0,
            unit: NONE,
            name: NONE,
            lineage: NONE,
            level: LOSS,
        });
    }

    /// The block as it will stay; this one is empty again.
    pub fn seal(&mut self) -> Block {
        let mut block = std::mem::take(&mut self.block);
        (self.units, self.names, self.lineages) = (HashMap::new(), HashMap::new(), HashMap::new());
        block.index.shrink_to_fit();
        block.arena.shrink_to_fit();
        block
    }

    /// Puts the cursor behind the message: packed where it is written as journald writes it.
    fn cursor(&mut self, cursor: &Cursor, at: i64) -> u16 {
        let packed = read(cursor.as_str());
        let Some((lineage, [i, m, t, x])) = packed.filter(|(lineage, n)| written(*lineage, *n) == cursor.as_str())
        else {
            let word = cursor.as_str().as_bytes();
            put(&mut self.block.arena, word.len() as u64);
            self.block.arena.extend_from_slice(word);
            return NONE;
        };
        for part in [i, m, t.wrapping_sub(u64::try_from(at).unwrap_or(0))] {
            put(&mut self.block.arena, part);
        }
        self.block.arena.extend_from_slice(&x.to_le_bytes());
        known(&mut self.lineages, &mut self.block.lineages, &lineage)
    }
}

/// The number of a thing in its table. A block has far fewer rows than there are numbers.
fn known<T: Clone + Eq + std::hash::Hash>(numbers: &mut HashMap<T, u16>, table: &mut Vec<T>, thing: &T) -> u16 {
    if let Some(number) = numbers.get(thing) {
        return *number;
    }
    let number = u16::try_from(table.len()).unwrap_or(NONE);
    table.push(thing.clone());
    numbers.insert(thing.clone(), number);
    number
}

/// The parts of a cursor `s=…;i=…;b=…;m=…;t=…;x=…`.
fn read(word: &str) -> Option<(Lineage, [u64; 4])> {
    let mut parts = word.split(';');
    let mut part = |name: &str| parts.next()?.strip_prefix(name);
    let sequence = u128::from_str_radix(part("s=")?, 16).ok()?;
    let i = u64::from_str_radix(part("i=")?, 16).ok()?;
    let boot = u128::from_str_radix(part("b=")?, 16).ok()?;
    let m = u64::from_str_radix(part("m=")?, 16).ok()?;
    let t = u64::from_str_radix(part("t=")?, 16).ok()?;
    let x = u64::from_str_radix(part("x=")?, 16).ok()?;
    Some((Lineage { sequence, boot }, [i, m, t, x]))
}

fn written(lineage: Lineage, [i, m, t, x]: [u64; 4]) -> String {
    format!("s={:032x};i={i:x};b={:032x};m={m:x};t={t:x};x={x:x}", lineage.sequence, lineage.boot)
}

/// Seven bits a byte, the lowest first.
fn put(arena: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        arena.push((number as u8 & 0x7F) | 0x80);
        number >>= 7;
    }
    arena.push(number as u8);
}

fn number(bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes.next()?;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn entry(cursor: &str, message: &[u8]) -> LogEntry {
        LogEntry {
            cursor: Cursor::new(cursor).unwrap(),
            at: Timestamp::from_microsecond(1_795_000_000_123_456).unwrap(),
            monotonic: 7,
            boot: 9,
            priority: 3,
            unit: UnitName::new("pakashop-backend.service"),
            identifier: Foreign::from("node"),
            pid: 41,
            message: Foreign::from(message),
            cut: 5,
        }
    }

    #[test]
    fn what_goes_in_comes_out() {
        let cursors = [
            "s=0639a0c4f1e94e0fa3b2d0a2f7a11111;i=4d;b=b1000000000000000000000000000007;m=1f2;t=6609b3a5fb200;x=9cff",
            "s=0639a0c4f1e94e0fa3b2d0a2f7a11111;i=4e;b=b1000000000000000000000000000007;m=1f3;t=6609b3a5fb2ff;x=0",
            // Not as journald writes it: kept as it came.
            "s=0639a;i=4d;b=b1;m=1f2;t=63a;x=9c",
            "s=0639A0C4F1E94E0FA3B2D0A2F7A11111;i=4d",
        ];
        let mut open = OpenBlock::default();
        for cursor in cursors {
            open.line(&entry(cursor, b"webhook rejected\x1b[2J\n\xff"));
        }
        let loss = Loss {
            at: Timestamp::UNIX_EPOCH,
            kind: super::super::log::LossKind::Vacuumed,
            lost: Some(4),
            cursor: None,
        };
        open.loss(&loss);
        let block = open.seal();
        assert!(open.block().is_empty() && block.len() == 5);
        for (place, cursor) in cursors.iter().enumerate() {
            let Some(Row::Line(line)) = block.row(place) else { panic!("no line at {place}") };
            assert_eq!(line.cursor().unwrap().as_str(), *cursor);
            assert_eq!(line.raw(), b"webhook rejected\x1b[2J\n\xff");
            assert_eq!((line.priority(), line.pid(), line.cut()), (3, 41, 5));
            assert_eq!(line.unit().unwrap().as_str(), "pakashop-backend.service");
            assert_eq!(line.identifier().unwrap(), &Foreign::from("node"));
        }
        let Some(Row::Loss(kept)) = block.row(4) else { panic!("no loss") };
        assert_eq!(*kept, loss);
        assert!(block.row(5).is_none());
    }

    #[test]
    fn a_line_costs_little_more_than_its_text() {
        let mut open = OpenBlock::default();
        let message = b"upstream backend answered 502 in 12ms path=/api/v1/payments/webhook";
        for number in 0..4000_u64 {
            let t = 1_795_000_000_123_456_u64;
            let cursor = written(Lineage { sequence: 6 << 100, boot: 7 << 100 }, [number, number << 20, t, u64::MAX]);
            open.line(&entry(&cursor, message));
        }
        let each = open.seal().bytes() / 4000;
        assert!(each <= message.len() + size_of::<Packed>() + 24, "{each} bytes a line of {}", message.len());
        assert!(size_of::<Packed>() <= 32);
    }
}
