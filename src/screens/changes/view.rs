//! Draws the changes.

use ratatui::layout::Rect;

use super::state::{Numbered, State};
use crate::state::{Fleet, Runs};
use crate::style::{Glyphs, Role};
use crate::ui::columns::{Column, places};
use crate::ui::words::Piece;
use crate::ui::{Clock, Pen, Words, figure, markdown, pane, told};

/// What the list is called.
const NAME: &str = "Changes";

const COLUMNS: [Column; 5] = [
    Column { heading: "TIME", least: 8, grows: 0, most: 8, right: false, goes: 0 },
    Column { heading: "AGO", least: 6, grows: 0, most: 7, right: true, goes: 1 },
    Column { heading: "WHAT", least: 20, grows: 2, most: 44, right: false, goes: 0 },
    Column { heading: "CHANGE", least: 20, grows: 1, most: 32, right: false, goes: 0 },
    Column { heading: "WHY", least: 10, grows: 3, most: 120, right: false, goes: 2 },
];

/// Rows of the list between its frame and its headings.
pub fn list_rows(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(3))
}

/// Draws the screen.
pub fn view(state: &State, fleet: &Fleet, runs: &Runs, pen: &mut Pen<'_>, area: Rect) {
    let rows = state.rows(fleet);
    let count = usize::try_from(fleet.changes_dropped).unwrap_or(usize::MAX).saturating_add(fleet.changes.len());
    let title = pane::title(NAME, &state.filter, state.typing, Words::of(Role::Quiet, format!(" {count}")));
    let since = Words::of(Role::Quiet, "since ").text(Role::Quiet, Clock::stamp(fleet.opened.wall));
    let since = if fleet.changes_dropped > 0 {
        since.text(Role::Warn, format!(", {} no longer kept", figure::count(dropped(fleet), "older one")))
    } else {
        since
    };
    let since = if rows.len() < fleet.changes.len() {
        Words::of(Role::Quiet, format!("{} of {count}, ", rows.len())).then(since)
    } else {
        since
    };
    let inside = pane::frame(pen, area, &title, &since, false);
    if state.typing {
        pane::typed(pen, area, NAME, &state.filter);
    }
    let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let places = places(&COLUMNS, room.width);
    for (column, place) in COLUMNS.iter().zip(&places) {
        let Some((at, width)) = place else { continue };
        let heading = Words::of(Role::Quiet, column.heading);
        if column.right {
            pen.words_right(room.x + at, room.y, *width, &heading);
        } else {
            pen.words(room.x + at, room.y, *width, &heading);
        }
    }
    if rows.is_empty() {
        let text = if count == 0 { "Nothing has changed since the console was opened." } else { "No change passes." };
        pen.text(room.x, room.y + 2, room.width, Role::Quiet, text);
        return;
    }
    let hidden = rows.len() - state.window.range(rows.len()).end;
    pane::more_below(pen, area, hidden, 0);
    let (cursor, glyphs) = (state.place(&rows), pen.styles.glyphs);
    for (number, y) in state.window.range(rows.len()).zip(room.y + 1..room.bottom()) {
        let Some(row) = rows.get(number) else { break };
        for ((words, column), place) in cells(row, runs, glyphs).iter().zip(&COLUMNS).zip(&places) {
            let Some((at, width)) = place else { continue };
            if column.right {
                pen.words_right(room.x + at, y, *width, words);
            } else {
                pen.words(room.x + at, y, *width, words);
            }
        }
        if cursor == Some(number) {
            pen.tint(Rect { x: inside.x, y, width: inside.width, height: 1 }, Role::Selected);
        }
    }
}

fn dropped(fleet: &Fleet) -> usize {
    usize::try_from(fleet.changes_dropped).unwrap_or(usize::MAX)
}

fn cells(row: &Numbered<'_>, runs: &Runs, glyphs: &Glyphs) -> [Words; 5] {
    let (subject, what, why) = told::change(row.change, glyphs);
    // Who did it says more than what was seen of it.
    let why = match runs.behind(row.change) {
        Some(run) => {
            let plain = |text: &str| crate::text::Foreign::from(text).plain();
            let by = Words::of(Role::Info, format!("{} by {}", plain(&run.kind), plain(&run.person)));
            let by = by.text(Role::Quiet, format!(", run {}", run.id.short()));
            if why.is_empty() { by } else { by.text(Role::Quiet, ": ").then(why) }
        }
        None => why,
    };
    [
        Words::of(Role::Faint, Clock::stamp(row.change.at)),
        Words::new().piece(Role::Faint, Piece::Since(row.change.at)),
        subject,
        what,
        why,
    ]
}

const HEADINGS: [&str; 5] = ["Time (UTC)", "Ago", "What", "Change", "Why"];

/// The row under the cursor, as a table of one row.
pub fn row_as_markdown(state: &State, fleet: &Fleet, runs: &Runs, clock: Clock, glyphs: &Glyphs) -> Option<String> {
    let rows = state.rows(fleet);
    let row = rows.get(state.place(&rows)?)?;
    Some(markdown::table(&HEADINGS, &[cells(row, runs, glyphs).map(|words| words.plain(clock)).to_vec()]))
}

/// All rows, as a table.
pub fn pane_as_markdown(state: &State, fleet: &Fleet, runs: &Runs, clock: Clock, glyphs: &Glyphs) -> String {
    let rows: Vec<Vec<String>> =
        state.rows(fleet).iter().map(|row| cells(row, runs, glyphs).map(|words| words.plain(clock)).to_vec()).collect();
    markdown::table(&HEADINGS, &rows)
}
