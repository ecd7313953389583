//! Where the parts of a document stand among its blocks: at which block the mark of each is drawn, and behind which its
//! state and its output.

use crate::domain::Procedure;
use crate::domain::procedure::Block;
use crate::ui::paper::plain;

/// The places of the parts.
#[derive(Debug, Default)]
pub struct Outline {
    /// For each part the block with its mark and the last block of it.
    spans: Vec<(usize, usize)>,
    /// For each block the part it belongs to.
    owners: Vec<Option<usize>>,
}

impl Outline {
    /// Finds them.
    pub fn new(procedure: &Procedure) -> Self {
        let blocks = &procedure.blocks;
        let mut owners: Vec<Option<usize>> = blocks.iter().map(|placed| placed.part).collect();
        let mut spans = Vec::new();
        for (place, part) in procedure.parts.iter().enumerate() {
            let begin = part.block.min(blocks.len().saturating_sub(1));
            let end = owners.iter().rposition(|owner| *owner == Some(place)).unwrap_or(begin).max(begin);
            // A block of code is titled by what stands before it, which then bears its mark.
            let titled = begin.checked_sub(1).filter(|above| {
                let is_code = blocks.get(begin).is_some_and(|placed| matches!(placed.block, Block::Code(..)));
                is_code
                    && owners.get(*above) == Some(&None)
                    && titles(blocks.get(*above).map(|placed| &placed.block), &part.title.plain())
            });
            let mark = titled.unwrap_or(begin);
            for owner in owners.iter_mut().take(end + 1).skip(mark) {
                *owner = owner.or(Some(place));
            }
            spans.push((mark, end));
        }
        Self { spans, owners }
    }

    /// The block that bears the mark of a part.
    pub fn mark(&self, part: usize) -> Option<usize> {
        self.spans.get(part).map(|(mark, _)| *mark)
    }

    /// The last block of a part.
    pub fn end(&self, part: usize) -> Option<usize> {
        self.spans.get(part).map(|(_, end)| *end)
    }

    /// The part to which a block belongs.
    pub fn owner(&self, block: usize) -> Option<usize> {
        self.owners.get(block).copied().flatten()
    }

    /// The part whose mark stands at a block.
    pub fn marked(&self, block: usize) -> Option<usize> {
        self.owner(block).filter(|part| self.mark(*part) == Some(block))
    }

    /// The parts that end with a block, in their order: items of one line may hold several.
    pub fn ended(&self, block: usize) -> impl Iterator<Item = usize> + '_ {
        let owner = self.owner(block);
        owner.into_iter().filter(move |part| self.end(*part) == Some(block))
    }
}

fn titles(block: Option<&Block>, title: &str) -> bool {
    let words = match block {
        Some(Block::Heading(_, inlines, _) | Block::Paragraph(inlines) | Block::Item(_, inlines)) => plain(inlines),
        Some(Block::Code(..) | Block::Table(..) | Block::Rule | Block::Html(_)) | None => return false,
    };
    let bare = |text: &str| text.trim().trim_end_matches([':', '.']).to_lowercase();
    bare(&words) == bare(title)
}
