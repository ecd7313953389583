//! Turns changed cells into the bytes of one frame; no change, no bytes.

use std::io;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// A frame shows all at once where the terminal knows this pair, and elsewhere it does nothing.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// The backend of ratatui for a real terminal, without the terminal: bytes gather here until they are taken.
#[derive(Debug)]
pub(super) struct Painter {
    bytes: Vec<u8>,
    size: Size,
    wanted: Option<Position>,
    shown: Option<Position>,
}

impl Painter {
    /// For a terminal of this size that was just taken.
    pub(super) fn new((width, height): (u16, u16)) -> Self {
        Self { bytes: Vec::new(), size: Size { width, height }, wanted: None, shown: None }
    }

    /// The terminal has another size.
    pub(super) fn resize(&mut self, (width, height): (u16, u16)) {
        self.size = Size { width, height };
    }

    /// The terminal was taken anew: its cursor is hidden.
    pub(super) fn forget(&mut self) {
        self.shown = None;
    }

    /// The bytes of the frame; none if nothing changed.
    pub(super) fn frame(&mut self) -> Option<Vec<u8>> {
        if self.bytes.is_empty() {
            return None;
        }
        let mut frame = Vec::with_capacity(self.bytes.len() + BEGIN.len() + END.len());
        frame.extend_from_slice(BEGIN);
        frame.append(&mut self.bytes);
        frame.extend_from_slice(END);
        Some(frame)
    }
}

impl Backend for Painter {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        CrosstermBackend::new(&mut self.bytes).draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.wanted = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.wanted.unwrap_or(Position::ORIGIN))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.wanted = Some(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        CrosstermBackend::new(&mut self.bytes).clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }

    /// The end of a frame: the cursor goes where it is wanted, if it is not there.
    fn flush(&mut self) -> io::Result<()> {
        let drawn = !self.bytes.is_empty();
        match (self.wanted, self.shown) {
            (None, None) => {}
            (None, Some(_)) => queue!(self.bytes, Hide)?,
            (Some(at), None) => queue!(self.bytes, MoveTo(at.x, at.y), Show)?,
            (Some(at), Some(before)) if drawn || at != before => queue!(self.bytes, MoveTo(at.x, at.y))?,
            (Some(_), Some(_)) => {}
        }
        self.shown = self.wanted;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ratatui::Terminal;
    use ratatui::text::Line;

    use super::*;

    fn frame(terminal: &mut Terminal<Painter>, text: &str, cursor: Option<(u16, u16)>) -> Option<String> {
        terminal
            .draw(|frame| {
                frame.render_widget(Line::raw(text), frame.area());
                if let Some(at) = cursor {
                    frame.set_cursor_position(at);
                }
            })
            .unwrap();
        terminal.backend_mut().frame().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn no_change_is_no_bytes() {
        let mut terminal = Terminal::new(Painter::new((10, 2))).unwrap();
        let first = frame(&mut terminal, "abc", None).unwrap();
        assert!(first.starts_with("\x1b[?2026h") && first.ends_with("\x1b[?2026l") && first.contains("abc"));
        assert_eq!(frame(&mut terminal, "abc", None), None);
        let second = frame(&mut terminal, "abd", None).unwrap();
        assert!(second.contains('d') && !second.contains('a'), "{second:?}");
    }

    #[test]
    fn the_cursor_moves_only_when_it_must() {
        let mut terminal = Terminal::new(Painter::new((10, 2))).unwrap();
        assert!(frame(&mut terminal, "abc", Some((3, 0))).unwrap().contains("\x1b[1;4H\x1b[?25h"));
        assert_eq!(frame(&mut terminal, "abc", Some((3, 0))), None);
        assert_eq!(frame(&mut terminal, "abc", Some((2, 0))).unwrap(), "\x1b[?2026h\x1b[1;3H\x1b[?2026l");
        assert!(frame(&mut terminal, "abd", Some((2, 0))).unwrap().contains("\x1b[1;3H\x1b[?2026l"));
        assert_eq!(frame(&mut terminal, "abd", None).unwrap(), "\x1b[?2026h\x1b[?25l\x1b[?2026l");
        assert_eq!(frame(&mut terminal, "abd", None), None);
    }
}
