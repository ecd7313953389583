//! Draws the columns to choose from.

use ratatui::layout::Rect;

use super::state::State;
use crate::style::Role;
use crate::text::{Foreign, width};
use crate::ui::{Pen, Words, finder};

/// Draws them in the middle of an area.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let most = format!(", with {} fields at most", state.most);
    let title = Words::of(Role::Strong, "Columns").text(Role::Quiet, most);
    let names: Vec<String> = state.list.rows().iter().map(|one| Foreign::from(one.name.as_str()).plain()).collect();
    let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
    let widest = u16::try_from(widest).unwrap_or(u16::MAX).min(area.width / 3);
    finder::view(&state.list, pen, area, &title, "No column is called that.", |pen, line, one| {
        if one.on {
            pen.text(line.x, line.y, 1, Role::Good, pen.styles.glyphs.yes);
        }
        let role = if one.on { Role::Text } else { Role::Quiet };
        pen.text(line.x + 2, line.y, widest, role, &Foreign::from(one.name.as_str()).plain());
        let from = widest + 4;
        pen.text(line.x + from, line.y, line.width.saturating_sub(from), Role::Quiet, &one.told);
    });
}
