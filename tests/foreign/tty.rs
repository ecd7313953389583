//! Draws a site into real terminal bytes and compares an independent emulator's grid with what was meant.

use std::cell::RefCell;
use std::io::{self, Write};
use std::num::NonZeroU16;
use std::rc::Rc;

use quarterdeck::engine::backstop::Backstop;
use quarterdeck::text::cell_safe;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::bytes;
use crate::sites::{NEIGHBOUR, Site};

/// The modes our own terminal set-up switches on; no foreign text may change them.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1000h\x1b[?1006h";

/// Takes the place of U+FFFD before the emulator: as wide, and drawn.
const STAND_IN: &str = "\u{FFFC}";

/// A terminal of a fixed size on which one site draws text after text.
pub struct Stage<'s> {
    site: &'s Site,
    size: (u16, u16),
    written: Written,
    terminal: Terminal<Backstop<CrosstermBackend<Written>>>,
    emulator: vt100::Parser<Noticed>,
}

impl<'s> Stage<'s> {
    pub fn new(site: &'s Site, (cols, rows): (u16, u16)) -> Self {
        let written = Written::default();
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, cols, rows)) };
        let backend = Backstop::new(CrosstermBackend::new(written.clone()));
        let terminal = Terminal::with_options(backend, options).unwrap();
        let (height, width) = (NonZeroU16::new(rows).unwrap(), NonZeroU16::new(cols).unwrap());
        let mut emulator = vt100::Parser::new_with_callbacks(height, width, 0, Noticed::default());
        emulator.process(ENTER);
        Self { site, size: (cols, rows), written, terminal, emulator }
    }

    /// Draws this text over what was there before, and checks the whole frame.
    pub fn draw(&mut self, text: &[u8]) -> Shown<'_> {
        let site = self.site;
        let meant = self.terminal.draw(|frame| (site.draw)(frame, text)).unwrap().buffer.clone();
        let place = || format!("{} at {} columns: {:?}", site.name, self.size.0, String::from_utf8_lossy(text));
        assert_eq!(self.terminal.backend().stopped(), 0, "{}: raw text came through", place());
        let out = self.written.take();
        bytes::check_tty(&out).unwrap_or_else(|why| panic!("{}: {why}", place()));
        self.emulator.process(&stand_in(std::str::from_utf8(&out).unwrap()).into_bytes());
        assert_eq!(self.emulator.callbacks().0, Vec::<String>::new(), "{}", place());
        check_modes(self.emulator.screen(), &place);
        compare(&meant, self.emulator.screen(), &place);
        Shown { screen: self.emulator.screen(), size: self.size }
    }
}

/// Draws a quiet text, the given one, and the quiet one again.
pub fn over_quiet(site: &Site, text: &[u8], size: (u16, u16)) -> String {
    let mut stage = Stage::new(site, size);
    stage.draw(b"quiet");
    let shown = stage.draw(text).text();
    stage.draw(b"quiet");
    shown
}

/// What the emulator shows.
pub struct Shown<'e> {
    screen: &'e vt100::Screen,
    size: (u16, u16),
}

impl Shown<'_> {
    /// The screen as text.
    pub fn text(&self) -> String {
        let rows: Vec<String> = self.screen.rows(0, self.size.0).collect();
        rows.join("\n").replace(STAND_IN, "\u{FFFD}")
    }

    /// All cells.
    pub fn cells(&self) -> impl Iterator<Item = &vt100::Cell> {
        (0..self.size.1).flat_map(move |y| (0..self.size.0).filter_map(move |x| self.screen.cell(y, x)))
    }

    /// The cells of the neighbour that each site draws in no style.
    pub fn neighbour(&self) -> Vec<&vt100::Cell> {
        let mut neighbour = Vec::new();
        for y in 0..self.size.1 {
            let row: Vec<&vt100::Cell> = (0..self.size.0).filter_map(|x| self.screen.cell(y, x)).collect();
            let begins = |at: &usize| {
                NEIGHBOUR.chars().zip(row.iter().skip(*at)).filter(|(c, cell)| cell.contents().starts_with(*c)).count()
            };
            if let Some(at) = (0..row.len()).find(|at| begins(at) == NEIGHBOUR.len()) {
                neighbour.extend_from_slice(&row[at..at + NEIGHBOUR.len()]);
            }
        }
        neighbour
    }
}

