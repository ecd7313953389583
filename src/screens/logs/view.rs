//! Draws the logs: two lines about what is read and what passes, then the lines. No frame, so that lines have all the
//! room and can be selected with the mouse.

use ratatui::layout::Rect;

use super::header::{self, Keys};
use super::line::seam;
use super::sight::Sight;
use super::state::State;
use super::{columns, histogram, patterns};
use crate::domain::query::Mistake;
use crate::style::Role;
use crate::text::width;
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
    /// The lines over time.
    pub histogram: Rect,
    /// What stands above the columns, where fields were chosen.
    pub heading: Rect,
    /// The lines.
    pub list: Rect,
    /// What is new.
    pub patterns: Rect,
}

/// Divides the screen.
pub fn areas(area: Rect, state: &State, sight: &Sight<'_>) -> Areas {
    let header = Rect { height: 2.min(area.height), ..area };
    let count = u16::try_from(header::notes(sight).len()).unwrap_or(NOTES).min(NOTES);
    let notes = Rect { y: header.bottom(), height: count.min(area.height.saturating_sub(2)), ..area };
    let gap = u16::from(area.height >= ROOMY);
    let top = (notes.bottom() + gap).min(area.bottom());
    let bars = histogram::bars(state, area.height);
    let takes = if bars == 0 { 0 } else { bars + 1 };
    let histogram = Rect { y: top, height: takes.min(area.bottom() - top), ..area };
    let top = (histogram.bottom() + if bars == 0 { 0 } else { gap }).min(area.bottom());
    let below = patterns::height(state, area.height).min(area.bottom() - top);
    let heads = u16::from(!state.columns.is_empty()).min(area.bottom() - top - below);
    let heading = Rect { y: top, height: heads, ..area };
    let list = Rect { y: heading.bottom(), height: area.bottom() - top - below - heads, ..area };
    let patterns = Rect { y: list.bottom(), height: below, ..area };
    Areas { header, notes, histogram, heading, list, patterns }
}

/// Draws the screen.
pub fn view(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect, keys: Keys<'_>) {
    let areas = areas(area, state, sight);
    head(state, sight, pen, areas.header);
    for (note, y) in header::notes(sight).iter().zip(areas.notes.y..areas.notes.bottom()) {
        pen.words(area.x + 1, y, area.width.saturating_sub(2), note);
    }
    if areas.histogram.height > 0 {
        histogram::view(state, sight, pen, areas.histogram);
    }
    if areas.heading.height > 0 {
        pen.words(area.x, areas.heading.y, area.width.saturating_sub(1), &columns::heading(state, sight));
    }
    list(state, sight, pen, areas.list, keys);
    if areas.patterns.height > 0 {
        patterns::view(state, sight, pen, areas.patterns);
    }
}

fn head(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    let room = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let mode = header::mode(state, sight);
    let right = u16::try_from(mode.width(pen.clock)).unwrap_or(0) + 2;
    pen.words_right(room.x, room.y, room.width, &mode);
    let left = room.width.saturating_sub(right);
    let mut words = header::what(sight).gap(3).then(header::level(state, sight));
    let mut typed_at = room.x;
    if state.typing {
        words = words.gap(3).text(Role::Quiet, "query ");
        let used = pen.words(room.x, room.y, left, &words);
        let field = Rect::new(room.x + used, room.y, left.saturating_sub(used).max(8), 1);
        typed_at = field.x;
        state.filter.draw(pen, field, Role::Key);
    } else {
        let find = header::find(state);
        let words = if find.is_empty() { words } else { words.gap(3).then(find) };
        pen.words(room.x, room.y, left, &words);
    }
    if room.height > 1 {
        let below = Rect { y: room.y + 1, height: 1, ..room };
        match state.mistake.as_ref().filter(|_| state.typing) {
            Some(mistake) => pointed(mistake, state.filter.text(), typed_at, pen, below),
            None => drop(pen.words(below.x, below.y, below.width, &header::counts(state, sight))),
        }
    }
}

/// What is wrong with a query, with a mark below the character.
fn pointed(mistake: &Mistake, typed: &str, typed_at: u16, pen: &mut Pen<'_>, area: Rect) {
    let role = if mistake.unfinished { Role::Quiet } else { Role::Warn };
    let column = u16::try_from(mistake.column(typed)).unwrap_or(u16::MAX);
    let sentence = &mistake.what;
    let long = u16::try_from(width(sentence)).unwrap_or(u16::MAX);
    // The beginning of a long query is out of sight; then only the sentence is left.
    let at = typed_at.saturating_add(column);
    if at >= area.right() || column >= area.right().saturating_sub(typed_at + 1) {
        pen.words(area.x, area.y, area.width, &Words::of(role, sentence.as_str()));
    } else if at + 2 + long <= area.right() {
        pen.words(at, area.y, area.right() - at, &Words::of(role, format!("^ {sentence}")));
    } else {
        // To the left of the mark, as much as has room there.
        let before = at.saturating_sub(area.x);
        let from = before.saturating_sub(long.saturating_add(1));
        pen.words(area.x + from, area.y, before.saturating_sub(from + 1), &Words::of(role, sentence.as_str()));
        pen.words(at, area.y, 1, &Words::of(role, "^"));
    }
}

fn list(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect, keys: Keys<'_>) {
    let placed = sight.placed(state, usize::from(area.height));
    if placed.iter().all(|one| one.row.is_none()) {
        let room = area.width.saturating_sub(2);
        let sentences = header::absence(state, sight, keys).into_iter();
        let lines = sentences.flat_map(|words| words.wrapped(usize::from(room), pen.clock)).collect::<Vec<_>>();
        for (words, y) in lines.iter().zip(area.y..area.bottom()) {
            pen.words(area.x + 1, y, room, words);
        }
        return;
    }
    let held = matches!(state.place, super::state::Place::Held { .. });
    let chosen = state.chosen(sight.reading).filter(|_| held);
    for one in &placed {
        // What is said above a row is not the row.
        let head = usize::from(one.row.is_some_and(|row| seam(sight, row).is_some()));
        for (number, line) in one.lines.iter().enumerate() {
            let at = one.y + isize::try_from(number).unwrap_or(0);
            let Some(y) = u16::try_from(at).ok().filter(|y| *y < area.height).map(|y| area.y + y) else { continue };
            if let Some((from, role)) = line.ground {
                let from = from.min(area.width);
                pen.ground(Rect { x: area.x + from, y, width: area.width - from, height: 1 }, role);
            }
            pen.words(area.x, y, area.width.saturating_sub(1), &line.words);
            if one.row.is_some() && one.row == chosen && number == head {
                pen.tint(Rect { y, height: 1, ..area }, Role::Selected);
            }
        }
    }
}

/// The line under the cursor, as text.
pub fn row_as_markdown(state: &State, sight: &Sight<'_>) -> Option<String> {
    let row = state.chosen(sight.reading)?;
    let mut lines = sight.lines(state, row);
    lines.drain(..usize::from(seam(sight, row).is_some()));
    Some(crate::ui::markdown::block(&texts(lines, sight)))
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
