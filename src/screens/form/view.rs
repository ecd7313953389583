//! Draws a form.

use ratatui::layout::Rect;

use super::state::{Entry, State};
use crate::style::Role;
use crate::text::width;
use crate::ui::{Pen, Words, pane};

/// Columns of the names at most.
const NAMES: usize = 24;

/// Draws it in the middle of an area; `accept` and `next` are the keys for that. The fields stand still whatever is typed
/// and wherever the cursor is: a refusal has a line of its own, and what is offered stands below them all.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect, accept: &str, next: &str) {
    let width_of = area.width.saturating_sub(4).min(92);
    let room = width_of.saturating_sub(6);
    let label = state.entries.iter().map(|entry| width(&entry.label)).max().unwrap_or(0).clamp(8, NAMES) + 2;
    let rows: Vec<Vec<Line<'_>>> = state
        .entries
        .iter()
        .enumerate()
        .map(|(place, entry)| lines(entry, place == state.cursor, label, room, pen))
        .collect();
    let all: usize = rows.iter().map(Vec::len).sum();
    let offers = state.entries.iter().map(Entry::rows).max().unwrap_or(0);
    let most = area.height.saturating_sub(if area.height > 30 { 4 } else { 0 });
    let place = pane::middle(area, width_of, u16::try_from(all + offers + 5).unwrap_or(most).min(most));
    let remark = Words::of(Role::Quiet, format!("{} of {}", state.cursor + 1, state.entries.len()));
    let inside = pane::dialog(pen, place, &Words::of(Role::Strong, state.title.clone()), &remark);
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), y: inside.y + 1, ..inside };
    let height = usize::from(inside.height.saturating_sub(2)).saturating_sub(offers);
    // The field under the cursor stays in sight with everything that is said at it.
    let end: usize = rows.iter().take(state.cursor + 1).map(Vec::len).sum();
    let skip = end.saturating_sub(height);
    for (line, y) in rows.iter().flatten().skip(skip).take(height).zip(room.y..) {
        match line {
            Line::Words(words) => {
                pen.words(room.x, y, room.width, words);
            }
            Line::Field(entry, here, label) => field(entry, *here, *label, pen, Rect { y, height: 1, ..room }),
        }
    }
    let top = room.y + u16::try_from(height.min(all)).unwrap_or(0);
    if let Some(entry) = state.entries.get(state.cursor) {
        for (words, y) in offered(entry, label).iter().take(offers).zip(top..) {
            pen.words(room.x, y, room.width, words);
        }
    }
    let y = inside.bottom().saturating_sub(1);
    let words = Words::of(Role::Key, accept).text(Role::Quiet, " goes on   ");
    let words =
        if state.entries.len() > 1 { words.text(Role::Key, next).text(Role::Quiet, " next field   ") } else { words };
    let words = if offers > 0 {
        words.text(Role::Key, pen.styles.glyphs.up_down).text(Role::Quiet, " values that were used or fit")
    } else {
        words
    };
    pen.words(room.x, y, room.width, &words);
}

/// What is offered at a field.
fn offered(entry: &Entry, label: usize) -> Vec<Words> {
    let (offered, at) = entry.shown();
    match entry.listing.as_ref().map(|listing| &listing.came) {
        Some(None) if entry.among.is_empty() => {
            return vec![Words::new().gap(label).text(Role::Faint, "its choices are being listed")];
        }
        Some(Some(Err(why))) if entry.refused.is_none() => {
            return vec![Words::new().gap(label).prose(Role::Warn, &format!("its choices are not known: {why}"))];
        }
        Some(Some(Err(_))) => return Vec::new(),
        Some(None | Some(Ok(()))) | None => {}
    }
    if offered.is_empty() && !entry.among.is_empty() && !entry.secret {
        let none = if entry.only {
            "nothing to choose is called that"
        } else {
            "nothing that was used or fits is called that"
        };
        return vec![Words::new().gap(label).text(Role::Faint, none)];
    }
    let row = |(place, value): (usize, &String)| {
        let role = if at == Some(place) { Role::Key } else { Role::Quiet };
        let words = Words::new().gap(label).text(role, crate::text::Foreign::from(value.as_str()).plain());
        match entry.note(value) {
            Some(note) => words.gap(2).text(Role::Faint, note),
            None => words,
        }
    };
    offered.iter().enumerate().map(row).collect()
}

enum Line<'a> {
    Words(Words),
    Field(&'a Entry, bool, usize),
}

fn lines<'a>(entry: &'a Entry, here: bool, label: usize, room: u16, pen: &Pen<'_>) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let about = entry.about.plain();
    if !about.is_empty() {
        let told = Words::new().prose(Role::Quiet, &about).wrapped(usize::from(room), pen.clock);
        lines.extend(told.into_iter().take(3).map(Line::Words));
    }
    lines.push(Line::Field(entry, here, label));
    lines.push(Line::Words(match &entry.refused {
        Some(why) => {
            Words::new().gap(label).text(Role::Bad, format!("{} ", pen.styles.glyphs.no)).prose(Role::Bad, why)
        }
        None => Words::new(),
    }));
    lines
}

fn field(entry: &Entry, here: bool, label: usize, pen: &mut Pen<'_>, area: Rect) {
    let role = if here { Role::Strong } else { Role::Text };
    let label = u16::try_from(label).unwrap_or(10);
    pen.text(area.x, area.y, label, role, &entry.label);
    let room = Rect { x: area.x + label, width: area.width.saturating_sub(label), ..area };
    if entry.secret {
        let dots = pen
            .styles
            .glyphs
            .secret
            .repeat(entry.typed.text().chars().count().min(usize::from(room.width.saturating_sub(1))));
        pen.ground(room, Role::Field);
        let used = pen.text(room.x, room.y, room.width, Role::Field, &dots);
        if here {
            pen.place_cursor(room.x + used, room.y);
        }
    } else if here {
        entry.typed.draw(pen, room, Role::Field);
    } else {
        pen.ground(room, Role::Field);
        pen.text(room.x, room.y, room.width, Role::Field, &crate::text::Foreign::from(entry.typed.text()).plain());
    }
}
