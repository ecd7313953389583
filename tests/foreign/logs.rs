//! The places of the logs that draw foreign text: lines and what is told of them, columns, and the dialogs in which something
//! is chosen by its name.
#![allow(clippy::field_reassign_with_default, reason = "the state has fields of its own")]

use std::sync::Arc;

use jiff::tz::TimeZone;
use quarterdeck::domain::{EnvName, Environment, HostName, Lane, LogName, SiteName};
use quarterdeck::engine::logs::{Form, Written};
use quarterdeck::engine::{export, pager};
use quarterdeck::port::export::{ExportFormat, ExportHost, ExportRow, LogExport};
use quarterdeck::port::keepsake::{Bookmark, BookmarkPlace};
use quarterdeck::port::log::{Cursor, LogBatch, LogEntry, LogFields, LogRow, Origin, Since, TailState};
use quarterdeck::port::log_block::OpenBlock;
use quarterdeck::screens::{bookmarks, columns, filters, log_choice, logs};
use quarterdeck::state::logs::{Reading, Scope};
use quarterdeck::text::Foreign;
use quarterdeck::ui::{Pen, finder};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::scene;
use crate::screens::{clock, fleet, styles};
use crate::sites::{Export, NEIGHBOUR, Site};

/// Every place of the logs.
pub const LOGS: &[Site] = &[
    Site { name: "line of the log", name_rules: false, draw: message },
    Site { name: "unfolded line of the log", name_rules: false, draw: unfolded },
    Site { name: "why a log can't be read", name_rules: false, draw: refused },
    Site { name: "value in a column", name_rules: false, draw: column },
    Site { name: "name of a column", name_rules: false, draw: column_name },
    Site { name: "container whose log can't be read", name_rules: false, draw: container },
    Site { name: "log to choose", name_rules: false, draw: title_of_log },
    Site { name: "what a log reads", name_rules: false, draw: what_is_read },
    Site { name: "column to choose", name_rules: false, draw: column_to_choose },
    Site { name: "name of a filter", name_rules: false, draw: filter_name },
    Site { name: "query of a filter", name_rules: false, draw: filter_query },
    Site { name: "note of a bookmark", name_rules: false, draw: bookmark_note },
    Site { name: "line of a bookmark", name_rules: false, draw: bookmark_line },
];

/// Every way by which lines of logs leave. Each writes the foreign line between two neighbours.
pub const LOG_EXPORTS: &[Export] = &[
    Export { name: "exported line", write: |text| exported(ExportFormat::Plain, text) },
    Export { name: "exported line as JSON", write: |text| exported(ExportFormat::JsonLines, text) },
    Export { name: "line for the pager", write: paged },
    Export { name: "printed line", write: |text| printed(Form::Lines(None, TimeZone::UTC), text) },
    Export { name: "printed line as JSON", write: |text| printed(Form::Json, text) },
];

/// What is put into the log of a host.
struct Put<'a> {
    message: &'a [u8],
    lane: Lane,
    state: TailState,
    /// The value of a field of the journal.
    field: Option<&'a [u8]>,
    /// Fields that have columns.
    columns: Vec<String>,
}

impl Default for Put<'_> {
    fn default() -> Self {
        Self { message: b"x", lane: Lane::Journal, state: TailState::Following, field: None, columns: Vec::new() }
    }
}

/// As it lies in a file of a person, which holds nothing but text.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The screen of the log, of a host with one line, above the neighbour.
fn of_logs(frame: &mut Frame<'_>, put: Put<'_>) {
    let fleet = fleet(Vec::new());
    let host = scene::host_name("app-2");
    let mut reading = Reading::begin(1, Scope::Host(host.clone()), Since::Newest(5), &fleet);
    let entry = entry(b"node", put.message);
    let place = entry.cursor.clone();
    reading.take(&LogBatch { tail: 1, host: host.clone(), lane: put.lane.clone(), rows: vec![LogRow::Entry(entry)] });
    reading.stands(1, &host, &put.lane, put.state);
    let mut screen = logs::State::default();
    screen.columns = put.columns;
    if let Some(value) = put.field {
        screen.toggle_fields(&reading);
        let fields = Ok(vec![("FIELD".to_owned(), Foreign::from(value))]);
        screen.take_fields(LogFields { host, cursor: place, fields }, &reading);
    }
    let (styles, area) = (styles(), frame.area());
    let above = Rect { height: area.height.saturating_sub(1), ..area };
    let kept = quarterdeck::state::logs::Keepsakes::default();
    let mut sight = logs::Sight {
        reading: &reading,
        fleet: &fleet,
        shape: logs::Shape::new(&screen, &reading, &fleet, above.width),
        clock: clock(),
        zone: None,
        local: false,
        highlights: [&[]; 2],
        kept: &kept,
        deploy: None,
        glyphs: styles.glyphs,
        older_key: "K",
    };
    screen.measure_columns(&sight);
    sight.shape = logs::Shape::new(&screen, &reading, &fleet, above.width);
    let mut pen = Pen::new(frame.buffer_mut(), &styles, clock());
    logs::view(&screen, &sight, &mut pen, above, &|action| action.row().name.to_owned());
    frame.render_widget(NEIGHBOUR, Rect { y: area.y + above.height, height: area.height - above.height, ..area });
}

