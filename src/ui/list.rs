//! The window of a list: which rows are on screen so that the cursor is among them and moves as little as it can.

/// The rows on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// First row on screen.
    pub top: usize,
    /// How many fit.
    pub height: usize,
}

impl Window {
    /// Moves as little as is needed for `cursor` to be seen among `count` rows, with a row of context where there is one.
    pub fn keep(&mut self, cursor: Option<usize>, count: usize, height: usize) {
        self.height = height;
        let margin = usize::from(height > 4);
        if let Some(cursor) = cursor {
            self.top = self.top.min(cursor.saturating_sub(margin));
            let least = (cursor + margin + 1).saturating_sub(height);
            self.top = self.top.max(least.min(count.saturating_sub(height)));
        }
        self.top = self.top.min(count.saturating_sub(height));
    }

    /// The rows on screen of `count`.
    pub fn range(self, count: usize) -> std::ops::Range<usize> {
        self.top.min(count)..(self.top + self.height).min(count)
    }
}

/// A step of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// This many rows down, or up when negative.
    By(isize),
    /// This many half pages down, or up when negative.
    HalfPage(isize),
    /// This many pages down, or up when negative.
    Page(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

impl Step {
    /// The step in rows where a page has `height` of them; `None` for the ends.
    pub fn rows(self, height: usize) -> Option<isize> {
        let page = isize::try_from(height).unwrap_or(isize::MAX).max(2);
        match self {
            Step::By(rows) => Some(rows),
            Step::HalfPage(times) => Some(times.saturating_mul(page / 2)),
            Step::Page(times) => Some(times.saturating_mul(page - 1)),
            Step::First | Step::Last => None,
        }
    }

    /// Where it leads in a text that scrolls. Going too far is mended by who knows how long the text is.
    pub fn scrolled(self, top: usize, height: usize) -> usize {
        match self.rows(height) {
            Some(rows) => top.saturating_add_signed(rows),
            None if self == Step::First => 0,
            None => usize::MAX / 2,
        }
    }
}

/// Where a step leads from `cursor` among the rows that can be chosen.
pub fn step(cursor: Option<usize>, choosable: &[usize], step: Step, height: usize) -> Option<usize> {
    let last = choosable.len().checked_sub(1)?;
    let place = cursor.and_then(|cursor| choosable.iter().position(|row| *row == cursor));
    let place = match (step.rows(height), place) {
        (None, _) if step == Step::Last => last,
        (None, _) | (Some(_), None) => 0,
        (Some(rows), Some(place)) => place.saturating_add_signed(rows).min(last),
    };
    choosable.get(place).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_follows_the_cursor_and_no_more() {
        let mut window = Window::default();
        window.keep(Some(0), 20, 5);
        assert_eq!(window.range(20), 0..5);
        window.keep(Some(4), 20, 5);
        assert_eq!(window.range(20), 1..6);
        window.keep(Some(3), 20, 5);
        assert_eq!(window.range(20), 1..6, "no need to move");
        window.keep(Some(19), 20, 5);
        assert_eq!(window.range(20), 15..20);
        window.keep(Some(3), 4, 5);
        assert_eq!(window.range(4), 0..4);
        window.keep(None, 0, 0);
        assert_eq!(window.range(0), 0..0);
    }

    #[test]
    fn steps_skip_headings_and_stop_at_the_ends() {
        let rows = [1, 2, 5];
        assert_eq!(step(Some(2), &rows, Step::By(1), 10), Some(5));
        assert_eq!(step(Some(5), &rows, Step::By(10), 10), Some(5));
        assert_eq!(step(Some(5), &rows, Step::By(-10), 10), Some(1));
        assert_eq!(step(Some(0), &rows, Step::By(1), 10), Some(1), "a heading is no place to stand");
        assert_eq!(step(None, &rows, Step::Last, 10), Some(5));
        assert_eq!(step(Some(1), &[], Step::First, 10), None);
        assert_eq!(step(Some(1), &[1, 2, 3, 4, 5, 6, 7, 8, 9], Step::HalfPage(1), 8), Some(5));
    }
}
