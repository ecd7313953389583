//! A line that a person types: its text, and how it is edited at its end.

use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::pen::Pen;
use super::words::Words;
use crate::style::Role;
use crate::text::{Foreign, width};

/// Longest line that is taken where nothing else is said, in bytes: what one looks for, names, reasons.
const LONGEST: usize = 256;
/// Longest value of an input: what a command is given may be a whole key or a document.
const VALUE: usize = 256 << 10;
/// Bytes of its end that are looked at when it is drawn: more than fits on any screen.
const DRAWN: usize = 4 << 10;

/// What was typed so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    text: String,
    most: usize,
}

impl Default for Field {
    fn default() -> Self {
        Self { text: String::new(), most: LONGEST }
    }
}

impl Field {
    /// A field for a value, which may be long.
    pub fn value() -> Self {
        Self { most: VALUE, ..Self::default() }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text itself, for who wipes it.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Takes a character; says whether there was room.
    pub fn push(&mut self, c: char) -> bool {
        let room = !c.is_control() && self.text.len() + c.len_utf8() <= self.most;
        if room {
            self.text.push(c);
        }
        room
    }

    /// Takes the first line of a paste.
    pub fn paste(&mut self, text: &str) {
        for c in text.lines().next().unwrap_or_default().chars() {
            self.push(c);
        }
    }

    /// Erases the last character as a person sees it.
    pub fn erase(&mut self) {
        if let Some((at, _)) = self.text.grapheme_indices(true).next_back() {
            self.text.truncate(at);
        }
    }

    /// Erases the last word.
    pub fn erase_word(&mut self) {
        let kept = self.text.trim_end();
        let at = kept.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let at = (at..=kept.len()).find(|at| kept.is_char_boundary(*at)).unwrap_or(0);
        self.text.truncate(at);
    }

    /// Erases everything.
    pub fn clear(&mut self) {
        self.text.clear();
    }

    /// Draws it with the cursor behind its end; the beginning goes out of sight when it is too long.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect, role: Role) {
        pen.ground(area, Role::Field);
        let room = usize::from(area.width.saturating_sub(1));
        let used = pen.words(area.x, area.y, area.width, &self.end(room, role, pen.styles.glyphs.more));
        pen.place_cursor(area.x + used.min(area.width.saturating_sub(1)), area.y);
    }

    /// As much of its end as has room, behind a mark where that is not all of it.
    fn end(&self, room: usize, role: Role, more: &str) -> Words {
        let from = self.text.len().saturating_sub(DRAWN);
        let from = (from..=self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        // What was typed or pasted is foreign as well.
        let shown = Foreign::from(self.text.get(from..).unwrap_or_default()).plain();
        if from == 0 && width(&shown) <= room {
            return Words::of(role, shown);
        }
        let room = room.saturating_sub(width(more) + 1);
        let (mut at, mut used) = (shown.len(), 0);
        for (place, cluster) in shown.grapheme_indices(true).rev() {
            used += width(cluster);
            if used > room {
                break;
            }
            at = place;
        }
        Words::of(Role::Faint, format!("{more} ")).text(role, shown.get(at..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_edited_as_people_expect() {
        let mut field = Field::default();
        field.paste("redis e\u{301}\nsecond line");
        assert_eq!(field.text(), "redis e\u{301}");
        field.erase();
        assert_eq!(field.text(), "redis ");
        field.paste("db\u{1b}[2J");
        assert_eq!(field.text(), "redis db[2J", "control characters are not taken");
        field.erase_word();
        assert_eq!(field.text(), "redis ");
        field.erase_word();
        assert_eq!(field.text(), "");
        field.erase();
        for _ in 0..1000 {
            field.push('ß');
        }
        assert_eq!(field.text().len(), 256);
    }

    #[test]
    fn a_long_value_is_kept_whole_and_its_end_is_seen() {
        let mut field = Field::value();
        field.paste(&"x".repeat(100_000));
        field.push('!');
        assert_eq!(field.text().len(), 100_001);
        let told =
            field.end(20, Role::Field, "…").plain(crate::ui::Clock { now: crate::domain::Now::START, running: true });
        assert_eq!(told, format!("… {}!", "x".repeat(17)));
        field.clear();
        field.paste("short");
        let told =
            field.end(20, Role::Field, "…").plain(crate::ui::Clock { now: crate::domain::Now::START, running: true });
        assert_eq!(told, "short");
    }
}
