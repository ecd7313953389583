//! A line unfolded: the fields of its message, with what is nested in them as pretty JSON, and all fields of its entry.

use super::columns::column_name;
use super::line::{Drawn, marked};
use super::sight::Sight;
use super::unfolded::{Fields, Unfolded};
use crate::domain::structure::pretty::{Part, pretty};
use crate::domain::structure::{self, Kind, Structure, Value};
use crate::port::log_block::{Line, Row};
use crate::state::logs::{HostLog, Ref, group};
use crate::style::Role;
use crate::text::{Budget, Foreign, fit, width, wrap};
use crate::ui::Words;

/// Fields that are shown, lines of one of them, and lines of a message.
const FIELDS: usize = 120;
const LINES: usize = 6;
const MESSAGE: usize = 200;
/// The widest column of names.
const NAMES: usize = 26;

/// One field as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its name, clean.
    pub name: String,
    /// Its value.
    pub value: Foreign,
    /// What finds lines with the same value, where a query can ask for it.
    pub query: Option<String>,
    /// By which name it can stand in a column of its own, where it can.
    pub column: Option<String>,
    kind: Value,
    role: Role,
    /// Lines of the value at most.
    most: usize,
}

/// The fields of an unfolded line in the order in which they are told.
pub fn told(line: &Line<'_>, fields: &Fields) -> Vec<Told> {
    let mut all = of_message(line.raw());
    if let Fields::Read(read) = fields {
        let rank = |name: &str| u8::from(name.starts_with('_')) + u8::from(name.starts_with("__"));
        // What says least to a person comes last: the journal's own addresses of the entry.
        for of in 0..3 {
            let wanted = read.iter().filter(|(name, _)| name != "MESSAGE" && rank(name) == of);
            all.extend(wanted.map(|(name, value)| Told {
                name: Foreign::from(name.as_str()).plain(),
                value: value.clone(),
                query: of_journal(name, value),
                column: match name.as_str() {
                    "_PID" => Some("pid".to_owned()),
                    "SYSLOG_IDENTIFIER" => Some("id".to_owned()),
                    _ => None,
                },
                kind: Value::Text,
                role: if of == 0 { Role::Text } else { Role::Quiet },
                most: LINES,
            }));
        }
    }
    all
}

fn of_message(message: &[u8]) -> Vec<Told> {
    let structure = Structure::read(message);
    let fields = match structure.kind {
        Kind::Json => structure::object(message).unwrap_or_default(),
        Kind::Logfmt => structure::pairs(message).iter().map(|pair| pair.field(message)).collect(),
        Kind::Perf | Kind::Plain => structure.fields,
    };
    let one = |field: structure::Field<'_>| {
        let value = Foreign::from(&field.value);
        let query = match field.kind {
            Value::Nested => None,
            Value::Text | Value::Number | Value::Word => asking(&field.name, &value),
        };
        let name = Foreign::from(&field.name).plain();
        // What is nested can't; its own fields are asked for one by one.
        let column = (field.kind != Value::Nested).then(|| column_name(&name));
        Told { name, value, query, column, kind: field.kind, role: Role::Text, most: MESSAGE }
    };
    fields.into_iter().map(one).collect()
}

/// The query for a field of a message with this value.
fn asking(name: &[u8], value: &Foreign) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    let good = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.@/".contains(&byte));
    let value = quoted(value)?;
    // The line's own names are meant without a dot.
    let own = ["level", "host", "unit", "id", "pid"].contains(&name);
    (good && !name.is_empty()).then(|| format!("{}{name}={value}", if own { "." } else { "" }))
}

/// The query for lines with this field of the journal.
fn of_journal(name: &str, value: &Foreign) -> Option<String> {
    let asked = match name {
        "_SYSTEMD_UNIT" => "unit",
        "_PID" => "pid",
        "SYSLOG_IDENTIFIER" => "id",
        _ => return None,
    };
    Some(format!("{asked}={}", quoted(value)?))
}

fn quoted(value: &Foreign) -> Option<String> {
    let text = std::str::from_utf8(value.raw()).ok()?;
    if text.chars().any(char::is_control) || text.is_empty() || text.len() > 200 {
        return None;
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./@:".contains(&byte));
    Some(if plain { text.to_owned() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) })
}

/// The lines below an unfolded one, each with the number of the field that it tells.
pub fn lines(sight: &Sight<'_>, unfolded: &Unfolded, chosen: Option<usize>) -> Vec<Drawn> {
    let Some(Row::Line(line)) = sight.reading.store.row(unfolded.row) else { return Vec::new() };
    let room = sight.shape.unfolded().saturating_sub(2);
    let all = told(&line, &unfolded.fields);
    let names = all.iter().map(|one| width(&one.name)).max().unwrap_or(0).min(NAMES).min(room / 2);
    let mut words: Vec<(Option<usize>, Words)> =
        whole(sight, unfolded, &line, room).into_iter().map(|one| (None, one)).collect();
    for (number, one) in all.iter().take(FIELDS).enumerate() {
        words.extend(of_field(sight, one, room, names).into_iter().map(|line| (Some(number), line)));
    }
    if all.len() > FIELDS {
        words.push((None, Words::of(Role::Faint, format!("and {} more fields", all.len() - FIELDS))));
    }
    match &unfolded.fields {
        Fields::Loading if unfolded.cursor.is_none() => words.push((
            None,
            Words::of(Role::Warn, "This line has no place in the journal by which its fields could be read."),
        )),
        Fields::Loading => words.push((None, Words::of(Role::Quiet, "All fields are being read."))),
        Fields::Failed(why) => {
            let why = Foreign::from(why.as_str()).plain();
            words.extend(wrap(&why, room).into_iter().map(|text| (None, Words::of(Role::Warn, text))));
        }
        Fields::Read(_) => {}
    }
    let from = sight.shape.unfolded_at.saturating_sub(1);
    let ground = |field: Option<usize>| match field {
        Some(field) if chosen == Some(field) => Some((from, Role::Selected)),
        Some(_) | None => Some((from, Role::Dialog)),
    };
    words
        .into_iter()
        .map(|(field, words)| Drawn {
            words: Words::new().gap(usize::from(from) + 3).then(words),
            ground: ground(field),
            field,
        })
        .collect()
}

