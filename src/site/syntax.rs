//! What is wrong with a file before it means anything: bytes that are no text, and TOML that is none.

use toml::de::DeTable;

use super::brackets;
use super::mistake::{Mistake, Sink};
use super::source::{Source, Span};
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
    let mut repair = Repair::default();
    for open in brackets::unclosed(source.text()) {
        let what = if open.list { "list is not closed: a `]`" } else { "table is not closed: a `}`" };
        lines.push(source.place(open.at).line);
        sink.add(&(open.at..open.at + 1), format!("this {what} is missing"));
        repair.insertions.push((open.end, open.closers));
    }
    let (errors, mut headers) = (errors(&repair.apply(source.text())), Vec::new());
    for (message, span) in errors {
        let span = repair.original(span.start)..repair.original(span.end);
        let line = source.place(span.start).line;
        if message.starts_with(UNCLOSED_HEADER) {
            headers.push((span.start, "]".to_owned()));
        }
        // A line that is broken breaks in several ways at once; the first is the one to mend.
        if !lines.contains(&line) {
            lines.push(line);
            match sentence(&message, source, span.start) {
                (message, Some(hint)) => sink.add_hint(&span, message, hint),
                (message, None) => sink.add(&span, message),
            }
        }
    }
    repair.insertions.extend(headers);
    let repaired = (!repair.insertions.is_empty()).then(|| repair.apply(source.text()));
    Syntax { mistakes: sink.finish(), repaired }
}

const UNCLOSED_HEADER: &str = "unclosed table, ";

fn errors(text: &str) -> Vec<(String, Span)> {
    let (_, errors) = DeTable::parse_recoverable(text);
    errors.into_iter().map(|error| (error.message().to_owned(), error.span().unwrap_or(0..0))).collect()
}

/// What is put into a text so that the rest of it can be understood. No line moves.
#[derive(Debug, Default)]
struct Repair {
    insertions: Vec<(usize, String)>,
}

impl Repair {
    fn apply(&self, text: &str) -> String {
        let mut insertions: Vec<_> = self.insertions.iter().filter(|(at, _)| text.is_char_boundary(*at)).collect();
        insertions.sort();
        insertions.dedup();
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for (at, what) in insertions {
            out.push_str(text.get(from..*at).unwrap_or_default());
            out.push_str(what);
            from = *at;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        out
    }

    /// Where a byte of the repaired text stands in the original.
    fn original(&self, offset: usize) -> usize {
        let mut shift = 0;
        for (at, what) in &self.insertions {
            if at + shift < offset {
                shift += what.len().min(offset - (at + shift));
            }
        }
        offset - shift
    }
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
