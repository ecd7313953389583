//! What the loop keeps from turn to turn: the model, the screen, and when to draw next.

use super::outbox::Outbox;
use super::run::Ended;
use super::signals::Notice;
use super::surface::Surface;
use crate::app::{Model, update, view};
use crate::domain::{Moment, Now, State};
use crate::port::{Effect, Event, Input};
use crate::state::Fleet;

/// What the loop keeps from turn to turn.
pub(super) struct Turn<S> {
    pub(super) surface: S,
    pub(super) model: Model,
    pub(super) outbox: Outbox,
    /// Something happened since the last frame.
    changed: bool,
    /// Figures moved that are on no frame yet: when they will be drawn.
    beat: Option<Moment>,
    /// When the last frame was drawn.
    drawn: Option<Moment>,
    /// When the model looks different by itself.
    due: Option<Moment>,
    /// Columns and rows, as the model knows them.
    size: Option<(u16, u16)>,
    /// The screen has been given back.
    away: bool,
    /// Who asked for the end, when it was not the person.
    stopped_by: Option<Ended>,
    pub(super) ended: Option<Ended>,
}

impl<S: Surface> Turn<S> {
    pub(super) fn new(surface: S, model: Model) -> Self {
        Self {
            surface,
            model,
            outbox: Outbox::default(),
            changed: true,
            beat: None,
            drawn: None,
            due: None,
            size: None,
            away: false,
            stopped_by: None,
            ended: None,
        }
    }

    /// Takes one event in and does what the core asks for.
    pub(super) fn event(&mut self, event: Event, now: Now) {
        let before = if self.model.can_wait(&event) { self.words() } else { None };
        let effects = update(&mut self.model, event, now);
        if before.is_some() && before == self.words() {
            self.beat = self.beat.or(Some(now.beat(now.mono)));
        } else {
            self.changed = true;
        }
        for effect in effects {
            match effect {
                Effect::Copy(text) => self.surface.copy(&text),
                Effect::Mouse(heard) => self.surface.mouse(heard),
                Effect::Redraw => {
                    self.surface.redraw();
                    // A terminal may have changed its size without a word.
                    self.measure(now);
                }
                Effect::Suspend => self.suspend(now),
                Effect::Quit => self.ended = self.stopped_by.or(Some(Ended::Asked)),
                Effect::Watch(_)
                | Effect::RetryNow(_)
                | Effect::Refresh
                | Effect::ReadUsage(_)
                | Effect::ReadDetail(..)
                | Effect::Execute(_)
                | Effect::StopRun(_)
                | Effect::ReadHistory(_)
                | Effect::Tail(_)
                | Effect::EndTail
                | Effect::ReadFields(..)
                | Effect::Export(_)
                | Effect::Shell(_)
                | Effect::Answer(..) => self.outbox.push(effect),
            }
        }
        let given_up = self.outbox.given_up();
        if given_up > 0 {
            let sentence = format!("{given_up} requests for news were given up because hosts answer too slowly.");
            self.event(Event::Trouble(sentence), now);
        }
    }

    fn words(&self) -> Option<(u64, Vec<State>)> {
        self.model.fleet.as_ref().map(Fleet::words)
    }

    pub(super) fn notice(&mut self, notice: Notice, now: Now) {
        match notice {
            Notice::Stop(signal) => self.stop(Ended::Signal(signal), now),
            Notice::Crashed => self.ended = Some(Ended::Crashed),
            Notice::Suspend => self.suspend(now),
            Notice::Continued => match self.surface.resume() {
                Ok(true) => {
                    self.away = false;
                    self.event(Event::Resumed, now);
                    self.measure(now);
                }
                Ok(false) => {}
                Err(_) => self.stop(Ended::Gone, now),
            },
            Notice::Resized => self.measure(now),
        }
    }

    /// Somebody other than the person wants the end. Without a terminal there is nothing to wait for.
    pub(super) fn stop(&mut self, why: Ended, now: Now) {
        self.stopped_by = self.stopped_by.or(Some(why));
        self.event(Event::Stop, now);
        if why == Ended::Gone {
            self.ended = self.ended.or(self.stopped_by);
        }
    }

    fn suspend(&mut self, now: Now) {
        if self.away {
            return;
        }
        self.away = true;
        if let Err(sentence) = self.surface.suspend() {
            self.away = false;
            self.event(Event::Trouble(sentence), now);
        }
    }

    /// Tells the model the size of the screen, if it is another one.
    pub(super) fn measure(&mut self, now: Now) {
        let size = self.surface.measure();
        if self.size != Some(size) {
            self.size = Some(size);
            self.event(Event::Input(Input::Resize(size.0, size.1)), now);
        }
    }

    /// A moment came: the one of `view`, or the one for a frame that had to wait.
    pub(super) fn time(&mut self, now: Now) {
        self.changed |= self.beat.is_some_and(|beat| beat <= now.mono);
        if self.due.is_some_and(|due| due <= now.mono) {
            self.due = None;
            self.event(Event::Woke, now);
        }
    }

    /// Draws when something changed, the screen is ours and free, and the last frame is old enough: after
    /// quiet at once, in a flood at the pace of the surface.
    pub(super) fn draw(&mut self, now: Now) {
        let early = self.drawn.is_some_and(|drawn| drawn.after(self.surface.pace()) > now.mono);
        if !self.changed || self.away || early || !self.surface.ready() {
            return;
        }
        let model = &self.model;
        let mut due = None;
        let shown = self.surface.draw(|frame| due = view(model, frame, now));
        self.changed = false;
        self.beat = None;
        self.drawn = Some(now.mono);
        self.due = due;
        if shown.is_err() {
            self.stop(Ended::Gone, now);
        }
    }

    /// When to wake if nothing happens.
    pub(super) fn wake(&self) -> Option<Moment> {
        match (self.away, self.changed, self.drawn) {
            (true, _, _) => None,
            (false, true, _) if !self.surface.ready() => None,
            (false, true, Some(drawn)) => Some(drawn.after(self.surface.pace())),
            (false, true, None) => Some(Moment::default()),
            (false, false, _) => [self.due, self.beat].into_iter().flatten().min(),
        }
    }
}

#[cfg(test)]
#[path = "turn_tests.rs"]
mod tests;
