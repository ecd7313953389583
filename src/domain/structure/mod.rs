//! What a message is made of: a JSON object, pairs of logfmt, a `[PERF]` figure, or words alone. What it says, how
//! important it calls itself, and its fields in order.

mod json;
mod logfmt;
mod pattern;
pub mod pretty;
pub mod scan;
mod trace;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use logfmt::{Pair, pairs};
pub use pattern::{HOLE, asking, pattern};
pub use trace::{continues, names_error};

use crate::domain::query::level_number;

/// Fields of one message that are read.
const FIELDS: usize = 200;
/// Bytes of a message in which it is looked for how important it calls itself.
const BEGINNING: usize = 1024;

/// By these names programs call what they say, the nearest first.
const SAYS: [&[u8]; 5] = [b"msg", b"message", b"event", b"text", b"log"];
/// How important it is.
const LEVEL: [&[u8]; 7] = [b"level", b"lvl", b"severity", b"log.level", b"loglevel", b"levelname", b"log_level"];
/// When it was said.
const TIME: [&[u8]; 8] = [b"time", b"ts", b"timestamp", b"@timestamp", b"t", b"datetime", b"date", b"asctime"];

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A JSON object.
    Json,
    /// Pairs of logfmt and nothing else.
    Logfmt,
    /// `[PERF] name: 12ms`.
    Perf,
    /// Words, in which pairs may stand.
    Plain,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Word,
    /// A list or an object, as it was written.
    Nested,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name; of one within another the names are joined by dots, as a query takes it.
    pub name: Cow<'a, [u8]>,
    /// Its value.
    pub value: Cow<'a, [u8]>,
    /// What that is.
    pub kind: Value,
}

/// A message taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure<'a> {
    /// What it is.
    pub kind: Kind,
    /// What it says; empty where only fields are told.
    pub says: Cow<'a, [u8]>,
    /// How important it calls itself, as syslog numbers it.
    pub level: Option<u8>,
    /// When it says that it was said, as it stands there.
    pub time: Option<Cow<'a, [u8]>>,
    /// The other fields, in order.
    pub fields: Vec<Field<'a>>,
}

impl<'a> Structure<'a> {
    /// Takes a message apart.
    pub fn read(message: &'a [u8]) -> Self {
        if let Some(fields) = json::fields(message) {
            return Self::of(Kind::Json, fields);
        }
        if let Some((name, value)) = perf(message) {
            let field = Field { name: Cow::Borrowed(name), value: Cow::Borrowed(value), kind: Value::Number };
            return Self {
                kind: Kind::Perf,
                says: Cow::Borrowed(message),
                level: None,
                time: None,
                fields: vec![field],
            };
        }
        let pairs = logfmt::pairs(message);
        if pairs.len() > 1 && logfmt::is_all(message, &pairs) {
            let fields = pairs.iter().take(FIELDS).map(|pair| pair.field(message)).collect();
            return Self::of(Kind::Logfmt, fields);
        }
        let level = said_at_begin(message).or_else(|| {
            let called = |pair: &&Pair| message.get(pair.name.clone()).is_some_and(|name| LEVEL.contains(&name));
            pairs.iter().find(called).and_then(|pair| named(message.get(pair.value.clone())?))
        });
        let fields = pairs.iter().take(FIELDS).map(|pair| pair.field(message)).collect();
        Self { kind: Kind::Plain, says: Cow::Borrowed(message), level, time: None, fields }
    }

    fn of(kind: Kind, mut fields: Vec<Field<'a>>) -> Self {
        let mut take = |names: &[&[u8]]| {
            let place = names.iter().find_map(|name| {
                fields.iter().position(|field| field.name.eq_ignore_ascii_case(name) && field.kind != Value::Nested)
            })?;
            Some(fields.remove(place))
        };
        let says = take(&SAYS).map(|field| field.value).unwrap_or_default();
        let time = take(&TIME).map(|field| field.value);
        let level = fields
            .iter()
            .position(|field| LEVEL.iter().any(|name| field.name.eq_ignore_ascii_case(name)))
            .and_then(|place| Some((place, named(&fields.get(place)?.value)?)));
        // A level that is not understood stays among the fields.
        let level = level.map(|(place, level)| {
            fields.remove(place);
            level
        });
        Self { kind, says, level, time, fields }
    }
}

/// All fields of a message as queries know them, what it says and how important it calls itself among them; of objects within
/// it the names are joined by dots.
pub fn fields(message: &[u8]) -> Vec<Field<'_>> {
    if let Some(fields) = json::fields(message) {
        return fields;
    }
    match perf(message) {
        Some((name, value)) => {
            vec![Field { name: Cow::Borrowed(name), value: Cow::Borrowed(value), kind: Value::Number }]
        }
        None => logfmt::pairs(message).iter().map(|pair| pair.field(message)).collect(),
    }
}

/// The members of a JSON object as they stand in it; `None` when the message is none.
pub fn object(message: &[u8]) -> Option<Vec<Field<'_>>> {
    json::object(message)
}

/// How important a message calls itself, as syslog numbers it; found without taking it all apart.
pub fn level(message: &[u8]) -> Option<u8> {
    if trace::begins(message) {
        return Some(3);
    }
    let start = scan::skip_space(message, 0);
    let beginning = message.get(start..message.len().min(start + BEGINNING))?;
    if beginning.first() == Some(&b'{') {
        return json::first(message, &LEVEL).and_then(|value| named(&value));
    }
    said_at_begin(beginning).or_else(|| logfmt::first(beginning, &LEVEL).and_then(named))
}

/// The number of a level by its name, or by the number that some writers of JSON use.
fn named(word: &[u8]) -> Option<u8> {
    let word = std::str::from_utf8(word).ok()?;
    match word {
        "10" | "20" => Some(7),
        "30" => Some(6),
        "40" => Some(4),
        "50" => Some(3),
        "60" => Some(2),
        _ => level_number(word),
    }
}

/// `ERROR …`, `[warn] …`, `WARNING: …`: a level as the first word, in capitals or in brackets.
fn said_at_begin(message: &[u8]) -> Option<u8> {
    let start = scan::skip_space(message, 0);
    let rest = message.get(start..)?;
    let (bracket, rest) = match rest.split_first() {
        Some((b'[' | b'<', rest)) => (true, rest),
        Some(_) | None => (false, rest),
    };
    let length = rest.iter().take(12).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, behind) = rest.split_at_checked(length)?;
    let ends = match behind.first() {
        Some(b']' | b'>') => bracket,
        Some(b':' | b' ' | b'\t' | b'|') => !bracket,
        Some(_) | None => false,
    };
    let loud = bracket || word.iter().all(u8::is_ascii_uppercase);
    if !ends || !loud || word.len() < 3 {
        return None;
    }
    level_number(std::str::from_utf8(word).ok()?)
}

/// The name and the figure of `[PERF] name: 12ms`.
fn perf(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = message.strip_prefix(b"[PERF] ")?;
    let colon = rest.windows(2).position(|two| two == b": ")?;
    let value = rest.get(colon + 2..)?.trim_ascii();
    let first_is_digit = value.first().is_some_and(u8::is_ascii_digit);
    (first_is_digit && !value.contains(&b' ')).then_some((rest.get(..colon)?, value))
}
