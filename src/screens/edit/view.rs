//! Draws the editor of a command.

use ratatui::layout::Rect;

use super::state::State;
use crate::style::Role;
use crate::text::{Foreign, width};
use crate::ui::{Pen, Words, pane};

fn place(area: Rect, lines: usize) -> Rect {
    let wanted = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(6).max(9);
    pane::middle(area, area.width.saturating_sub(4).min(120), wanted.min(area.height))
}

/// Rows of the text in an area.
pub fn height(area: Rect, lines: usize) -> usize {
    usize::from(place(area, lines).height.saturating_sub(6))
}

/// Draws it in the middle of an area; `accept` and `line` are the keys for that.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect, accept: &str, line: &str) {
    let place = place(area, state.lines.len());
    let title = Words::of(Role::Strong, "Edit once").text(Role::Quiet, format!(" {}", state.title));
    let remark = if state.is_changed() { Words::of(Role::Warn, "edited") } else { Words::new() };
    let inside = pane::dialog(pen, place, &title, &remark);
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), y: inside.y + 1, ..inside };
    let rows = Rect { height: inside.height.saturating_sub(4), ..room };
    pen.ground(rows, Role::Field);
    // The line of the cursor is moved to the left when it is too long.
    let head = |text: &str, end: usize| width(&Foreign::from(text.get(..end).unwrap_or_default()).plain());
    let at = state.lines.get(state.row).map_or(0, |text| head(text, state.column));
    let skip = (at + 2).saturating_sub(usize::from(rows.width));
    for ((number, text), y) in state.lines.iter().enumerate().skip(state.top).zip(rows.y..rows.bottom()) {
        let clean = Foreign::from(text.as_str()).clean(crate::text::Budget::line());
        let shown = clean.rows.first().map(|row| row.window(skip, usize::from(rows.width)).text()).unwrap_or_default();
        pen.text(rows.x, y, rows.width, Role::Field, &shown);
        if number == state.row {
            let x = u16::try_from(at - skip.min(at)).unwrap_or(0).min(rows.width.saturating_sub(1));
            pen.place_cursor(rows.x + x, y);
        }
    }
    let words = Words::of(Role::Quiet, "The document stays as it is; what is run instead is recorded.");
    pen.words(room.x, rows.bottom() + 1, room.width, &words);
    let words = Words::of(Role::Key, accept)
        .text(Role::Quiet, " shows what would happen   ")
        .text(Role::Key, line)
        .text(Role::Quiet, " breaks the line");
    pen.words(room.x, rows.bottom() + 2, room.width, &words);
}