/// The emulator draws everything but U+FFFD, which means to it that its own input was broken.
fn stand_in(text: &str) -> String {
    text.replace('\u{FFFD}', STAND_IN)
}

fn check_modes(screen: &vt100::Screen, place: &impl Fn() -> String) {
    let modes = (
        screen.alternate_screen(),
        screen.hide_cursor(),
        screen.bracketed_paste(),
        screen.mouse_protocol_mode(),
        screen.mouse_protocol_encoding(),
        screen.application_cursor(),
        screen.application_keypad(),
    );
    let (mode, encoding) = (vt100::MouseProtocolMode::PressRelease, vt100::MouseProtocolEncoding::Sgr);
    assert_eq!(modes, (true, true, true, mode, encoding, false, false), "{}: modes changed", place());
}

/// Each cell of the emulator holds what the program meant to be there.
fn compare(meant: &Buffer, screen: &vt100::Screen, place: &impl Fn() -> String) {
    for y in 0..meant.area.height {
        let mut x = 0;
        while x < meant.area.width {
            if meant[(x, y)].symbol() == " " {
                let seen = screen.cell(y, x).map_or("", vt100::Cell::contents);
                assert!(matches!(seen, "" | " "), "{}: column {x} row {y} shows {seen:?}, meant nothing", place());
                x += 1;
                continue;
            }
            let symbol = stand_in(&cell_safe(meant[(x, y)].symbol()));
            let columns = meant[(x, y)].cell_width().max(1);
            let seen: String = (x..x + columns).filter_map(|x| screen.cell(y, x)).map(vt100::Cell::contents).collect();
            // The emulator stores only so many bytes of marks in one cell.
            let same = seen.trim_end() == symbol.trim_end() || seen.len() >= 18 && symbol.starts_with(&seen);
            assert!(same, "{}: column {x} row {y} shows {seen:?}, meant {symbol:?}", place());
            x += columns;
        }
    }
}

/// Everything the emulator was asked for beyond drawing.
#[derive(Default)]
struct Noticed(Vec<String>);

impl vt100::Callbacks for Noticed {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.0.push("bell".into());
    }
    fn visual_bell(&mut self, _: &mut vt100::Screen) {
        self.0.push("visual bell".into());
    }
    fn resize(&mut self, _: &mut vt100::Screen, size: (u16, u16)) {
        self.0.push(format!("resize {size:?}"));
    }
    fn set_window_icon_name(&mut self, _: &mut vt100::Screen, name: &[u8]) {
        self.0.push(format!("icon {name:?}"));
    }
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.0.push(format!("title {title:?}"));
    }
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.0.push(format!("clipboard {data:?}"));
    }
    fn paste_from_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0.push("paste".into());
    }
    fn unhandled_char(&mut self, _: &mut vt100::Screen, c: char) {
        self.0.push(format!("character {c:?}"));
    }
    fn unhandled_control(&mut self, _: &mut vt100::Screen, byte: u8) {
        self.0.push(format!("control {byte}"));
    }
    fn unhandled_escape(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, last: u8) {
        self.0.push(format!("escape {last}"));
    }
    fn unhandled_csi(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, _: &[&[u16]], last: char) {
        // Underline colours and strike-through are not known to this emulator.
        if last != 'm' {
            self.0.push(format!("csi {last}"));
        }
    }
    fn unhandled_osc(&mut self, _: &mut vt100::Screen, parts: &[&[u8]]) {
        self.0.push(format!("osc {parts:?}"));
    }
    fn on_scroll(&mut self, _: vt100::capture::RowContents<'_>, _: bool) {
        self.0.push("scrolled".into());
    }
}

/// The bytes written so far, shared with the backend that writes them.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl Written {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
