//! Draws the hosts: the list at the left, everything about the one under the cursor at the right.

use ratatui::layout::Rect;

use super::cells::{HEADINGS, cells};
use super::detail;
use super::state::State;
use crate::state::Fleet;
use crate::style::{Glyphs, Role};
use crate::ui::columns::{self, Column, places};
use crate::ui::{Clock, Halves, Pen, Split, Words, figure, markdown, pane, told};

/// How the list and the details share the screen.
const SPLIT: Split = Split { beside: 100, share: 38, least: 42, most: 80 };

/// What the list is called.
const NAME: &str = "Hosts";

const COLUMNS: [Column; 8] = [
    Column::of(&HEADINGS, 0, (10, 1, 24), false, 0),
    Column::of(&HEADINGS, 1, (25, 2, 34), false, 0),
    Column::of(&HEADINGS, 2, (6, 1, 9), true, 2),
    Column::of(&HEADINGS, 3, (4, 0, 4), true, 1),
    Column::of(&HEADINGS, 4, (8, 2, 24), false, 4),
    Column::of(&HEADINGS, 5, (6, 0, 8), true, 5),
    Column::of(&HEADINGS, 6, (5, 0, 7), true, 6),
    Column::of(&HEADINGS, 7, (8, 3, 40), false, 3),
];

/// Divides the screen.
pub fn areas(area: Rect, state: &State) -> Halves {
    SPLIT.of(area, state.zoomed, state.in_detail)
}

/// Draws the screen.
pub fn view(state: &State, fleet: &Fleet, pen: &mut Pen<'_>, area: Rect) {
    let areas = areas(area, state);
    if let Some(area) = areas.list {
        list(state, fleet, pen, area);
    }
    if let Some(area) = areas.detail {
        details(state, fleet, pen, area);
    }
}

fn list(state: &State, fleet: &Fleet, pen: &mut Pen<'_>, area: Rect) {
    let rows = state.rows(fleet);
    let inside = pane::frame(pen, area, &title(state, fleet), &remark(state, rows.len(), fleet), false);
    if state.typing {
        pane::typed(pen, area, NAME, &state.filter);
    }
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let places = places(&COLUMNS, room.width.saturating_sub(2));
    let line = |y: u16| Rect { x: room.x + 2, y, width: room.width.saturating_sub(2), height: 1 };
    columns::headings(pen, line(room.y), &COLUMNS, &places);
    if rows.is_empty() {
        let text = if fleet.hosts.is_empty() { "This environment names no host." } else { "No host passes." };
        pen.text(room.x + 2, room.y + 2, room.width.saturating_sub(2), Role::Quiet, text);
        return;
    }
    let hidden = rows.len() - state.window.range(rows.len()).end;
    pane::more_below(pen, area, hidden, 0);
    let cursor = state.place(&rows);
    let glyphs = pen.styles.glyphs;
    for (number, y) in state.window.range(rows.len()).zip(room.y + 1..room.bottom()) {
        let Some(row) = rows.get(number) else { break };
        pen.words(room.x, y, 1, &told::link_mark(&row.link, glyphs));
        columns::row(pen, line(y), &COLUMNS, &places, &cells(fleet, row, glyphs));
        if cursor == Some(number) {
            pen.tint(Rect { x: inside.x, y, width: inside.width, height: 1 }, Role::Selected);
        }
    }
}

fn title(state: &State, fleet: &Fleet) -> Words {
    let up = fleet.hosts.iter().filter(|row| row.link.is_up()).count();
    let away = fleet.hosts.len() - up;
    let words = Words::of(Role::Good, format!(" {up} up"));
    let words = if away > 0 { words.text(Role::Unknown, format!(", {away} out of reach")) } else { words };
    pane::title(NAME, &state.filter, state.typing, words)
}

fn remark(state: &State, shown: usize, fleet: &Fleet) -> Words {
    let mut parts = Vec::new();
    if shown < fleet.hosts.len() {
        parts.push(format!("{shown} of {}", fleet.hosts.len()));
    }
    if state.only_trouble {
        parts.push("only trouble".to_owned());
    }
    if state.worst_first {
        parts.push("worst first".to_owned());
    }
    Words::of(Role::Quiet, parts.join(", "))
}

fn details(state: &State, fleet: &Fleet, pen: &mut Pen<'_>, area: Rect) {
    let Some(row) = state.chosen(fleet) else {
        pane::frame(pen, area, &Words::new(), &Words::new(), false);
        return;
    };
    let title = told::link_mark(&row.link, pen.styles.glyphs).text(Role::Strong, format!(" {}", row.host.name));
    let units = Words::of(Role::Quiet, figure::count(row.units.len(), "unit"));
    let inside = pane::frame(pen, area, &title, &units, state.in_detail);
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let lines = detail::lines(state, fleet, usize::from(room.width), pen.clock, pen.styles.glyphs);
    let below = lines.draw(pen, room, state.detail_top);
    pane::text_below(pen, area, below, state.detail_top);
}

/// The row under the cursor, as a table of one row.
pub fn row_as_markdown(state: &State, fleet: &Fleet, clock: Clock, glyphs: &Glyphs) -> Option<String> {
    let row = state.chosen(fleet)?;
    Some(markdown::table(&HEADINGS, &[cells(fleet, row, glyphs).map(|words| words.plain(clock)).to_vec()]))
}

/// The list with all its rows, or the details when these have the keyboard.
pub fn pane_as_markdown(state: &State, fleet: &Fleet, clock: Clock, glyphs: &Glyphs) -> String {
    if let Some(row) = state.chosen(fleet).filter(|_| state.in_detail) {
        let lines = detail::lines(state, fleet, 100, clock, glyphs);
        let texts: Vec<String> = lines.all().iter().map(|line| line.plain(clock).trim_end().to_owned()).collect();
        return format!("### {}\n\n{}", row.host.name, markdown::block(&texts));
    }
    let rows: Vec<Vec<String>> = state
        .rows(fleet)
        .iter()
        .map(|row| cells(fleet, row, glyphs).map(|words| words.plain(clock)).to_vec())
        .collect();
    markdown::table(&HEADINGS, &rows)
}
