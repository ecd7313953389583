//! Draws the overview: the list at the left, what the cursor is on at the right, the log below.

use ratatui::layout::Rect;

use super::rows::Row;
use super::state::State;
use super::{cells, detail, log};
use crate::domain::State as Word;
use crate::state::{Fleet, Instance, ServiceRow};
use crate::style::Role;
use crate::text::width;
use crate::ui::columns::{Column, Place, places};
use crate::ui::{Filter, Halves, Pen, Split, Words, pane};

/// How the list and the details share the screen.
const SPLIT: Split = Split { beside: 100, share: 35, least: 38, most: 74 };
/// Below this height of the content the log has no pane of its own.
const WITH_LOG: u16 = 30;
/// What the list is called.
const NAME: &str = "Services";
/// Columns of the little graph.
const GRAPH: u16 = 5;

const COLUMNS: [Column; 7] = [
    Column { heading: "SERVICE", least: 15, grows: 1, most: 28, right: false, goes: 0 },
    Column { heading: "STATE", least: 13, grows: 0, most: 13, right: false, goes: 0 },
    Column { heading: "HEALTH", least: 12, grows: 3, most: 60, right: false, goes: 0 },
    Column { heading: "LATENCY", least: GRAPH + 6, grows: 0, most: GRAPH + 6, right: true, goes: 4 },
    Column { heading: "SINCE", least: 7, grows: 0, most: 7, right: true, goes: 1 },
    Column { heading: "MEM", least: 4, grows: 0, most: 4, right: true, goes: 3 },
    Column { heading: "", least: 2, grows: 1, most: 3, right: true, goes: 2 },
];

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Areas {
    /// The list and the details.
    pub upper: Halves,
    /// The log, with its frame.
    pub log: Option<Rect>,
}

/// Divides the screen.
pub fn areas(area: Rect, state: &State) -> Areas {
    let log_height = if area.height >= WITH_LOG { (area.height * 3 / 10).clamp(8, 18) } else { 0 };
    let log = (log_height > 0).then(|| Rect { y: area.bottom() - log_height, height: log_height, ..area });
    let upper = Rect { height: area.height - log_height, ..area };
    Areas { upper: SPLIT.of(upper, state.zoomed, state.in_detail), log }
}

/// Draws the screen.
pub fn view(state: &State, fleet: &Fleet, pen: &mut Pen<'_>, area: Rect) {
    let areas = areas(area, state);
    if let Some(area) = areas.upper.list {
        list(state, fleet, pen, area);
    }
    if let Some(area) = areas.upper.detail {
        details(state, fleet, pen, area, areas.log.is_none());
    }
    if let Some(area) = areas.log {
        newest_lines(state, fleet, pen, area);
    }
}

fn list(state: &State, fleet: &Fleet, pen: &mut Pen<'_>, area: Rect) {
    let rows = state.rows(fleet);
    let title = pane::title(NAME, &state.filter, state.typing, counts(fleet, pen));
    let inside = pane::frame(pen, area, &title, &remark(state, &rows, fleet), false);
    if state.typing {
        pane::typed(pen, area, NAME, &state.filter);
    }
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let places = places(&columns(fleet, room.width), room.width.saturating_sub(2));
    headings(pen, room, &places);
    if rows.is_empty() {
        let text = if fleet.services.is_empty() {
            "This environment names no service."
        } else if state.only_trouble && state.filter.text().is_empty() {
            "Nothing is in trouble."
        } else {
            "No service passes the filter."
        };
        pen.text(room.x + 2, room.y + 2, room.width.saturating_sub(2), Role::Quiet, text);
        return;
    }
    let hidden = rows.get(state.window.range(rows.len()).end..).unwrap_or_default();
    let below = |row: &&Row| matches!(row, Row::Service { .. });
    let trouble = |row: &&Row| match row {
        Row::Service { service, .. } => fleet.services.get(*service).is_some_and(|row| row.verdict.state.is_trouble()),
        Row::Tier { .. } | Row::Instance { .. } => false,
    };
    pane::more_below(pen, area, hidden.iter().filter(below).count(), hidden.iter().filter(trouble).count());
    let cursor = state.place(&rows, fleet);
    let marked = state.marked(fleet);
    let filter = Filter::parse(state.filter.text());
    for (number, y) in state.window.range(rows.len()).zip(room.y + 1..room.bottom()) {
        let Some(row) = rows.get(number) else { break };
        let line = Rect { x: inside.x, y, width: inside.width, height: 1 };
        if row.key(fleet).is_some_and(|key| marked.contains(&key)) {
            pen.tint(line, Role::Marked);
            pen.text(inside.x, y, 1, Role::Key, pen.styles.glyphs.mark);
        }
        let doing = doing(state, fleet, row);
        draw_row(fleet, row, pen, Rect { y, height: 1, ..room }, &places, &filter, doing);
        if cursor == Some(number) {
            pen.tint(line, Role::Selected);
        }
    }
}

