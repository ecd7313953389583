//! A box with a list in which one is found by typing: its rows, its cursor, and its frame.

use ratatui::layout::Rect;

use super::list::{Step, step};
use super::pen::Pen;
use super::words::Words;
use super::{Field, Filter, Window, pane};
use crate::style::Role;

/// The list.
#[derive(Debug)]
pub struct Finder<T> {
    /// What was typed to find one.
    pub filter: Field,
    /// The rows on screen.
    pub window: Window,
    cursor: usize,
    all: Vec<T>,
    searched: fn(&T) -> String,
}

impl<T> Finder<T> {
    /// All, with the cursor on the first; `searched` is what typing looks at.
    pub fn new(all: Vec<T>, searched: fn(&T) -> String) -> Self {
        Self { filter: Field::default(), window: Window::default(), cursor: 0, all, searched }
    }

    /// Others in the place of all; what was typed and the cursor stay.
    pub fn replace(&mut self, all: Vec<T>) {
        self.all = all;
    }

    /// Those that pass what was typed.
    pub fn rows(&self) -> Vec<&T> {
        let filter = Filter::parse(self.filter.text());
        self.all.iter().filter(|one| filter.passes(&(self.searched)(one))).collect()
    }

    /// The place of the cursor among the rows.
    pub fn place(&self) -> usize {
        self.cursor
    }

    /// The one under the cursor.
    pub fn chosen(&self) -> Option<&T> {
        self.rows().get(self.cursor).copied()
    }

    /// How many there are in all.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Moves the cursor.
    pub fn go(&mut self, to: Step) {
        let all: Vec<usize> = (0..self.rows().len()).collect();
        self.cursor = step(Some(self.cursor), &all, to, self.window.height).unwrap_or(0);
    }

    /// Puts the cursor on the row at a line on screen; says whether it was there already.
    pub fn point(&mut self, line: usize) -> bool {
        let place = self.window.top + line;
        place < self.rows().len() && std::mem::replace(&mut self.cursor, place) == place
    }

    /// After every event: the cursor stands on a row that passes.
    pub fn settle(&mut self, height: usize) {
        let count = self.rows().len();
        self.cursor = self.cursor.min(count.saturating_sub(1));
        self.window.keep((count > 0).then_some(self.cursor), count, height);
    }
}

/// Where the box stands in an area.
fn place(area: Rect, count: usize) -> Rect {
    let rows = u16::try_from(count).unwrap_or(u16::MAX).saturating_add(5);
    pane::middle(area, area.width.saturating_sub(4).min(96), rows.clamp(6, area.height.saturating_sub(2).max(6)))
}

/// Where the list of a box stands in an area.
pub fn list(area: Rect, count: usize) -> Rect {
    let area = place(area, count);
    Rect::new(area.x + 3, area.y + 3, area.width.saturating_sub(6), area.height.saturating_sub(5))
}

/// Draws the box with each row by `row`, or says that `none` is there.
pub fn view<T>(
    finder: &Finder<T>,
    pen: &mut Pen<'_>,
    area: Rect,
    title: &Words,
    none: &str,
    mut row: impl FnMut(&mut Pen<'_>, Rect, &T),
) {
    let list = list(area, finder.count());
    let inside = pane::dialog(pen, place(area, finder.count()), title, &Words::new());
    let room = Rect { x: inside.x + 2, width: inside.width.saturating_sub(4), ..inside };
    let label = pen.text(room.x, room.y, room.width, Role::Quiet, "find ");
    finder.filter.draw(pen, Rect { x: room.x + label, width: room.width - label, height: 1, ..room }, Role::Key);
    let rows = finder.rows();
    if rows.is_empty() {
        pen.text(list.x, list.y, list.width, Role::Quiet, none);
        return;
    }
    for (number, y) in finder.window.range(rows.len()).zip(list.y..list.bottom()) {
        let Some(one) = rows.get(number) else { break };
        row(pen, Rect { y, height: 1, ..list }, one);
        if number == finder.place() {
            pen.tint(Rect { x: inside.x, width: inside.width, y, height: 1 }, Role::Selected);
            pen.text(inside.x, y, 2, Role::Key, pen.styles.glyphs.folded);
        }
    }
}
