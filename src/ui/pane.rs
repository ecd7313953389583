//! Panes: a frame with a title at the left and a remark at the right, and the boxes of dialogs.

use ratatui::layout::Rect;

use super::field::Field;
use super::pen::Pen;
use super::words::Words;
use crate::style::Role;

/// What stands between the name of a list and its filter.
const FILTERED: &str = " filtered by ";

/// Draws a frame and returns what is inside.
pub fn frame(pen: &mut Pen<'_>, area: Rect, title: &Words, remark: &Words, focus: bool) -> Rect {
    frame_in(pen, area, title, remark, if focus { Role::LineFocus } else { Role::Line })
}

fn frame_in(pen: &mut Pen<'_>, area: Rect, title: &Words, remark: &Words, role: Role) -> Rect {
    if area.width < 4 || area.height < 2 {
        return Rect::new(area.x, area.y, 0, 0);
    }
    let [top_left, top_right, bottom_left, bottom_right, across, down] = pen.styles.glyphs.frame;
    let rule = across.repeat(usize::from(area.width - 2));
    let (right, bottom) = (area.right() - 1, area.bottom() - 1);
    pen.text(area.x, area.y, area.width, role, &format!("{top_left}{rule}{top_right}"));
    pen.text(area.x, bottom, area.width, role, &format!("{bottom_left}{rule}{bottom_right}"));
    for y in area.y + 1..bottom {
        pen.text(area.x, y, 1, role, down);
        pen.text(right, y, 1, role, down);
    }
    let room = area.width.saturating_sub(6);
    let mut left_end = area.x + 2;
    if !title.is_empty() {
        let padded = Words::of(Role::Text, " ").then(title.clone()).text(Role::Text, " ");
        left_end += pen.words(area.x + 2, area.y, room, &padded);
    }
    if !remark.is_empty() {
        let padded = Words::of(Role::Text, " ").then(remark.clone()).text(Role::Text, " ");
        let free = right.saturating_sub(1).saturating_sub(left_end + 1);
        if padded.width(pen.clock) <= usize::from(free) {
            pen.words_right(left_end + 1, area.y, free, &padded);
        }
    }
    Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
}

/// The title of a list, with the filter that is being typed or passes only some of its rows; `otherwise` stands behind
/// the name while there is none.
pub fn title(name: &str, filter: &Field, typing: bool, otherwise: Words) -> Words {
    let words = Words::of(Role::Strong, name);
    if !typing && filter.text().is_empty() {
        return words.then(otherwise);
    }
    let words = words.text(Role::Quiet, FILTERED);
    let text = crate::text::Foreign::from(filter.text()).plain();
    // While it is typed the field itself stands there.
    if typing { words.gap(crate::text::width(&text) + 1) } else { words.text(Role::Key, text) }
}

/// Draws the filter that is being typed into the title of a frame.
pub fn typed(pen: &mut Pen<'_>, area: Rect, name: &str, filter: &Field) {
    let before = u16::try_from(crate::text::width(name) + FILTERED.len() + 3).unwrap_or(0);
    let field = Rect::new(area.x + before, area.y, area.width.saturating_sub(before + 20).max(8), 1);
    filter.draw(pen, field, Role::Key);
}

/// Says at the foot of a pane how much of a text is below, or that it ends where it is seen.
pub fn text_below(pen: &mut Pen<'_>, area: Rect, below: usize, top: usize) {
    if below == 0 && top == 0 {
        return;
    }
    let text = if below == 0 { " end ".to_owned() } else { format!(" {below} more below ") };
    let more = Words::of(Role::Quiet, text);
    pen.words_right(area.x + 2, area.bottom() - 1, area.width.saturating_sub(4), &more);
}

/// Says on the lower line of a frame how much of its list lies below, and how much of that is in trouble.
pub fn more_below(pen: &mut Pen<'_>, area: Rect, below: usize, trouble: usize) {
    if below == 0 || area.width < 4 {
        return;
    }
    let mut words = Words::of(Role::Quiet, format!(" {below} more below"));
    if trouble > 0 {
        words = words.text(Role::Quiet, ", ").text(Role::Warn, format!("{trouble} in trouble"));
    }
    let words = words.text(Role::Quiet, " ");
    pen.words_right(area.x + 2, area.bottom().saturating_sub(1), area.width - 4, &words);
}

/// A box of at most this size in the middle of an area.
pub fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}

/// Draws the box of a dialog over everything and returns what is inside.
pub fn dialog(pen: &mut Pen<'_>, area: Rect, title: &Words, remark: &Words) -> Rect {
    dialog_in(pen, area, title, remark, Role::LineFocus)
}

/// The same with a frame of its own role.
pub fn dialog_in(pen: &mut Pen<'_>, area: Rect, title: &Words, remark: &Words, line: Role) -> Rect {
    pen.clear(area, Role::Dialog);
    frame_in(pen, area, title, remark, line)
}
