//! A query over a whole block at once: one bit for each row. What stands in messages is searched for in all of them with
//! one pass over the arena; what lines are called by is compared once for each name of the block.

use crate::domain::HostName;
use crate::domain::query::{FieldTest, Needle, Test, Tree, named};
use crate::port::log_block::{Block, Row};

/// From one row in so many on, rows are asked one by one instead of with all the others.
const FEW: usize = 8;
/// Bytes that asking for a row costs besides its message, about.
const ROW: usize = 16;

/// One bit for each row of a block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mask {
    words: Vec<u64>,
    rows: usize,
}

impl Mask {
    /// No row of so many.
    pub fn none(rows: usize) -> Self {
        Self { words: vec![0; rows.div_ceil(64)], rows }
    }

    fn all(rows: usize) -> Self {
        let mut mask = Self { words: vec![u64::MAX; rows.div_ceil(64)], rows };
        if let (Some(last), used @ 1..) = (mask.words.last_mut(), rows % 64) {
            *last = (1 << used) - 1;
        }
        mask
    }

    /// Whether a row is in; `None` for one that the block did not have then.
    pub fn get(&self, row: usize) -> Option<bool> {
        if row >= self.rows {
            return None;
        }
        self.words.get(row / 64).map(|word| word >> (row % 64) & 1 == 1)
    }

    fn set(&mut self, row: usize) {
        if let Some(word) = self.words.get_mut(row / 64) {
            *word |= 1 << (row % 64);
        }
    }

    fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    fn without(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(place, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.wrapping_sub(1);
                (bit < 64).then_some(place * 64 + bit)
            })
        })
    }
}

/// Which rows of a block of this host pass, and about how many bytes were looked at for that. What is said of a row that
/// says that something is missing means nothing.
pub fn mask(tree: &Tree, host: &HostName, block: &Block) -> (Mask, usize) {
    let mut search = Search { host, block, looked: block.len() * ROW };
    let mask = search.tree(tree, &Mask::all(block.len()));
    (mask, search.looked)
}

/// Which units and programs pass, by their numbers in the block, and whether a line without one does.
#[derive(Default)]
struct Passing {
    units: Vec<bool>,
    no_unit: bool,
    names: Vec<bool>,
    no_name: bool,
}

impl Passing {
    fn has(&self, unit: usize, name: usize) -> bool {
        self.units.get(unit).copied().unwrap_or(self.no_unit) || self.names.get(name).copied().unwrap_or(self.no_name)
    }
}

struct Search<'a> {
    host: &'a HostName,
    block: &'a Block,
    looked: usize,
}

impl Search<'_> {
    /// Those of the rows `within` that pass.
    fn tree(&mut self, tree: &Tree, within: &Mask) -> Mask {
        match tree {
            Tree::All(all) => {
                let mut left = within.clone();
                for one in all {
                    if left.count() == 0 {
                        break;
                    }
                    left = self.tree(one, &left);
                }
                left
            }
            Tree::Any(any) => {
                let (mut found, mut left) = (Mask::none(within.rows), within.clone());
                for one in any {
                    let more = self.tree(one, &left);
                    left.without(&more);
                    found.or(&more);
                }
                found
            }
            Tree::Not(one) => {
                let found = self.tree(one, within);
                let mut left = within.clone();
                left.without(&found);
                left
            }
            Tree::Test(test) => self.test(test, within),
        }
    }

    fn test(&mut self, test: &Test, within: &Mask) -> Mask {
        match test {
            Test::Text(needle) => self.text(needle, within),
            Test::Host(name) => {
                if name.passes([self.host.as_str().as_bytes()]) {
                    within.clone()
                } else {
                    Mask::none(within.rows)
                }
            }
            Test::Unit(name) => {
                let names = self.block.units().iter().map(|unit| name.passes_unit(Some(unit.as_str())));
                let passing = Passing { units: names.collect(), no_unit: name.passes_unit(None), ..Passing::default() };
                self.spoken(within, &passing)
            }
            Test::Identifier(name) => {
                let names = self.block.names().iter().map(|one| name.passes([one.raw()]));
                let no_name = name.passes([b"".as_slice()]);
                self.spoken(within, &Passing { names: names.collect(), no_name, ..Passing::default() })
            }
            Test::Field(field) => self.field(field, within),
            // Numbers of the index.
            Test::Level(..) | Test::Process(..) => self.each(within, test),
        }
    }

    /// Rows whose unit or whose program passes.
    fn spoken(&self, within: &Mask, passing: &Passing) -> Mask {
        let speakers: Vec<bool> = self.block.speakers().map(|(unit, name)| passing.has(unit, name)).collect();
        let mut found = Mask::none(within.rows);
        if speakers.contains(&true) {
            let passes = |row: &usize| self.block.speaker(*row).and_then(|number| speakers.get(number)) == Some(&true);
            within.rows().filter(passes).for_each(|row| found.set(row));
        }
        found
    }

    fn text(&mut self, needle: &Needle, within: &Mask) -> Mask {
        if named(needle, self.host.as_str(), None, b"") {
            return within.clone();
        }
        let units = self.block.units().iter().map(|unit| named(needle, "", Some(unit.as_str()), b""));
        let names = self.block.names().iter().map(|name| named(needle, "", None, name.raw()));
        let passing = Passing { units: units.collect(), names: names.collect(), ..Passing::default() };
        let mut found = self.spoken(within, &passing);
        let mut left = within.clone();
        left.without(&found);
        found.or(&self.messages(needle, &left));
        found
    }

    fn field(&mut self, field: &FieldTest, within: &Mask) -> Mask {
        let mut found = Mask::none(within.rows);
        for row in self.messages(field.needle(), within).rows() {
            let Some(message) = self.block.message(row).and_then(|place| self.block.arena().get(place)) else {
                continue;
            };
            self.looked += message.len();
            if field.passes(message) {
                found.set(row);
            }
        }
        found
    }

    /// Rows in whose messages it is found. All of them are searched at once for what it needs.
    fn messages(&mut self, needle: &Needle, within: &Mask) -> Mask {
        let mut found = Mask::none(within.rows);
        let count = within.count();
        let arena = self.block.arena();
        if !needle.has_needed() || count * FEW < within.rows {
            for row in within.rows() {
                let Some(message) = self.block.message(row).and_then(|place| arena.get(place)) else { continue };
                self.looked += message.len() + ROW;
                if needle.is_in(message) {
                    found.set(row);
                }
            }
            return found;
        }
        self.looked += arena.len();
        // What stands in a message stands in the arena as well, though there it may begin before or end behind it.
        let (mut at, all) = (0, needle.is_all_needed());
        while let Some(place) = needle.find_needed(arena, at) {
            let row = self.block.row_at(place.start);
            let Some(message) = self.block.message(row) else { break };
            let found_it = all && place.end <= message.end;
            if found_it || arena.get(message.clone()).is_some_and(|message| needle.is_found_in(message)) {
                found.set(row);
            }
            at = message.end + 1;
        }
        found.and(within);
        found
    }

    /// Rows that pass when they are asked one by one.
    fn each(&mut self, within: &Mask, test: &Test) -> Mask {
        let mut found = Mask::none(within.rows);
        for row in within.rows() {
            if let Some(Row::Line(line)) = self.block.row(row)
                && test.passes(&line.subject(self.host))
            {
                found.set(row);
            }
        }
        found
    }
}
