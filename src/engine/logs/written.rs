//! One row as text: a line for people, or an object of JSON for programs. Neither ever holds a byte that acts on a
//! terminal.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use jiff::tz::TimeZone;
use ratatui::style::{Color, Modifier, Style};
use serde_json::{Map, Value, json};

use super::stamp::Stamp;
use crate::domain::{Environment, HostName, Lane, RuntimeKind, ServiceName, UnitName};
use crate::engine::export::ascii;
use crate::engine::watch::Selection;
use crate::port::log::{LogEntry, LogRow, Loss, Origin};
use crate::style::{Role, Styles};
use crate::text::{Budget, Foreign};

/// The levels by name, the most important first.
pub const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"];

/// How rows are written.
#[derive(Debug, Clone)]
pub enum Form {
    /// Lines for people; with colours where there are styles, else without any escape.
    Lines(Option<Box<Styles>>, TimeZone),
    /// One object of JSON a line, in printable ASCII.
    Json,
}

impl Form {
    fn stamp(&self) -> Stamp {
        Stamp::new(match self {
            Form::Lines(_, zone) => zone.clone(),
            Form::Json => TimeZone::UTC,
        })
    }
}

/// Writes rows.
#[derive(Debug)]
pub struct Written {
    form: Form,
    services: Vec<(ServiceName, Vec<HostName>, Selection)>,
    known: BTreeMap<(HostName, UnitName), Option<ServiceName>>,
    stamp: Stamp,
}

impl Written {
    /// Knows the services of this environment.
    pub fn new(form: Form, environment: &Environment) -> Self {
        let systemd = environment.services.iter().filter(|service| service.runtime == RuntimeKind::Systemd);
        let services =
            systemd.map(|service| (service.name.clone(), service.hosts.clone(), Selection::new(&service.units)));
        let stamp = form.stamp();
        Self { form, services: services.collect(), known: BTreeMap::new(), stamp }
    }

    fn service(&mut self, host: &HostName, unit: &UnitName) -> Option<ServiceName> {
        let services = &self.services;
        let find = || {
            let mut own = services.iter().filter(|(_, hosts, units)| hosts.contains(host) && units.wants(unit));
            own.next().map(|(name, ..)| name.clone())
        };
        self.known.entry((host.clone(), unit.clone())).or_insert_with(find).clone()
    }

    /// Appends the row with its line feed.
    pub fn row(&mut self, from: &Origin, row: &LogRow, out: &mut String) {
        let host = &from.host;
        match (&self.form, row) {
            (Form::Json, LogRow::Entry(entry)) => {
                let service = entry.unit.as_ref().and_then(|unit| self.service(host, unit));
                out.push_str(&ascii(&entry_object(from, service.as_ref(), entry).to_string()));
            }
            (Form::Json, LogRow::Loss(loss)) => out.push_str(&ascii(&loss_object(from, loss).to_string())),
            (Form::Lines(styles, _), LogRow::Entry(entry)) => {
                let (level, stamp) = (entry.level(), &mut self.stamp);
                painted(styles.as_deref(), Role::level(level), out, |out| entry_lines(host, stamp, level, entry, out));
            }
            (Form::Lines(styles, _), LogRow::Loss(loss)) => {
                let stamp = &mut self.stamp;
                painted(styles.as_deref(), Role::LogLoss, out, |out| {
                    stamp.push(loss.at, out);
                    out.push_str(&format!(" {} --- {} ---", told_of(from), loss.words()));
                });
            }
        }
        out.push('\n');
    }
}

/// Of whom a loss is told: the host, and the lane where it is another one than its journal.
fn told_of(from: &Origin) -> String {
    match &from.lane {
        Lane::Journal => from.host.to_string(),
        lane => format!("{} {}", from.host, Foreign::from(lane.to_string()).ident()),
    }
}

