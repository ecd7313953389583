//! The real loop without a terminal: a grid in memory, a clock held in the hand, a person made of key names.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::stream;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};
use tokio::sync::{mpsc, watch};

use super::backstop::Backstop;
use super::clock::{Clock, HeldClock};
use super::run::{Ended, Parts, channels, run};
use super::signals::Notice;
use super::surface::Surface;
use crate::app::Model;
use crate::domain::Now;
use crate::port::{Effect, Event, Input, Key};

/// What a person would have before them.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The cells.
    pub buffer: Buffer,
    /// Frames drawn so far.
    pub frames: u64,
    /// What was last put on the clipboard.
    pub copied: Option<String>,
    /// How often the screen was given back.
    pub suspended: u64,
}

/// A surface in memory.
#[derive(Debug)]
pub struct Memory {
    terminal: Terminal<Backstop<TestBackend>>,
    size: watch::Receiver<(u16, u16)>,
    shown: watch::Sender<Shown>,
    whole: bool,
}

impl Memory {
    fn new(size: watch::Receiver<(u16, u16)>, shown: watch::Sender<Shown>) -> Self {
        let (width, height) = *size.borrow();
        let Ok(terminal) = Terminal::new(Backstop::new(TestBackend::new(width, height)));
        Self { terminal, size, shown, whole: true }
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

    fn suspend(&mut self) -> Result<(), String> {
        self.shown.send_modify(|shown| shown.suspended += 1);
        Ok(())
    }

    fn resume(&mut self) -> io::Result<bool> {
        self.whole = true;
        Ok(true)
    }

    fn pace(&self) -> Duration {
        Duration::ZERO
    }
}

/// The loop on a [`Memory`]. Each call lets the loop run until it sleeps.
pub struct Stage {
    clock: HeldClock,
    size: watch::Sender<(u16, u16)>,
    shown: watch::Receiver<Shown>,
    input: Option<mpsc::Sender<Input>>,
    notices: mpsc::Sender<Notice>,
    events: mpsc::Sender<Event>,
    wishes: mpsc::Receiver<Effect>,
    asked: Vec<Effect>,
    running: Option<Pin<Box<dyn Future<Output = (Ended, Memory, Model)>>>>,
    ended: Option<(Ended, Model)>,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl Stage {
    /// Begins with this model on a screen of `columns` by `rows`, at the epoch.
    pub fn new(model: Model, size: (u16, u16)) -> Self {
        Self::at(Now::START, model, size)
    }

    /// The same at another time.
    pub fn at(now: Now, model: Model, size: (u16, u16)) -> Self {
        let clock = HeldClock::at(now);
        let (size, sized) = watch::channel(size);
        let (showing, shown) = watch::channel(Shown::default());
        // More than this in one step is a mistake of the test, and is told so.
        let (input, mut typed) = mpsc::channel(4096);
        let (notices, mut noticed) = mpsc::channel(64);
        let (events, world, effects, wishes) = channels();
        let parts = Parts {
            surface: Memory::new(sized, showing),
            input: stream::poll_fn(move |context| typed.poll_recv(context)),
            notices: stream::poll_fn(move |context| noticed.poll_recv(context)),
            clock: clock.clone(),
            model,
            world,
            effects,
        };
        let running: Pin<Box<dyn Future<Output = _>>> = Box::pin(run(parts));
        let mut stage = Self {
            clock,
            size,
            shown,
            input: Some(input),
            notices,
            events,
            wishes,
            asked: Vec::new(),
            running: Some(running),
            ended: None,
        };
        stage.settle();
        stage
    }

    /// Lets the loop run until it sleeps.
    fn settle(&mut self) {
        loop {
            let Some(running) = &mut self.running else { return };
            let polled = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let before = self.asked.len();
            while let Ok(effect) = self.wishes.try_recv() {
                self.asked.push(effect);
            }
            if let Poll::Ready((ended, _surface, model)) = polled {
                self.running = None;
                self.ended = Some((ended, model));
            } else if self.asked.len() == before {
                return;
            }
        }
    }

    /// The person does something. Nothing happens any more after the end.
    pub fn input(&mut self, input: Input) -> &mut Self {
        if let Some(typing) = &self.input {
            let _ = typing.try_send(input);
        }
        self.settle();
        self
    }

    /// The person presses keys, one after another.
    pub fn press(&mut self, keys: impl IntoIterator<Item = Key>) -> &mut Self {
        for key in keys {
            self.input(Input::Key(key));
        }
        self
    }

    /// The same with the names of keys, spaces between them: `"j j enter ctrl-p"`.
    ///
    /// # Errors
    /// When one of them is no key.
    pub fn keys(&mut self, names: &str) -> Result<&mut Self, String> {
        let keys = crate::input::key_name::parse_sequence(names)?;
        Ok(self.press(keys))
    }

    /// The terminal goes away.
    pub fn hang_up(&mut self) -> &mut Self {
        self.input = None;
        self.settle();
        self
    }

    /// The world says something.
    pub fn event(&mut self, event: Event) -> &mut Self {
        let _ = self.events.try_send(event);
        self.settle();
        self
    }

    /// The system says something.
    pub fn notice(&mut self, notice: Notice) -> &mut Self {
        let _ = self.notices.try_send(notice);
        self.settle();
        self
    }

    /// Time passes at once. For what happens in between, take smaller steps.
    pub fn advance(&mut self, span: Duration) -> &mut Self {
        self.clock.advance(span);
        self.settle();
        self
    }

    /// The terminal gets another size.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.size.send_replace((columns, rows));
        self.notice(Notice::Resized)
    }

