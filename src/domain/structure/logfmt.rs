//! Pairs of logfmt, anywhere in a message.

use std::ops::Range;

use super::scan::{is_gap, unescaped, written};
use super::{FIELDS, Field, Value};
use crate::domain::query::is_number;

/// Longest name of a field.
const NAME: usize = 64;

/// Where a pair stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Its name.
    pub name: Range<usize>,
    /// Its value, without quotes.
    pub value: Range<usize>,
    /// All of it.
    pub whole: Range<usize>,
}

impl Pair {
    /// Name and value.
    pub fn field<'a>(&self, message: &'a [u8]) -> Field<'a> {
        let value = unescaped(message.get(self.value.clone()).unwrap_or_default());
        let kind = match &*value {
            b"true" | b"false" | b"null" | b"nil" => Value::Word,
            value if is_number(value) => Value::Number,
            _ => Value::Text,
        };
        Field { name: message.get(self.name.clone()).unwrap_or_default().into(), value, kind }
    }
}

/// The pairs of a message.
pub fn pairs(message: &[u8]) -> Vec<Pair> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(pair) = next(message, at).filter(|_| found.len() < FIELDS) {
        at = pair.whole.end.max(at + 1);
        found.push(pair);
    }
    found
}

/// The value of the first pair that has one of these names, as it was written.
pub(super) fn first<'a>(message: &'a [u8], names: &[&[u8]]) -> Option<&'a [u8]> {
    let mut at = 0;
    while let Some(pair) = next(message, at) {
        if message.get(pair.name.clone()).is_some_and(|name| names.contains(&name)) {
            return message.get(pair.value);
        }
        at = pair.whole.end.max(at + 1);
    }
    None
}

/// Whether there is nothing but these pairs.
pub(super) fn is_all(message: &[u8], pairs: &[Pair]) -> bool {
    let blank =
        |place: Range<usize>| message.get(place).is_some_and(|between| between.iter().all(u8::is_ascii_whitespace));
    let mut at = 0;
    for pair in pairs {
        if !blank(at..pair.whole.start) {
            return false;
        }
        at = pair.whole.end;
    }
    blank(at..message.len())
}

fn next(message: &[u8], mut at: usize) -> Option<Pair> {
    loop {
        let sign = at + message.get(at..)?.iter().position(|byte| *byte == b'=')?;
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-@/".contains(byte);
        let before = message.get(at..sign)?;
        let length = before.iter().rev().take(NAME + 1).take_while(|byte| is_name(byte)).count();
        let begin = sign - length;
        let alone = begin == 0 || message.get(begin - 1).is_some_and(|byte| is_gap(*byte));
        let letter = message.get(begin).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        let value = message.get(sign + 1).is_none_or(|byte| !b"=>~".contains(byte));
        if length == 0 || length > NAME || !alone || !letter || !value {
            at = sign + 1;
            continue;
        }
        let value = written(message, sign + 1);
        let quoted = message.get(sign + 1) == Some(&b'"');
        let end = if quoted { (value.end + 1).min(message.len()) } else { value.end };
        return Some(Pair { name: begin..sign, value, whole: begin..end });
    }
}
