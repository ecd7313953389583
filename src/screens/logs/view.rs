//! Draws the logs.

use ratatui::layout::Rect;

use super::state::State;
use crate::state::Fleet;
use crate::style::Role;
use crate::ui::{Pen, Words, figure, pane};

/// Draws the screen.
pub fn view(state: &State, fleet: &Fleet, pen: &mut Pen<'_>, area: Rect) {
    let hosts = figure::count(fleet.hosts.len(), "host");
    let title = Words::of(Role::Strong, "Logs").text(Role::Quiet, format!(" {hosts}"));
    let inside = pane::frame(pen, area, &title, &Words::new(), false);
    if state.typing {
        let field = Rect::new(area.x + 10, area.y, area.width.saturating_sub(30).max(8), 1);
        state.filter.draw(pen, field, Role::Key);
    }
    pen.text(inside.x + 1, inside.y + 1, inside.width.saturating_sub(2), Role::Quiet, "No log is being read.");
}