/// The columns, with room for the longest name before anything that matters less. Names don't change while one looks.
fn columns(fleet: &Fleet, room: u16) -> [Column; 7] {
    let wide = |row: &ServiceRow| match row.instances.len() {
        0 | 1 => width(row.service.name.as_str()),
        all => width(&format!("{} {all}/{all} >", row.service.name)),
    };
    let longest = fleet.services.iter().map(wide).max().and_then(|wide| u16::try_from(wide).ok()).unwrap_or(0);
    let mut columns = COLUMNS;
    let [name, ..] = &mut columns;
    name.least = longest.clamp(name.least, name.most).min((room / 3).max(name.least));
    columns
}

/// How much room the reason has: that of the graph as well, and of the latency where there is none.
fn reason(words: &Words, places: &[Place], latency: bool, pen: &Pen<'_>) -> Option<u16> {
    let (Some((at, width)), Some((next, all))) = (places[2], places[3]) else { return None };
    let free = if latency { next + GRAPH } else { next + all };
    (words.width(pen.clock) > usize::from(width)).then_some(free.saturating_sub(at))
}

fn headings(pen: &mut Pen<'_>, room: Rect, places: &[Place]) {
    for (column, place) in COLUMNS.iter().zip(places) {
        let Some((at, width)) = place else { continue };
        let heading = if column.heading.is_empty() { pen.styles.glyphs.restarts } else { column.heading };
        let words = Words::of(Role::Quiet, heading);
        let x = room.x + 2 + at;
        if column.right && column.heading != "LATENCY" {
            pen.words_right(x, room.y, *width, &words);
        } else {
            pen.words(x, room.y, *width, &words);
        }
    }
}

/// What is being done to the row just now, in place of its state: the mark before it goes on telling that.
fn doing(state: &State, fleet: &Fleet, row: &Row) -> Option<&'static str> {
    let (service, only) = match row {
        Row::Tier { .. } => return None,
        Row::Service { service, .. } => (*service, None),
        Row::Instance { service, instance, .. } => (*service, Some(*instance)),
    };
    let instances = &fleet.services.get(service)?.instances;
    let (.., what) = state.doing.iter().find(|(host, unit, _)| {
        let here = |one: &Instance| one.host.as_ref() == Some(host) && one.unit.as_ref() == Some(unit);
        match only {
            Some(only) => instances.get(only).is_some_and(here),
            None => instances.iter().any(here),
        }
    })?;
    Some(what)
}

