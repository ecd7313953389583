//! Draws the history: the list of runs at the left, everything about the one under the cursor at the right.

use ratatui::layout::Rect;

use super::cells::{HEADINGS, cells, clean};
use super::detail;
use super::state::State;
use crate::state::Runs;
use crate::style::{Glyphs, Role};
use crate::ui::columns::{self, Column, places};
use crate::ui::words::Piece;
use crate::ui::{Clock, Halves, Pen, Split, Words, figure, markdown, pane, runs};

/// How the list and the details share the screen.
const SPLIT: Split = Split { beside: 100, share: 44, least: 46, most: 96 };

/// What the list is called.
const NAME: &str = "History";

const COLUMNS: [Column; 6] = [
    Column::of(&HEADINGS, 0, (11, 0, 11), false, 0),
    Column::of(&HEADINGS, 1, (18, 4, 60), false, 0),
    Column::of(&HEADINGS, 2, (12, 0, 14), false, 0),
    Column::of(&HEADINGS, 3, (8, 1, 26), false, 2),
    Column::of(&HEADINGS, 4, (6, 1, 16), false, 1),
    Column::of(&HEADINGS, 5, (5, 0, 5), true, 3),
];

/// Divides the screen.
pub fn areas(area: Rect, state: &State) -> Halves {
    SPLIT.of(area, state.zoomed, state.in_detail)
}

/// Draws the screen.
pub fn view(state: &State, runs: &Runs, pen: &mut Pen<'_>, area: Rect) {
    let areas = areas(area, state);
    if let Some(area) = areas.list {
        list(state, runs, pen, area);
    }
    if let Some(area) = areas.detail {
        details(state, runs, pen, area);
    }
}

fn list(state: &State, runs: &Runs, pen: &mut Pen<'_>, area: Rect) {
    let rows = state.rows(runs);
    let inside = pane::frame(pen, area, &title(state, runs), &remark(rows.len(), runs), false);
    if state.typing {
        pane::typed(pen, area, NAME, &state.filter);
    }
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let places = places(&COLUMNS, room.width.saturating_sub(2));
    let line = |y: u16| Rect { x: room.x + 2, y, width: room.width.saturating_sub(2), height: 1 };
    columns::headings(pen, line(room.y), &COLUMNS, &places);
    if rows.is_empty() {
        let text = match (runs.all().is_empty(), runs.read) {
            (true, None) => "The store has not been read yet.",
            (true, Some(_)) => "Nothing was changed in this environment from this machine yet.",
            (false, _) => "No run passes.",
        };
        pen.text(room.x + 2, room.y + 2, room.width.saturating_sub(2), Role::Quiet, text);
        return;
    }
    let hidden = rows.len() - state.window.range(rows.len()).end;
    pane::more_below(pen, area, hidden, 0);
    let (cursor, glyphs, clock) = (state.place(&rows), pen.styles.glyphs, pen.clock);
    for (number, y) in state.window.range(rows.len()).zip(room.y + 1..room.bottom()) {
        let Some(run) = rows.get(number) else { break };
        pen.words(room.x, y, 1, &runs::mark(run.state, glyphs));
        columns::row(pen, line(y), &COLUMNS, &places, &cells(run, clock, glyphs));
        if cursor == Some(number) {
            pen.tint(Rect { x: inside.x, y, width: inside.width, height: 1 }, Role::Selected);
        }
    }
}

fn title(state: &State, all: &Runs) -> Words {
    let words = Words::of(Role::Quiet, format!(" {}", figure::count(all.all().len(), "run")));
    let words = match all.going().count() {
        0 => words,
        going => words.text(Role::Quiet, ", ").text(Role::RunGoing, format!("{going} running")),
    };
    pane::title(NAME, &state.filter, state.typing, words)
}

fn remark(shown: usize, runs: &Runs) -> Words {
    let words = if shown < runs.all().len() {
        Words::of(Role::Quiet, format!("{shown} of {}", runs.all().len()))
    } else if runs.all().len() >= crate::state::runs::KEPT {
        Words::of(Role::Quiet, "older ones: qd runs")
    } else {
        Words::new()
    };
    match runs.read {
        Some(at) if words.is_empty() => words.piece(Role::Quiet, Piece::Read("read ", at)),
        Some(_) | None => words,
    }
}

fn details(state: &State, all: &Runs, pen: &mut Pen<'_>, area: Rect) {
    let Some(run) = state.chosen(all) else {
        pane::frame(pen, area, &Words::new(), &Words::new(), false);
        return;
    };
    let title = runs::mark(run.state, pen.styles.glyphs).text(Role::Strong, format!(" {}", clean(&run.title)));
    let steps = Words::of(Role::Quiet, figure::count(run.steps.len(), "step"));
    let inside = pane::frame(pen, area, &title, &steps, state.in_detail);
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let lines = detail::lines(state, all, usize::from(room.width), pen.clock, pen.styles.glyphs);
    let below = lines.draw(pen, room, state.detail_top);
    pane::text_below(pen, area, below, state.detail_top);
}

fn row(run: &crate::domain::Run, clock: Clock, glyphs: &Glyphs) -> Vec<String> {
    let mut row: Vec<String> = cells(run, clock, glyphs).map(|words| words.plain(clock)).to_vec();
    // A paste is read on another day.
    if let Some(when) = row.first_mut() {
        *when = run.begun.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    }
    row
}

/// The row under the cursor, as a table of one row.
pub fn row_as_markdown(state: &State, runs: &Runs, clock: Clock, glyphs: &Glyphs) -> Option<String> {
    Some(markdown::table(&HEADINGS, &[row(state.chosen(runs)?, clock, glyphs)]))
}

/// The list with all its rows, or the details when these have the keyboard.
pub fn pane_as_markdown(state: &State, runs: &Runs, clock: Clock, glyphs: &Glyphs) -> String {
    if let Some(run) = state.chosen(runs).filter(|_| state.in_detail) {
        let lines = detail::lines(state, runs, 100, clock, glyphs);
        let texts: Vec<String> = lines.all().iter().map(|line| line.plain(clock).trim_end().to_owned()).collect();
        return format!("### {}\n\n{}", markdown::escaped(&clean(&run.title)), markdown::block(&texts));
    }
    let rows: Vec<Vec<String>> = state.rows(runs).iter().map(|run| row(run, clock, glyphs)).collect();
    markdown::table(&HEADINGS, &rows)
}
