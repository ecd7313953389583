//! Draws the links of a service.

use ratatui::layout::Rect;

use super::state::State;
use crate::style::Role;
use crate::text::width;
use crate::ui::{Pen, Words, finder};

/// Draws it in the middle of an area.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let title = Words::of(Role::Strong, "Links").text(Role::Quiet, format!(" of {}", state.of));
    let widest = state.list.rows().iter().map(|link| width(&link.title.plain())).max().unwrap_or(0);
    let widest = u16::try_from(widest).unwrap_or(u16::MAX);
    finder::view(&state.list, pen, area, &title, "No link is called that.", |pen, line, link| {
        let titles = widest.min(line.width / 3);
        pen.text(line.x, line.y, titles, Role::Text, &link.title.plain());
        let from = titles + 2;
        pen.text(line.x + from, line.y, line.width.saturating_sub(from), Role::Quiet, &link.url.plain());
    });
}
