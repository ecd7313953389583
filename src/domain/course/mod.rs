//! The course of a procedure's run, as a pure core: what begins now, what a person is needed for, when it has ended and
//! how. It is told what was permitted, what is recorded and what happened; it reads no clock and does nothing itself.
//!
//! The record alone says where a run stands, so a course that is made anew of the record goes on exactly there. What is
//! recorded as begun and is not under way here must be looked at ([`Do::Adopt`]) and is never simply begun again.

mod away;
#[cfg(test)]
mod away_tests;
mod back;
#[cfg(test)]
mod beside_tests;
mod decide;
mod gate;
#[cfg(test)]
mod gate_tests;
mod guard;
mod next;
#[cfg(test)]
mod order_tests;
#[cfg(test)]
mod play_tests;
mod rule;
#[cfg(test)]
mod shift_tests;
#[cfg(test)]
mod tests;
mod values;
mod went_back;
#[cfg(test)]
mod went_back_tests;
mod window;
#[cfg(test)]
mod window_tests;
mod word;
#[cfg(test)]
mod word_tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::name::HostName;
use super::procedure::{Given, Job, PlannedPart, ProcedurePlan, Purpose};
use super::run::{Decided, Go, RunState, RunStep, StepState};
use super::unit::UnitName;

pub use guard::{Judgement, KEPT, Measured, Reading, Series, Watching, worst};
pub use rule::{Asks, Rule};

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Do {
    /// Begin this step: another try of it.
    Begin(usize),
    /// Find out how this step stands, which was begun before, and go on with it.
    Adopt(usize),
    /// Record that this step is skipped, for this reason.
    Skip(usize, String),
    /// Record that this answer counts no more: it is asked for, or checked, again.
    Reopen(usize),
    /// Begin the way back by itself, as it was permitted, because of the failure of this step: record that the run is
    /// rolled back, and the steps of the way.
    TurnBack(usize),
    /// Record that the run has ended so.
    End(RunState),
}

/// What a person is needed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// The item of this step must be attested.
    Tick(usize),
    /// A way must be chosen for this step.
    Choose(usize),
    /// The inputs of this step must be told.
    Tell(usize),
    /// This step wants the terminal.
    Terminal(usize),
    /// This step failed.
    Failure(usize),
    /// Whether this step happened is not known.
    Unknown(usize),
    /// Its gate is passed: the rest is planned, and permitted.
    Go,
    /// A window must open, or somebody overrides that, before anything more is changed.
    Window,
    /// It was paused.
    Paused,
}

/// How one step stands in the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// It may be begun when its turn comes.
    Due,
    /// It is under way here.
    Going,
    /// It was begun, by whomever, and is not under way here.
    Open,
    /// What was to be fetched is there, and a person judges it.
    Shown,
    /// Nothing of it stands in anybody's way.
    Passed,
    /// It failed, and a person says what becomes of it.
    Failed,
    /// Whether it happened is not known, and a person says what becomes of it.
    Unknown,
}

/// How a run is to end before its last step.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Halt {
    why: String,
}

/// One run on its way.
#[derive(Debug, Clone)]
pub struct Course {
    whole: bool,
    given: Vec<Given>,
    rules: Vec<Rule>,
    steps: Vec<RunStep>,
    /// Under way here.
    going: BTreeSet<usize>,
    /// Permitted once more, whatever they came to.
    again: BTreeSet<usize>,
    /// Their failure keeps nobody, because a person chose something else since.
    waived: BTreeSet<usize>,
    /// The terminal is free for them.
    terminal: BTreeSet<usize>,
    /// Parts of its own order that undo another now, whatever else waits.
    undoing: BTreeSet<usize>,
    /// Of the way back: their hosts are away and waited for.
    away: BTreeSet<usize>,
    /// Of the way back: tried here and not begun. Their hosts did not come while they were waited for, or refused them.
    in_vain: BTreeSet<usize>,
    left_out: BTreeSet<HostName>,
    /// Nothing but the way back begins any more.
    rolls_back: bool,
    /// It is a way back that was begun alone: nobody chooses more of it.
    back_alone: bool,
    /// Whether it waits for the go behind its gate.
    go: Go,
    /// Since when what a gate has checked is as new as it must be, by the first part of each gate.
    fresh_since: BTreeMap<usize, Timestamp>,
    /// The way back that was permitted beforehand.
    back: Option<Box<ProcedurePlan>>,
    paused: bool,
    /// Windows or freezes keep the environment from being changed now.
    closed: bool,
    /// Something was held back by that, and nobody has said since that it goes on.
    held_back: bool,
    /// Somebody allowed it all the same.
    overridden: bool,
    /// It was taken up, and of what changes something only these steps were permitted since, before somebody permits all.
    worded: Option<BTreeSet<usize>>,
    /// Something waits for that.
    word_wanted: bool,
    halt: Option<Halt>,
    ended: bool,
}