/// Whether the lines below an unfolded one tell all lines of its message, so that the first of them is enough above.
pub fn tells_lines(host: &HostLog, row: Ref, line: &Line<'_>) -> bool {
    let parts = group::members(host, group::leader(host, row.number()));
    let many = line.raw().contains(&b'\n') || parts.iter().any(|part| *part > row.number());
    many && matches!(Structure::read(line.raw()).kind, Kind::Perf | Kind::Plain)
}

/// The message as it stands, where the line above shows only a part and fields don't tell all of it.
fn whole(sight: &Sight<'_>, unfolded: &Unfolded, line: &Line<'_>, room: usize) -> Vec<Words> {
    let raw = line.raw();
    let members = sight.reading.store.host(unfolded.row).map_or_else(Vec::new, |host| {
        let number = unfolded.row.number();
        let more = group::members(host, group::leader(host, number));
        more.into_iter().filter(|more| *more > number).filter_map(|more| host.row(more)).collect()
    });
    let structured = match Structure::read(raw).kind {
        Kind::Json | Kind::Logfmt => true,
        Kind::Perf | Kind::Plain => false,
    };
    if structured || (raw.len() < room && !raw.contains(&b'\n') && members.is_empty()) {
        return Vec::new();
    }
    let budget = Budget::log().with_ascii(sight.glyphs.is_ascii());
    let (mut words, mut first) = (Vec::new(), true);
    let more = members.iter().filter_map(|row| match row {
        Row::Line(line) => Some(line.clean(budget)),
        Row::Loss(_) => None,
    });
    for clean in std::iter::once(line.clean(budget)).chain(more) {
        for row in &clean.rows {
            // The line above shows it.
            if std::mem::take(&mut first)
                && width(&row.text()) <= sight.shape.message()
                && clean.rows.len() + members.len() > 1
            {
                continue;
            }
            for text in wrap(&row.text(), room.saturating_sub(2)) {
                let gutter = !words.is_empty();
                words.push(marked(sight, gutter, Words::of(Role::Text, text)));
            }
        }
    }
    capped(&mut words, MESSAGE);
    words
}

/// The lines of one field: its name, and its value, which is pretty where it is nested.
fn of_field(sight: &Sight<'_>, one: &Told, room: usize, names: usize) -> Vec<Words> {
    let room = room.saturating_sub(names + 4);
    let mut values = match one.kind {
        Value::Nested => nested(sight, one.value.raw(), room),
        Value::Text | Value::Number | Value::Word => None,
    }
    .unwrap_or_else(|| {
        let role = match one.kind {
            Value::Number if one.role == Role::Text => Role::CodeNumber,
            Value::Word if one.role == Role::Text => Role::CodeKeyword,
            Value::Number | Value::Word | Value::Text | Value::Nested => one.role,
        };
        let clean = one.value.clean(Budget { input: 8 << 10, ..Budget::log() }.with_ascii(sight.glyphs.is_ascii()));
        let mut lines = Vec::new();
        for (number, row) in clean.rows.iter().enumerate() {
            let texts = wrap(&row.text(), room).into_iter();
            lines.extend(texts.map(|text| marked(sight, number > 0, Words::of(role, text))));
        }
        lines
    });
    capped(&mut values, one.most);
    let label = |number: usize| if number == 0 { fit(&one.name, names) } else { " ".repeat(names) };
    let line = |(number, value): (usize, Words)| Words::of(Role::LogField, label(number)).gap(2).then(value);
    values.into_iter().enumerate().map(line).collect()
}

/// A list or an object in lines, with its colours.
fn nested(sight: &Sight<'_>, value: &[u8], room: usize) -> Option<Vec<Words>> {
    let budget = Budget { one_line: true, ..Budget::rows() }.with_ascii(sight.glyphs.is_ascii());
    let one = |line: structure::pretty::Line<'_>| {
        let parts =
            line.parts.into_iter().fold(Words::new().gap(2 * line.depth.min(room / 4)), |words, (part, text)| {
                let role = match part {
                    Part::Name => Role::LogField,
                    Part::Text => Role::CodeString,
                    Part::Number => Role::CodeNumber,
                    Part::Word => Role::CodeKeyword,
                    Part::Sign => Role::Quiet,
                };
                words.text(role, Foreign::from(text).clean(budget).text())
            });
        super::line::cut(parts, room, sight)
    };
    Some(pretty(value)?.into_iter().map(one).collect())
}

fn capped(words: &mut Vec<Words>, most: usize) {
    if words.len() > most {
        let left_out = words.len() - most;
        words.truncate(most);
        words.push(Words::of(Role::Faint, format!("and {left_out} more lines")));
    }
}
