//! The runs of procedures that this console knows of while they go on and after: what they printed, what they wait for,
//! and which of this or other workstations nobody is at.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::printed::Printed;
use crate::domain::course::Watching;
use crate::domain::lock::Stands;
use crate::domain::run::{RunState, RunStep, StepState};
use crate::domain::{HostName, Lock, Moment, Now, PartId, Procedure, ProcedureName, Run, RunId};
use crate::port::act::RunNews;
use crate::port::procedure::{Need, OpenRun, Past, ProcedureNews};
use crate::text::Foreign;

/// Runs of which output is kept; of older ones it is read again when somebody looks.
const KEPT: usize = 12;
/// Previews that are kept.
const PREVIEWS: usize = 500;

/// One run of a procedure.
#[derive(Debug, Clone, PartialEq)]
pub struct Conduct {
    /// Everything that is recorded of it.
    pub run: Run,
    /// When it was first heard of.
    pub at: Moment,
    /// When its end was heard.
    pub ended: Option<Moment>,
    /// When its end was recorded, while that is not told yet.
    over: Option<Timestamp>,
    /// What each try of each step has printed.
    pub printed: BTreeMap<(usize, u32), Printed>,
    /// What the guards of its steps have seen, by the numbers of the steps; of a guard that has ended, what it saw last.
    pub guarded: BTreeMap<usize, Watching>,
    /// What it waits for.
    pub needs: Vec<Need>,
    /// Since when it waits.
    pub waits: Option<Moment>,
    /// Whether a person was called for what it waits for.
    pub called: bool,
    /// Its document as it was, where that was read.
    pub document: Option<Arc<Procedure>>,
    /// Why its document can't be had.
    pub lost: Option<String>,
}

impl Conduct {
    /// A run of which nothing but its record is known yet.
    fn new(run: &Run, now: Now) -> Self {
        Self {
            run: run.clone(),
            at: now.mono,
            ended: (run.state != RunState::Running).then_some(now.mono),
            over: None,
            printed: BTreeMap::new(),
            guarded: BTreeMap::new(),
            needs: Vec::new(),
            waits: None,
            called: false,
            document: None,
            lost: None,
        }
    }

    /// Whether it goes on.
    pub fn goes_on(&self) -> bool {
        self.run.state == RunState::Running
    }

    /// Whether something is being done just now.
    pub fn moves(&self) -> bool {
        let moving = |step: &RunStep| matches!(step.state, StepState::Intent | StepState::Started | StepState::Done);
        self.goes_on() && self.run.steps.iter().any(moving)
    }

    /// What the newest try of a step has printed.
    pub fn newest(&self, step: usize) -> Option<&Printed> {
        self.printed.range((step, 0)..=(step, u32::MAX)).next_back().map(|(_, printed)| printed)
    }

    /// What guards see just now: of the steps whose guards are at work.
    pub fn watching(&self) -> impl Iterator<Item = (usize, &Watching)> {
        let works = |number: &usize| {
            let step = self.run.steps.get(*number);
            step.is_some_and(|step| matches!(step.state, StepState::Started | StepState::Done))
        };
        self.guarded.iter().filter(move |(number, _)| works(number)).map(|(number, seen)| (*number, seen))
    }

    /// The name of its document.
    pub fn procedure(&self) -> Option<&ProcedureName> {
        self.run.document.as_ref().map(|document| &document.name)
    }
}

/// A permit that was given and of which nothing is recorded yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Which procedure.
    pub procedure: ProcedureName,
    /// Its title.
    pub title: String,
    /// Since when.
    pub at: Moment,
}

/// What this console knows of runs of procedures.
#[derive(Debug, Default)]
pub struct Conducted {
    runs: Vec<Conduct>,
    /// One that is only looked at, as it was.
    looked: Option<Box<Conduct>>,
    /// Those that nobody is at.
    pub open: Vec<OpenRun>,
    /// How documents of runs have changed since, which keeps these from being gone on with.
    pub changed: BTreeMap<RunId, Vec<String>>,
    /// Why runs were not taken up when that was tried last.
    pub not_taken: BTreeMap<RunId, String>,
    /// What is known of procedures from before.
    pub past: BTreeMap<ProcedureName, Past>,
    /// What previews of a plan printed.
    pub previews: Vec<(PartId, HostName, Result<Foreign, String>)>,
    /// How the lock of the environment was last seen.
    pub lock: Option<Lock>,
    /// What was permitted and is not recorded yet.
    pub sent: Option<Sent>,
}

