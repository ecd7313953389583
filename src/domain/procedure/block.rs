//! What a document shows: a flat list of blocks with their depth, so that a screen draws any part of a long one.

use crate::text::Foreign;

/// One block and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Its first line in the file, from 1.
    pub line: usize,
    /// In how many lists it stands.
    pub depth: u8,
    /// In how many quotations it stands.
    pub quoted: u8,
    /// The part that it is or begins, by its place.
    pub part: Option<usize>,
    /// What it is.
    pub block: Block,
}

/// One block.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading: its level, 1 to 6, and its words; `usize` is its section.
    Heading(u8, Vec<Inline>, usize),
    /// A paragraph, also a further one of a list item.
    Paragraph(Vec<Inline>),
    /// The first paragraph of a list item, with what stands before it.
    Item(Marker, Vec<Inline>),
    /// A block of code: the language as the document names it, and its lines as they stand there.
    Code(String, Foreign),
    /// A table: head, and rows of cells.
    Table(Vec<Vec<Inline>>, Vec<Vec<Vec<Inline>>>),
    /// A line across.
    Rule,
    /// HTML that is no comment, as it stands there.
    Html(Foreign),
}

/// What stands before a list item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// A bullet.
    Bullet,
    /// A number.
    Number(u64),
    /// A box; ticked in the file itself or not.
    Task(bool),
}

/// A piece of a line in one style.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inline {
    /// Its words; a line break inside stands as `\n`.
    pub text: Foreign,
    /// How it is written.
    pub style: Style,
    /// Where it leads to, if it is a link: an address, a file beside this one, or `#part`.
    pub link: Option<String>,
}

/// How a piece is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// `**strong**`
    pub strong: bool,
    /// `*emphasis*`
    pub emphasis: bool,
    /// `` `code` ``
    pub code: bool,
    /// `~~struck~~`
    pub struck: bool,
}
