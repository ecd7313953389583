//! Draws the ways at the top and what is known below them.

use ratatui::layout::Rect;

use super::state::{About, Choice, State};
use crate::style::{Glyphs, Role};
use crate::text::{Budget, width};
use crate::ui::words::Clock;
use crate::ui::{Lines, Pen, Words, pane};

/// Lines of one thing that is known.
const LINES: usize = 200;

/// Columns of the names of the ways.
fn label(state: &State) -> usize {
    state.choices.iter().map(|choice| width(&choice.label)).max().unwrap_or(0).min(28)
}

/// What is said of a way beside its name.
fn told(choice: &Choice) -> &str {
    choice.why_not.as_deref().unwrap_or(&choice.about)
}

/// Whether that has no room in its row.
fn is_cut(state: &State, choice: &Choice, columns: usize) -> bool {
    label(state) + 3 + width(told(choice)) > columns
}

/// Rows below the ways in which the one under the cursor is told in full, where one of them has no room in its row.
fn in_full(state: &State, columns: usize) -> u16 {
    let cut = state.choices.iter().filter(|choice| is_cut(state, choice, columns));
    let rows = cut.map(|choice| crate::text::wrap(told(choice), columns.max(4)).len()).max();
    rows.and_then(|rows| u16::try_from(rows + 1).ok()).unwrap_or(0)
}

fn place(area: Rect, state: &State, lines: usize) -> Rect {
    let about = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(in_full(state, columns(area)));
    let wanted = about.saturating_add(u16::try_from(state.choices.len()).unwrap_or(20)).saturating_add(8);
    let most = area.height.saturating_sub(if area.height > 30 { 4 } else { 0 });
    pane::middle(area, area.width.saturating_sub(4).min(108), wanted.min(most))
}

/// Columns of what is known.
pub fn columns(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(4).min(108).saturating_sub(6))
}

/// Rows of what is known, when it has so many lines.
pub fn height(area: Rect, state: &State, lines: usize) -> usize {
    let choices = u16::try_from(state.choices.len()).unwrap_or(20);
    usize::from(place(area, state, lines).height.saturating_sub(choices + 6 + in_full(state, columns(area))))
}

/// The lines of what is known.
pub fn lines(about: &[About], columns: usize, clock: Clock, glyphs: &Glyphs) -> Lines {
    let mut lines = Lines::new(columns, clock);
    for one in about {
        lines.space();
        if !one.heading.is_empty() {
            lines.text(Role::Quiet, &one.heading);
        }
        let rows = one.text.clean(Budget::rows()).rows;
        let hidden = rows.len().saturating_sub(LINES);
        if hidden > 0 {
            lines.line(Words::of(Role::Quiet, format!("{} {hidden} lines above", glyphs.more)));
        }
        for row in rows.iter().skip(hidden) {
            let text = row.text();
            let role = match (one.difference, text.chars().next()) {
                (true, Some('+')) => Role::Good,
                (true, Some('-')) => Role::Bad,
                (true, Some('@')) => Role::Info,
                (true | false, _) => Role::Text,
            };
            for part in crate::text::wrap(&text, columns.saturating_sub(2).max(4)) {
                lines.line(Words::new().gap(2).text(role, part));
            }
        }
    }
    lines
}

/// Draws it in the middle of an area; `accept` and `back` are the keys for that.
pub fn view(state: &State, pen: &mut Pen<'_>, area: Rect, accept: &str, back: &str) {
    let text = lines(&state.about, columns(area), pen.clock, pen.styles.glyphs);
    let rows = height(area, state, text.all().len());
    let (columns, in_full) = (columns(area), in_full(state, columns(area)));
    let area = place(area, state, text.all().len());
    let inside = pane::dialog(pen, area, &Words::of(Role::Strong, state.title.clone()), &Words::new());
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), y: inside.y + 1, ..inside };
    let mut y = room.y;
    let label = label(state);
    for (number, choice) in state.choices.iter().enumerate() {
        if y >= room.bottom() {
            break;
        }
        let role = if choice.why_not.is_some() { Role::Faint } else { Role::Text };
        let about = told(choice);
        let words = Words::of(role, crate::text::fit(&choice.label, label));
        let words = words.gap(2).prose(if choice.why_not.is_some() { Role::Faint } else { Role::Quiet }, about);
        pen.words(room.x + 1, y, room.width.saturating_sub(1), &words);
        if number == state.cursor {
            pen.tint(Rect { x: inside.x, width: inside.width, y, height: 1 }, Role::Selected);
            pen.text(inside.x, y, 2, Role::Key, pen.styles.glyphs.folded);
        }
        y += 1;
    }
    y += 1;
    if let Some(choice) = state.choices.get(state.cursor).filter(|choice| is_cut(state, choice, columns)) {
        for (line, y) in crate::text::wrap(told(choice), columns.max(4)).iter().zip(y..room.bottom()) {
            pen.text(room.x, y, room.width, Role::Text, line);
        }
    }
    y += in_full;
    if let (Some(field), Some(choice)) = (&state.reason, state.chosen()) {
        let label = pen.text(room.x, y, room.width, Role::Text, &format!("{}, because ", choice.label));
        field.draw(pen, Rect { x: room.x + label, y, width: room.width.saturating_sub(label), height: 1 }, Role::Field);
    } else if let Some(remark) = &state.remark {
        pen.text(room.x, y, room.width, Role::Warn, remark);
    } else if !state.choices.is_empty() {
        let words = Words::of(Role::Key, accept).text(Role::Quiet, " takes it   ").text(Role::Key, back);
        pen.words(room.x, y, room.width, &words.text(Role::Quiet, " leaves it as it is"));
    }
    if let (Some(_), Some(remark)) = (&state.reason, &state.remark) {
        pen.text(room.x, y + 1, room.width, Role::Warn, remark);
    }
    let shown =
        Rect { y: y + 2, height: u16::try_from(rows).unwrap_or(0).min(inside.bottom().saturating_sub(y + 2)), ..room };
    let below = text.draw(pen, shown, state.top);
    pane::more_below(pen, area, below, 0);
}
