//! The text of one file and where in it a byte stands, for messages that point.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// A range of bytes in a file's text.
pub type Span = Range<usize>;

/// One file's text with the start of each of its lines.
#[derive(Debug, Clone)]
pub struct Source {
    file: PathBuf,
    text: String,
    starts: Vec<usize>,
}

/// Where a byte stands, as a person counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The whole line, without its end.
    pub text: &'a str,
}

impl Source {
    /// Takes the text of `file`.
    pub fn new(file: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let text = text.into();
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file: file.into(), text, starts }
    }

    /// The file, as it was named by who asked.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a range; empty where the range is none of this text.
    pub fn slice(&self, span: &Span) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// The line in which the byte at `offset` stands, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// Where the byte at `offset` stands; past the end it is the end.
    pub fn place(&self, offset: usize) -> Place<'_> {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let index = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or(0);
        let end = self.starts.get(index + 1).map_or(self.text.len(), |next| next - 1);
        let text = self.text.get(start..end).unwrap_or_default();
        let column = self.text.get(start..offset).unwrap_or_default().chars().count() + 1;
        Place { line: index + 1, column, text: text.strip_suffix('\r').unwrap_or(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let source = Source::new("f", "ab\r\nüx = 1\n\nz");
        let at = |offset| {
            let place = source.place(offset);
            (place.line, place.column, place.text)
        };
        assert_eq!(at(0), (1, 1, "ab"));
        assert_eq!(at(4), (2, 1, "üx = 1"));
        assert_eq!(at(5), (2, 1, "üx = 1"), "inside a character");
        assert_eq!(at(6), (2, 2, "üx = 1"));
        assert_eq!(at(12), (3, 1, ""));
        assert_eq!(at(999), (4, 2, "z"));
        assert_eq!(Source::new("f", "").place(3).text, "");
    }
}
