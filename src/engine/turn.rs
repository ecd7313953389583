//! What the loop keeps from turn to turn: the model, the screen, and when to draw next.

use std::time::Duration;

use super::outbox::Outbox;
use super::run::Ended;
use super::signals::{KEYS_COME_LATE, Notice, is_of_a_key};
use super::surface::Surface;
use crate::app::{Model, update, view};
use crate::domain::{Moment, Now, State};
use crate::port::procedure::Decision;
use crate::port::{Borrower, Effect, Errand, Event, Input, Paged, ShellEnd, ShellNews};
use crate::state::Fleet;

/// The world finds the way to a shell within this, or there is none.
const ANSWERS: Duration = Duration::from_secs(5);
/// Lines are in a file for the pager within this, or it is not opened.
const WRITES: Duration = Duration::from_secs(30);

/// Where the screen is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Away {
    /// It is ours.
    Here,
    /// Given back, because the program was stopped.
    Stopped,
    /// Lent to a shell.
    Lent(Loan),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Loan {
    whose: Borrower,
    since: Moment,
    /// The shell was started.
    runs: bool,
}

impl Loan {
    /// When a program that does not come is waited for no longer.
    fn until(&self) -> Moment {
        self.since.after(match self.whose {
            Borrower::Shell(_) | Borrower::Step => ANSWERS,
            Borrower::Pager(_) => WRITES,
        })
    }
}

impl Away {
    fn lent(&self) -> Option<&Loan> {
        match self {
            Away::Lent(loan) => Some(loan),
            Away::Here | Away::Stopped => None,
        }
    }
}

