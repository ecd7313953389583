//! The real loop without a terminal: a grid in memory, a clock held in the hand, a person made of key names.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::stream;
use tokio::sync::{mpsc, watch};

use super::clock::{Clock, HeldClock};
use super::memory::{Memory, Shown};
use super::run::{Channels, Ended, Parts, channels, run};
use super::signals::Notice;
use crate::app::Model;
use crate::domain::Now;
use crate::port::{Effect, Event, Input, Key, ShellEnd};

/// The loop while it runs.
type Running = Pin<Box<dyn Future<Output = (Ended, Memory, Model)>>>;

/// The loop on a [`Memory`]. Each call lets the loop run until it sleeps.
pub struct Stage {
    clock: HeldClock,
    size: watch::Sender<(u16, u16)>,
    shown: watch::Receiver<Shown>,
    input: Option<mpsc::Sender<Input>>,
    notices: mpsc::Sender<Notice>,
    shells: mpsc::Sender<ShellEnd>,
    events: mpsc::Sender<Event>,
    lines: mpsc::Sender<Event>,
    wishes: mpsc::Receiver<Effect>,
    asked: Vec<Effect>,
    running: Option<Running>,
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
        let (shells, returning) = mpsc::channel(16);
        let (notices, mut noticed) = mpsc::channel(64);
        let Channels { events, world, lines, read, effects, wishes } = channels();
        let parts = Parts {
            surface: Memory::new(sized, showing, returning),
            input: stream::poll_fn(move |context| typed.poll_recv(context)),
            notices: stream::poll_fn(move |context| noticed.poll_recv(context)),
            clock: clock.clone(),
            model,
            world,
            lines: read,
            effects,
        };
        let running: Running = Box::pin(run(parts));
        let mut stage = Self {
            clock,
            size,
            shown,
            input: Some(input),
            notices,
            shells,
            events,
            lines,
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

    /// Keys that come in one write: all of them are there before anything of what they do is drawn.
    pub fn burst(&mut self, keys: impl IntoIterator<Item = Key>) -> &mut Self {
        if let Some(typing) = &self.input {
            for key in keys {
                let _ = typing.try_send(Input::Key(key));
            }
        }
        self.settle();
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
        let way = if matches!(event, Event::Log(_)) { &self.lines } else { &self.events };
        let _ = way.try_send(event);
        self.settle();
        self
    }

    /// The system says something.
    pub fn notice(&mut self, notice: Notice) -> &mut Self {
        let _ = self.notices.try_send(notice);
        self.settle();
        self
    }

    /// The shell that has the screen ends.
    pub fn shell_ends(&mut self, how: ShellEnd) -> &mut Self {
        let _ = self.shells.try_send(how);
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
#[path = "headless_tests.rs"]
mod tests;