impl Course {
    /// The course of a run with these recorded steps. Nothing is planned in it yet.
    pub fn new(whole: bool, given: Vec<Given>, steps: Vec<RunStep>) -> Self {
        Self {
            whole,
            given,
            rules: Vec::new(),
            steps,
            going: BTreeSet::new(),
            again: BTreeSet::new(),
            waived: BTreeSet::new(),
            terminal: BTreeSet::new(),
            undoing: BTreeSet::new(),
            away: BTreeSet::new(),
            in_vain: BTreeSet::new(),
            left_out: BTreeSet::new(),
            rolls_back: false,
            back_alone: false,
            go: Go::default(),
            fresh_since: BTreeMap::new(),
            back: None,
            paused: false,
            closed: false,
            held_back: false,
            overridden: false,
            worded: None,
            word_wanted: false,
            halt: None,
            ended: false,
        }
    }

    /// Recalls what was decided of it before, by whomever.
    pub fn recall(&mut self, decided: &Decided) {
        self.left_out.extend(decided.left_out.iter().cloned());
        self.rolls_back |= decided.rolls_back;
        self.overridden |= decided.overridden.is_some();
        self.go = self.go.max(decided.go);
    }

    /// Its steps as they are recorded.
    pub fn steps(&self) -> &[RunStep] {
        &self.steps
    }

