//! A document laid beside its run: how each part stands on each host, what is done, what comes next.

use std::time::Duration;

use jiff::Timestamp;

use super::expand::is_of;
use crate::domain::procedure::{Danger, Doing, Part, Role, Target};
use crate::domain::run::{RunState, RunStep, StepState};
use crate::domain::{Environment, HostName, PartId, Procedure, Run, Standing};

/// A document and, if there is one, the run of it.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// The document.
    pub procedure: &'a Procedure,
    /// The run.
    pub run: Option<&'a Run>,
}

impl<'a> Sheet<'a> {
    /// The steps of a part, with their numbers, in the order of the hosts; of a call those of what it calls.
    pub fn steps(&self, part: &PartId) -> Vec<(usize, &'a RunStep)> {
        let Some(run) = self.run else { return Vec::new() };
        let calls = self.procedure.part(part).is_some_and(|part| matches!(part.doing, Doing::Call(..)));
        let of_it = |of: &PartId| of == part || (calls && is_of(of, part) && self.procedure.part(of).is_none());
        run.steps.iter().enumerate().filter(|(_, step)| step.part.as_ref().is_some_and(of_it)).collect()
    }

    /// The part of the document in which a step of this name stands: the part itself, or the call that leads to it.
    pub fn part_of(&self, id: &PartId) -> Option<usize> {
        let parts = &self.procedure.parts;
        let calls = |part: &Part| matches!(part.doing, Doing::Call(..)) && is_of(id, &part.id);
        parts.iter().position(|part| part.id == *id).or_else(|| parts.iter().position(calls))
    }

    /// How a part stands.
    pub fn standing(&self, part: &PartId) -> Standing {
        Standing::of(self.steps(part).into_iter().map(|(_, step)| step.state))
    }

    /// Parts that are done or skipped, and all that an ordinary run has.
    pub fn progress(&self) -> (usize, usize) {
        let parts = || self.procedure.parts.iter().filter(|part| !self.procedure.role(part).is_apart());
        (parts().filter(|part| self.standing(&part.id).is_over()).count(), parts().count())
    }

    /// The first item of a gate before one of these parts that is not passed in the run beside the document.
    pub fn open_gate(&self, parts: impl Fn(&PartId) -> bool) -> Option<&'a Part> {
        let all = &self.procedure.parts;
        let first = all.iter().position(|part| parts(&part.id) && self.procedure.role(part) != Role::Gate)?;
        let passed =
            |part: &Part| matches!(self.standing(&part.id), Standing::Done | Standing::Waived | Standing::Skipped);
        let gate = |part: &&Part| self.procedure.role(part) == Role::Gate;
        all.iter().take(first).filter(gate).find(|part| !passed(part))
    }

    /// The nearest part behind `from`, or before it, of which something is left to be done.
    pub fn next_open(&self, from: Option<usize>, forward: bool) -> Option<usize> {
        let open =
            |place: &usize| self.procedure.parts.get(*place).is_some_and(|part| !self.standing(&part.id).is_over());
        let all = 0..self.procedure.parts.len();
        match (from, forward) {
            (None, true) => all.into_iter().find(open),
            (None, false) => all.rev().find(open),
            (Some(from), true) => all.skip(from + 1).find(open),
            (Some(from), false) => all.take(from).rev().find(open),
        }
    }

    /// How long a part usually takes: the middle of what all of its steps together took in other runs that came to a good end,
    /// newest first. What a run did that was given up or went back is no measure; of the way back those that went it are.
    pub fn usually(&self, part: &PartId, runs: &[Run]) -> Option<Duration> {
        let procedure = self.procedure;
        let of_it = |run: &&Run| run.document.as_ref().is_some_and(|document| document.name == procedure.name);
        let shown = |run: &&Run| self.run.is_some_and(|shown| shown.id == run.id);
        let back = procedure.part(part).is_some_and(|part| procedure.role(part) == Role::Rollback);
        let well = |run: &&Run| match run.state {
            RunState::Succeeded => true,
            RunState::Failed | RunState::Stopped if back => run.is_rolled_back(),
            // Who chooses its parts ends it when they like.
            RunState::Stopped => run.document.as_ref().is_some_and(|document| !document.whole),
            RunState::Running | RunState::Failed | RunState::Unknown => false,
        };
        let others = runs.iter().filter(of_it).filter(|run| !shown(run)).filter(well);
        let mut spans: Vec<Duration> = others.filter_map(|run| spent(part, run)).take(9).collect();
        spans.sort_unstable();
        spans.get(spans.len() / 2).copied()
    }

    /// The part that goes on or waits now: the first of which something goes on, else the first that is not over.
    pub fn current(&self) -> Option<usize> {
        let parts = &self.procedure.parts;
        let is = |wanted: &[Standing]| parts.iter().position(|part| wanted.contains(&self.standing(&part.id)));
        is(&[Standing::Going]).or_else(|| is(&[Standing::Failed, Standing::Unknown, Standing::Partly]))
    }
}

