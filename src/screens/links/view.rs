//! Draws the links of a service.

use ratatui::layout::Rect;

use super::state::State;
use crate::style::Role;
use crate::text::width;
use crate::ui::{Pen, Words, pane};

fn place(area: Rect, count: usize) -> Rect {
    let rows = u16::try_from(count).unwrap_or(u16::MAX).saturating_add(5);
    pane::middle(area, area.width.saturating_sub(4).min(96), rows.clamp(6, area.height.saturating_sub(2).max(6)))
}

/// Where the list stands in an area.
pub fn list(area: Rect, count: usize) -> Rect {
    let area = place(area, count);
    Rect::new(area.x + 3, area.y + 3, area.width.saturating_sub(6), area.height.saturating_sub(5))
}

/// Rows of the list in an area.
pub fn height(area: Rect, count: usize) -> usize {
    usize::from(list(area, count).height)
}

/// Draws it in the middle of an area.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let list = list(area, state.count());
    let area = place(area, state.count());
    let title = Words::of(Role::Strong, "Links").text(Role::Quiet, format!(" of {}", state.service));
    let inside = pane::dialog(pen, area, &title, &Words::new());
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), ..inside };
    let label = pen.text(room.x, room.y, room.width, Role::Quiet, "find ");
    state.filter.draw(pen, Rect { x: room.x + label, width: room.width - label, height: 1, ..room }, Role::Key);
    let rows = state.rows();
    if rows.is_empty() {
        pen.text(list.x, list.y, list.width, Role::Quiet, "No link is called that.");
        return;
    }
    let widest = rows.iter().map(|link| width(&link.title.plain())).max().unwrap_or(0);
    let titles = u16::try_from(widest).unwrap_or(u16::MAX).min(list.width / 3);
    for (number, y) in state.window.range(rows.len()).zip(list.y..list.bottom()) {
        let Some(link) = rows.get(number) else { break };
        pen.text(list.x, y, titles, Role::Text, &link.title.plain());
        let from = titles + 2;
        pen.text(list.x + from, y, list.width.saturating_sub(from), Role::Quiet, &link.url.plain());
        if number == state.place() {
            pen.tint(Rect { x: inside.x, width: inside.width, y, height: 1 }, Role::Selected);
            pen.text(inside.x, y, 2, Role::Key, pen.styles.glyphs.folded);
        }
    }
}
