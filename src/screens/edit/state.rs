//! The text of a command and the place of the cursor in it.

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::{HostName, PartId};

/// Bytes that are taken.
const LONGEST: usize = 16 << 10;

/// The state of the editor.
#[derive(Debug)]
pub struct State {
    /// The part whose command it is.
    pub part: PartId,
    /// Its title.
    pub title: String,
    /// Where it is tried again, when it is after a failure; nothing otherwise.
    pub only: Vec<HostName>,
    /// The lines.
    pub lines: Vec<String>,
    /// The line of the cursor.
    pub row: usize,
    /// The place of the cursor in its line, in bytes.
    pub column: usize,
    /// First line on screen.
    pub top: usize,
    before: String,
}

impl State {
    /// Begins with the command as it stands in the document, or as it was edited last.
    pub fn new(part: PartId, title: String, document: &str, last: Option<&str>, only: Vec<HostName>) -> Self {
        let shown = |text: &str| -> String {
            text.trim_end_matches('\n').chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect()
        };
        let (before, text) = (shown(document), shown(last.unwrap_or(document)));
        let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        Self { part, title, only, row: 0, column: lines.first().map_or(0, String::len), lines, top: 0, before }
    }

    /// The command as it stands now.
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// Whether something was changed.
    pub fn is_changed(&self) -> bool {
        self.text() != self.before
    }

    fn room(&self) -> usize {
        LONGEST.saturating_sub(self.lines.iter().map(|line| line.len() + 1).sum())
    }

    /// Takes a character.
    pub fn push(&mut self, c: char) {
        if c.is_control() && c != '\t' || self.room() < c.len_utf8() {
            return;
        }
        let column = self.column;
        if let Some(line) = self.lines.get_mut(self.row) {
            line.insert(column, c);
            self.column += c.len_utf8();
        }
    }

    /// Takes a paste with all its lines.
    pub fn paste(&mut self, text: &str) {
        for (number, line) in text.replace("\r\n", "\n").replace('\r', "\n").split('\n').enumerate() {
            if number > 0 {
                self.break_line();
            }
            line.chars().for_each(|c| self.push(c));
        }
    }

    /// Breaks the line at the cursor.
    pub fn break_line(&mut self) {
        if self.room() == 0 {
            return;
        }
        let column = self.column;
        if let Some(line) = self.lines.get_mut(self.row) {
            let rest = line.split_off(column);
            self.lines.insert(self.row + 1, rest);
            (self.row, self.column) = (self.row + 1, 0);
        }
    }

    /// Erases the character before the cursor, or joins the line with the one before.
    pub fn erase(&mut self) {
        let column = self.column;
        if column == 0 {
            if self.row > 0 {
                let line = self.lines.remove(self.row);
                self.row -= 1;
                if let Some(above) = self.lines.get_mut(self.row) {
                    self.column = above.len();
                    above.push_str(&line);
                }
            }
            return;
        }
        let from = self.before_cursor();
        if let Some(line) = self.lines.get_mut(self.row) {
            line.replace_range(from..column, "");
            self.column = from;
        }
    }

    /// Erases the word before the cursor.
    pub fn erase_word(&mut self) {
        let Some(line) = self.lines.get_mut(self.row) else { return };
        let head = line.get(..self.column).unwrap_or_default().trim_end();
        let from = head
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + head.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
        line.replace_range(from..self.column, "");
        self.column = from;
    }

    /// Erases the line.
    pub fn erase_line(&mut self) {
        if let Some(line) = self.lines.get_mut(self.row) {
            line.clear();
            self.column = 0;
        }
    }

    fn before_cursor(&self) -> usize {
        let head = self.lines.get(self.row).and_then(|line| line.get(..self.column)).unwrap_or_default();
        head.grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    /// Moves the cursor by a character, over the ends of lines.
    pub fn sideways(&mut self, right: bool) {
        let line = self.lines.get(self.row).map_or("", String::as_str);
        if right && self.column < line.len() {
            let next = line.get(self.column..).and_then(|rest| rest.graphemes(true).next()).map_or(1, str::len);
            self.column += next;
        } else if right && self.row + 1 < self.lines.len() {
            (self.row, self.column) = (self.row + 1, 0);
        } else if !right && self.column > 0 {
            self.column = self.before_cursor();
        } else if !right && self.row > 0 {
            self.row -= 1;
            self.column = self.lines.get(self.row).map_or(0, String::len);
        }
    }

    /// To the beginning or the end of the line.
    pub fn to_end(&mut self, end: bool) {
        self.column = if end { self.lines.get(self.row).map_or(0, String::len) } else { 0 };
    }

    /// Moves the cursor by lines.
    pub fn go(&mut self, rows: isize) {
        let column = self
            .lines
            .get(self.row)
            .and_then(|line| line.get(..self.column))
            .map_or(0, |head| head.graphemes(true).count());
        self.row = self.row.saturating_add_signed(rows).min(self.lines.len().saturating_sub(1));
        let line = self.lines.get(self.row).map_or("", String::as_str);
        self.column = line.grapheme_indices(true).nth(column).map_or(line.len(), |(at, _)| at);
    }

    /// After every event: the line of the cursor is in sight.
    pub fn settle(&mut self, height: usize) {
        self.top = self.top.min(self.row).max((self.row + 1).saturating_sub(height.max(1)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_command_is_edited_as_people_expect() {
        let mut state = State::new(PartId::new("a").unwrap(), "A".into(), "ls -l\nwc\n", None, Vec::new());
        assert!(!state.is_changed() && state.text() == "ls -l\nwc");
        state.erase();
        state.push('a');
        state.go(1);
        state.to_end(false);
        state.sideways(false);
        state.break_line();
        state.paste("x é\ny");
        assert_eq!(state.text(), "ls -a\nx é\ny\nwc");
        state.sideways(false);
        state.erase();
        state.erase();
        assert_eq!(state.text(), "ls -a\nx y\nwc");
        state.erase_word();
        assert_eq!(state.text(), "ls -a\ny\nwc");
        state.sideways(true);
        state.sideways(true);
        assert_eq!((state.row, state.column), (2, 0));
        state.push('\u{1b}');
        assert!(state.is_changed() && !state.text().contains('\u{1b}'));
    }
}