fn message(frame: &mut Frame<'_>, bytes: &[u8]) {
    of_logs(frame, Put { message: bytes, ..Put::default() });
}

fn unfolded(frame: &mut Frame<'_>, bytes: &[u8]) {
    of_logs(frame, Put { field: Some(bytes), ..Put::default() });
}

fn refused(frame: &mut Frame<'_>, bytes: &[u8]) {
    of_logs(frame, Put { state: TailState::Refused(bytes.into()), ..Put::default() });
}

fn column(frame: &mut Frame<'_>, bytes: &[u8]) {
    let message = serde_json::json!({ "msg": "x", "k": text(bytes) }).to_string();
    of_logs(frame, Put { message: message.as_bytes(), columns: vec!["k".to_owned()], ..Put::default() });
}

/// Of a field that no line has.
fn column_name(frame: &mut Frame<'_>, bytes: &[u8]) {
    of_logs(frame, Put { columns: vec![text(bytes)], ..Put::default() });
}

fn container(frame: &mut Frame<'_>, bytes: &[u8]) {
    let (lane, state) = (Lane::Container(Arc::from(text(bytes))), TailState::Refused("no".into()));
    of_logs(frame, Put { lane, state, ..Put::default() });
}

/// A line of a program that calls itself so.
fn entry(identifier: &[u8], message: &[u8]) -> LogEntry {
    LogEntry {
        cursor: Cursor::new("s=1;i=2").unwrap(),
        at: scene::at("02:14:00"),
        monotonic: 0,
        boot: 0,
        priority: 4,
        unit: None,
        identifier: identifier.into(),
        pid: 7,
        message: message.into(),
        cut: 0,
    }
}

/// The text as a message, and as the name of a program, between neighbours.
fn among(text: &[u8]) -> [LogEntry; 4] {
    let neighbour = || entry(b"node", NEIGHBOUR.as_bytes());
    [neighbour(), entry(b"node", text), entry(text, b"named"), neighbour()]
}

fn export_of(format: ExportFormat, text: &[u8]) -> LogExport {
    let mut block = OpenBlock::default();
    among(text).iter().for_each(|entry| block.line(entry));
    let at = scene::at("02:14:00");
    LogExport {
        format,
        site: SiteName::new("pakashop").unwrap(),
        environment: EnvName::new("staging").unwrap(),
        hosts: vec![ExportHost { name: scene::host_name("app-2"), blocks: vec![(0, Arc::new(block.seal()))] }],
        rows: (0..4).map(|number| ExportRow { at, host: 0, number }).collect(),
    }
}

