//! A line that a person types: its text, and how it is edited at its end.

use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::pen::Pen;
use super::words::Words;
use crate::style::Role;
use crate::text::{Foreign, width};

/// Longest line that is taken, in bytes.
const LONGEST: usize = 256;

/// What was typed so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Field(String);

impl Field {
    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The text itself, for who wipes it.
    pub fn into_text(self) -> String {
        self.0
    }

    /// Takes a character; says whether there was room.
    pub fn push(&mut self, c: char) -> bool {
        let room = !c.is_control() && self.0.len() + c.len_utf8() <= LONGEST;
        if room {
            self.0.push(c);
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
        if let Some((at, _)) = self.0.grapheme_indices(true).next_back() {
            self.0.truncate(at);
        }
    }

    /// Erases the last word.
    pub fn erase_word(&mut self) {
        let kept = self.0.trim_end();
        let at = kept.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let at = (at..=kept.len()).find(|at| kept.is_char_boundary(*at)).unwrap_or(0);
        self.0.truncate(at);
    }

    /// Erases everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Draws it with the cursor behind its end; the beginning goes out of sight when it is too long.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect, role: Role) {
        // What was typed or pasted is foreign as well.
        let mut shown = Foreign::from(self.0.as_str()).plain();
        let room = usize::from(area.width.saturating_sub(1));
        while width(&shown) > room {
            let Some(next) = shown.graphemes(true).next().map(str::len) else { break };
            shown.drain(..next);
        }
        pen.ground(area, Role::Field);
        let used = pen.words(area.x, area.y, area.width, &Words::of(role, shown));
        pen.place_cursor(area.x + used.min(area.width.saturating_sub(1)), area.y);
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
}
