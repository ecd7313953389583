//! Draws the picker.

use ratatui::layout::Rect;

use super::state::State;
use crate::style::Role;
use crate::ui::{Pen, Words, figure, pane};

fn place(area: Rect, count: usize) -> Rect {
    let rows = u16::try_from(count).unwrap_or(u16::MAX).saturating_add(6);
    pane::middle(area, area.width.saturating_sub(4).min(84), rows.clamp(8, area.height.saturating_sub(2).max(8)))
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
    let title = Words::of(Role::Strong, "Open").text(Role::Quiet, " a site and its environment");
    let inside = pane::dialog(pen, area, &title, &Words::new());
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), ..inside };
    let label = pen.text(room.x, room.y, room.width, Role::Quiet, "find ");
    state.filter.draw(pen, Rect { x: room.x + label, width: room.width - label, height: 1, ..room }, Role::Key);
    let rows = state.rows();
    if rows.is_empty() {
        let text = if state.count() == 0 { "No site was found." } else { "No environment is called that." };
        pen.text(list.x, list.y, list.width, Role::Quiet, text);
        return;
    }
    let cursor = state.place(&rows);
    let mut before = None;
    for (number, y) in state.window.range(rows.len()).zip(list.y..list.bottom()) {
        let Some((_, choice)) = rows.get(number) else { break };
        let Some(environment) = choice.environment() else { continue };
        let first = before != Some(&choice.site.name);
        before = Some(&choice.site.name);
        let site = Words::of(if first { Role::Strong } else { Role::Faint }, choice.site.name.as_str());
        pen.words(list.x, y, 18, &site);
        let band = Words::of(Role::band(environment.colour), format!(" {} ", environment.name.as_str().to_uppercase()));
        let used = pen.words(list.x + 19, y, 20, &band);
        let mut about = Words::of(Role::Quiet, figure::count(environment.hosts.len(), "host"));
        about = about.text(Role::Quiet, format!(", {}", figure::count(environment.services.len(), "service")));
        if environment.protected {
            about = about.text(Role::Warn, ", protected");
        }
        if !environment.trusted {
            about = about.text(Role::Warn, ", not trusted");
        }
        if choice.open {
            about = about.text(Role::Good, ", open");
        }
        let from = 19 + used.max(14) + 2;
        pen.words(list.x + from, y, list.width.saturating_sub(from), &about);
        if cursor == Some(number) {
            let left = Rect { x: inside.x, width: 20, y, height: 1 };
            let right = Rect { x: list.x + 19 + used, y, width: inside.right() - (list.x + 19 + used), height: 1 };
            pen.tint(left, Role::Selected);
            pen.tint(right, Role::Selected);
            pen.text(inside.x, y, 2, Role::Key, pen.styles.glyphs.folded);
        }
    }
}
