//! Draws the help over the screen it speaks of.

use ratatui::layout::Rect;

use super::state::{Entry, State};
use crate::style::Role;
use crate::text::width;
use crate::ui::{Filter, Pen, Words, pane};

/// Columns of the keys, and where there is little room for what they do: one key is enough there, and the one under the
/// cursor has all of them below.
const KEYS: u16 = 22;
const FEW_KEYS: u16 = 13;

/// In more columns no line of it gains anything.
const WIDEST: u16 = 140;

fn place(area: Rect) -> Rect {
    let height = area.height.saturating_sub(if area.height > 30 { 6 } else { 2 }).min(48);
    pane::middle(area, area.width.saturating_sub(4).min(WIDEST), height)
}

/// Where the list stands in an area.
pub fn list(area: Rect) -> Rect {
    let area = place(area);
    Rect::new(area.x + 3, area.y + 3, area.width.saturating_sub(6), area.height.saturating_sub(4))
}

/// Lines of the list in an area.
pub fn height(area: Rect) -> usize {
    usize::from(list(area).height)
}

/// Draws it in the middle of an area.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect) {
    let list = list(area);
    let area = place(area);
    let entries = state.entries();
    let count = entries.iter().filter(|entry| matches!(entry, Entry::Action { .. })).count();
    let title = Words::of(Role::Strong, "Help")
        .text(Role::Quiet, format!(" what the keys do {}", state.where_it_is().to_lowercase()));
    let inside = pane::dialog(pen, area, &title, &Words::of(Role::Quiet, format!("{count} actions")));
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), ..inside };
    let label = pen.text(room.x, room.y, room.width, Role::Quiet, "find ");
    state.filter.draw(pen, Rect { x: room.x + label, width: room.width - label, height: 1, ..room }, Role::Key);
    if entries.is_empty() {
        pen.text(list.x, list.y, list.width, Role::Quiet, "No action is called that.");
        return;
    }
    let cursor = state.place(&entries);
    if let Some(Entry::Action { action, keys, .. }) = cursor.and_then(|place| entries.get(place)) {
        // Beside the row there may be no room for all of its keys.
        let mut words = Words::of(Role::Quiet, " ").text(Role::Command, format!(":{}", action.row().name));
        for key in keys {
            words = words.gap(2).text(Role::Key, key.as_str());
        }
        pen.words_right(area.x + 2, area.bottom() - 1, area.width.saturating_sub(4), &words.text(Role::Quiet, " "));
    }
    let filter = Filter::parse(state.filter.text());
    let keys_room = if list.width < 80 { FEW_KEYS } else { KEYS };
    for (number, y) in state.window.range(entries.len()).zip(list.y..list.bottom()) {
        match entries.get(number) {
            Some(Entry::Heading(text)) => {
                pen.text(list.x, y, list.width, Role::Quiet, text);
            }
            Some(Entry::Action { action, keys, blocked }) => {
                let keys = match keys.is_empty() {
                    true => Words::of(Role::Faint, "no key"),
                    false => keys_in(keys, usize::from(keys_room) - 2, pen),
                };
                pen.words(list.x + 1, y, keys_room - 1, &keys);
                let doc = action.row().doc;
                let role = if blocked.is_some() { Role::Stale } else { Role::Text };
                let (from, rest) = (list.x + keys_room, list.width.saturating_sub(keys_room));
                let mut words = Words::of(role, doc);
                if let Some(why) = blocked {
                    words = words.text(Role::Faint, format!(" {} {why}", pen.styles.glyphs.none));
                }
                pen.words(from, y, rest, &words);
                if let Some(found) = filter.place_in(doc) {
                    let at = u16::try_from(width(&doc[..found.start])).unwrap_or(0).min(rest);
                    let long = u16::try_from(found.len()).unwrap_or(0).min(rest - at);
                    pen.tint(Rect::new(from + at, y, long, 1), Role::Match);
                }
                if cursor == Some(number) {
                    pen.tint(Rect { x: inside.x, width: inside.width, y, height: 1 }, Role::Selected);
                }
            }
            None => break,
        }
    }
}

/// As many keys as fit, whole.
fn keys_in(keys: &[String], columns: usize, pen: &Pen<'_>) -> Words {
    let (mut words, mut used) = (Words::new(), 0);
    for (number, key) in keys.iter().enumerate() {
        let between = if number == 0 { 0 } else { 2 };
        if number > 0 && used + between + width(key) > columns {
            return words.text(Role::Faint, format!(" {}", pen.styles.glyphs.more));
        }
        words = words.gap(between).text(Role::Key, key.clone());
        used += between + width(key);
    }
    words
}