/// Whether the console can do a part: the others are done by hand.
pub fn is_automated(part: &Part) -> bool {
    match part.doing {
        Doing::Ask | Doing::Decide(_) | Doing::Prompt(_) => false,
        Doing::Run(..)
        | Doing::Request(..)
        | Doing::Check(..)
        | Doing::Fact(_)
        | Doing::Approve(_)
        | Doing::Hold(..)
        | Doing::Restart(_)
        | Doing::Shift(..)
        | Doing::Notify(..)
        | Doing::Call(..) => !part.options.todo,
    }
}

/// Parts that the console can do, and all.
pub fn automated(procedure: &Procedure) -> (usize, usize) {
    (procedure.parts.iter().filter(|part| is_automated(part)).count(), procedure.parts.len())
}

/// The grade that follows from what a part is, where it says nothing and nobody has read its command.
pub fn declared(part: &Part) -> Option<Danger> {
    part.options.danger.or(match part.doing {
        Doing::Check(..)
        | Doing::Fact(_)
        | Doing::Approve(_)
        | Doing::Ask
        | Doing::Prompt(_)
        | Doing::Hold(..)
        | Doing::Decide(_)
        | Doing::Notify(..) => Some(Danger::Read),
        Doing::Request(..) | Doing::Restart(_) | Doing::Shift(..) => Some(Danger::Change),
        Doing::Run(..) | Doing::Call(..) => None,
    })
}

/// Where a part is done, as far as its document and a person have said: names of hosts, or a word that stands for them.
pub fn places(part: &Part, environment: &Environment, chosen: &[HostName]) -> Vec<String> {
    let by_hand = matches!(part.doing, Doing::Ask | Doing::Approve(_) | Doing::Decide(_) | Doing::Prompt(_));
    let from_here =
        matches!(&part.doing, Doing::Fact(fact) if !fact.kind.is_on_hosts() && part.options.targets.is_empty());
    if by_hand || from_here || matches!(part.doing, Doing::Hold(..) | Doing::Check(..) | Doing::Notify(..)) {
        return Vec::new();
    }
    let targets = &part.options.targets;
    if targets.is_empty() {
        let only = if chosen.is_empty() && needs_place(part) { only_host(environment) } else { None };
        return chosen.iter().chain(only).map(ToString::to_string).collect();
    }
    let mut names: Vec<String> = Vec::new();
    for target in targets {
        let of: Vec<String> = match target {
            Target::All => environment.hosts.iter().map(|host| host.name.to_string()).collect(),
            Target::Tag(tag) => {
                let tagged = environment.hosts.iter().filter(|host| host.tags.contains(tag));
                tagged.map(|host| host.name.to_string()).collect()
            }
            Target::Service(service) => {
                let service = environment.service(service);
                service.iter().flat_map(|service| &service.hosts).map(ToString::to_string).collect()
            }
            Target::Lock => environment.lock_host.iter().map(ToString::to_string).collect(),
            Target::Here | Target::Host(_) | Target::Input(_) => vec![target.to_string()],
        };
        let of = if of.is_empty() { vec![target.to_string()] } else { of };
        for name in of {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// The host that is meant where nobody says which, because there is no other.
pub fn only_host(environment: &Environment) -> Option<&HostName> {
    match environment.hosts.as_slice() {
        [only] => Some(&only.name),
        _ => None,
    }
}

/// Whether a part names no place and needs one.
pub fn needs_place(part: &Part) -> bool {
    part.options.targets.is_empty() && !part.options.todo && matches!(part.doing, Doing::Run(..) | Doing::Request(..))
}

/// How long a part took in a run, from the begin of its first step to the end of its last; nothing where one of them went
/// badly or ended while nobody was at it, or none was done.
pub fn spent(part: &PartId, run: &Run) -> Option<Duration> {
    let steps: Vec<&RunStep> = run.steps.iter().filter(|step| step.part.as_ref() == Some(part)).collect();
    let well =
        |step: &&RunStep| matches!(step.state, StepState::Verified | StepState::Skipped) && !step.has_ended_unseen();
    if !steps.iter().all(well) {
        return None;
    }
    let done = steps.iter().filter(|step| step.state == StepState::Verified);
    let spans = done.filter_map(|step| Some((step.at, step.verdict.as_ref()?.took)));
    let (mut first, mut last, mut longest) = (None, None, None);
    for (at, took) in spans {
        longest = longest.max(Some(took));
        let Some(at) = at else { continue };
        let begun = jiff::SignedDuration::try_from(took).ok().and_then(|took| at.checked_sub(took).ok()).unwrap_or(at);
        first = Some(first.map_or(begun, |first: Timestamp| first.min(begun)));
        last = last.max(Some(at));
    }
    let whole = last.zip(first).and_then(|(last, first)| Duration::try_from(last.duration_since(first)).ok());
    whole.max(longest)
}
