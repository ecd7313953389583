//! A block of rows of one host's log: packed into an index and one arena of bytes. Sealed blocks never change, so that
//! they can be shared with whoever searches or writes them elsewhere.

mod place;

use std::collections::HashMap;
use std::ops::Range;

use jiff::Timestamp;

use super::log::{Cursor, LogEntry, Loss};
use crate::domain::query::Subject;
use crate::domain::{HostName, UnitName};
use crate::text::{Budget, Clean, Foreign, sanitize};
use place::{Lineage, Place, Places};

/// Rows of one block at most.
pub const ROWS: usize = 4096;
/// Bytes in the arena from which on a block is sealed.
const ARENA: usize = 512 << 10;
/// Bytes of an identifier that are kept.
const NAME: usize = 64;
/// In place of a number of a table: there is none.
const NONE: u16 = u16::MAX;
/// In place of a priority: the row says that something is missing.
const LOSS: u8 = 255;
/// Stands behind each message. No character of UTF-8 has it, so that an expression that begins in one message does not
/// run on into the next ones.
const BETWEEN: u8 = 0xFF;
/// How far before the first row of a base others can lie, in microseconds; behind it they can lie three times as far.
const BEFORE: i64 = 1 << 30;

/// Rows of one host, in the order of its journal.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    index: Vec<Packed>,
    arena: Vec<u8>,
    places: Places,
    /// The time from which those of the rows are counted, from this row on.
    bases: Vec<(u16, i64)>,
    speakers: Vec<Speaker>,
    units: Vec<UnitName>,
    names: Vec<Foreign>,
    /// Rows whose message was longer, and how many bytes of it are missing.
    cuts: Vec<(u16, u32)>,
    losses: Vec<Loss>,
}

/// The index of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Packed {
    /// Microseconds since the base.
    at: u32,
    /// Where its message begins in the arena; it ends in front of the byte before the next one.
    offset: u32,
    /// Who wrote it; of a loss its place in the table.
    speaker: u16,
    level: u8,
}

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Speaker {
    pid: u32,
    unit: u16,
    name: u16,
    lineage: Lineage,
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
    place: usize,
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
            return self.losses.get(usize::from(packed.speaker)).map(Row::Loss);
        }
        Some(Row::Line(Line { block: self, place, packed }))
    }

    /// All messages, with a byte between them that no text has: to be searched, never to be shown.
    pub fn arena(&self) -> &[u8] {
        &self.arena
    }

    /// Where the message of a row stands in the arena; rows stand there in order. `None` for what is missing.
    pub fn message(&self, place: usize) -> Option<Range<usize>> {
        let packed = self.index.get(place).filter(|packed| packed.level != LOSS)?;
        let behind = self.index.get(place + 1).map_or(self.arena.len(), |next| next.offset as usize);
        Some(packed.offset as usize..behind.saturating_sub(1))
    }

    /// The row whose message, or the byte behind it, stands at this place of the arena.
    pub fn row_at(&self, at: usize) -> usize {
        // What is missing has no bytes, and stands in front of the line that begins where it does.
        self.index.partition_point(|packed| packed.offset as usize <= at).saturating_sub(1)
    }

    /// The number of the speaker of a row, in the order of [`speakers`](Self::speakers).
    pub fn speaker(&self, place: usize) -> Option<usize> {
        let packed = self.index.get(place).filter(|packed| packed.level != LOSS)?;
        Some(usize::from(packed.speaker))
    }

    /// The unit and the program of each who speaks in it, as numbers of their tables; one there is not in the table is
    /// none.
    pub fn speakers(&self) -> impl ExactSizeIterator<Item = (usize, usize)> + '_ {
        self.speakers.iter().map(|speaker| (usize::from(speaker.unit), usize::from(speaker.name)))
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
        let speakers = self.speakers.len() * size_of::<Speaker>();
        let rare = self.losses.len() * size_of::<Loss>() + self.cuts.len() * 8 + self.bases.len() * 16;
        self.index.len() * size_of::<Packed>() + self.arena.len() + self.places.bytes() + names + speakers + rare
    }

    /// Microseconds since the epoch.
    fn at(&self, place: usize, packed: &Packed) -> i64 {
        let behind = self.bases.partition_point(|(first, _)| usize::from(*first) <= place);
        let base = behind.checked_sub(1).and_then(|number| self.bases.get(number)).map_or(0, |(_, base)| *base);
        base.saturating_add(i64::from(packed.at))
    }

    /// What the places of the rows from this one on are told from: time and lineage, of lines only.
    fn told(&self, from: usize) -> impl Iterator<Item = Option<(i64, Lineage)>> + '_ {
        self.index.iter().enumerate().skip(from).map(|(place, packed)| {
            let speaker = self.speakers.get(usize::from(packed.speaker)).filter(|_| packed.level != LOSS)?;
            Some((self.at(place, packed), speaker.lineage))
        })
    }
}

