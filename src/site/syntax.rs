//! What is wrong with a file before it means anything: bytes that are no text, and TOML that is none.

use toml::de::DeTable;

use super::mistake::{Mistake, Sink};
use super::source::Source;
use crate::text::Foreign;

/// What was found, and a text that can be read on.
#[derive(Debug, Default)]
pub struct Syntax {
    /// The mistakes, one for each line that has any.
    pub mistakes: Vec<Mistake>,
    /// The text with headers closed, if one was not: what stands below it is then understood where it belongs.
    pub repaired: Option<String>,
}

/// Checks the bytes of a file; `source` is their text, with U+FFFD for what is none.
pub fn check(bytes: &[u8], source: &Source) -> Syntax {
    let mut sink = Sink::new(source);
    let mut lines = unreadable_characters(bytes, source, &mut sink);
    let (_, errors) = DeTable::parse_recoverable(source.text());
    let mut unclosed = Vec::new();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let line = source.place(span.start).line;
        if error.message().starts_with(UNCLOSED_HEADER) {
            unclosed.push(span.start);
        }
        // A line that is broken breaks in several ways at once; the first is the one to mend.
        if !lines.contains(&line) {
            lines.push(line);
            match sentence(error.message(), source, span.start) {
                (message, Some(hint)) => sink.add_hint(&span, message, hint),
                (message, None) => sink.add(&span, message),
            }
        }
    }
    Syntax { mistakes: sink.finish(), repaired: repair(source.text(), unclosed) }
}

const UNCLOSED_HEADER: &str = "unclosed table, ";

/// Closes headers at the end of their lines; no other line moves.
fn repair(text: &str, mut unclosed: Vec<usize>) -> Option<String> {
    if unclosed.is_empty() {
        return None;
    }
    unclosed.sort_unstable();
    unclosed.dedup();
    let mut repaired = text.to_owned();
    for at in unclosed.into_iter().rev().filter(|at| text.is_char_boundary(*at)) {
        repaired.insert(at, ']');
    }
    Some(repaired)
}

/// Notes bytes that are no text and characters that no text file has; returns the lines that have them.
fn unreadable_characters(bytes: &[u8], source: &Source, sink: &mut Sink<'_>) -> Vec<usize> {
    let mut lines: Vec<usize> = Vec::new();
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        at += chunk.valid().len();
        if let Some(byte) = chunk.invalid().first() {
            let line = source.place(at).line;
            if lines.last() != Some(&line) {
                lines.push(line);
                let message = format!("this is not UTF-8: byte 0x{byte:02X}");
                sink.add_hint(&(at..at + 1), message, "save the file as UTF-8");
            }
            at += char::REPLACEMENT_CHARACTER.len_utf8();
        }
    }
    for (at, c) in source.text().char_indices() {
        if !c.is_control() || matches!(c, '\n' | '\t' | '\r') {
            continue;
        }
        let line = source.place(at).line;
        if !lines.contains(&line) {
            lines.push(line);
            sink.add(&(at..at + c.len_utf8()), format!("a file can't contain the character U+{:04X}", c as u32));
        }
    }
    lines
}

/// What the parser says, as a sentence with what to do about it. What is not in the table is passed on.
fn sentence(message: &str, source: &Source, at: usize) -> (String, Option<&'static str>) {
    let rest = source.text().get(at..).unwrap_or_default();
    let ends_here = rest.is_empty() || rest.starts_with(['\n', '\r', '#']);
    let told = match message.split(", expected").next().unwrap_or_default() {
        "duplicate key" => ("this is there twice", Some("one of the two must go, or be named otherwise")),
        "string values must be quoted" if ends_here => ("a value is missing here", None),
        "string values must be quoted" => ("text stands in quotes", Some("write \"…\" around it")),
        "invalid basic string" if ends_here => ("this text is not closed: a `\"` is missing", None),
        "invalid literal string" if ends_here => ("this text is not closed: a `'` is missing", None),
        "invalid multi-line basic string" if ends_here => {
            ("text that begins above is not closed: a `\"\"\"` is missing", None)
        }
        "invalid multi-line literal string" if ends_here => {
            ("text that begins above is not closed: a `'''` is missing", None)
        }
        "unclosed table" => ("this header is not closed: a `]` is missing", None),
        "key with no value" => ("this key has no value: a `=` is missing", None),
        "unclosed array" => ("this list is not closed: a `]` is missing", None),
        "missing comma between array elements" => ("a `,` is missing here, or the `]` that closes the list", None),
        "unclosed inline table" => ("this table is not closed: a `}` is missing", None),
        _ => return (Foreign::from(message).plain(), None),
    };
    (told.0.to_owned(), told.1)
}