/// What the loop keeps from turn to turn.
pub(super) struct Turn<S> {
    pub(super) surface: S,
    pub(super) model: Model,
    pub(super) outbox: Outbox,
    /// Something happened since the last frame.
    changed: bool,
    /// The person did something since the last frame: that is shown sooner than what the world does.
    answers: bool,
    /// Figures moved that are on no frame yet: when they will be drawn.
    beat: Option<Moment>,
    /// When the last frame was drawn.
    drawn: Option<Moment>,
    /// The dialog on the frame that is on its way, when no frame before showed it.
    showing: Option<u64>,
    /// When the model looks different by itself.
    due: Option<Moment>,
    /// Columns and rows, as the model knows them.
    size: Option<(u16, u16)>,
    /// Whether the screen has been given away.
    away: Away,
    /// When it last came back from a program that had it.
    returned: Option<Moment>,
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
            answers: false,
            beat: None,
            drawn: None,
            showing: None,
            due: None,
            size: None,
            away: Away::Here,
            returned: None,
            stopped_by: None,
            ended: None,
        }
    }

    /// Takes one event in and does what the core asks for.
    pub(super) fn event(&mut self, event: Event, now: Now) {
        match (&event, self.away.lent()) {
            (Event::Shell(ShellNews::Ready(errand)), Some(_)) => return self.start(errand, now),
            // Whoever asked for it has been told that there is none.
            (Event::Shell(ShellNews::Ready(errand)), None) => return discard(errand),
            (Event::Shell(ShellNews::Refused(_)), Some(_)) => self.come_back(now),
            // What is typed now is not for the console, and what was typed before it was lent is lost with it.
            (Event::Input(Input::Key(_) | Input::Paste(_) | Input::Click(..) | Input::Wheel(..)), Some(_)) => return,
            _ => {}
        }
        self.take(event, now);
    }

    fn take(&mut self, event: Event, now: Now) {
        let before = if self.model.can_wait(&event) { self.words() } else { None };
        let alters = !matches!(event, Event::Shown(_) | Event::Frame);
        self.answers |=
            matches!(event, Event::Input(Input::Key(_) | Input::Paste(_) | Input::Click(..) | Input::Wheel(..)));
        let effects = update(&mut self.model, event, now);
        if !alters {
            // That a frame is drawn, or was written out, is no reason for another one.
        } else if before.is_some() && before == self.words() {
            self.beat = self.beat.or(Some(now.beat(now.mono)));
        } else {
            self.changed = true;
        }
        for effect in effects {
            match effect {
                Effect::Copy(text) => self.surface.copy(&text),
                Effect::Mouse(heard) => self.surface.mouse(heard),
                Effect::Title(title) => self.surface.title(&title),
                Effect::Call(call) => self.surface.call(&call),
                Effect::Redraw => {
                    self.surface.redraw();
                    // A terminal may have changed its size without a word.
                    self.measure(now);
                }
                Effect::Suspend => self.suspend(now),
                Effect::Shell(host) => {
                    let said = format!("A shell on {host}. When it ends, the console comes back.");
                    self.lend(&said, Borrower::Shell(host.clone()), Effect::Shell(host), now);
                }
                Effect::Decide(run, Decision::TakeTerminal(step)) => {
                    let said = "A step has the terminal. When its command ends, the console comes back.";
                    let effect = Effect::Decide(run, Decision::TakeTerminal(step));
                    self.lend(said, Borrower::Step, effect, now);
                }
                Effect::Page(..) => {
                    let said = "The lines are made ready for the pager. When it ends, the console comes back.";
                    self.lend(said, Borrower::Pager(Paged::default()), effect, now);
                }
                Effect::Quit => self.ended = self.stopped_by.or(Some(Ended::Asked)),
                Effect::Watch(_)
                | Effect::RetryNow(_)
                | Effect::Refresh
                | Effect::ReadUsage(_)
                | Effect::ReadDetail(..)
                | Effect::Execute(_)
                | Effect::StopRun(_)
                | Effect::Conduct(_)
                | Effect::Decide(..)
                | Effect::Preview(_)
                | Effect::Resume(_)
                | Effect::ReadRun(_)
                | Effect::ReadHistory(_)
                | Effect::ReadReleases(_)
                | Effect::ListChoices(_)
                | Effect::Follow(_)
                | Effect::Tail(_)
                | Effect::EndTail
                | Effect::ReadFields(..)
                | Effect::ReadPage(_)
                | Effect::Export(_)
                | Effect::Keepsake(..)
                | Effect::OpenLink(_)
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
            // These keys were meant for the shell, and so is what stops a job.
            Notice::Stop(signal) if is_of_a_key(signal) && self.keys_are_lent(now) => {}
            Notice::Suspend if self.keys_are_lent(now) => {}
            Notice::Continued if self.away.lent().is_some() => {}
            Notice::Stop(signal) => self.stop(Ended::Signal(signal), now),
            Notice::Crashed => self.ended = Some(Ended::Crashed),
            Notice::Suspend => self.suspend(now),
            Notice::Continued => match self.surface.resume() {
                Ok(true) => self.is_back(now),
                Ok(false) => {}
                Err(_) => self.stop(Ended::Gone, now),
            },
            Notice::Resized => self.measure(now),
        }
    }

    /// Whether a signal that a key makes is for a program that has the screen, or had it a moment ago. While the screen is ours
    /// no key makes any.
    fn keys_are_lent(&self, now: Now) -> bool {
        self.away.lent().is_some() || self.returned.is_some_and(|at| at.age(now.mono) < KEYS_COME_LATE)
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
        if self.away != Away::Here {
            return;
        }
        self.away = Away::Stopped;
        if let Err(sentence) = self.surface.suspend() {
            self.away = Away::Here;
            self.event(Event::Trouble(sentence), now);
        }
    }

    /// Gives the screen away for a program, at once: what is typed from now on is for it. The world says how it is opened.
    fn lend(&mut self, said: &str, whose: Borrower, effect: Effect, now: Now) {
        if self.away != Away::Here {
            return;
        }
        match self.surface.lend(said) {
            Ok(()) => {
                self.away = Away::Lent(Loan { whose, since: now.mono, runs: false });
                self.outbox.push(effect);
            }
            Err(sentence) => self.event(Event::Trouble(sentence), now),
        }
    }

    fn start(&mut self, errand: &Errand, now: Now) {
        let Away::Lent(loan) = &mut self.away else { return };
        match self.surface.start(errand) {
            Ok(()) => (loan.runs, loan.whose) = (true, errand.whose.clone()),
            Err(error) => {
                discard(errand);
                let what = match &errand.whose {
                    Borrower::Shell(host) => format!("The shell on {host}"),
                    Borrower::Step => "The step with the terminal".to_owned(),
                    Borrower::Pager(_) => "The pager".to_owned(),
                };
                let sentence = format!("{what} could not be started: {error}.");
                self.event(Event::Shell(ShellNews::Refused(sentence)), now);
            }
        }
    }

    /// Whether a program has the screen.
    pub(super) fn is_lent(&self) -> bool {
        self.away.lent().is_some_and(|loan| loan.runs)
    }

    /// The program that had the screen has ended.
    pub(super) fn returned(&mut self, how: ShellEnd, now: Now) {
        let Some(loan) = self.away.lent() else { return };
        let (whose, lasted) = (loan.whose.clone(), loan.since.age(now.mono));
        self.come_back(now);
        self.event(Event::Shell(ShellNews::Ended { whose, how, lasted }), now);
    }

    fn come_back(&mut self, now: Now) {
        self.away = Away::Stopped;
        self.returned = Some(now.mono);
        match self.surface.take_back() {
            Ok(true) => self.is_back(now),
            Ok(false) => {}
            Err(_) => self.stop(Ended::Gone, now),
        }
    }

    fn is_back(&mut self, now: Now) {
        self.away = Away::Here;
        self.event(Event::Resumed, now);
        // What follows from time alone was not looked at meanwhile.
        self.event(Event::Woke, now);
        self.measure(now);
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
        if let Some(loan) = self.away.lent().filter(|loan| !loan.runs && loan.until() <= now.mono) {
            let sentence = match &loan.whose {
                Borrower::Shell(_) | Borrower::Step => "No shell: the way to the host was not found in time.",
                Borrower::Pager(_) => "No pager: the lines could not be written in time; an export takes all it needs.",
            };
            return self.event(Event::Shell(ShellNews::Refused(sentence.to_owned())), now);
        }
        self.changed |= self.beat.is_some_and(|beat| beat <= now.mono);
        if self.model.is_searching() || self.due.is_some_and(|due| due <= now.mono) {
            self.due = None;
            self.event(Event::Woke, now);
        }
    }

    /// Whether something that time brings has not come about, because there was always something else to be done.
    pub(super) fn is_late(&self, now: Now) -> bool {
        let late = |at: Moment| at < now.mono;
        match &self.away {
            Away::Lent(loan) => !loan.runs && late(loan.until()),
            Away::Stopped => false,
            Away::Here => [self.due, self.beat.filter(|_| !self.changed)].into_iter().flatten().any(late),
        }
    }

    /// The least time between the last frame and the next. A person who looks at a flood waits for the answer to a key no
    /// longer than half a frame of sixty in a second.
    fn pace(&self) -> Duration {
        if self.answers { self.surface.pace() / 4 } else { self.surface.pace() }
    }

    /// Draws when something changed, the screen is ours and free, and the last frame is old enough: after
    /// quiet at once, in a flood at the pace of the surface.
    pub(super) fn draw(&mut self, now: Now) {
        let early = self.drawn.is_some_and(|drawn| drawn.after(self.pace()) > now.mono);
        if !self.changed || self.away != Away::Here || early || !self.surface.ready() {
            return;
        }
        if self.model.is_unsettled() {
            self.event(Event::Frame, now);
        }
        let model = &self.model;
        let mut due = None;
        let shown = self.surface.draw(|frame| due = view(model, frame, now));
        (self.changed, self.answers) = (false, false);
        self.beat = None;
        self.drawn = Some(now.mono);
        self.due = due;
        if shown.is_err() {
            return self.stop(Ended::Gone, now);
        }
        self.showing = self.model.unseen_dialog();
        self.written(now);
    }

    /// The frame on its way may have been written out: then a person can have seen what is on it.
    pub(super) fn written(&mut self, now: Now) {
        if let Some(number) = self.showing.take_if(|_| self.surface.ready()) {
            self.event(Event::Shown(number), now);
        }
    }

    /// When to wake if nothing happens.
    pub(super) fn wake(&self) -> Option<Moment> {
        match (&self.away, self.changed, self.drawn) {
            (Away::Lent(loan), _, _) => (!loan.runs).then(|| loan.until()),
            (Away::Stopped, _, _) => None,
            // Slice after slice, without waiting for the next frame.
            (Away::Here, _, _) if self.model.is_searching() => Some(Moment::default()),
            (Away::Here, true, _) if !self.surface.ready() => None,
            (Away::Here, true, Some(drawn)) => Some(drawn.after(self.pace())),
            (Away::Here, true, None) => Some(Moment::default()),
            (Away::Here, false, _) => [self.due, self.beat].into_iter().flatten().min(),
        }
    }
}

/// What was made for a program that is not started goes.
fn discard(errand: &Errand) {
    if let Borrower::Pager(paged) = &errand.whose {
        super::pager::remove(&paged.file);
    }
}

#[cfg(test)]
#[path = "turn_tests.rs"]
mod tests;
