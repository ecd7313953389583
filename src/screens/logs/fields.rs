//! A line unfolded: all its fields, and its message whole, as pretty JSON where it is a JSON object.

use serde_json::Value;

use super::line::{Drawn, indent, marked};
use super::sight::Sight;
use super::state::{Fields, Unfolded};
use crate::port::log_block::{Line, Row};
use crate::style::Role;
use crate::text::{Budget, Foreign, fit, width, wrap};
use crate::ui::Words;

/// Fields that are shown, lines of one of them, and lines of a message.
const FIELDS: usize = 120;
const LINES: usize = 6;
const MESSAGE: usize = 200;
/// The widest column of names.
const NAMES: usize = 26;

/// The lines below an unfolded one.
pub fn lines(sight: &Sight<'_>, unfolded: &Unfolded) -> Vec<Drawn> {
    let Some(Row::Line(line)) = sight.reading.store.row(unfolded.row) else { return Vec::new() };
    let room = sight.shape.message().saturating_sub(2);
    let names = names(&line, &unfolded.fields, room);
    let mut words = message(sight, &line, room, names);
    match &unfolded.fields {
        Fields::Loading if unfolded.cursor.is_none() => {
            words.push(Words::of(
                Role::Warn,
                "This line has no place in the journal by which its fields could be read.",
            ));
        }
        Fields::Loading => words.push(Words::of(Role::Quiet, "All fields are being read.")),
        Fields::Failed(why) => {
            let why = Foreign::from(why.as_str()).plain();
            words.extend(wrap(&why, room).into_iter().map(|text| Words::of(Role::Warn, text)));
        }
        Fields::Read(fields) => table(sight, fields, room, names, &mut words),
    }
    let ground = Some((sight.shape.message_at.saturating_sub(1), Role::Dialog));
    words.into_iter().map(|words| Drawn { words: indent(sight).gap(2).then(words), ground }).collect()
}

/// The column of names: as wide as the longest of them, one for all.
fn names(line: &Line<'_>, fields: &Fields, room: usize) -> usize {
    let of_message = object(line).map_or(0, |object| object.keys().map(|name| width(name)).max().unwrap_or(0));
    let of_fields = match fields {
        Fields::Read(fields) => fields.iter().map(|(name, _)| width(name)).max().unwrap_or(0),
        Fields::Loading | Fields::Failed(_) => 0,
    };
    of_message.max(of_fields).min(NAMES).min(room / 2)
}

fn object(line: &Line<'_>) -> Option<serde_json::Map<String, Value>> {
    let start = line.raw().iter().find(|byte| !byte.is_ascii_whitespace())?;
    match serde_json::from_slice(line.raw()) {
        Ok(Value::Object(object)) if *start == b'{' => Some(object),
        Ok(_) | Err(_) => None,
    }
}

/// The message: as pretty JSON where it is an object; whole where the line above shows only a part.
fn message(sight: &Sight<'_>, line: &Line<'_>, room: usize, names: usize) -> Vec<Words> {
    let raw = line.raw();
    if let Some(object) = object(line) {
        let mut pairs = Vec::new();
        for (name, value) in object {
            let text = match value {
                Value::String(text) => text,
                Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(&value).unwrap_or_default(),
            };
            // What a program wrote is as foreign as before.
            pairs.push((Foreign::from(name).plain(), Foreign::from(text)));
        }
        let mut words = Vec::new();
        pairs_as_lines(sight, &pairs, (room, names), Role::Text, MESSAGE, &mut words);
        return words;
    }
    if raw.len() < room && !raw.contains(&b'\n') {
        return Vec::new();
    }
    let clean = line.clean(Budget::log().with_ascii(sight.glyphs.is_ascii()));
    let mut words = Vec::new();
    for (number, row) in clean.rows.iter().enumerate() {
        for text in wrap(&row.text(), room.saturating_sub(2)) {
            words.push(marked(sight, number > 0, Words::of(Role::Text, text)));
        }
    }
    capped(&mut words, MESSAGE);
    words
}

/// The fields of the journal: those of the program first, then those that journald added.
fn table(sight: &Sight<'_>, fields: &[(String, Foreign)], room: usize, names: usize, words: &mut Vec<Words>) {
    // What says least to a person comes last: the journal's own addresses of the entry.
    let rank = |name: &str| u8::from(name.starts_with('_')) + u8::from(name.starts_with("__"));
    let shown = |of: u8| {
        let wanted = move |(name, _): &&(String, Foreign)| name != "MESSAGE" && rank(name) == of;
        fields.iter().filter(wanted).map(|(name, value)| (Foreign::from(name.as_str()).plain(), value.clone()))
    };
    let count = fields.iter().filter(|(name, _)| name != "MESSAGE").count();
    let all: Vec<(String, Foreign)> = shown(0).chain(shown(1)).chain(shown(2)).take(FIELDS).collect();
    let own = shown(0).count().min(all.len());
    let (program, journald) = all.split_at(own);
    pairs_as_lines(sight, program, (room, names), Role::Text, usize::MAX, words);
    pairs_as_lines(sight, journald, (room, names), Role::Quiet, usize::MAX, words);
    if count > all.len() {
        words.push(Words::of(Role::Faint, format!("and {} more fields", count - all.len())));
    }
}

fn pairs_as_lines(
    sight: &Sight<'_>,
    pairs: &[(String, Foreign)],
    (room, names): (usize, usize),
    role: Role,
    most: usize,
    words: &mut Vec<Words>,
) {
    let mut own = Vec::new();
    for (name, value) in pairs {
        let room = room.saturating_sub(names + 4);
        let clean = value.clean(Budget { input: 8 << 10, ..Budget::log() }.with_ascii(sight.glyphs.is_ascii()));
        let mut texts: Vec<(bool, String)> = Vec::new();
        for (number, row) in clean.rows.iter().enumerate() {
            texts.extend(wrap(&row.text(), room).into_iter().map(|text| (number > 0, text)));
        }
        let left_out = texts.len().saturating_sub(LINES.max(if most == MESSAGE { MESSAGE } else { LINES }));
        texts.truncate(texts.len() - left_out);
        for (number, (gutter, text)) in texts.into_iter().enumerate() {
            let label = if number == 0 { fit(name, names) } else { " ".repeat(names) };
            own.push(Words::of(Role::LogField, label).gap(2).then(marked(sight, gutter, Words::of(role, text))));
        }
        if left_out > 0 {
            own.push(Words::new().gap(names + 2).text(Role::Faint, format!("and {left_out} more lines")));
        }
    }
    capped(&mut own, most);
    words.extend(own);
}

fn capped(words: &mut Vec<Words>, most: usize) {
    if words.len() > most {
        let left_out = words.len() - most;
        words.truncate(most);
        words.push(Words::of(Role::Faint, format!("and {left_out} more lines")));
    }
}
