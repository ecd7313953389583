//! The box that shows what may follow the keys that were pressed. It stays until a key ends the sequence.

use ratatui::layout::Rect;

use super::keys::contexts;
use super::model::Model;
use crate::input::key_name;
use crate::style::Role;
use crate::text::width;
use crate::ui::{Pen, Words, pane};

/// Draws it at the foot of an area, when a sequence is not complete.
pub fn view(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    if model.pending.is_empty() {
        return;
    }
    let lines: Vec<(String, &str)> = model
        .keymap
        .followers(&contexts(model), &model.pending)
        .into_iter()
        .map(|(key, action)| (key_name::name(key), action.map_or(pen.styles.glyphs.more, |action| action.row().doc)))
        .collect();
    let keys = lines.iter().map(|(key, _)| width(key)).max().unwrap_or(0);
    let docs = lines.iter().map(|(_, doc)| width(doc)).max().unwrap_or(0);
    let columns = u16::try_from(keys + docs + 8).unwrap_or(u16::MAX).clamp(24, area.width);
    let rows = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(area.height);
    let place = Rect { x: area.x, y: area.bottom() - rows, width: columns, height: rows };
    let pressed = key_name::sequence_name(&model.pending);
    let title = Words::of(Role::Key, pressed).text(Role::Quiet, format!(" {}", pen.styles.glyphs.more));
    let inside = pane::dialog(pen, place, &title, &Words::new());
    for ((key, doc), y) in lines.iter().zip(inside.y..inside.bottom()) {
        let gap = keys - width(key) + 2;
        let words = Words::of(Role::Key, key.as_str()).gap(gap).text(Role::Text, *doc);
        pen.words(inside.x + 1, y, inside.width.saturating_sub(2), &words);
    }
}
