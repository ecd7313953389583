//! Draws the palette over the screen from which it was called.

use ratatui::layout::Rect;

use super::state::{Does, Entry, Row, State};
use crate::state::Fleet;
use crate::style::Role;
use crate::text::width;
use crate::ui::{Pen, Words, pane, told};

/// Columns of the names.
const NAMES: u16 = 22;
/// Columns of the keys.
const KEYS: u16 = 10;

/// The box: its upper edge stands still, whatever is found.
fn place(area: Rect) -> Rect {
    let height = area.height.saturating_sub(if area.height > 30 { 8 } else { 2 }).min(28);
    pane::middle(area, area.width.saturating_sub(4).min(96), height)
}

fn room(area: Rect) -> Rect {
    let area = place(area);
    Rect::new(area.x + 3, area.y + 1, area.width.saturating_sub(6), area.height.saturating_sub(2))
}

/// Where its lines stand.
pub fn list(area: Rect) -> Rect {
    let room = room(area);
    Rect { y: room.y + 2, height: room.height.saturating_sub(2), ..room }
}

/// Draws it.
pub fn view(state: &State, fleet: Option<&Fleet>, pen: &mut Pen<'_>, area: Rect) {
    let title = Words::of(Role::Strong, "Palette").text(Role::Quiet, " what to do, or where to go");
    let rows = state.rows();
    let count = match rows.len() {
        all if all == state.count() => format!("{all}"),
        found => format!("{found} of {}", state.count()),
    };
    let inside = pane::dialog(pen, place(area), &title, &Words::of(Role::Quiet, count));
    let (room, list) = (room(area), list(area));
    let label = pen.text(room.x, room.y, room.width, Role::Quiet, "find ");
    state.field.draw(pen, Rect { x: room.x + label, width: room.width - label, height: 1, ..room }, Role::Key);
    if rows.len() == 0 {
        pen.text(list.x, list.y, list.width, Role::Quiet, "Nothing here is called that.");
        return;
    }
    let range = state.window.range(rows.len());
    let first = range.start;
    for ((number, (row, entry)), y) in rows.enumerate().skip(first).take(range.len()).zip(list.y..list.bottom()) {
        let Some(entry) = entry else { continue };
        line(row, entry, fleet, pen, Rect { y, height: 1, ..list });
        if number == state.cursor {
            pen.tint(Rect { x: inside.x, width: inside.width, y, height: 1 }, Role::Selected);
        }
    }
}

fn line(row: &Row, entry: &Entry, fleet: Option<&Fleet>, pen: &mut Pen<'_>, area: Rect) {
    let glyphs = pen.styles.glyphs;
    // How a service or a host is, as it stands while this is drawn.
    let standing = match (&entry.does, fleet) {
        (Does::Service(name), Some(fleet)) => {
            fleet.service(name).map(|row| (told::mark(row.verdict.state, glyphs), told::verdict(&row.verdict)))
        }
        (Does::Host(name), Some(fleet)) => {
            fleet.host(name).map(|row| (told::link_mark(&row.link, glyphs), told::link(&row.link, row.heard())))
        }
        (Does::Service(_) | Does::Host(_), None)
        | (Does::Action(_) | Does::Procedure(_) | Does::Environment(..), _) => None,
    };
    let (mark, standing) = standing.unwrap_or_default();
    pen.words(area.x, area.y, 1, &mark);
    let names = Rect { x: area.x + 2, width: NAMES.min(area.width.saturating_sub(2)), ..area };
    let role = match (&entry.why, entry.colour) {
        (Some(_), _) => Role::Stale,
        (None, Some(colour)) => Role::band(colour),
        (None, None) => Role::Strong,
    };
    let name = if entry.colour.is_some() && entry.why.is_none() {
        Words::of(role, format!(" {} ", entry.name))
    } else {
        Words::of(role, entry.name.as_str())
    };
    pen.words(names.x, area.y, names.width - 1, &name);
    if entry.colour.is_none() || entry.why.is_some() {
        for at in &row.marks {
            let before = entry.name.get(..*at).map_or(0, width);
            let x = names.x + u16::try_from(before).unwrap_or(u16::MAX).min(names.width.saturating_sub(2));
            pen.tint(Rect { x, width: 1, ..area }, Role::Match);
        }
    }
    let from = names.right();
    let keys = KEYS.min(area.width);
    let about = match &entry.why {
        Some(why) => Words::of(Role::Faint, why.as_str()),
        None if standing.is_empty() => Words::of(Role::Quiet, entry.doc.as_str()),
        None => standing.text(Role::Quiet, format!("  {}", entry.doc)),
    };
    pen.words(from, area.y, area.right().saturating_sub(from + keys + 1), &about);
    let role = if entry.why.is_some() { Role::Faint } else { Role::Key };
    pen.words_right(area.right() - keys, area.y, keys, &Words::of(role, entry.key.as_str()));
}
