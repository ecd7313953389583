//! The change that this console has begun: what was permitted, how far it is, how it ended, and whether a person has
//! seen that. Older runs, and those of others, are told by the history.

use crate::domain::run::{RunState, RunStep, StepState};
use crate::domain::{Environment, HostName, Moment, Now, Run, RunId, UnitName, Verb};
use crate::port::act::RunNews;

/// A change that was permitted and of which nothing is recorded yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Its headline.
    pub title: String,
    /// How many steps it has.
    pub steps: usize,
    /// Since when.
    pub at: Moment,
}

/// A run that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Everything that is known of it.
    pub run: Run,
    /// When it was first heard of.
    pub at: Moment,
    /// When its end was heard.
    pub ended: Option<Moment>,
    /// Whether a person was told of its end.
    pub seen: bool,
    /// Whether a person has asked that no further step begins.
    pub stopping: bool,
}

impl Shown {
    /// Steps of which nothing more will come, and all of them.
    pub fn progress(&self) -> (usize, usize) {
        let done = self.run.steps.iter().filter(|step| step.state.is_final()).count();
        (done, self.run.steps.len())
    }

    /// Whether it goes on.
    pub fn goes_on(&self) -> bool {
        self.run.state == RunState::Running
    }
}

/// What this console has begun.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnderWay {
    sent: Option<Sent>,
    shown: Option<Shown>,
    /// Why the newest change did not begin; a person has not let it go yet.
    pub refused: Option<String>,
}

impl UnderWay {
    /// A permit was given to the engine.
    pub fn send(&mut self, title: String, steps: usize, at: Moment) {
        self.sent = Some(Sent { title, steps, at });
        self.refused = None;
    }

    /// What was permitted and is not recorded yet.
    pub fn sent(&self) -> Option<&Sent> {
        self.sent.as_ref()
    }

    /// The run to show: the one that goes on, else the newest that ended.
    pub fn shown(&self) -> Option<&Shown> {
        self.shown.as_ref().filter(|_| self.sent.is_none())
    }

    /// Whether there is anything to show.
    pub fn is_empty(&self) -> bool {
        self.sent.is_none() && self.shown.is_none() && self.refused.is_none()
    }

    /// Whether a change is on its way, or goes on.
    pub fn is_busy(&self) -> bool {
        self.sent.is_some() || self.shown.as_ref().is_some_and(Shown::goes_on)
    }

    /// The run that goes on and that no person has stopped yet.
    pub fn stoppable(&self) -> Option<&RunId> {
        self.shown().filter(|shown| shown.goes_on() && !shown.stopping).map(|shown| &shown.run.id)
    }

    /// No further step shall begin.
    pub fn stop(&mut self) {
        if let Some(shown) = &mut self.shown {
            shown.stopping = true;
        }
    }

    /// A person looks at it: what has ended is told.
    pub fn look(&mut self) {
        if let Some(shown) = &mut self.shown {
            shown.seen |= !shown.goes_on();
        }
    }

    /// What a line beside the screens tells of: what goes on, and an end that nobody has seen.
    pub fn told(&self) -> Option<&Shown> {
        self.shown().filter(|shown| shown.goes_on() || !shown.seen)
    }

    /// Lets go of what was refused, else of an end that is told; says whether there was one.
    pub fn dismiss(&mut self) -> bool {
        if self.refused.take().is_some() {
            return true;
        }
        match &mut self.shown {
            Some(shown) if !shown.goes_on() && !shown.seen => {
                shown.seen = true;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Takes news in.
    pub fn observe(&mut self, news: &RunNews, now: Now) {
        match news {
            RunNews::Begun(run) => self.begun(run, now),
            RunNews::Step(id, number, step) => {
                let Some(shown) = self.known(id) else { return };
                if let Some(known) = shown.run.steps.get_mut(*number) {
                    known.clone_from(step);
                }
            }
            RunNews::Decided(id, decided) => {
                let Some(shown) = self.known(id) else { return };
                shown.run.decide(decided);
            }
            RunNews::Ended(id, state) => {
                let Some(shown) = self.known(id) else { return };
                shown.run.state = *state;
                shown.ended = (*state != RunState::Running).then_some(now.mono);
            }
            RunNews::Refused(why) => {
                self.sent = None;
                self.refused = Some(why.clone());
            }
        }
    }

    /// One that ended before this console knew of it was found in the store: it is shown unless something newer is.
    fn begun(&mut self, run: &Run, now: Now) {
        let goes_on = run.state == RunState::Running;
        if !goes_on && (self.is_busy() || self.shown.as_ref().is_some_and(|shown| shown.run.id > run.id)) {
            return;
        }
        if goes_on {
            self.sent = None;
        }
        let ended = (!goes_on).then_some(now.mono);
        self.shown = Some(Shown { run: run.clone(), at: now.mono, ended, seen: false, stopping: false });
    }

    fn known(&mut self, id: &RunId) -> Option<&mut Shown> {
        self.shown.as_mut().filter(|shown| shown.run.id == *id)
    }

    /// The units of an environment to which something is being done just now, with a word for that.
    pub fn doing(&self, here: &Environment) -> Vec<(HostName, UnitName, &'static str)> {
        let is_of = |run: &Run| run.site == here.site && run.environment == here.name;
        let Some(shown) = self.shown().filter(|shown| shown.goes_on() && is_of(&shown.run)) else { return Vec::new() };
        let verb = Verb::of_word(&shown.run.kind);
        let one = |step: &RunStep| {
            let what = match step.state {
                StepState::Intent | StepState::Started => verb.map_or("changing", Verb::going_on),
                StepState::Done => "verifying",
                StepState::Planned
                | StepState::Verified
                | StepState::Failed
                | StepState::Skipped
                | StepState::Waived
                | StepState::Unknown => return None,
            };
            Some((step.host.clone(), step.unit.clone()?, what))
        };
        shown.run.steps.iter().filter_map(one).collect()
    }
}

/// Where a unit of a run stands when it has ended: what runs as it should from now on, and what as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Changed and verified.
    New,
    /// Changed, and not as it should be.
    Bad,
    /// As before.
    Old,
    /// Nobody knows.
    Unknown,
}

/// On which side a step has left its unit.
pub fn side(step: &RunStep) -> Side {
    match step.state {
        StepState::Verified => Side::New,
        StepState::Planned | StepState::Skipped => Side::Old,
        // It was refused before anything happened.
        StepState::Failed | StepState::Waived
            if step.invocation == step.invocation_before && !step.invocation.is_empty() =>
        {
            Side::Old
        }
        StepState::Failed | StepState::Waived | StepState::Done => Side::Bad,
        StepState::Intent | StepState::Started | StepState::Unknown => Side::Unknown,
    }
}

#[cfg(test)]
#[path = "under_way_tests.rs"]
mod tests;
