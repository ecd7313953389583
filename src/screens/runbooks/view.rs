//! Draws the list of procedures at the left, everything about the one under the cursor at the right.

use ratatui::layout::Rect;

use super::cells::{HEADINGS, cells};
use super::detail;
use super::state::State;
use crate::state::procedures::shelf::{Row, Shelf, Unfinished};
use crate::style::{Glyphs, Role};
use crate::text::Foreign;
use crate::ui::columns::{self, Column, places};
use crate::ui::{Clock, Halves, Pen, Split, Words, figure, markdown, pane};

/// The name of the list.
const NAME: &str = "Runbooks";
/// How the list and the details share the screen.
const SPLIT: Split = Split { beside: 110, share: 34, least: 40, most: 80 };

const COLUMNS: [Column; 6] = [
    Column::of(&HEADINGS, 0, (11, 0, 11), false, 4),
    Column::of(&HEADINGS, 1, (36, 5, 64), false, 0),
    Column::of(&HEADINGS, 2, (16, 4, 60), false, 2),
    Column::of(&HEADINGS, 3, (12, 0, 12), false, 3),
    Column::of(&HEADINGS, 4, (15, 1, 18), false, 1),
    Column::of(&HEADINGS, 5, (4, 0, 4), true, 5),
];

/// For whoever comes from a row: why a procedure fits matters more than when it was last run.
const FITTING: [Column; 6] = [
    Column::of(&HEADINGS, 0, (11, 0, 11), false, 4),
    Column::of(&HEADINGS, 1, (28, 3, 64), false, 0),
    Column::of(&HEADINGS, 2, (26, 5, 90), false, 1),
    Column::of(&HEADINGS, 3, (12, 0, 12), false, 3),
    Column::of(&HEADINGS, 4, (15, 1, 18), false, 2),
    Column::of(&HEADINGS, 5, (4, 0, 4), true, 5),
];

/// Divides the screen.
pub fn areas(area: Rect, state: &State) -> Halves {
    SPLIT.of(area, state.zoomed, state.in_detail)
}

/// Draws the screen; `folder` is where a person puts files of their own.
pub fn view(state: &State, shelf: Shelf<'_>, folder: &str, pen: &mut Pen<'_>, area: Rect) {
    if shelf.environment.procedures.is_empty() && shelf.conducted.open.is_empty() {
        return nothing(state, shelf, folder, pen, area);
    }
    let areas = areas(area, state);
    if let Some(area) = areas.list {
        list(state, shelf, pen, area);
    }
    if let Some(area) = areas.detail {
        details(state, shelf, pen, area);
    }
}

/// What a person is told who has no procedures yet.
fn nothing(state: &State, shelf: Shelf<'_>, folder: &str, pen: &mut Pen<'_>, area: Rect) {
    let inside = pane::frame(pen, area, &title(state, shelf), &Words::new(), false);
    if state.typing {
        pane::typed(pen, area, NAME, &state.filter);
    }
    let texts = [
        (Role::Text, "There are no procedures here yet.".to_owned()),
        (Role::Quiet, format!("Put Markdown files into {folder}: any Markdown will do.")),
        (
            Role::Quiet,
            "Headings become sections, `- [ ]` items can be ticked, and blocks of `sh` can be run.".to_owned(),
        ),
    ];
    let room = usize::from(inside.width.saturating_sub(4));
    let lines: Vec<Words> =
        texts.iter().flat_map(|(role, text)| Words::new().prose(*role, text).wrapped(room, pen.clock)).collect();
    let top = inside.y + inside.height.saturating_sub(u16::try_from(lines.len()).unwrap_or(3)) / 2;
    for (line, y) in lines.iter().zip(top..inside.bottom()) {
        let wide = u16::try_from(line.width(pen.clock)).unwrap_or(0).min(inside.width);
        pen.words(inside.x + (inside.width - wide) / 2, y, wide, line);
    }
}

