//! The backstop: whatever drew a cell, nothing reaches the terminal that could do more than show one character.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::{Position, Size};

use crate::text::{cell_allowed, cell_safe};

/// A backend that looks at each cell before the one inside may have it.
#[derive(Debug)]
pub struct Backstop<B> {
    inner: B,
    stopped: u64,
    /// Wide cells that hold two characters side by side, such as flags. A terminal that knows no
    /// clusters keeps the second when the first is overwritten; the library believes it gone.
    pairs: BTreeSet<(u16, u16)>,
}

impl<B> Backstop<B> {
    /// Stands before `inner`.
    pub fn new(inner: B) -> Self {
        Self { inner, stopped: 0, pairs: BTreeSet::new() }
    }

    /// The backend behind.
    pub fn inner(&self) -> &B {
        &self.inner
    }

    /// The backend behind, to change it.
    pub fn inner_mut(&mut self) -> &mut B {
        &mut self.inner
    }

    /// How many cells were stopped so far. Each is a mistake of our own: text that went round the sanitizer.
    pub fn stopped(&self) -> u64 {
        self.stopped
    }
}

impl<B> Backstop<B> {
    /// Blanks what is left of a pair whose first half is about to be overwritten by this cell.
    fn overwrite<'a>(
        &mut self,
        x: u16,
        y: u16,
        wide: bool,
        cell: &'a Cell,
        cells: &mut Vec<(u16, u16, Cow<'a, Cell>)>,
    ) {
        let end = x + if wide { 2 } else { 1 };
        for column in x..end {
            // The library draws that column after this one if there is anything in it now.
            if self.pairs.remove(&(column, y)) && column + 1 == end {
                cells.push((end, y, Cow::Owned(with_symbol(cell, " "))));
            }
        }
    }
}

fn with_symbol(cell: &Cell, symbol: &str) -> Cell {
    let mut cell = cell.clone();
    cell.set_symbol(symbol);
    cell
}

impl<B: Backend> Backend for Backstop<B> {
    type Error = B::Error;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), B::Error>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut cells: Vec<(u16, u16, Cow<'a, Cell>)> = Vec::new();
        let mut hidden = None;
        for (x, y, cell) in content {
            // The wide cell before has drawn this column too, and the cursor is already behind it.
            if hidden == Some((x, y)) {
                continue;
            }
            if !cell_allowed(cell.symbol()) {
                self.stopped += 1;
                tracing::error!(x, y, symbol = %cell.symbol().escape_unicode(), "a cell was stopped");
                debug_assert!(false, "a cell at {x},{y} would have sent {:?} to the terminal", cell.symbol());
            }
            let wide = cell.symbol().len() > 1 && cell.symbol().cell_width() == 2;
            let safe = cell_safe(cell.symbol());
            if wide || !self.pairs.is_empty() {
                self.overwrite(x, y, wide, cell, &mut cells);
            }
            if wide {
                hidden = Some((x + 1, y));
                if safe.chars().next().is_some_and(|first| first.to_string().as_str().cell_width() < 2) {
                    self.pairs.insert((x, y));
                }
            }
            let out = match safe {
                Cow::Borrowed(safe) if safe == cell.symbol() => Cow::Borrowed(cell),
                safe => Cow::Owned(with_symbol(cell, &safe)),
            };
            cells.push((x, y, out));
        }
        self.inner.draw(cells.iter().map(|(x, y, cell)| (*x, *y, cell.as_ref())))
    }

    fn append_lines(&mut self, n: u16) -> Result<(), B::Error> {
        self.inner.append_lines(n)
    }

    fn hide_cursor(&mut self) -> Result<(), B::Error> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), B::Error> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, B::Error> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), B::Error> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), B::Error> {
        self.pairs.clear();
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> Result<(), B::Error> {
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> Result<Size, B::Error> {
        self.inner.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, B::Error> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> Result<(), B::Error> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ratatui::backend::TestBackend;

    use super::*;

    fn drawn(symbol: &str) -> (String, u64) {
        let mut backstop = Backstop::new(TestBackend::new(2, 1));
        let mut cell = Cell::default();
        cell.set_symbol(symbol);
        backstop.draw(std::iter::once((0, 0, &cell))).unwrap();
        (backstop.inner().buffer()[(0, 0)].symbol().to_owned(), backstop.stopped())
    }

    #[test]
    fn text_passes() {
        for symbol in ["a", "漢", "e\u{301}", "│", "\u{FFFD}"] {
            assert_eq!(drawn(symbol), (symbol.to_owned(), 0));
        }
    }

    #[test]
    #[should_panic(expected = "would have sent")]
    fn in_a_debug_build_a_violation_is_loud() {
        drawn("\x1b[2J");
    }
}