impl<'a> Line<'a> {
    /// When journald took it, by the host's clock.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_microsecond(self.block.at(self.place, &self.packed)).unwrap_or_default()
    }

    /// Syslog priority, 0 to 7: the journal's, or that of the message if it is more important.
    pub fn priority(&self) -> u8 {
        self.packed.level
    }

    fn speaker(&self) -> Option<&'a Speaker> {
        self.block.speakers.get(usize::from(self.packed.speaker))
    }

    /// The unit it belongs to.
    pub fn unit(&self) -> Option<&'a UnitName> {
        self.block.units.get(usize::from(self.speaker()?.unit))
    }

    /// The name by which the program calls itself.
    pub fn identifier(&self) -> Option<&'a Foreign> {
        self.block.names.get(usize::from(self.speaker()?.name))
    }

    /// The process, 0 where it is not known.
    pub fn pid(&self) -> u32 {
        self.speaker().map_or(0, |speaker| speaker.pid)
    }

    /// The bytes of the message: to be searched, never to be shown.
    pub fn raw(&self) -> &'a [u8] {
        self.block.message(self.place).and_then(|place| self.block.arena.get(place)).unwrap_or_default()
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
        let cuts = &self.block.cuts;
        let found = cuts.binary_search_by_key(&self.place, |(place, _)| usize::from(*place));
        found.ok().and_then(|number| cuts.get(number)).map_or(0, |(_, cut)| *cut)
    }

    /// Its place in the journal.
    pub fn cursor(&self) -> Option<Cursor> {
        self.block.places.get(self.place, |from| self.block.told(from))
    }
}

/// A block to which rows are still added.
#[derive(Debug, Clone, Default)]
pub struct OpenBlock {
    block: Block,
    speakers: HashMap<Speaker, u16>,
    units: HashMap<UnitName, u16>,
    names: HashMap<Foreign, u16>,
    /// The place of the line before.
    before: Option<Place>,
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
        let at = entry.at.as_microsecond();
        let lineage = self.block.places.put(self.block.index.len(), &entry.cursor, at, &mut self.before);
        let unit = entry.unit.as_ref().map_or(NONE, |unit| known(&mut self.units, &mut self.block.units, unit));
        let name = match entry.identifier.raw() {
            [] => NONE,
            short if short.len() <= NAME => known(&mut self.names, &mut self.block.names, &entry.identifier),
            long => known(&mut self.names, &mut self.block.names, &Foreign::from(&long[..NAME])),
        };
        let speaker = Speaker { pid: entry.pid, unit, name, lineage };
        let speaker = known(&mut self.speakers, &mut self.block.speakers, &speaker);
        if entry.cut > 0 {
            self.block.cuts.push((self.row(), u32::try_from(entry.cut).unwrap_or(u32::MAX)));
        }
        self.push(at, speaker, entry.level());
        self.block.arena.extend_from_slice(entry.message.raw());
        self.block.arena.push(BETWEEN);
    }

    /// Adds a loss.
    pub fn loss(&mut self, loss: &Loss) {
        let number = u16::try_from(self.block.losses.len()).unwrap_or(NONE);
        self.block.places.none(self.block.index.len(), &mut self.before);
        self.block.losses.push(loss.clone());
        self.push(loss.at.as_microsecond(), number, LOSS);
    }

    /// The block as it will stay, in exactly as much memory as it needs; this one is empty again and keeps its own.
    pub fn seal(&mut self) -> Block {
        let sealed = self.block.clone();
        let Block { index, arena, places, bases, speakers, units, names, cuts, losses } = &mut self.block;
        index.clear();
        arena.clear();
        places.clear();
        bases.clear();
        speakers.clear();
        units.clear();
        names.clear();
        cuts.clear();
        losses.clear();
        self.speakers.clear();
        self.units.clear();
        self.names.clear();
        self.before = None;
        sealed
    }

    /// The number of the row that is added. A block has far fewer rows than there are numbers.
    fn row(&self) -> u16 {
        u16::try_from(self.block.index.len()).unwrap_or(NONE)
    }

    fn push(&mut self, at: i64, speaker: u16, level: u8) {
        let since = |(_, base): &(u16, i64)| u32::try_from(at.checked_sub(*base)?).ok();
        let at = self.block.bases.last().and_then(since).unwrap_or_else(|| {
            let base = at.saturating_sub(BEFORE);
            self.block.bases.push((self.row(), base));
            u32::try_from(at.saturating_sub(base)).unwrap_or(0)
        });
        let offset = u32::try_from(self.block.arena.len()).unwrap_or(u32::MAX);
        self.block.index.push(Packed { at, offset, speaker, level });
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
            let (sequence, boot, m) = (6_u128 << 100, 7_u128 << 100, number << 20);
            let cursor = format!("s={sequence:032x};i={number:x};b={boot:032x};m={m:x};t={t:x};x={:x}", u64::MAX);
            open.line(&LogEntry { cut: 0, ..entry(&cursor, message) });
        }
        let each = open.seal().bytes() / 4000;
        assert!(each <= message.len() + size_of::<Packed>() + 16, "{each} bytes a line of {}", message.len());
        assert!(size_of::<Packed>() <= 12);
    }
}