    /// What the person sees.
    pub fn shown(&self) -> Shown {
        self.shown.borrow().clone()
    }

    /// The screen as text, without blanks at the ends of its rows.
    pub fn text(&self) -> String {
        let shown = self.shown.borrow();
        let area = shown.buffer.area;
        let mut text = String::new();
        for y in area.top()..area.bottom() {
            let mut row = String::new();
            let mut covered = 0;
            for x in area.left()..area.right() {
                if covered > 0 {
                    covered -= 1;
                    continue;
                }
                let symbol = shown.buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
                covered = crate::text::width(symbol).saturating_sub(1);
                row.push_str(symbol);
            }
            text.push_str(row.trim_end());
            text.push('\n');
        }
        text
    }

    /// What the core has asked of the world since the last call.
    pub fn asked(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.asked)
    }

    /// The time on the held clock.
    pub fn now(&self) -> Now {
        self.clock.now()
    }

    /// Why and with what the loop ended, if it did.
    pub fn ended(&self) -> Option<&(Ended, Model)> {
        self.ended.as_ref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stage() -> Stage {
        Stage::new(Model::default(), (80, 24))
    }

    #[test]
    fn the_first_frame_is_there_at_once_and_quiet_draws_nothing() {
        let mut stage = stage();
        let first = stage.shown();
        assert_eq!((first.frames, first.buffer.area.width), (1, 80));
        stage.advance(Duration::from_millis(1));
        assert_eq!(stage.shown().frames, 1);
    }

    #[test]
    fn everything_that_waits_is_taken_in_before_one_frame() {
        let mut stage = stage();
        for _ in 0..200 {
            stage.events.try_send(Event::Trouble("slow".into())).unwrap();
            stage.input.as_ref().unwrap().try_send(Input::Focus(true)).unwrap();
        }
        stage.settle();
        assert_eq!(stage.shown().frames, 2);
    }

    #[test]
    fn another_size_reaches_model_and_screen() {
        let mut stage = stage();
        stage.resize(120, 40);
        assert_eq!(stage.shown().buffer.area, Rect::new(0, 0, 120, 40));
        stage.resize(0, 0).resize(1, 1).resize(500, 200);
        assert_eq!(stage.shown().buffer.area, Rect::new(0, 0, 500, 200));
    }

    #[test]
    fn every_end_has_its_reason() {
        for (notice, end) in [
            (Notice::Stop(15), Ended::Signal(15)),
            (Notice::Stop(1), Ended::Signal(1)),
            (Notice::Crashed, Ended::Crashed),
        ] {
            assert_eq!(stage().notice(notice).ended().unwrap().0, end);
        }
        assert_eq!(stage().hang_up().ended().unwrap().0, Ended::Gone);
    }

    #[test]
    fn no_frame_after_a_crash() {
        let mut stage = stage();
        stage.events.try_send(Event::Resumed).unwrap();
        stage.notices.try_send(Notice::Crashed).unwrap();
        stage.settle();
        assert_eq!((stage.shown().frames, stage.ended().unwrap().0), (1, Ended::Crashed));
    }

    #[test]
    fn a_stopped_console_draws_nothing_until_it_goes_on() {
        let mut stage = stage();
        stage.notice(Notice::Suspend).notice(Notice::Suspend);
        assert_eq!(stage.shown().suspended, 1);
        stage.event(Event::Trouble("x".into())).input(Input::Focus(false));
        assert_eq!(stage.shown().frames, 1);
        stage.notice(Notice::Continued);
        assert_eq!(stage.shown().frames, 2);
    }

    #[test]
    fn a_paste_is_never_keys() {
        let mut stage = stage();
        stage.input(Input::Paste("q\ny\nq".into()));
        assert!(stage.ended().is_none());
        stage.keys("j down").unwrap();
        assert!(stage.ended().is_none());
    }

    #[test]
    fn a_world_that_does_not_listen_holds_nobody_up() {
        let (clock, size) = (HeldClock::at(Now::START), watch::channel((80, 24)).1);
        let (effects, mut wishes) = mpsc::channel(1);
        effects.try_send(Effect::Refresh).unwrap();
        let parts = Parts {
            surface: Memory::new(size, watch::Sender::new(Shown::default())),
            input: stream::iter([Input::Focus(true), Input::Focus(false)]),
            notices: stream::pending(),
            clock,
            model: Model::default(),
            world: mpsc::channel(1).1,
            effects,
        };
        // The input ends, so the loop ends, although nobody takes an effect.
        let polled = Box::pin(run(parts)).as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready((Ended::Gone, _, _))));
        assert_eq!(wishes.try_recv(), Ok(Effect::Refresh));
    }
}
