//! New patterns since a moment: what lines say, numbers aside, that nothing before it said. All rows are looked at in
//! slices, the newest first, and those that come at once.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::group;
use super::host::HostLog;
use super::order::{Order, Ref};
use crate::domain::structure::{asking, pattern};
use crate::port::log_block::Row;
use crate::text::Foreign;

/// Rows and bytes that one slice looks at.
const SLICE_ROWS: usize = 6_000;
const SLICE_BYTES: usize = 512 << 10;
/// Patterns of which lines are counted, and patterns from before that are remembered.
const SINCE: usize = 5_000;
const BEFORE: usize = 200_000;

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
}

/// The patterns since a moment.
#[derive(Debug, Clone)]
pub struct Novel {
    since: i64,
    before: HashSet<u64>,
    found: HashMap<u64, Pattern>,
    /// Lines before the moment that were looked at.
    lines_before: u64,
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
            lines_before: 0,
            frontier: Ref::LAST,
            done: false,
            buffer: Vec::new(),
        }
    }

    /// The moment.
    pub fn moment(&self) -> i64 {
        self.since
    }

    /// Whether all was looked at.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Whether there was anything before the moment with which it could be compared.
    pub fn compares(&self) -> bool {
        self.lines_before > 0
    }

    /// The new patterns, the most frequent first.
    pub fn list(&self) -> Vec<&Pattern> {
        let mut list: Vec<&Pattern> = self.found.values().collect();
        list.sort_by_key(|one| (std::cmp::Reverse(one.count), one.first, one.key));
        list
    }

    /// Looks at one more slice of all rows.
    pub fn work(&mut self, order: &Order, hosts: &[HostLog]) {
        if self.done {
            return;
        }
        let (mut rows, mut bytes) = (0, 0);
        let mut older = order.backward(self.frontier);
        while rows < SLICE_ROWS && bytes < SLICE_BYTES {
            let Some(row) = older.next() else {
                self.done = true;
                return;
            };
            self.frontier = row;
            rows += 1;
            bytes += self.look(row, hosts);
        }
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
        let looked = line.raw().len().min(1024);
        if row.key() < self.since {
            self.lines_before += 1;
            self.found.remove(&key);
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
        } else if self.found.len() < SINCE {
            let one = Pattern {
                text: Foreign::from(&self.buffer),
                count: 1,
                first: row,
                last: row,
                worst: row.priority(),
                query: asking(line.raw()),
                key,
            };
            self.found.insert(key, one);
        }
        looked
    }
}