fn list(state: &State, shelf: Shelf<'_>, pen: &mut Pen<'_>, area: Rect) {
    let rows = state.rows(shelf);
    let shown = rows.iter().filter(|row| matches!(row, Row::Procedure(..))).count();
    let all = shelf.environment.procedures.len();
    let remark = if shown < all { Words::of(Role::Quiet, format!("{shown} of {all}")) } else { Words::new() };
    let inside = pane::frame(pen, area, &title(state, shelf), &remark, false);
    if state.typing {
        pane::typed(pen, area, NAME, &state.filter);
    }
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let columns = if state.subject.is_some() { &FITTING } else { &COLUMNS };
    let places = places(columns, room.width.saturating_sub(2));
    let line = |y: u16| Rect { x: room.x + 2, y, width: room.width.saturating_sub(2), height: 1 };
    columns::headings(pen, line(room.y), columns, &places);
    if rows.is_empty() {
        pen.text(room.x + 2, room.y + 2, room.width.saturating_sub(2), Role::Quiet, "No procedure is called that.");
        return;
    }
    let hidden = rows.len() - state.window.range(rows.len()).end;
    pane::more_below(pen, area, hidden, 0);
    let (cursor, glyphs, clock) = (state.place(&rows), pen.styles.glyphs, pen.clock);
    for (number, y) in state.window.range(rows.len()).zip(room.y + 1..room.bottom()) {
        let Some(row) = rows.get(number) else { break };
        if let Row::Heading(text) = row {
            pen.text(room.x, y, room.width, Role::Quiet, text);
            continue;
        }
        pen.words(room.x, y, 1, &mark(row, glyphs));
        columns::row(pen, line(y), columns, &places, &cells(row, shelf, clock, glyphs));
        if cursor == Some(number) {
            pen.tint(Rect { x: inside.x, y, width: inside.width, height: 1 }, Role::Selected);
        }
    }
}

fn mark(row: &Row<'_>, glyphs: &Glyphs) -> Words {
    match row {
        Row::Heading(_) => Words::new(),
        Row::Run(_, Unfinished::Here, _) => Words::of(Role::RunGoing, glyphs.link),
        Row::Run(_, Unfinished::Left | Unfinished::Elsewhere, _) => Words::of(Role::Warn, glyphs.link_lost),
        Row::Procedure(_, Some(_)) => Words::of(Role::Warn, glyphs.then),
        Row::Procedure(_, None) => Words::new(),
    }
}

fn title(state: &State, shelf: Shelf<'_>) -> Words {
    let words = Words::of(Role::Quiet, format!(" {}", figure::count(shelf.environment.procedures.len(), "procedure")));
    let words = match &state.subject {
        Some(subject) => words.text(Role::Quiet, " for ").text(Role::Text, subject.name.clone()),
        None => words,
    };
    pane::title(NAME, &state.filter, state.typing, words)
}

fn details(state: &State, shelf: Shelf<'_>, pen: &mut Pen<'_>, area: Rect) {
    let (title, remark) = match state.chosen(shelf) {
        Some(Row::Procedure(procedure, _)) => (procedure.header.title.plain(), procedure.header.kind.word().to_owned()),
        Some(Row::Run(run, ..)) => (Foreign::from(run.title.as_str()).plain(), "unfinished".to_owned()),
        Some(Row::Heading(_)) | None => (String::new(), String::new()),
    };
    let (title, remark) = (Words::of(Role::Strong, title), Words::of(Role::Quiet, remark));
    let inside = pane::frame(pen, area, &title, &remark, state.in_detail);
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let lines = detail::lines(state, shelf, usize::from(room.width), pen.clock, pen.styles.glyphs);
    let below = lines.draw(pen, room, state.detail_top);
    pane::text_below(pen, area, below, state.detail_top);
}

fn texts(row: &Row<'_>, shelf: Shelf<'_>, clock: Clock, glyphs: &Glyphs) -> Vec<String> {
    cells(row, shelf, clock, glyphs).map(|words| words.plain(clock)).to_vec()
}

/// The row under the cursor, as a table of one row.
pub fn row_as_markdown(state: &State, shelf: Shelf<'_>, clock: Clock, glyphs: &Glyphs) -> Option<String> {
    Some(markdown::table(&HEADINGS, &[texts(&state.chosen(shelf)?, shelf, clock, glyphs)]))
}

/// The list with all its rows, or the details when these have the keyboard.
pub fn pane_as_markdown(state: &State, shelf: Shelf<'_>, clock: Clock, glyphs: &Glyphs) -> String {
    if state.in_detail {
        let lines = detail::lines(state, shelf, 100, clock, glyphs);
        let texts: Vec<String> = lines.all().iter().map(|line| line.plain(clock).trim_end().to_owned()).collect();
        return markdown::block(&texts);
    }
    let rows = state.rows(shelf);
    let rows = rows.iter().filter(|row| row.key().is_some()).map(|row| texts(row, shelf, clock, glyphs));
    markdown::table(&HEADINGS, &rows.collect::<Vec<_>>())
}