fn draw_row(
    fleet: &Fleet,
    row: &Row,
    pen: &mut Pen<'_>,
    room: Rect,
    places: &[Place],
    filter: &Filter,
    doing: Option<&'static str>,
) {
    if let Row::Tier { name, all, trouble } = row {
        let mut words = Words::of(Role::Quiet, name.clone());
        if *trouble > 0 {
            words = words.text(Role::Faint, format!(" {} ", pen.styles.glyphs.dot));
            words = words.text(Role::Warn, format!("{trouble} of {all} in trouble"));
        }
        pen.words(room.x, room.y, room.width, &words);
        return;
    }
    let glyphs = pen.styles.glyphs;
    let Some(cells) = cells::cells(fleet, row, pen.clock.now.mono, usize::from(GRAPH), glyphs) else { return };
    pen.words(room.x, room.y, 1, &cells.mark);
    let dim = |words: Words| if cells.stale { words.dimmed() } else { words };
    let name = dim(cells.name.clone());
    // A reason that does not fit takes the place of what matters less in that row.
    let cut = if cells.urgent { reason(&cells.health, places, cells.timed, pen) } else { None };
    let columns = [
        name.clone(),
        doing.map_or(cells.state, |what| Words::of(Role::RunGoing, what)),
        cells.health.clone(),
        dim(cells.latency),
        dim(cells.since),
        dim(cells.memory),
        dim(cells.restarts),
    ];
    for (number, (words, place)) in columns.iter().zip(places).enumerate() {
        let Some((at, width)) = place else { continue };
        let x = room.x + 2 + at;
        let latency = COLUMNS[number].heading == "LATENCY";
        if latency && cut.is_some() {
            let left = width.saturating_sub(GRAPH + 1);
            if cells.timed {
                pen.words_right(x + GRAPH + 1, room.y, left, words);
            }
            continue;
        }
        if COLUMNS[number].right {
            pen.words_right(x, room.y, *width, words);
        } else {
            pen.words(x, room.y, cut.filter(|_| number == 2).unwrap_or(*width), words);
        }
        if latency {
            pen.words(x, room.y, GRAPH, &cells.graph);
        }
    }
    if let (Row::Service { .. }, Some((at, width))) = (row, places[0]) {
        let plain = name.plain(pen.clock);
        if let Some(found) = filter.place_in(plain.split(' ').next().unwrap_or_default()) {
            let (start, end) = (u16::try_from(found.start).unwrap_or(0), u16::try_from(found.end).unwrap_or(0));
            let end = end.min(width);
            let found = Rect::new(room.x + 2 + at + start.min(end), room.y, end.saturating_sub(start), 1);
            pen.tint(found, Role::Match);
        }
    }
}

fn counts(fleet: &Fleet, pen: &Pen<'_>) -> Words {
    let counts = fleet.counts();
    let mut words = Words::new();
    let mut first = true;
    for state in Word::ALL {
        let Some(count) = counts.get(&state) else { continue };
        let between = if first { " ".to_owned() } else { format!(" {} ", pen.styles.glyphs.dot) };
        words = words.text(Role::Faint, between).text(Role::state(state), format!("{count} {}", state.word()));
        first = false;
    }
    words
}

fn remark(state: &State, rows: &[Row], fleet: &Fleet) -> Words {
    let shown = rows.iter().filter(|row| matches!(row, Row::Service { .. })).count();
    let all = fleet.services.len();
    let mut parts = Vec::new();
    let marked = state.marked(fleet).len();
    if marked > 0 {
        parts.push(format!("{marked} marked"));
    }
    if shown < all {
        parts.push(format!("{shown} of {all}"));
    }
    if state.only_trouble {
        parts.push("only trouble".to_owned());
    }
    if state.worst_first {
        parts.push("worst first".to_owned());
    }
    Words::of(Role::Quiet, parts.join(", "))
}

fn details(state: &State, fleet: &Fleet, pen: &mut Pen<'_>, area: Rect, with_log: bool) {
    let (title, host) = detail::title(state, fleet, pen.styles.glyphs);
    let inside = pane::frame(pen, area, &title, &host, state.in_detail);
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let lines = detail::lines(state, fleet, usize::from(room.width), pen.clock, pen.styles.glyphs, with_log);
    let below = lines.draw(pen, room, state.detail_top);
    pane::text_below(pen, area, below, state.detail_top);
}

fn newest_lines(state: &State, fleet: &Fleet, pen: &mut Pen<'_>, area: Rect) {
    let detail = state.detail_of(fleet);
    let mut title = Words::of(Role::Strong, "Log");
    let unit = state.unit(fleet);
    if let Some((host, unit)) = &unit {
        title = title.text(Role::Quiet, format!(" {} {host}", unit.stem()));
    }
    let age = detail.map(log::age).unwrap_or_default();
    let inside = pane::frame(pen, area, &title, &age, false);
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let Some((host, _)) = unit else {
        pen.text(room.x, room.y, room.width, Role::Quiet, "There is no unit here whose log could be read.");
        return;
    };
    let reachable = fleet.host(&host).is_some_and(|host| host.link.is_up());
    if let Some(absence) = log::absence(detail, reachable) {
        pen.words(room.x, room.y, room.width, &absence);
        return;
    }
    let clock = pen.clock;
    let lines = detail.map(|detail| log::newest(detail, usize::from(room.height), clock)).unwrap_or_default();
    for (words, y) in lines.iter().zip(room.y..room.bottom()) {
        pen.words(room.x, y, room.width, words);
    }
}
