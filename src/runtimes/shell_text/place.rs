//! What is said of the bytes of a script: how each is read, and what was seen on the way.

use std::ops::Range;

/// How a byte is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quote {
    /// Bare: words, operators, blanks.
    Plain,
    /// Between single quotes: as it stands.
    Single,
    /// Between double quotes: only `$`, backticks and the backslash act.
    Double,
    /// Between `$'` and `'`.
    Escapes,
    /// In a comment.
    Comment,
    /// In the body of a here-document in which expansions act.
    Here,
    /// In the body of one whose delimiter is quoted: as it stands.
    HereQuoted,
    /// The line that ends a here-document.
    HereEnd,
    /// A quotation mark, or what begins or ends a substitution.
    Mark,
}

/// How a byte is read, and what is around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// How it is read.
    pub quote: Quote,
    /// Whether a backslash takes its meaning, or it is that backslash.
    pub escaped: bool,
    /// In how many substitutions it stands.
    pub depth: u8,
    pub(super) within: u8,
}

pub(super) const BACKTICK: u8 = 1;
pub(super) const PARAMETER: u8 = 2;
pub(super) const ARITHMETIC: u8 = 4;
pub(super) const HERE: u8 = 8;
pub(super) const DOUBTFUL: u8 = 16;

impl Place {
    /// Between backticks, at any depth.
    pub fn in_backticks(self) -> bool {
        self.within & BACKTICK != 0
    }

    /// In `${…}`, behind the name.
    pub fn in_parameter(self) -> bool {
        self.within & PARAMETER != 0
    }

    /// In `$((…))`, or in what may be that.
    pub fn in_arithmetic(self) -> bool {
        self.within & ARITHMETIC != 0
    }

    /// In a here-document, also in a substitution there.
    pub fn in_here(self) -> bool {
        self.within & HERE != 0 || matches!(self.quote, Quote::Here | Quote::HereQuoted)
    }

    /// Where shells may differ about how it is read, or the text is no complete script.
    pub fn is_doubtful(self) -> bool {
        self.within & DOUBTFUL != 0
    }
}

/// A here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its body, with the last line end.
    pub body: Range<usize>,
    /// Its delimiter without quotes.
    pub delimiter: String,
    /// Whether expansions act in it.
    pub quoted: bool,
    /// Whether tabs at the beginning of its lines are taken away.
    pub strips: bool,
}

/// A place where a variable is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Its name.
    pub name: String,
    /// All of it, from the `$` on; of `${NAME…}` only as far as the name goes.
    pub at: Range<usize>,
    /// Whether it says what holds when the variable is not set: `${NAME:-x}`, `${NAME+x}`.
    pub guarded: bool,
    /// Whether it sets the variable by the way: `${NAME:=x}`.
    pub sets: bool,
}

/// What was seen of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// For each byte.
    pub places: Vec<Place>,
    /// What stands in `$(…)`, backticks, `<(…)` and `>(…)`, the outer ones behind the inner ones.
    pub substitutions: Vec<Range<usize>>,
    /// The here-documents.
    pub documents: Vec<Document>,
    /// The variables that are used, in the order of the text.
    pub uses: Vec<Use>,
    /// Whether all quotes, substitutions and here-documents end.
    pub complete: bool,
}
