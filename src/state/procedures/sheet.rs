//! A document laid beside its run: how each part stands on each host, what is done, what comes next.

use std::time::Duration;

use super::expand::is_of;
use crate::domain::procedure::{Danger, Doing, Part, Role, Target};
use crate::domain::run::{RunStep, StepState};
use crate::domain::{Environment, HostName, PartId, Procedure, Run};

/// A document and, if there is one, the run of it.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// The document.
    pub procedure: &'a Procedure,
    /// The run.
    pub run: Option<&'a Run>,
}

/// How a part stands on all its hosts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of it was begun.
    Open,
    /// Something of it goes on.
    Going,
    /// Some of its hosts are done and others were not begun.
    Partly,
    /// It is done everywhere.
    Done,
    /// It did not end well somewhere.
    Failed,
    /// Whether it happened is not known somewhere.
    Unknown,
    /// It was skipped everywhere.
    Skipped,
    /// It did not pass somewhere, and was waived there.
    Waived,
}

impl Standing {
    /// Whether nothing is left to be done about it.
    pub fn is_over(self) -> bool {
        matches!(self, Standing::Done | Standing::Skipped | Standing::Waived)
    }
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
        standing(self.steps(part).into_iter().map(|(_, step)| step.state))
    }

    /// Parts that are done or skipped, and all that an ordinary run has.
    pub fn progress(&self) -> (usize, usize) {
        let parts = || self.procedure.parts.iter().filter(|part| self.procedure.role(part) != Role::Rollback);
        (parts().filter(|part| self.standing(&part.id).is_over()).count(), parts().count())
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

    /// The part that goes on or waits now: the first of which something goes on, else the first that is not over.
    pub fn current(&self) -> Option<usize> {
        let parts = &self.procedure.parts;
        let is = |wanted: &[Standing]| parts.iter().position(|part| wanted.contains(&self.standing(&part.id)));
        is(&[Standing::Going]).or_else(|| is(&[Standing::Failed, Standing::Unknown, Standing::Partly]))
    }
}

/// How several steps stand together.
pub fn standing(states: impl IntoIterator<Item = StepState>) -> Standing {
    let all: Vec<StepState> = states.into_iter().collect();
    let any = |wanted: &[StepState]| all.iter().any(|state| wanted.contains(state));
    let each = |wanted: &[StepState]| all.iter().all(|state| wanted.contains(state));
    if all.is_empty() || each(&[StepState::Planned]) {
        Standing::Open
    } else if any(&[StepState::Intent, StepState::Started, StepState::Done]) {
        Standing::Going
    } else if any(&[StepState::Unknown]) {
        Standing::Unknown
    } else if any(&[StepState::Failed]) {
        Standing::Failed
    } else if any(&[StepState::Planned]) {
        Standing::Partly
    } else if any(&[StepState::Waived]) {
        Standing::Waived
    } else if each(&[StepState::Skipped]) {
        Standing::Skipped
    } else {
        Standing::Done
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
    let by_hand = matches!(part.doing, Doing::Ask | Doing::Decide(_) | Doing::Prompt(_));
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

/// How long a part usually takes: the middle of what its steps took in earlier runs that ended well, newest first.
pub fn usually(part: &PartId, procedure: &Procedure, runs: &[Run]) -> Option<Duration> {
    let of_it = |run: &&Run| run.document.as_ref().is_some_and(|document| document.name == procedure.name);
    let mut spans: Vec<Duration> = runs
        .iter()
        .filter(of_it)
        .flat_map(|run| &run.steps)
        .filter(|step| step.part.as_ref() == Some(part) && step.state == StepState::Verified)
        .filter_map(|step| step.verdict.as_ref().map(|verdict| verdict.took))
        .take(9)
        .collect();
    spans.sort_unstable();
    spans.get(spans.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use StepState::{Done, Failed, Planned, Skipped, Started, Unknown, Verified, Waived};

    #[test]
    fn a_part_stands_as_its_hosts_do_and_nothing_hides_what_is_unknown() {
        for (states, together) in [
            (vec![], Standing::Open),
            (vec![Planned, Planned], Standing::Open),
            (vec![Verified, Planned], Standing::Partly),
            (vec![Verified, Started], Standing::Going),
            (vec![Done], Standing::Going),
            (vec![Verified, Verified], Standing::Done),
            (vec![Verified, Skipped], Standing::Done),
            (vec![Skipped], Standing::Skipped),
            (vec![Verified, Waived], Standing::Waived),
            (vec![Waived, Planned], Standing::Partly),
            (vec![Verified, Failed, Planned], Standing::Failed),
            (vec![Failed, Unknown, Verified], Standing::Unknown),
        ] {
            assert_eq!(standing(states.clone()), together, "{states:?}");
        }
    }
}
