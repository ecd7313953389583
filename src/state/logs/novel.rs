//! New patterns since a moment: what lines say, numbers aside, that nothing before it said. All rows are looked at in
//! slices, the newest first, and those that come at once.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::group;
use super::host::HostLog;
use super::order::{Order, Ref};
use crate::domain::structure::{asking, pattern};
use crate::port::log_block::{Line, Row};
use crate::text::Foreign;

/// Rows and bytes that one slice looks at.
const SLICE_ROWS: usize = 6_000;
const SLICE_BYTES: usize = 512 << 10;
/// Patterns of which lines are counted, and patterns from before that are remembered.
const SINCE: usize = 5_000;
const BEFORE: usize = 200_000;
/// Programs that are told apart.
const SPEAKERS: usize = 10_000;
/// Bytes of patterns of which lines are counted.
const BYTES: usize = 8 << 20;

/// A pattern that was not seen before the moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// What its lines say, with a hole for what differs.
    pub text: Foreign,
    /// How many of them there are.
    pub count: u64,
    /// The first and the last of them.
    pub first: Ref,
    /// The last.
    pub last: Ref,
    /// The most important of their levels.
    pub worst: u8,
    /// A query that finds them, where there is one.
    pub query: Option<String>,
    key: u64,
    speaker: u64,
}

impl Pattern {
    /// Bytes it takes.
    fn bytes(&self) -> usize {
        size_of::<(u64, Self)>() + self.text.raw().len() + self.query.as_ref().map_or(0, String::len)
    }
}

/// The patterns since a moment.
#[derive(Debug, Clone)]
pub struct Novel {
    since: i64,
    before: HashSet<u64>,
    found: HashMap<u64, Pattern>,
    /// Who wrote something before the moment, and since.
    speakers: [HashSet<u64>; 2],
    /// Bytes of the patterns that were found.
    bytes: usize,
    frontier: Ref,
    done: bool,
    buffer: Vec<u8>,
}

impl Novel {
    /// Nothing looked at yet; the moment in microseconds.
    pub fn since(since: i64) -> Self {
        Self {
            since,
            before: HashSet::new(),
            found: HashMap::new(),
            speakers: [HashSet::new(), HashSet::new()],
            bytes: 0,
            frontier: Ref::LAST,
            done: false,
            buffer: Vec::new(),
        }
    }

    /// The moment.
    pub fn moment(&self) -> i64 {
        self.since
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.bytes + self.before.capacity() * size_of::<(u64, u64)>()
    }

    /// Whether all was looked at.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Of how many programs nothing from before the moment is held, so that all they say counts as new, and how many
    /// have written since.
    pub fn uncompared(&self) -> (usize, usize) {
        let [before, since] = &self.speakers;
        (since.difference(before).count(), since.len())
    }

    /// The new patterns: errors, warnings, then what others say of whom something is held from before; the most frequent
    /// of each first.
    pub fn list(&self) -> Vec<&Pattern> {
        let class = |one: &Pattern| match one.worst {
            0..=3 => 0,
            4 => 1,
            _ if self.speakers[0].contains(&one.speaker) => 2,
            _ => 3,
        };
        let mut list: Vec<&Pattern> = self.found.values().collect();
        list.sort_by_key(|one| (class(one), std::cmp::Reverse(one.count), one.first, one.key));
        list
    }

    /// Looks at one more slice of all rows; how much of a slice that was, in percent.
    pub fn work(&mut self, order: &Order, hosts: &[HostLog]) -> usize {
        if self.done {
            return 0;
        }
        let (mut rows, mut bytes) = (0, 0);
        let mut older = order.backward(self.frontier);
        while rows < SLICE_ROWS && bytes < SLICE_BYTES {
            let Some(row) = older.next() else {
                self.done = true;
                break;
            };
            self.frontier = row;
            rows += 1;
            bytes += self.look(row, hosts);
        }
        (rows * 100 / SLICE_ROWS).max(bytes * 100 / SLICE_BYTES)
    }

    /// Takes a row in that came just now, if it lies where was looked already.
    pub fn admit(&mut self, row: Ref, hosts: &[HostLog]) {
        if self.done || row > self.frontier {
            self.look(row, hosts);
        }
    }

    fn look(&mut self, row: Ref, hosts: &[HostLog]) -> usize {
        let Some(host) = hosts.get(usize::from(row.host())) else { return 0 };
        let Some(Row::Line(line)) = host.row(row.number()) else { return 0 };
        if group::goes_on(host, row.number()) {
            return 0;
        }
        pattern(line.raw(), &mut self.buffer);
        let mut hasher = DefaultHasher::new();
        // The same words of another program are another thing.
        (line.unit(), &self.buffer).hash(&mut hasher);
        let key = hasher.finish();
        let looked = line.raw().len();
        // What systemd says of a unit is not what the unit says.
        let speaker = {
            let mut hasher = DefaultHasher::new();
            (line.unit(), line.identifier().map(|name| name.raw())).hash(&mut hasher);
            hasher.finish()
        };
        if let Some(speakers) = self.speakers.get_mut(usize::from(row.key() >= self.since))
            && speakers.len() < SPEAKERS
        {
            speakers.insert(speaker);
        }
        if row.key() < self.since {
            if let Some(gone) = self.found.remove(&key) {
                self.bytes = self.bytes.saturating_sub(gone.bytes());
            }
            if self.before.len() < BEFORE {
                self.before.insert(key);
            }
            return looked;
        }
        if self.before.contains(&key) {
            return looked;
        }
        if let Some(known) = self.found.get_mut(&key) {
            known.count += 1;
            known.first = known.first.min(row);
            known.last = known.last.max(row);
            known.worst = known.worst.min(row.priority());
        } else if self.found.len() < SINCE && self.bytes < BYTES {
            let one = Pattern {
                text: Foreign::from(&self.buffer),
                count: 1,
                first: row,
                last: row,
                worst: row.priority(),
                query: asked(&line),
                key,
                speaker,
            };
            self.bytes += one.bytes();
            self.found.insert(key, one);
        }
        looked
    }
}

/// A query for lines that say the same as this one, of the same unit.
fn asked(line: &Line<'_>) -> Option<String> {
    let words = asking(line.raw())?;
    let plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./@:".contains(&byte));
    match line.unit().map(|unit| unit.as_str()) {
        Some(unit) => Some(match Some(unit).filter(plain) {
            Some(unit) => format!("unit={unit} {words}"),
            None => format!("unit=\"{}\" {words}", unit.replace('\\', "\\\\").replace('"', "\\\"")),
        }),
        None => {
            let name = line.identifier().and_then(|name| std::str::from_utf8(name.raw()).ok());
            Some(name.filter(plain).map_or(words.clone(), |name| format!("id={name} {words}")))
        }
    }
}