    /// The rule of a step.
    pub fn rule(&self, number: usize) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.steps.contains(&number))
    }

    /// The steps of the jobs of a part, in their order; `None` for a job that has none yet. A part may have several jobs
    /// on one host: they keep their order among each other.
    pub fn numbers(&self, part: &PlannedPart) -> Vec<Option<usize>> {
        let unit = |job: &Job| job.change.as_ref().and_then(|change| change.unit.clone());
        let mut seen: Vec<(&HostName, Option<UnitName>)> = Vec::new();
        let number = |job: &Job, nth: usize| {
            // Services that are restarted are told apart by their units, in whatever order they are planned.
            let of_it = |(_, step): &(usize, &RunStep)| {
                step.part.as_ref() == Some(&part.part)
                    && step.host == job.host
                    && (job.change.is_none() || step.unit == unit(job))
            };
            self.steps.iter().enumerate().filter(of_it).nth(nth).map(|(number, _)| number)
        };
        part.jobs
            .iter()
            .map(|job| {
                let own = (&job.host, unit(job));
                let nth = seen.iter().filter(|known| **known == own).count();
                seen.push(own);
                number(job, nth)
            })
            .collect()
    }

    /// Learns a plan of this run without permitting anything: when it is made anew of its record.
    pub fn learn(&mut self, plan: &ProcedurePlan) {
        self.see_back_alone(plan);
        for part in &plan.parts {
            let numbers = self.numbers(part);
            self.put(Rule::of(part, &numbers), plan.whole);
        }
        self.back = plan.back.clone().or(self.back.take());
    }

    /// Takes what a person permitted: the numbers of its steps. `fresh` makes the record of a step that is new; it
    /// stands behind the others.
    ///
    /// # Errors
    /// A sentence, when one of them is under way, or when the run is rolled back; nothing has changed then.
    pub fn permit(
        &mut self,
        plan: &ProcedurePlan,
        fresh: impl Fn(&PlannedPart, &Job) -> RunStep,
    ) -> Result<Vec<usize>, String> {
        self.may_permit(plan)?;
        let is_word = self.is_word(plan);
        for part in &plan.parts {
            let ordinary = self.rules.iter().any(|rule| rule.part == part.part && !self.is_aside(rule));
            if self.rolls_back && ordinary {
                return Err(format!("{} is not done any more: the run is rolled back.", part.part));
            }
            for number in self.numbers(part).into_iter().flatten() {
                if matches!(self.stand(number), Stand::Going | Stand::Open) && !is_word {
                    let host = self.steps.get(number).map(|step| step.host.to_string()).unwrap_or_default();
                    return Err(format!("{} is under way on {host}: wait for its end, or cancel it.", part.part));
                }
            }
        }
        self.see_back_alone(plan);
        let mut numbers = Vec::new();
        for part in &plan.parts {
            let known = self.numbers(part);
            let mut own = Vec::new();
            for (job, known) in part.jobs.iter().zip(&known) {
                own.push(known.unwrap_or_else(|| {
                    self.steps.push(fresh(part, job));
                    self.steps.len() - 1
                }));
            }
            // Of several jobs on one host only those are done again that did not end well.
            let several =
                part.jobs.iter().any(|job| part.jobs.iter().filter(|other| other.host == job.host).count() > 1);
            let unpassed = |number: &usize| self.stand(*number) != Stand::Passed;
            let some = several && own.iter().any(unpassed);
            numbers.extend(own.iter().copied().filter(|number| !some || unpassed(number)));
            let own: Vec<Option<usize>> = own.into_iter().map(Some).collect();
            self.put(Rule::of(part, &own), plan.whole);
        }
        match plan.purpose {
            Purpose::Judge => self.go = self.go.max(if self.whole { Go::Waits } else { Go::Unasked }),
            Purpose::Forward if plan.whole && self.go == Go::Waits => self.go = Go::Given,
            Purpose::Forward => {}
            Purpose::Undo => self.undoing.extend(&numbers),
            Purpose::Rollback => self.rolls_back |= self.whole,
        }
        self.back = plan.back.clone().or(self.back.take());
        self.take_word(is_word, &mut numbers);
        for number in &numbers {
            self.waived.remove(number);
            self.terminal.remove(number);
            self.in_vain.remove(number);
            if self.steps.get(*number).is_some_and(|step| step.state != StepState::Planned) {
                self.again.insert(*number);
            }
        }
        if !self.whole {
            let stuck = |stand| matches!(stand, Stand::Failed | Stand::Unknown);
            let before = (0..self.steps.len()).filter(|number| !numbers.contains(number));
            let stuck: Vec<usize> = before.filter(|number| stuck(self.stand(*number))).collect();
            self.waived.extend(stuck);
        }
        Ok(numbers)
    }

    /// Whether a run of chosen parts is the way back alone, before this plan of it is taken in.
    fn see_back_alone(&mut self, plan: &ProcedurePlan) {
        let is_new = |part: &PlannedPart| self.rules.iter().all(|rule| rule.part != part.part);
        self.back_alone = match plan.purpose {
            Purpose::Rollback => !self.whole && (self.rules.is_empty() || self.back_alone),
            // What is tried once more is still of it.
            Purpose::Forward | Purpose::Judge | Purpose::Undo => self.back_alone && !plan.parts.iter().any(is_new),
        };
    }

    /// Steps that were chosen before and not begun, and give way to what was chosen now.
    pub fn given_up(&self, chosen: &[usize]) -> Vec<usize> {
        if self.whole {
            return Vec::new();
        }
        let is_job = |number: usize| self.rule(number).is_some_and(|rule| rule.asks == Asks::Nobody);
        (0..self.steps.len())
            .filter(|number| !chosen.contains(number) && is_job(*number) && self.stand(*number) == Stand::Due)
            .filter(|number| !self.sends_back(*number))
            .collect()
    }

    /// A part that is known already keeps its place and its other hosts.
    fn put(&mut self, rule: Rule, whole: bool) {
        match self.rules.iter_mut().find(|known| known.part == rule.part) {
            Some(known) => {
                let mut steps = std::mem::take(&mut known.steps);
                steps.extend(rule.steps.iter().copied());
                steps.sort_unstable();
                steps.dedup();
                // In a whole run what was needed before is needed still, whichever hosts are gone on with.
                let mut needs = if self.whole { std::mem::take(&mut known.needs) } else { Default::default() };
                for (step, fresh) in &rule.needs {
                    let all: &mut Vec<usize> = needs.entry(*step).or_default();
                    all.extend(fresh.iter().filter(|one| !all.contains(one)).copied().collect::<Vec<_>>());
                }
                let mut backs = std::mem::take(&mut known.backs);
                for (step, (to, fresh)) in &rule.backs {
                    let (known, of) = backs.entry(*step).or_insert_with(|| (*to, Vec::new()));
                    *known = *to;
                    of.extend(fresh.iter().filter(|one| !of.contains(one)).copied().collect::<Vec<_>>());
                }
                *known = Rule { steps, needs, backs, aside: known.aside, ..rule };
            }
            None => self.rules.push(Rule { aside: self.whole && !whole, ..rule }),
        }
    }

    /// What is recorded of a step now. `ended` says that it is no longer under way here.
    pub fn set(&mut self, number: usize, step: RunStep, ended: bool) {
        let tried = ended && self.going.remove(&number);
        self.again.remove(&number);
        if step.state.lets_go_on() {
            self.undoing.remove(&number);
        }
        if let Some(known) = self.steps.get_mut(number) {
            *known = step;
        }
        // What was not begun is not tried again by itself by whoever has just tried it.
        if tried && self.was_not_begun(number) {
            self.in_vain.insert(number);
        }
    }

    /// What a step runs from now on, as it is recorded with its next try.
    pub fn edit(&mut self, number: usize, command: String, edited: Option<String>) {
        if let Some(step) = self.steps.get_mut(number) {
            (step.command, step.edited) = (command, edited);
        }
    }

    /// Inputs that were told, in the place of what they were.
    pub fn give(&mut self, given: &[Given]) {
        for given in given {
            match self.given.iter_mut().find(|known| known.name == given.name) {
                Some(known) => *known = given.clone(),
                None => self.given.push(given.clone()),
            }
        }
    }

    /// The inputs as they are known.
    pub fn given(&self) -> &[Given] {
        &self.given
    }

    /// Adds a step that a person's word alone makes.
    pub fn add(&mut self, step: RunStep, rule: Rule) -> usize {
        self.steps.push(step);
        let number = self.steps.len() - 1;
        self.put(Rule { steps: vec![number], ..rule }, self.whole);
        number
    }

    /// Whether anything of it is under way here.
    pub fn is_going(&self) -> bool {
        !self.going.is_empty()
    }

    /// What of it is under way here.
    pub fn going(&self) -> Vec<usize> {
        self.going.iter().copied().collect()
    }

    /// Whether something that changes anything is under way here.
    pub fn is_changing(&self) -> bool {
        self.going.iter().any(|number| self.rule(*number).is_some_and(|rule| !rule.reads))
    }

    /// Whether a person chooses its parts one by one.
    pub fn is_chosen(&self) -> bool {
        !self.whole
    }

    /// Whether nothing but its way back begins any more.
    pub fn goes_back(&self) -> bool {
        self.rolls_back
    }

    /// Whether nothing in it was left undone.
    pub fn is_done(&self) -> bool {
        (0..self.steps.len()).all(|number| self.stand(number) == Stand::Passed)
    }

    /// Whether a part stands beside the order of a whole run: what undoes another, and the way back.
    fn is_aside(&self, rule: &Rule) -> bool {
        rule.aside || rule.steps.iter().any(|number| self.undoing.contains(number))
    }

    /// Whether something beside the order is still to be done; meanwhile nobody is asked about the rest.
    fn is_undoing(&self) -> bool {
        let on_its_way =
            |number: &usize| matches!(self.stand(*number), Stand::Due | Stand::Going | Stand::Open | Stand::Shown);
        self.rules.iter().any(|rule| self.is_aside(rule) && rule.steps.iter().any(on_its_way))
    }

    fn stand(&self, number: usize) -> Stand {
        let Some(step) = self.steps.get(number) else { return Stand::Passed };
        if self.going.contains(&number) {
            return Stand::Going;
        }
        let again = self.again.contains(&number);
        match step.state {
            StepState::Planned => Stand::Due,
            StepState::Done if self.rule(number).is_some_and(|rule| rule.judged) => {
                if again {
                    Stand::Due
                } else {
                    Stand::Shown
                }
            }
            StepState::Intent | StepState::Started | StepState::Done => Stand::Open,
            StepState::Verified | StepState::Skipped | StepState::Waived | StepState::Failed | StepState::Unknown
                if again =>
            {
                Stand::Due
            }
            StepState::Verified | StepState::Skipped | StepState::Waived => Stand::Passed,
            StepState::Failed if self.rule(number).is_some_and(|rule| rule.tries_again(step)) => Stand::Due,
            StepState::Failed if self.is_still_to_come(number) => Stand::Due,
            StepState::Failed => Stand::Failed,
            StepState::Unknown => Stand::Unknown,
        }
    }
}