impl Conducted {
    /// All, the one heard of last at the end.
    pub fn all(&self) -> &[Conduct] {
        &self.runs
    }

    /// One.
    pub fn get(&self, id: &RunId) -> Option<&Conduct> {
        self.runs.iter().chain(self.looked.as_deref()).find(|conduct| conduct.run.id == *id)
    }

    /// One, to be changed.
    pub fn get_mut(&mut self, id: &RunId) -> Option<&mut Conduct> {
        self.runs.iter_mut().chain(self.looked.as_deref_mut()).find(|conduct| conduct.run.id == *id)
    }

    /// Takes a run from the record, so that it can be looked at as it was. Another one that was looked at is let go.
    pub fn look_at(&mut self, run: &Run, now: Now) {
        match self.get_mut(&run.id) {
            Some(known) if known.goes_on() || run.state == RunState::Running => {}
            Some(known) => known.run = run.clone(),
            None => self.looked = Some(Box::new(Conduct::new(run, now))),
        }
    }

    /// Whether this console does it just now, or waits with it for a person.
    pub fn is_done_here(&self, id: &RunId) -> bool {
        let here = |conduct: &Conduct| conduct.run.id == *id && conduct.goes_on();
        self.runs.iter().any(here) && !self.is_open(id)
    }

    /// Whether it goes on and ran something before this console heard of it, of which no output is here.
    pub fn is_without_output(&self, id: &RunId) -> bool {
        let ran = |step: &RunStep| step.attempt > 0 && step.state.is_final();
        self.get(id).is_some_and(|one| one.goes_on() && one.printed.is_empty() && one.run.steps.iter().any(ran))
    }

    /// The run of a procedure that is gone on with: the newest that has not ended and that nobody has to take over.
    pub fn of(&self, procedure: &ProcedureName) -> Option<&Conduct> {
        let mine = |conduct: &&Conduct| conduct.procedure() == Some(procedure) && conduct.goes_on();
        self.runs.iter().rev().filter(|conduct| !self.is_open(&conduct.run.id)).find(mine)
    }

    /// How long a step of a run usually takes there, as far as that is known from runs before.
    pub fn expected(&self, run: &Run, step: usize) -> Option<Duration> {
        let step = run.steps.get(step)?;
        self.past.get(&run.document.as_ref()?.name)?.expected(step.part.as_ref()?, &step.host)
    }

    /// Who keeps others from changing the environment now, unless that is this console by one of its runs.
    pub fn locked(&self) -> Option<&Lock> {
        let lock = self.lock.as_ref()?;
        let mine = lock.holder.run.as_ref().is_some_and(|run| self.is_done_here(run));
        (!mine && matches!(lock.stands, Stands::Held | Stands::Reserved)).then_some(lock)
    }

    /// Whether the lock is had by a run that was left at this workstation.
    pub fn is_locked_by_left(&self) -> bool {
        self.locking_left().is_some()
    }

    /// The run that was left at this workstation and has the lock.
    pub fn locking_left(&self) -> Option<&RunId> {
        let run = self.locked()?.holder.run.as_ref()?;
        self.open.iter().any(|open| !open.elsewhere && open.run.id == *run).then_some(run)
    }

    /// Whether nobody is at it.
    pub fn is_open(&self, id: &RunId) -> bool {
        self.open.iter().any(|open| open.run.id == *id)
    }

    /// Whether something is being done, or about to be.
    pub fn is_busy(&self) -> bool {
        self.sent.is_some() || self.runs.iter().any(Conduct::moves)
    }

    /// Those that go on and wait for a person, the oldest need first.
    pub fn waiting(&self) -> impl Iterator<Item = &Conduct> {
        self.runs.iter().filter(|conduct| conduct.goes_on() && !conduct.needs.is_empty())
    }

    /// Everything of another environment goes.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether news of a run are of a procedure's.
    pub fn concerns(&self, news: &RunNews) -> bool {
        match news {
            RunNews::Begun(run) => run.document.is_some(),
            RunNews::Step(id, ..) | RunNews::Decided(id, _) | RunNews::Ended(id, _) => self.get(id).is_some(),
            RunNews::Refused(_) => self.sent.is_some(),
        }
    }

