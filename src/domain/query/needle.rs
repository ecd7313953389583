//! A word or a regular expression that is looked for in bytes.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

use super::on_hosts;

/// Memory that a compiled expression may take.
const COMPILED: usize = 1 << 20;
/// Bytes of a word from which on it is worth a search of its own.
const LEAST: usize = 3;
/// Places in one text.
const PLACES: usize = 64;

/// What is looked for. Capitals count once one is typed.
#[derive(Debug, Clone)]
pub struct Needle {
    regex: Regex,
    /// What stands in everything in which an expression is found, so that most texts are passed over quickly.
    needed: Option<Regex>,
    /// What was typed, where it is looked for as it stands or as an expression, and whether capitals count.
    typed: Option<Typed>,
}

#[derive(Debug, Clone)]
struct Typed {
    text: String,
    expression: bool,
    case: bool,
}

/// Why an expression can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The byte of the expression.
    pub at: usize,
    /// What is wrong, as half a sentence.
    pub what: String,
}

impl Needle {
    /// A word as it stands.
    pub fn word(word: &str) -> Option<Self> {
        let ignore_case = !has_capital(word, false);
        let regex = literal(word, ignore_case)?;
        let typed = Some(Typed { text: word.to_owned(), expression: false, case: !ignore_case });
        Some(Self { needed: needed(word, ignore_case).or_else(|| Some(regex.clone())), regex, typed })
    }

    /// The whole of a value: as it stands, or with `*` for anything.
    pub fn whole(value: &str, stars: bool) -> Option<Self> {
        let parts: Vec<String> =
            if stars { value.split('*').map(regex::escape).collect() } else { vec![regex::escape(value)] };
        let pattern = format!(r"(?s-u)\A(?:{})\z", parts.join(".*"));
        build(&pattern, !has_capital(value, false)).map(|regex| Self { regex, needed: None, typed: None })
    }

    /// A regular expression.
    ///
    /// # Errors
    /// Where it can't be read and why.
    pub fn regex(pattern: &str) -> Result<Self, Unread> {
        let ignore_case = !has_capital(pattern, true);
        let parsed = ParserBuilder::new().utf8(false).case_insensitive(ignore_case).build().parse(pattern);
        let tree = parsed.map_err(|error| unread(pattern, &error))?;
        if tree.properties().minimum_len() == Some(0) {
            return Err(Unread { at: 0, what: "this regular expression is found everywhere".to_owned() });
        }
        let too_large = || Unread { at: 0, what: "this regular expression is too large".to_owned() };
        let regex = build(pattern, ignore_case).ok_or_else(too_large)?;
        // With the case that is not counted all letters would be choices.
        let plain = ParserBuilder::new().utf8(false).build().parse(pattern).ok();
        let word = plain.as_ref().and_then(longest);
        let needed = word.and_then(|word| needed(&word, ignore_case));
        // One that looks at nothing but what it is found in, and runs on through text only.
        let is_closed = tree.properties().look_set().is_empty() && tree.properties().is_utf8();
        let typed = Some(Typed { text: pattern.to_owned(), expression: true, case: !ignore_case });
        Ok(Self { needed: needed.or_else(|| is_closed.then(|| regex.clone())), regex, typed })
    }

    /// An expression of PCRE2, as hosts know them, that is found in everything in which this is, and whether capitals count.
    pub fn for_hosts(&self) -> Option<(String, bool)> {
        let typed = self.typed.as_ref()?;
        let escaped = regex::escape(&typed.text);
        let expression = match typed.expression {
            false if typed.text.is_ascii() => Some(escaped),
            false => on_hosts::expression(&escaped, typed.case),
            true => on_hosts::expression(&typed.text, typed.case),
        };
        expression.map(|expression| (expression, typed.case))
    }

    /// What was typed: a word, or an expression between slashes.
    pub fn told(&self) -> String {
        match &self.typed {
            Some(typed) if typed.expression => format!("/{}/", typed.text),
            Some(typed) => typed.text.clone(),
            None => String::new(),
        }
    }

