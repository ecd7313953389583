//! Draws the line that is asked for.

use ratatui::layout::Rect;

use super::state::State;
use crate::style::Role;
use crate::text::width;
use crate::ui::{Lines, Pen, Words, pane};

/// Draws it in the middle of an area.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let wide = area.width.saturating_sub(4).min(84);
    let mut help = Lines::new(usize::from(wide.saturating_sub(6)), pen.clock);
    let text = if pen.styles.glyphs.is_ascii() { state.help().replace('·', "|") } else { state.help() };
    help.text(Role::Quiet, &text);
    let height = u16::try_from(help.all().len()).unwrap_or(4) + 6;
    let title = Words::of(Role::Strong, state.title());
    let inside = pane::dialog(pen, pane::middle(area, wide, height), &title, &Words::new());
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), ..inside };
    if room.height < 3 {
        return;
    }
    let label = format!("{}  ", state.label());
    let before = pen.text(room.x, room.y + 1, room.width, Role::Quiet, &label);
    let field = Rect { x: room.x + before, y: room.y + 1, width: room.width.saturating_sub(before), height: 1 };
    state.field.draw(pen, field, Role::Key);
    if let Some(mistake) = state.mistake() {
        let column = u16::try_from(mistake.column(state.field.text())).unwrap_or(u16::MAX);
        let long = u16::try_from(width(&mistake.what)).unwrap_or(u16::MAX).saturating_add(2);
        let at = field.x.saturating_add(column);
        // Where there is no room behind the mark the sentence stands before it, or alone.
        let (x, told) = if at.saturating_add(long) <= room.right() {
            (at, format!("^ {}", mistake.what))
        } else if long <= at.saturating_sub(room.x) + 1 {
            (at + 1 - long, format!("{} ^", mistake.what))
        } else {
            (room.x, mistake.what.clone())
        };
        pen.text(x, room.y + 2, room.right().saturating_sub(x), Role::Warn, &told);
    }
    let below = Rect { y: room.y + 4, height: room.height.saturating_sub(4), ..room };
    help.draw(pen, below, 0);
}
