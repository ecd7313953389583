//! Lines of a pane of details: quiet labels at the left, plain values beside them, long ones broken.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::words::{Clock, Words};
use crate::style::Role;
use crate::text::{fit, width};

/// Columns of the labels, the space behind them included.
pub const LABEL: usize = 11;

/// Lines for a pane of a given width.
#[derive(Debug)]
pub struct Lines {
    lines: Vec<Words>,
    columns: usize,
    /// How time is told.
    pub clock: Clock,
}

impl Lines {
    /// No lines yet, for a pane with so many columns.
    pub fn new(columns: usize, clock: Clock) -> Self {
        Self { lines: Vec::new(), columns, clock }
    }

    /// A label with its value.
    pub fn pair(&mut self, label: &str, value: Words) {
        let long = width(label) >= LABEL;
        let head = if long { Words::of(Role::Quiet, label) } else { Words::of(Role::Quiet, fit(label, LABEL)) };
        if long {
            self.lines.push(head);
            return self.below(value);
        }
        let mut broken = value.wrapped(self.columns.saturating_sub(LABEL), self.clock).into_iter();
        self.lines.push(head.then(broken.next().unwrap_or_default()));
        self.lines.extend(broken.map(indented));
    }

    /// A further line of the value above.
    pub fn below(&mut self, value: Words) {
        if !value.is_empty() {
            self.lines.extend(value.wrapped(self.columns.saturating_sub(LABEL), self.clock).into_iter().map(indented));
        }
    }

    /// A line of its own, cut at the edge.
    pub fn line(&mut self, words: Words) {
        self.lines.push(words);
    }

    /// Words that are broken below themselves, so many columns from the left.
    pub fn indented(&mut self, by: usize, words: Words) {
        let broken = words.wrapped(self.columns.saturating_sub(by), self.clock);
        self.lines.extend(broken.into_iter().map(|line| Words::new().gap(by).then(line)));
    }

    /// A text of its own, broken between words.
    pub fn text(&mut self, role: Role, text: &str) {
        self.lines.extend(Words::new().prose(role, text).wrapped(self.columns, self.clock));
    }

    /// An empty line, unless there is one already or nothing is above.
    pub fn space(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(Words::new());
        }
    }

    /// All lines.
    pub fn all(&self) -> &[Words] {
        &self.lines
    }

    /// Draws those from `top` on that fit; says how many are left below.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect, top: usize) -> usize {
        let height = usize::from(area.height);
        for (words, y) in self.lines.iter().skip(top).take(height).zip(area.y..) {
            pen.words(area.x, y, area.width, words);
        }
        self.lines.len().saturating_sub(top + height)
    }
}

fn indented(words: Words) -> Words {
    Words::new().gap(LABEL).then(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Now;

    #[test]
    fn values_stand_beside_their_labels_and_break_below_themselves() {
        let clock = Clock { now: Now::START, running: true };
        let mut lines = Lines::new(24, clock);
        lines.space();
        lines.pair("unit", Words::new().prose(Role::Text, "one two three four"));
        lines.space();
        lines.space();
        lines.pair("a-very-long-label", Words::of(Role::Text, "x"));
        let texts: Vec<String> = lines.all().iter().map(|line| line.plain(clock)).collect();
        assert_eq!(texts, ["unit       one two three", "           four", "", "a-very-long-label", "           x"]);
    }
}
