//! The terminal as the loop sees it: a surface.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};
use rustix::process::{Signal, getpid, getsid, kill_current_process_group};

use super::calling::{self, BELL};
use super::clipboard;
use super::device::Device;
use super::errand::Running;
use super::foreground;
use super::painter::Painter;
use super::writer::Writer;
use crate::domain::Notices;
use crate::engine::backstop::Backstop;
use crate::engine::surface::Surface;
use crate::port::{Call, Errand, ShellEnd, Title};

/// About thirty frames a second.
const PACE: Duration = Duration::from_millis(33);

/// Notices of the desktop that go out with one frame. Overflow: the oldest goes; the strip tells of its run too.
const CALLS: usize = 4;

/// A terminal that was taken; dropping this gives it back.
#[derive(Debug)]
pub struct Tty {
    device: Arc<Device>,
    writer: Writer,
    terminal: Terminal<Backstop<Painter>>,
    size: (u16, u16),
    whole: bool,
    /// For the clipboard, with the next frame. A newer text takes the place of an older one.
    copy: Option<String>,
    /// Whether the mouse is heard, when that goes out with the next frame.
    mouse: Option<bool>,
    /// What the person wants to be called by.
    notices: Notices,
    /// The title, when that goes out with the next frame.
    title: Option<Title>,
    /// Calls that go out with the next frame: one bell for all of them, and the newest notices.
    bell: bool,
    calls: Vec<Call>,
    /// The program that has the terminal now.
    errand: Option<Running>,
}

impl Tty {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When the terminal refuses.
    pub fn take(device: Arc<Device>, notices: Notices) -> io::Result<Self> {
        let writer = Writer::start(Arc::clone(&device))?;
        device.take()?;
        let size = device.size();
        let terminal = Terminal::new(Backstop::new(Painter::new(size)))?;
        // Where there is no tmux around us nothing has to pass through it.
        let tmux = notices.tmux && std::env::var_os("TMUX").is_some_and(|socket| !socket.is_empty());
        Ok(Self {
            device,
            writer,
            terminal,
            size,
            whole: true,
            copy: None,
            mouse: None,
            notices: Notices { tmux, ..notices },
            title: None,
            bell: false,
            calls: Vec::new(),
            errand: None,
        })
    }

    fn painter(&mut self) -> &mut Painter {
        self.terminal.backend_mut().inner_mut()
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        if let Some(errand) = &mut self.errand {
            errand.end();
        }
        self.device.close();
    }
}

impl Surface for Tty {
    fn measure(&mut self) -> (u16, u16) {
        let size = self.device.size();
        if size != self.size {
            self.size = size;
            self.painter().resize(size);
        }
        size
    }

    fn ready(&self) -> bool {
        self.writer.ready()
    }

    async fn taken(&mut self) -> io::Result<()> {
        self.writer.taken().await
    }

    fn draw(&mut self, paint: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if std::mem::take(&mut self.whole) {
            let (width, height) = self.size;
            self.terminal.resize(Rect::new(0, 0, width, height))?;
        }
        self.terminal.draw(paint)?;
        let mut frame = self.painter().frame().unwrap_or_default();
        if let Some(text) = self.copy.take() {
            frame.extend(clipboard::sequence(&text));
        }
        if let Some(heard) = self.mouse.take() {
            frame.extend(self.device.hear_mouse(heard));
        }
        if let Some(title) = self.title.take() {
            frame.extend(self.device.give_title(calling::title(&title)));
        }
        for call in self.calls.drain(..).filter(|_| self.device.takes_texts()) {
            frame.extend(calling::notice(&call, self.notices.desktop, self.notices.tmux));
        }
        if std::mem::take(&mut self.bell) {
            frame.extend(BELL);
        }
        if frame.is_empty() { Ok(()) } else { self.writer.send(frame) }
    }

    fn redraw(&mut self) {
        self.whole = true;
    }

    fn copy(&mut self, text: &str) {
        self.copy = Some(text.to_owned());
    }

    fn mouse(&mut self, heard: bool) {
        self.mouse = Some(heard);
    }

    fn title(&mut self, title: &Title) {
        self.title = Some(title.clone()).filter(|_| self.notices.title);
    }

    fn call(&mut self, call: &Call) {
        self.bell |= call.bell;
        if self.calls.len() >= CALLS {
            self.calls.remove(0);
        }
        self.calls.push(call.clone());
    }

    fn suspend(&mut self) -> Result<(), String> {
        // Nobody could continue the first process of a terminal.
        if getsid(None).is_ok_and(|session| session == getpid()) {
            return Err("Can't suspend: no shell started this console that could bring it back.".to_owned());
        }
        self.device.give();
        // The whole group, as a shell's job: whoever started us inside a script is stopped with us.
        kill_current_process_group(Signal::STOP).map_err(|error| {
            let taken = self.device.take();
            self.whole = true;
            format!("Can't suspend: {}.", taken.err().unwrap_or_else(|| error.into()))
        })
    }

    fn resume(&mut self) -> io::Result<bool> {
        if !self.device.is_ours() {
            kill_current_process_group(Signal::STOP)?;
            return Ok(false);
        }
        self.device.take()?;
        self.painter().forget();
        self.whole = true;
        Ok(true)
    }

    fn lend(&mut self, words: &str) -> Result<(), String> {
        self.device.lend(words).map_err(|error| format!("Can't open a shell: {error}."))
    }

    fn start(&mut self, errand: &Errand) -> io::Result<()> {
        self.errand = Some(Running::start(errand)?);
        Ok(())
    }

    async fn returned(&mut self) -> ShellEnd {
        match &mut self.errand {
            Some(errand) => errand.ended().await,
            None => std::future::pending().await,
        }
    }

    fn take_back(&mut self) -> io::Result<bool> {
        self.errand = None;
        foreground::claim();
        self.resume()
    }

    fn pace(&self) -> Duration {
        PACE
    }
}