/// The text in the role's colour, where there are colours; each line by itself, so that a pager can cut between them.
fn painted(styles: Option<&Styles>, role: Role, out: &mut String, text: impl FnOnce(&mut String)) {
    let begin = styles.map(|styles| escape(styles.of(role))).filter(|words| !words.is_empty());
    match begin {
        None => text(out),
        Some(begin) => {
            let mut bare = String::new();
            text(&mut bare);
            let lines: Vec<String> = bare.split('\n').map(|line| format!("{begin}{line}\u{1b}[0m")).collect();
            out.push_str(&lines.join("\n"));
        }
    }
}

/// The escape that begins a style: colour of the text, bold and dim.
fn escape(style: Style) -> String {
    let mut codes: Vec<String> = Vec::new();
    if style.add_modifier.contains(Modifier::BOLD) {
        codes.push("1".to_owned());
    }
    if style.add_modifier.contains(Modifier::DIM) {
        codes.push("2".to_owned());
    }
    codes.extend(style.fg.and_then(|colour| match colour {
        Color::Reset => None,
        Color::Rgb(red, green, blue) => Some(format!("38;2;{red};{green};{blue}")),
        Color::Indexed(number) => Some(format!("38;5;{number}")),
        Color::Black => Some("30".to_owned()),
        Color::Red => Some("31".to_owned()),
        Color::Green => Some("32".to_owned()),
        Color::Yellow => Some("33".to_owned()),
        Color::Blue => Some("34".to_owned()),
        Color::Magenta => Some("35".to_owned()),
        Color::Cyan => Some("36".to_owned()),
        Color::Gray => Some("37".to_owned()),
        Color::DarkGray => Some("90".to_owned()),
        Color::LightRed => Some("91".to_owned()),
        Color::LightGreen => Some("92".to_owned()),
        Color::LightYellow => Some("93".to_owned()),
        Color::LightBlue => Some("94".to_owned()),
        Color::LightMagenta => Some("95".to_owned()),
        Color::LightCyan => Some("96".to_owned()),
        Color::White => Some("97".to_owned()),
    }));
    if codes.is_empty() { String::new() } else { format!("\u{1b}[{}m", codes.join(";")) }
}

fn entry_lines(host: &HostName, stamp: &mut Stamp, priority: u8, entry: &LogEntry, out: &mut String) {
    stamp.push(entry.at, out);
    let identifier = || entry.identifier.ident();
    let unit = entry.unit.as_ref().map(|unit| Cow::Borrowed(unit.as_str()));
    let speaker = unit.unwrap_or_else(|| Cow::Owned(identifier()));
    let speaker = if speaker.is_empty() { "-" } else { &speaker };
    for word in [host.as_str(), speaker, level(priority)] {
        out.push(' ');
        out.push_str(word);
    }
    out.push(' ');
    if let Some(text) = entry.message.harmless() {
        out.push_str(text);
    } else {
        let whole = Budget { shown: 64 << 10, colours: true, ..Budget::rows() };
        let clean = entry.message.clean(whole);
        for (number, row) in clean.rows.iter().enumerate() {
            out.push_str(if number == 0 { "" } else { "\n    | " });
            out.push_str(&row.text());
        }
    }
    if entry.cut > 0 {
        out.push_str(&format!("\n    | … {} bytes more on the host", entry.cut));
    }
}

fn level(priority: u8) -> &'static str {
    LEVELS.get(usize::from(priority)).unwrap_or(&"info")
}

fn entry_object(from: &Origin, service: Option<&ServiceName>, entry: &LogEntry) -> Value {
    let mut object = Map::new();
    let mut set = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    set("host", json!(from.host.as_str()));
    set("source", json!((from.lane != Lane::Journal).then(|| from.lane.to_string())));
    set("time", json!(entry.at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()));
    set("unit", json!(entry.unit.as_ref().map(UnitName::as_str)));
    set("service", json!(service.map(ServiceName::as_str)));
    set("priority", json!(entry.level()));
    set("level", json!(level(entry.level())));
    set("identifier", json!(String::from_utf8_lossy(entry.identifier.raw())));
    set("pid", json!((entry.pid > 0).then_some(entry.pid)));
    text_into(&mut set, "message", &entry.message);
    if entry.cut > 0 {
        set("cut", json!(entry.cut));
    }
    set("cursor", json!(entry.cursor.as_str()));
    Value::Object(object)
}