/// What leaves is lines of ours alone: the neighbours stand at both ends as they always do, and what stands between them is one
/// line for each of the others, with what continues it behind a mark.
fn between(out: Vec<u8>, text: &[u8]) -> Vec<u8> {
    let told = std::str::from_utf8(&out).unwrap();
    let lines: Vec<&str> = told.strip_suffix('\n').unwrap().split('\n').collect();
    let (first, last) = (lines[0], lines[lines.len() - 1]);
    assert!(first.contains(NEIGHBOUR) && first == last, "{text:?}: {told}");
    let own = lines.iter().filter(|line| !line.starts_with("    | "));
    assert_eq!(own.clone().count(), 4, "{text:?}: {told}");
    assert!(own.clone().all(|line| line.starts_with("20") || line.starts_with('{')), "{text:?}: {told}");
    if first.starts_with('{') {
        assert!(own.clone().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{text:?}: {told}");
    }
    out
}

fn exported(format: ExportFormat, text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    export::lines(&export_of(format, text), &mut out).unwrap();
    between(out, text)
}

fn paged(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let (paged, _) = pager::lines(&export_of(ExportFormat::Plain, text), Some(1), &mut out).unwrap();
    assert_eq!(paged.lines, 4);
    between(out, text)
}

fn printed(form: Form, text: &[u8]) -> Vec<u8> {
    // Of an environment without services: none of these lines is anybody's.
    let environment = Environment::new(SiteName::new("pakashop").unwrap(), EnvName::new("staging").unwrap());
    let (mut written, mut out) = (Written::new(form, &environment), String::new());
    let origin = Origin::journal(scene::host_name("app-2"));
    among(text).into_iter().for_each(|entry| written.row(&origin, &LogRow::Entry(entry), &mut out));
    between(out.into_bytes(), text)
}

/// The first row of a list to choose from. Its box is higher than the stage, so that it is drawn elsewhere and the row is shown.
fn chosen(frame: &mut Frame<'_>, draw: impl FnOnce(&mut Pen<'_>, Rect)) {
    let area = frame.area();
    let whole = Rect { x: 0, y: 0, height: 12, ..area };
    let mut buffer = Buffer::empty(whole);
    let styles = styles();
    draw(&mut Pen::new(&mut buffer, &styles, clock()), whole);
    let row = finder::list(whole, 1).y;
    for x in 0..area.width {
        frame.buffer_mut()[(area.x + x, area.y)] = buffer[(x, row)].clone();
    }
    if area.height > 1 {
        frame.render_widget(NEIGHBOUR, Rect { y: area.y + 1, height: 1, ..area });
    }
}

fn of_choice(frame: &mut Frame<'_>, title: &[u8], what: &[u8]) {
    let choice = log_choice::Choice { log: LogName::new("flood").ok(), title: title.into(), what: text(what) };
    let mut state = log_choice::State::new(vec![choice]);
    state.list.settle(4);
    chosen(frame, |pen, area| log_choice::view(&state, pen, area));
}

fn title_of_log(frame: &mut Frame<'_>, bytes: &[u8]) {
    of_choice(frame, bytes, b"x");
}

fn what_is_read(frame: &mut Frame<'_>, bytes: &[u8]) {
    of_choice(frame, b"", bytes);
}

fn column_to_choose(frame: &mut Frame<'_>, bytes: &[u8]) {
    let column = columns::Column { name: text(bytes), told: "a field".to_owned(), on: true };
    let mut state = columns::State::new(vec![column], 6);
    state.list.settle(4);
    chosen(frame, |pen, area| columns::view(&state, pen, area));
}

fn of_filter(frame: &mut Frame<'_>, name: &[u8], query: &[u8]) {
    let filter = filters::Filter { name: text(name), query: text(query), whose: filters::Whose::Kept };
    let mut state = filters::State::new(vec![filter]);
    state.list.settle(4);
    chosen(frame, |pen, area| filters::view(&state, pen, area));
}

fn filter_name(frame: &mut Frame<'_>, bytes: &[u8]) {
    of_filter(frame, bytes, b"x");
}

fn filter_query(frame: &mut Frame<'_>, bytes: &[u8]) {
    of_filter(frame, b"x", bytes);
}

fn of_bookmark(frame: &mut Frame<'_>, note: &[u8], line: &[u8]) {
    let at = scene::at("02:13:31");
    let origin = Origin::journal(HostName::new("app-2").unwrap());
    let cursor = Cursor::new("s=1;i=2").unwrap();
    let bookmark = Bookmark {
        place: BookmarkPlace { environment: EnvName::new("staging").unwrap(), origin, cursor },
        at,
        moment: at,
        speaker: "node".to_owned(),
        priority: 4,
        text: text(line),
        note: text(note),
    };
    let mut state = bookmarks::State::new(vec![bookmark]);
    state.list.settle(4);
    chosen(frame, |pen, area| bookmarks::view(&state, pen, area));
}

fn bookmark_note(frame: &mut Frame<'_>, bytes: &[u8]) {
    of_bookmark(frame, bytes, b"x");
}

fn bookmark_line(frame: &mut Frame<'_>, bytes: &[u8]) {
    of_bookmark(frame, b"", bytes);
}
