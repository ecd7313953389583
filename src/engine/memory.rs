//! A surface in memory, for tests: each frame can be looked at as a grid of cells.

use std::io;
use std::time::Duration;

use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};
use tokio::sync::{mpsc, watch};

use super::backstop::Backstop;
use super::surface::Surface;
use crate::port::{Call, Errand, ShellEnd, Title};

/// What a person would have before them.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The cells.
    pub buffer: Buffer,
    /// Frames drawn so far.
    pub frames: u64,
    /// What was last put on the clipboard.
    pub copied: Option<String>,
    /// Whether the mouse was last asked for.
    pub mouse: Option<bool>,
    /// The title of the window.
    pub title: Option<Title>,
    /// Every call of the person.
    pub calls: Vec<Call>,
    /// How often the screen was given back.
    pub suspended: u64,
    /// The words with which the screen was lent, each time.
    pub lent: Vec<String>,
    /// The program that has the screen now.
    pub errand: Option<Errand>,
}

/// A surface in memory.
#[derive(Debug)]
pub struct Memory {
    terminal: Terminal<Backstop<TestBackend>>,
    size: watch::Receiver<(u16, u16)>,
    shown: watch::Sender<Shown>,
    /// How programs end that have the screen; as many as a test tells.
    returning: mpsc::Receiver<ShellEnd>,
    whole: bool,
}

impl Memory {
    pub(super) fn new(
        size: watch::Receiver<(u16, u16)>,
        shown: watch::Sender<Shown>,
        returning: mpsc::Receiver<ShellEnd>,
    ) -> Self {
        let (width, height) = *size.borrow();
        let Ok(terminal) = Terminal::new(Backstop::new(TestBackend::new(width, height)));
        Self { terminal, size, shown, returning, whole: true }
    }
}

impl Surface for Memory {
    fn measure(&mut self) -> (u16, u16) {
        let (width, height) = *self.size.borrow();
        self.terminal.backend_mut().inner_mut().resize(width, height);
        (width, height)
    }

    fn ready(&self) -> bool {
        true
    }

    async fn taken(&mut self) -> io::Result<()> {
        std::future::pending().await
    }

    fn draw(&mut self, paint: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if std::mem::take(&mut self.whole) {
            let (width, height) = *self.size.borrow();
            let Ok(()) = self.terminal.resize(Rect::new(0, 0, width, height));
        }
        let Ok(_) = self.terminal.draw(paint);
        let buffer = self.terminal.backend().inner().buffer().clone();
        self.shown.send_modify(|shown| {
            shown.buffer = buffer;
            shown.frames += 1;
        });
        Ok(())
    }

    fn redraw(&mut self) {
        self.whole = true;
    }

    fn copy(&mut self, text: &str) {
        self.shown.send_modify(|shown| shown.copied = Some(text.to_owned()));
    }

    fn mouse(&mut self, heard: bool) {
        self.shown.send_modify(|shown| shown.mouse = Some(heard));
    }

    fn title(&mut self, title: &Title) {
        self.shown.send_modify(|shown| shown.title = Some(title.clone()));
    }

    fn call(&mut self, call: &Call) {
        self.shown.send_modify(|shown| shown.calls.push(call.clone()));
    }

    fn suspend(&mut self) -> Result<(), String> {
        self.shown.send_modify(|shown| shown.suspended += 1);
        Ok(())
    }

    fn resume(&mut self) -> io::Result<bool> {
        self.whole = true;
        Ok(true)
    }

    fn lend(&mut self, words: &str) -> Result<(), String> {
        self.shown.send_modify(|shown| shown.lent.push(words.to_owned()));
        Ok(())
    }

    fn start(&mut self, errand: &Errand) -> io::Result<()> {
        self.shown.send_modify(|shown| shown.errand = Some(errand.clone()));
        Ok(())
    }

    async fn returned(&mut self) -> ShellEnd {
        match self.returning.recv().await {
            Some(how) => how,
            None => std::future::pending().await,
        }
    }

    fn take_back(&mut self) -> io::Result<bool> {
        self.shown.send_modify(|shown| shown.errand = None);
        self.resume()
    }

    fn pace(&self) -> Duration {
        Duration::ZERO
    }
}
