//! A query over lines of logs: what a person types becomes a tree of tests, which a line passes or does not.
//! docs/logs.md tells the language with examples.

mod fields;
mod level;
mod needle;
mod on_hosts;
mod parse;
mod test;
mod value;

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::text::{Foreign, width};

pub use level::{LEVELS, number as level_number};
pub use needle::Needle;
pub use test::{FieldTest, NameTest, Side, Test, named};

/// Whether a value is a number, with or without a unit.
pub fn is_number(value: &[u8]) -> bool {
    value::Number::read(value).is_some()
}

/// Longest query that is read, in bytes.
pub const LONGEST: usize = 4096;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Query {
    text: String,
    tree: Tree,
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Query {}

/// Tests and how they are joined.
#[derive(Debug, Clone)]
pub enum Tree {
    /// Every one of them passes.
    All(Vec<Tree>),
    /// At least one of them passes.
    Any(Vec<Tree>),
    /// It does not pass.
    Not(Box<Tree>),
    /// One test.
    Test(Box<Test>),
}

/// What can be known of a line.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The host it came from.
    pub host: &'a str,
    /// The unit it belongs to, whole: `nginx.service`.
    pub unit: Option<&'a str>,
    /// The name by which the program calls itself.
    pub identifier: &'a [u8],
    /// The process, 0 where it is not known.
    pub pid: u32,
    /// Syslog priority, 0 to 7.
    pub priority: u8,
    /// What it says.
    pub message: &'a [u8],
}

/// Why something is no query: where, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The byte of what was typed at which it shows; its length where something is missing at the end.
    pub at: usize,
    /// What is wrong and what helps.
    pub what: String,
    /// Whether it may only be that the end was not typed yet.
    pub unfinished: bool,
}

impl Mistake {
    /// How many columns of what was typed stand before it.
    pub fn column(&self, typed: &str) -> usize {
        width(&Foreign::from(typed.get(..self.at).unwrap_or(typed)).plain())
    }

    /// The sentence, what was typed, and a mark below the character.
    pub fn told(&self, typed: &str) -> String {
        let shown = Foreign::from(typed).plain();
        format!("{}\n    {shown}\n    {}^", self.what, " ".repeat(self.column(typed)))
    }
}

impl Query {
    /// Reads what was typed; `None` when that says nothing.
    ///
    /// # Errors
    /// The first mistake.
    pub fn parse(typed: &str) -> Result<Option<Self>, Mistake> {
        if typed.trim().is_empty() {
            return Ok(None);
        }
        if typed.len() > LONGEST {
            let at = (0..=LONGEST).rev().find(|at| typed.is_char_boundary(*at)).unwrap_or(0);
            return Err(Mistake { at, what: format!("a query has at most {LONGEST} bytes"), unfinished: false });
        }
        Ok(Some(Self { text: typed.to_owned(), tree: parse::parse(typed)? }))
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The tests and how they are joined.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Whether a line passes.
    pub fn passes(&self, line: &Subject<'_>) -> bool {
        self.tree.passes(line)
    }

    /// Where in a text on the screen stands what is looked for, in order and apart; nowhere what must not be found.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        self.tree.places(text, &mut places);
        places.retain(|place| text.is_char_boundary(place.start) && text.is_char_boundary(place.end));
        places.sort_by_key(|place| (place.start, place.end));
        let mut apart: Vec<Range<usize>> = Vec::new();
        for place in places {
            match apart.last_mut() {
                Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
                Some(_) | None => apart.push(place),
            }
        }
        apart
    }
}

impl Tree {
    /// Whether a line passes.
    pub fn passes(&self, line: &Subject<'_>) -> bool {
        match self {
            Tree::All(all) => all.iter().all(|one| one.passes(line)),
            Tree::Any(any) => any.iter().any(|one| one.passes(line)),
            Tree::Not(one) => !one.passes(line),
            Tree::Test(test) => test.passes(line),
        }
    }

    fn places(&self, text: &str, places: &mut Vec<Range<usize>>) {
        match self {
            Tree::All(some) | Tree::Any(some) => some.iter().for_each(|one| one.places(text, places)),
            Tree::Not(_) => {}
            Tree::Test(test) => test.places(text, places),
        }
    }
}
