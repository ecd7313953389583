//! A document on the screen: cut once into pieces that are small enough to be laid out one by one, so that only those
//! in sight ever are, however long it is.

mod inline;
mod place;
mod rows;

use std::collections::BTreeMap;
use std::ops::Range;

pub use inline::{line, plain, words};
pub use place::Place;
pub use rows::{Ground, Row, code_rows, rows};

use crate::domain::procedure::{Block, Placed};
use crate::text::width;

/// Rows of a table that are looked at for the width of its columns.
const MEASURED: usize = 300;

/// The smallest piece that is laid out: a block, or one line of a block of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Atom {
    /// Its block.
    pub block: usize,
    /// Which line of code, or row of a table: 0 is its head, 1 the rule below it.
    pub line: usize,
    /// For code and HTML: where its line stands in the text of the block.
    pub bytes: Range<usize>,
    /// Whether it is the last of its block.
    pub last: bool,
}

/// A document cut into pieces.
#[derive(Debug, Default)]
pub struct Paper {
    /// The pieces, in their order.
    pub atoms: Vec<Atom>,
    firsts: Vec<usize>,
    tables: BTreeMap<usize, Vec<usize>>,
}

impl Paper {
    /// Cuts a document.
    pub fn new(blocks: &[Placed]) -> Self {
        let mut paper = Self::default();
        for (block, placed) in blocks.iter().enumerate() {
            paper.firsts.push(paper.atoms.len());
            match &placed.block {
                Block::Code(_, text) | Block::Html(text) => paper.cut(block, text.raw()),
                Block::Table(head, body) => {
                    paper.tables.insert(block, widths(head, body));
                    paper.add(block, body.len() + 2);
                }
                Block::Heading(..) | Block::Paragraph(_) | Block::Item(..) | Block::Rule => paper.add(block, 1),
            }
        }
        paper
    }

    fn add(&mut self, block: usize, count: usize) {
        self.atoms.extend((0..count).map(|line| Atom { block, line, bytes: 0..0, last: line + 1 == count }));
    }

    fn cut(&mut self, block: usize, raw: &[u8]) {
        let end = if raw.ends_with(b"\n") { raw.len() - 1 } else { raw.len() };
        let mut from = 0;
        for (line, part) in raw.get(..end).unwrap_or_default().split(|byte| *byte == b'\n').enumerate() {
            let bytes = from..from + part.len();
            from = bytes.end + 1;
            self.atoms.push(Atom { block, line, bytes, last: from > end });
        }
    }

    /// The first piece of a block.
    pub fn first(&self, block: usize) -> Option<usize> {
        self.firsts.get(block).copied()
    }

    /// The last piece of a block.
    pub fn last(&self, block: usize) -> Option<usize> {
        let next = self.firsts.get(block + 1).copied().unwrap_or(self.atoms.len());
        next.checked_sub(1).filter(|_| block < self.firsts.len())
    }

    /// The widths that the columns of a table would like to have.
    fn widths(&self, block: usize) -> &[usize] {
        self.tables.get(&block).map_or(&[], Vec::as_slice)
    }
}

fn widths(
    head: &[Vec<crate::domain::procedure::Inline>],
    body: &[Vec<Vec<crate::domain::procedure::Inline>>],
) -> Vec<usize> {
    let mut widths: Vec<usize> = head.iter().map(|cell| width(&plain(cell))).collect();
    for row in body.iter().take(MEASURED) {
        for (place, cell) in row.iter().enumerate() {
            let wide = width(&plain(cell));
            match widths.get_mut(place) {
                Some(known) => *known = (*known).max(wide),
                None => widths.push(wide),
            }
        }
    }
    widths
}
