//! Draws the logs: two lines about what is read and what passes, then the lines. No frame, so that lines have all the
//! room and can be selected with the mouse.

use ratatui::layout::Rect;

use super::header::{self, Keys};
use super::sight::Sight;
use super::state::State;
use crate::style::Role;
use crate::ui::{Pen, Words};

/// From this height on there is an empty line between the header and the lines.
const ROOMY: u16 = 24;
/// Sentences about hosts at most.
const NOTES: u16 = 3;

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Areas {
    /// What is read, what passes, how many.
    pub header: Rect,
    /// Sentences about hosts whose log can't be read.
    pub notes: Rect,
    /// The lines.
    pub list: Rect,
}

/// Divides the screen.
pub fn areas(area: Rect, sight: &Sight<'_>) -> Areas {
    let header = Rect { height: 2.min(area.height), ..area };
    let count = u16::try_from(header::notes(sight).len()).unwrap_or(NOTES).min(NOTES);
    let notes = Rect { y: header.bottom(), height: count.min(area.height.saturating_sub(2)), ..area };
    let gap = u16::from(area.height >= ROOMY);
    let top = (notes.bottom() + gap).min(area.bottom());
    Areas { header, notes, list: Rect { y: top, height: area.bottom() - top, ..area } }
}

/// Draws the screen.
pub fn view(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect, keys: Keys<'_>) {
    let areas = areas(area, sight);
    head(state, sight, pen, areas.header);
    for (note, y) in header::notes(sight).iter().zip(areas.notes.y..areas.notes.bottom()) {
        pen.words(area.x + 1, y, area.width.saturating_sub(2), note);
    }
    list(state, sight, pen, areas.list, keys);
}

fn head(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    let room = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let mode = header::mode(state, sight);
    let right = u16::try_from(mode.width(pen.clock)).unwrap_or(0) + 2;
    pen.words_right(room.x, room.y, room.width, &mode);
    let left = room.width.saturating_sub(right);
    let mut words = header::what(sight).gap(3).then(header::level(state, sight));
    if state.typing {
        words = words.gap(3).text(Role::Quiet, "find ");
        let used = pen.words(room.x, room.y, left, &words);
        let field = Rect::new(room.x + used, room.y, left.saturating_sub(used).max(8), 1);
        state.filter.draw(pen, field, Role::Key);
    } else {
        let find = header::find(state, sight);
        let words = if find.is_empty() { words } else { words.gap(3).then(find) };
        pen.words(room.x, room.y, left, &words);
    }
    if room.height > 1 {
        pen.words(room.x, room.y + 1, room.width, &header::counts(state, sight));
    }
}

fn list(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect, keys: Keys<'_>) {
    let placed = sight.placed(state, usize::from(area.height));
    if placed.iter().all(|one| one.row.is_none()) {
        let sentences = header::absence(sight, keys);
        for (words, y) in sentences.iter().zip(area.y..area.bottom()) {
            pen.words(area.x + 1, y, area.width.saturating_sub(2), words);
        }
        return;
    }
    let held = matches!(state.place, super::state::Place::Held { .. });
    let chosen = state.chosen(sight.reading).filter(|_| held);
    for one in &placed {
        for (number, line) in one.lines.iter().enumerate() {
            let at = one.y + isize::try_from(number).unwrap_or(0);
            let Some(y) = u16::try_from(at).ok().filter(|y| *y < area.height).map(|y| area.y + y) else { continue };
            if let Some((from, role)) = line.ground {
                let from = from.min(area.width);
                pen.ground(Rect { x: area.x + from, y, width: area.width - from, height: 1 }, role);
            }
            pen.words(area.x, y, area.width.saturating_sub(1), &line.words);
            if one.row.is_some() && one.row == chosen && number == 0 {
                pen.tint(Rect { y, height: 1, ..area }, Role::Selected);
            }
        }
    }
}

/// The line under the cursor, as text.
pub fn row_as_markdown(state: &State, sight: &Sight<'_>) -> Option<String> {
    let row = state.chosen(sight.reading)?;
    Some(crate::ui::markdown::block(&texts(sight.lines(state, row), sight)))
}

/// What is on the screen, as text.
pub fn pane_as_markdown(state: &State, sight: &Sight<'_>, height: usize) -> String {
    let (what, place) = sight.reading.scope.title(sight.fleet);
    let lines: Vec<String> = sight.placed(state, height).into_iter().flat_map(|one| texts(one.lines, sight)).collect();
    format!(
        "### {}\n\n{}",
        crate::ui::markdown::escaped(&format!("{what} {place}")),
        crate::ui::markdown::block(&lines)
    )
}

fn texts(lines: Vec<super::line::Drawn>, sight: &Sight<'_>) -> Vec<String> {
    lines.iter().map(|line: &super::line::Drawn| plain(&line.words, sight)).collect()
}

fn plain(words: &Words, sight: &Sight<'_>) -> String {
    words.plain(sight.clock).trim_end().to_owned()
}