    /// Whether it is found.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.needed.as_ref().is_none_or(|needed| needed.is_match(bytes)) && self.regex.is_match(bytes)
    }

    /// Whether it is found in a text in which what is needed was found already.
    pub fn is_found_in(&self, bytes: &[u8]) -> bool {
        self.regex.is_match(bytes)
    }

    /// Where it is found first from `at` on.
    pub fn find(&self, bytes: &[u8], at: usize) -> Option<Range<usize>> {
        if at > bytes.len() {
            return None;
        }
        self.regex.find_at(bytes, at).map(|found| found.range())
    }

    /// Whether there is something that stands in every text in which it is found, and that can be sought in many texts
    /// behind each other at once, because it looks at nothing but itself.
    pub fn has_needed(&self) -> bool {
        self.needed.is_some()
    }

    /// Where that stands first from `at` on, which is at most the length.
    pub fn find_needed(&self, bytes: &[u8], at: usize) -> Option<Range<usize>> {
        self.needed.as_ref()?.find_at(bytes, at).map(|found| found.range())
    }

    /// Whether what is needed is all of it.
    pub fn is_all_needed(&self) -> bool {
        self.needed.as_ref().is_some_and(|needed| needed.as_str() == self.regex.as_str())
    }

    /// Where it is found.
    pub fn places(&self, text: &str, places: &mut Vec<Range<usize>>) {
        let found = self.regex.find_iter(text.as_bytes()).map(|found| found.range());
        places.extend(found.filter(|place| !place.is_empty()).take(PLACES));
    }
}

/// A word; of letters beyond ASCII the case does not count either, and `s` is no `\u{17f}`.
fn literal(word: &str, ignore_case: bool) -> Option<Regex> {
    let mut builder = RegexBuilder::new(&regex::escape(word));
    builder.case_insensitive(ignore_case).unicode(!word.is_ascii()).size_limit(COMPILED).dfa_size_limit(COMPILED);
    builder.build().ok()
}

/// What is searched for first in place of a word: of one whose case does not count the part that has none, if that is
/// long enough to be rare.
fn needed(word: &str, ignore_case: bool) -> Option<Regex> {
    if ignore_case && word.is_ascii() {
        let parts = word.split(|c: char| c.is_ascii_alphabetic());
        if let Some(part) = parts.max_by_key(|part| part.len()).filter(|part| part.len() > LEAST) {
            return literal(part, false);
        }
    }
    (word.len() >= LEAST).then(|| literal(word, ignore_case)).flatten()
}

/// The longest word that stands in everything in which this is found.
fn longest(tree: &Hir) -> Option<String> {
    let ascii = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok().filter(|text| text.is_ascii());
    match tree.kind() {
        HirKind::Literal(literal) => ascii(&literal.0),
        HirKind::Capture(capture) => longest(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => longest(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(longest).max_by_key(String::len),
        HirKind::Repetition(_) | HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Alternation(_) => {
            None
        }
    }
}

fn build(pattern: &str, ignore_case: bool) -> Option<Regex> {
    let mut builder = RegexBuilder::new(pattern);
    builder.case_insensitive(ignore_case).size_limit(COMPILED).dfa_size_limit(COMPILED).build().ok()
}

fn unread(pattern: &str, error: &regex_syntax::Error) -> Unread {
    let (at, what) = match error {
        regex_syntax::Error::Parse(error) => (error.span().start.offset, error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (error.span().start.offset, error.kind().to_string()),
        _ => (0, "it is not understood".to_owned()),
    };
    Unread { at: at.min(pattern.len()), what: format!("this regular expression can't be read: {what}") }
}

/// Whether a capital was typed; the letter of an escape such as `\S` is none.
fn has_capital(text: &str, escapes: bool) -> bool {
    let mut escaped = false;
    text.chars().any(|c| {
        let counts = c.is_uppercase() && !escaped;
        escaped = escapes && c == '\\' && !escaped;
        counts
    })
}