/// Text as it is; what is no UTF-8 as far as it is text, and as it came beside it.
fn text_into(set: &mut impl FnMut(&str, Value), name: &str, text: &Foreign) {
    set(name, json!(String::from_utf8_lossy(text.raw())));
    if std::str::from_utf8(text.raw()).is_err() {
        let bytes = base64::engine::general_purpose::STANDARD.encode(text.raw());
        set(&format!("{name}_base64"), json!(bytes));
    }
}

fn loss_object(from: &Origin, loss: &Loss) -> Value {
    json!({
        "host": from.host.as_str(),
        "source": (from.lane != Lane::Journal).then(|| from.lane.to_string()),
        "time": loss.at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        "loss": loss.words(),
        "lost": loss.lost,
        "cursor": loss.cursor.as_ref().map(|cursor| cursor.as_str().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::Timestamp;

    use super::*;
    use crate::port::log::{Cursor, LossKind};

    fn entry(message: &[u8]) -> LogRow {
        LogRow::Entry(LogEntry {
            cursor: Cursor::new("s=1;i=2").unwrap(),
            at: Timestamp::UNIX_EPOCH,
            monotonic: 0,
            boot: 0,
            priority: 3,
            unit: UnitName::new("api.service"),
            identifier: Foreign::from("node"),
            pid: 7,
            message: Foreign::from(message),
            cut: 0,
        })
    }

    fn written(form: Form, row: &LogRow) -> String {
        let stamp = form.stamp();
        let mut written = Written { form, services: Vec::new(), known: BTreeMap::new(), stamp };
        let mut out = String::new();
        written.row(&Origin::journal(HostName::new("app-1").unwrap()), row, &mut out);
        out
    }

    #[test]
    fn a_pipe_gets_no_escape() {
        let text = written(Form::Lines(None, TimeZone::UTC), &entry(b"a\x1b[31mred\x1b]52;c;aGk=\x07\nb"));
        assert_eq!(text, "1970-01-01T00:00:00.000000+00:00 app-1 api.service error ared‹osc52›\n    | b\n");
        let styled = Form::Lines(Some(Box::default()), TimeZone::UTC);
        let text = written(styled, &entry(b"a\x1b[2Jb"));
        assert_eq!(text.matches('\u{1b}').count(), 2, "{text:?}");
    }

    #[test]
    fn bytes_that_are_no_text_are_marked() {
        let object: Value = serde_json::from_str(&written(Form::Json, &entry(b"a\xffb"))).unwrap();
        assert_eq!(object["message"], "a\u{fffd}b");
        assert_eq!(object["message_base64"], "Yf9i");
        let object: Value = serde_json::from_str(&written(Form::Json, &entry(b"plain"))).unwrap();
        assert!(object.get("message_base64").is_none());
    }

    /// The screen, its exports, queries and `qd logs` go by one level: the one that a line has by the journal or calls its own.
    #[test]
    fn a_line_that_calls_itself_more_important_is_told_so() {
        let LogRow::Entry(calm) = entry(b"{\"level\":\"error\",\"msg\":\"boom\"}") else { unreachable!() };
        let row = LogRow::Entry(LogEntry { priority: 6, ..calm });
        let text = written(Form::Lines(None, TimeZone::UTC), &row);
        assert!(text.contains("api.service error {"), "{text}");
        let object: Value = serde_json::from_str(&written(Form::Json, &row)).unwrap();
        assert_eq!((&object["level"], &object["priority"]), (&json!("error"), &json!(3)));
    }

    #[test]
    fn a_loss_is_an_object_too() {
        let kind = LossKind::Suppressed(UnitName::new("api.service"));
        let loss = Loss { at: Timestamp::UNIX_EPOCH, kind, lost: Some(4625), cursor: None };
        let object: Value = serde_json::from_str(&written(Form::Json, &LogRow::Loss(loss))).unwrap();
        assert_eq!((&object["lost"], &object["host"]), (&json!(4625), &json!("app-1")));
    }
}
