//! Definitions of links that no link uses: they are shown as they stand, because a line such as `[NOTE]: halt` is one as
//! well.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::RefDefs;

use super::reader::Reading;
use crate::domain::procedure::{Block, Inline, Placed};
use crate::text::Foreign;

/// Definitions by their place.
#[derive(Debug, Default)]
pub struct Definitions(BTreeMap<usize, Range<usize>>);

impl Definitions {
    /// All, but for those that lead nowhere, by which people write comments.
    pub fn of(all: &RefDefs<'_>) -> Self {
        let shown = all.iter().filter(|(_, definition)| &*definition.dest != "#" && !definition.dest.is_empty());
        Self(shown.map(|(_, definition)| (definition.span.start, definition.span.clone())).collect())
    }

    /// A link has this label.
    pub fn used(&mut self, all: &RefDefs<'_>, label: &str) {
        if let Some(definition) = all.get(label) {
            self.0.remove(&definition.span.start);
        }
    }

    /// Puts the others among the blocks, whose lines are still places in the text.
    pub fn show(self, text: &str, body: usize, reading: &mut Reading) {
        if self.0.is_empty() {
            return;
        }
        let mut blocks: Vec<Placed> = Vec::with_capacity(reading.blocks.len() + self.0.len());
        let mut moved: Vec<usize> = Vec::with_capacity(reading.blocks.len());
        let mut waiting = self.0.into_values().peekable();
        for placed in std::mem::take(&mut reading.blocks) {
            while let Some(span) = waiting.next_if(|span| span.start + body < placed.line) {
                blocks.extend(block(text, span.start + body..span.end + body));
            }
            moved.push(blocks.len());
            blocks.push(placed);
        }
        for span in waiting {
            blocks.extend(block(text, span.start + body..span.end + body));
        }
        reading.blocks = blocks;
        for mark in &mut reading.marks {
            mark.block = moved.get(mark.block).copied().unwrap_or(mark.block);
        }
    }
}

fn block(text: &str, span: Range<usize>) -> Option<Placed> {
    let words = text.get(span.clone())?.trim().to_owned();
    let inline = Inline { text: Foreign::from(words), ..Inline::default() };
    Some(Placed { line: span.start, depth: 0, quoted: 0, part: None, block: Block::Paragraph(vec![inline]) })
}
