//! The pen: the one way to put words on the screen. It remembers when something that it drew will look different.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::words::{Clock, Words};
use crate::domain::Moment;
use crate::style::{Role, Styles};
use crate::text::{truncate, width};

/// Draws into one frame.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    /// The looks of roles.
    pub styles: &'a Styles,
    /// How time is told.
    pub clock: Clock,
    next: Option<Moment>,
    cursor: Option<(u16, u16)>,
}

impl<'a> Pen<'a> {
    /// A pen for a frame.
    pub fn new(buffer: &'a mut Buffer, styles: &'a Styles, clock: Clock) -> Self {
        Self { buffer, styles, clock, next: None, cursor: None }
    }

    /// The moment at which something drawn so far will first look different.
    pub fn next(&self) -> Option<Moment> {
        self.next
    }

    /// Where the terminal's own cursor shall stand, if a field asked for it.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        self.cursor
    }

    /// Something on screen will look different then.
    pub fn changes_at(&mut self, at: Moment) {
        if at > self.clock.now.mono {
            self.next = Some(self.next.map_or(at, |next| next.min(at)));
        }
    }

    /// Puts the terminal's cursor here.
    pub fn place_cursor(&mut self, x: u16, y: u16) {
        self.cursor = Some((x, y));
    }

    /// Empties an area and gives it the ground of a role.
    pub fn clear(&mut self, area: Rect, role: Role) {
        let area = area.intersection(*self.buffer.area());
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
        self.buffer.set_style(area, self.styles.of(Role::Text));
        self.buffer.set_style(area, self.styles.of(role));
    }

    /// Lays the look of a role over what is there.
    pub fn tint(&mut self, area: Rect, role: Role) {
        self.buffer.set_style(area.intersection(*self.buffer.area()), self.styles.of(role));
    }

    /// Gives an area the ground and the ink of a role: what is written there later has this ink unless it brings one.
    pub fn base(&mut self, area: Rect, role: Role) {
        let style = self.styles.of(role);
        let style = match (style.fg, style.bg) {
            (None, None) => style,
            (fg, bg) => Style { fg, bg, ..Style::new() },
        };
        self.buffer.set_style(area.intersection(*self.buffer.area()), style);
    }

    /// Gives an area the ground of a role and leaves its text as it is.
    pub fn ground(&mut self, area: Rect, role: Role) {
        let style = self.styles.of(role);
        let style = match style.bg {
            Some(ground) => Style::new().bg(ground),
            None => style,
        };
        self.buffer.set_style(area.intersection(*self.buffer.area()), style);
    }

    /// Writes words from `x` within `columns`; returns how many columns they took.
    pub fn words(&mut self, x: u16, y: u16, columns: u16, words: &Words) -> u16 {
        let told = words.told(self.clock);
        let whole: usize = told.iter().map(|(text, ..)| width(text)).sum();
        let mut left = usize::from(columns);
        let mut at = x;
        let mut rest = whole;
        for (text, role, until) in told {
            if left == 0 {
                break;
            }
            if let Some(until) = until {
                self.changes_at(until);
            }
            let takes = width(&text);
            rest -= takes;
            // Also cut when just this fits and more would follow: the space makes room for the mark.
            let fits = takes < left || (takes == left && rest == 0);
            let shown = if fits { text } else { truncate(&format!("{text} "), left) };
            let used = width(&shown).min(left);
            self.put(at, y, &shown, role, used);
            left -= used;
            at = at.saturating_add(u16::try_from(used).unwrap_or(u16::MAX));
            if !fits {
                break;
            }
        }
        at - x
    }

    /// Writes words so that they end at the right edge of the columns.
    pub fn words_right(&mut self, x: u16, y: u16, columns: u16, words: &Words) {
        let takes = u16::try_from(words.width(self.clock)).unwrap_or(u16::MAX).min(columns);
        self.words(x + columns - takes, y, takes, words);
    }

    /// Writes a text of one role.
    pub fn text(&mut self, x: u16, y: u16, columns: u16, role: Role, text: &str) -> u16 {
        self.words(x, y, columns, &Words::of(role, text))
    }

    fn put(&mut self, x: u16, y: u16, text: &str, role: Role, columns: usize) {
        let area = *self.buffer.area();
        if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
            return;
        }
        // Marks of our own inside texts: a terminal that only has ASCII gets its own.
        let glyphs = self.styles.glyphs;
        let text = if text.is_ascii() || !glyphs.arrow.is_ascii() {
            std::borrow::Cow::Borrowed(text)
        } else {
            text.replace('\u{2192}', glyphs.arrow).replace('\u{2026}', glyphs.more).into()
        };
        let mut style = self.styles.of(role);
        if role == Role::Text {
            // Plain text stands on whatever ground is there.
            style.bg = None;
        }
        self.buffer.set_stringn(x, y, text.as_ref(), columns, style);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::Now;
    use crate::style::Styles;
    use crate::ui::words::Piece;

    fn drawn(columns: u16, words: &Words) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        let styles = Styles::default();
        let mut pen = Pen::new(&mut buffer, &styles, Clock { now: Now::START, running: true });
        pen.words(0, 0, columns, words);
        let row: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        row.trim_end().to_owned()
    }

    #[test]
    fn words_are_cut_with_a_mark_wherever_the_edge_falls() {
        let words = Words::of(Role::Text, "abcd").text(Role::Bad, "efgh");
        assert_eq!(drawn(20, &words), "abcdefgh");
        assert_eq!(drawn(8, &words), "abcdefgh");
        assert_eq!(drawn(7, &words), "abcdef…");
        assert_eq!(drawn(5, &words), "abcd…");
        assert_eq!(drawn(4, &words), "abc…");
        assert_eq!(drawn(2, &words), "a…");
        assert_eq!(drawn(0, &words), "");
    }

    #[test]
    fn marks_inside_texts_are_ascii_where_the_glyphs_are() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        let mut styles = Styles::default();
        styles.glyphs = crate::style::GlyphSet::Ascii.glyphs();
        let mut pen = Pen::new(&mut buffer, &styles, Clock { now: Now::START, running: true });
        pen.text(0, 0, 12, Role::Text, "GET → 503, expected");
        let row: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(row, "GET > 503, ~");
    }

    #[test]
    fn only_what_was_drawn_counts_for_the_next_change() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        let styles = Styles::default();
        let now = Now::START.after(Duration::from_secs(61));
        let mut pen = Pen::new(&mut buffer, &styles, Clock { now, running: true });
        let age = Words::of(Role::Text, "0123456789").piece(Role::Text, Piece::Since(jiff::Timestamp::UNIX_EPOCH));
        pen.words(0, 0, 10, &age);
        assert_eq!(pen.next(), None);
        pen.words(0, 0, 20, &age);
        assert_eq!(pen.next(), Some(Moment(Duration::from_secs(120))));
    }
}