    /// Takes in what is recorded.
    pub fn observe(&mut self, news: &RunNews, now: Now) {
        match news {
            RunNews::Begun(run) => {
                self.not_taken.remove(&run.id);
                if self
                    .sent
                    .as_ref()
                    .is_some_and(|sent| run.document.as_ref().is_some_and(|d| d.name == sent.procedure))
                {
                    self.sent = None;
                }
                self.begun(run, now);
            }
            RunNews::Step(id, number, step) => {
                let Some(conduct) = self.get_mut(id) else { return };
                let steps = &mut conduct.run.steps;
                // Of chosen parts more come as they are chosen.
                if *number == steps.len() {
                    steps.push((**step).clone());
                } else if let Some(known) = steps.get_mut(*number) {
                    known.clone_from(step);
                }
            }
            RunNews::Decided(id, decided) => {
                let Some(conduct) = self.get_mut(id) else { return };
                conduct.run.decide(decided);
            }
            RunNews::Ended(id, state) => {
                let Some(conduct) = self.get_mut(id) else { return };
                conduct.run.state = *state;
                if *state != RunState::Running {
                    conduct.ended = Some(now.mono);
                    conduct.run.ended = conduct.run.ended.or(conduct.over).or(Some(now.wall));
                    conduct.needs.clear();
                }
            }
            RunNews::Refused(_) => self.sent = None,
        }
    }

    fn begun(&mut self, run: &Run, now: Now) {
        let ended = (run.state != RunState::Running).then_some(now.mono);
        // What was looked at is taken up, with what was read of it.
        if let Some(looked) = self.looked.take_if(|looked| looked.run.id == run.id) {
            self.runs.push(*looked);
        }
        match self.get_mut(&run.id) {
            Some(conduct) => {
                conduct.run = run.clone();
                conduct.ended = ended.and(conduct.ended.or(ended));
            }
            None => self.runs.push(Conduct::new(run, now)),
        }
        self.open.retain(|open| open.run.id != run.id);
        if self.runs.len() > KEPT
            && let Some(place) = self.runs.iter().position(|conduct| !conduct.goes_on())
        {
            self.runs.remove(place);
        }
    }

    /// Takes in what a run says beside its record.
    pub fn hear(&mut self, news: ProcedureNews, now: Now) {
        match news {
            ProcedureNews::Output(id, piece) => {
                if let Some(conduct) = self.get_mut(&id) {
                    conduct.printed.entry((piece.step, piece.attempt)).or_default().take(&piece);
                }
            }
            ProcedureNews::Needs(id, needs) => {
                if let Some(conduct) = self.get_mut(&id) {
                    // For what it waits for already a person was called.
                    let more = needs.iter().any(|need| !conduct.needs.contains(need));
                    conduct.called &= !more && !needs.is_empty();
                    conduct.waits =
                        if needs.is_empty() { None } else { conduct.waits.filter(|_| !more).or(Some(now.mono)) };
                    conduct.needs = needs;
                }
            }
            ProcedureNews::Preview(part, host, said) => {
                self.previews.retain(|(p, h, _)| (p, h) != (&part, &host));
                self.previews.push((part, host, said));
                if self.previews.len() > PREVIEWS {
                    drop(self.previews.remove(0));
                }
            }
            ProcedureNews::Open(open) => {
                self.open = open;
            }
            ProcedureNews::Document(id, said) => {
                if let Some(conduct) = self.get_mut(&id) {
                    match said {
                        Ok(document) => conduct.document = Some(document),
                        Err(why) => conduct.lost = Some(why),
                    }
                }
            }
            ProcedureNews::Past(procedure, past) => drop(self.past.insert(procedure, past)),
            // Told by whoever shows it.
            ProcedureNews::Notice(..)
            | ProcedureNews::Trouble(..)
            | ProcedureNews::Denied(..)
            | ProcedureNews::Awaited(_) => {}
            ProcedureNews::Over(id, at) => {
                if let Some(conduct) = self.get_mut(&id) {
                    conduct.over = Some(at);
                }
            }
            ProcedureNews::Guarded(id, step, seen) => {
                if let Some(conduct) = self.get_mut(&id) {
                    conduct.guarded.insert(step, *seen);
                }
            }
            ProcedureNews::Lock(lock) => self.lock = lock.map(|lock| *lock),
            ProcedureNews::Changed(id, lines) => drop(self.changed.insert(id, lines)),
            ProcedureNews::NotTaken(id, why) => drop(self.not_taken.insert(id, why)),
        }
    }
}
