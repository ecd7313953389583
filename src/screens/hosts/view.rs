//! Draws the hosts: the list at the left, everything about the one under the cursor at the right.

use ratatui::layout::Rect;

use super::cells::{HEADINGS, cells};
use super::detail;
use super::state::State;
use crate::state::Fleet;
use crate::style::{Glyphs, Role};
use crate::ui::columns::{Column, places};
use crate::ui::{Clock, Pen, Words, figure, markdown, pane, told};

/// Below this width the details have no pane of their own beside the list.
const SIDE_BY_SIDE: u16 = 100;

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

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Areas {
    /// The list, with its frame.
    pub list: Option<Rect>,
    /// The details, with their frame.
    pub detail: Option<Rect>,
}

impl Areas {
    /// Rows of the list between its frame and its headings.
    pub fn list_rows(&self) -> usize {
        self.list.map_or(0, |area| usize::from(area.height.saturating_sub(3)))
    }

    /// Lines of the details inside their frame.
    pub fn detail_rows(&self) -> usize {
        self.detail.map_or(0, |area| usize::from(area.height.saturating_sub(2)))
    }

    /// Columns of the details inside their frame and margin.
    pub fn detail_columns(&self) -> usize {
        self.detail.map_or(0, |area| usize::from(area.width.saturating_sub(4)))
    }
}

/// Divides the screen.
pub fn areas(area: Rect, state: &State) -> Areas {
    if state.zoomed || (area.width < SIDE_BY_SIDE && state.in_detail) {
        return Areas { list: None, detail: Some(area) };
    }
    if area.width < SIDE_BY_SIDE {
        return Areas { list: Some(area), detail: None };
    }
    let side = (area.width * 38 / 100).clamp(42, 80);
    let list = Rect { width: area.width - side, ..area };
    Areas { list: Some(list), detail: Some(Rect { x: list.right(), width: side, ..area }) }
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
    for (column, place) in COLUMNS.iter().zip(&places) {
        let Some((at, width)) = place else { continue };
        let heading = Words::of(Role::Quiet, column.heading);
        if column.right {
            pen.words_right(room.x + 2 + at, room.y, *width, &heading);
        } else {
            pen.words(room.x + 2 + at, room.y, *width, &heading);
        }
    }
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
        for ((words, column), place) in cells(fleet, row, glyphs).iter().zip(&COLUMNS).zip(&places) {
            let Some((at, width)) = place else { continue };
            if column.right {
                pen.words_right(room.x + 2 + at, y, *width, words);
            } else {
                pen.words(room.x + 2 + at, y, *width, words);
            }
        }
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
    if below > 0 || state.detail_top > 0 {
        let text = if below == 0 { " end ".to_owned() } else { format!(" {below} more below ") };
        let more = Words::of(Role::Quiet, text);
        pen.words_right(area.x + 2, area.bottom() - 1, area.width.saturating_sub(4), &more);
    }
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
