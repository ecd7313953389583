//! The words of a fact as they are written: a kind, then `name=value`, with the place of each.

use std::ops::Range;

use super::Fact;
use super::kind::{Key, Kind};
use crate::domain::phrase::Phrase;

/// What is wrong with the words of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Which bytes of them.
    pub at: Range<usize>,
    /// What is wrong, a sentence without a full stop.
    pub message: String,
    /// The word that is not known, and those that are; no word where it is something else.
    pub meant: Option<(String, Vec<&'static str>)>,
}

struct Word<'t> {
    at: Range<usize>,
    key: &'t str,
    /// The value with the place of what is inside its quotes.
    value: Option<(&'t str, Range<usize>)>,
}

pub(super) fn read(text: &str) -> Result<Fact, Wrong> {
    let words = words(text)?;
    let kinds = || Kind::all().map(Kind::word).collect::<Vec<_>>();
    let Some((first, rest)) = words.split_first() else {
        let message = format!("it does not say what is to be found out: one of {}", kinds().join(", "));
        return Err(Wrong { at: 0..text.len(), message, meant: None });
    };
    let kind = Kind::of_word(first.key).filter(|_| first.value.is_none());
    let Some(kind) = kind else {
        let message = format!("nothing is known that is called `{}`", shown(first.key));
        return Err(Wrong { at: first.at.clone(), message, meant: Some((first.key.to_owned(), kinds())) });
    };
    let mut fact = Fact { kind, said: Vec::new() };
    for word in rest {
        let key = key(kind, word)?;
        let wrong = |message: String| Wrong { at: word.at.clone(), message, meant: None };
        let Some((value, at)) = &word.value else {
            return Err(wrong(format!("`{}` has no value: write it as {0}=…", key.name)));
        };
        if fact.says(key.name) {
            return Err(wrong(format!("`{}` is there twice", key.name)));
        }
        let value = Phrase::read(value);
        // What an input will say is judged when it is known.
        if value.plain().is_some()
            && let Err(message) = key.shape.read(&value.written())
        {
            let at = if at.is_empty() { word.at.clone() } else { at.clone() };
            return Err(Wrong { at, message, meant: None });
        }
        fact.said.push((key.name, value));
    }
    if let Some(lacking) = kind.keys().iter().find(|key| key.needed && !fact.says(key.name)) {
        let message = format!("`{}` wants to know `{}=…`", kind.word(), lacking.name);
        return Err(Wrong { at: first.at.clone(), message, meant: None });
    }
    Ok(fact)
}

fn key(kind: Kind, word: &Word<'_>) -> Result<&'static Key, Wrong> {
    if let Some(key) = kind.keys().iter().find(|key| key.name == word.key) {
        return Ok(key);
    }
    let known: Vec<&'static str> = kind.keys().iter().map(|key| key.name).collect();
    let message = format!("`{}` knows nothing called `{}`", kind.word(), shown(word.key));
    Err(Wrong { at: word.at.clone(), message, meant: Some((word.key.to_owned(), known)) })
}

fn words(text: &str) -> Result<Vec<Word<'_>>, Wrong> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        at += rest.len() - rest.trim_start().len();
        let rest = text.get(at..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(words);
        }
        let start = at;
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (key, rest) = rest.split_at(end);
        at += end;
        let Some(rest) = rest.strip_prefix('=') else {
            words.push(Word { at: start..at, key, value: None });
            continue;
        };
        at += 1;
        let (value, inside, next) = match rest.chars().next().filter(|c| *c == '"' || *c == '\'') {
            Some(quote) => {
                let inside = rest.get(1..).unwrap_or_default();
                let Some(end) = inside.find(quote) else {
                    let message = "this quote is not closed".to_owned();
                    return Err(Wrong { at: at..at + 1, message, meant: None });
                };
                (inside.get(..end).unwrap_or_default(), at + 1..at + 1 + end, at + end + 2)
            }
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (rest.get(..end).unwrap_or_default(), at..at + end, at + end)
            }
        };
        if text.get(next..).and_then(|rest| rest.chars().next()).is_some_and(|c| !c.is_whitespace()) {
            let message = "there is no blank behind this quote".to_owned();
            return Err(Wrong { at: start..next, message, meant: None });
        }
        at = next;
        words.push(Word { at: start..at, key, value: Some((value, inside)) });
    }
}

/// A foreign word in a sentence.
pub(super) fn shown(word: &str) -> String {
    let plain = crate::text::Foreign::from(word).plain();
    crate::text::truncate(&plain, 60)
}
