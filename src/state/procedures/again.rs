//! What a run knows already, for another plan of its procedure: its answers, the same step once more, the command that may
//! be edited, and what is still open.

use std::collections::BTreeSet;

use super::answers::{Answers, Choice, Chosen, Edited};
use super::expand::{Item, find_part};
use crate::domain::procedure::{Doing, HERE, Options, Part, Procedure};
use crate::domain::run::{Go, StepState};
use crate::domain::{Environment, PartId, Run};

/// What a run was given and has found out so far, as answers for another plan of its procedure.
pub fn again(run: &Run, procedure: &Procedure, environment: &Environment) -> Answers {
    let given = run.document.iter().flat_map(|document| &document.given);
    let values = given.filter_map(|given| Some((given.name.to_string(), given.value.clone()?))).collect();
    let of_whole = run.document.as_ref().is_some_and(|document| document.whole);
    let mut answers = Answers { values, of_whole, ..Answers::default() };
    for step in run.steps.iter().filter(|step| step.state == StepState::Verified) {
        let (Some(id), Some(value)) = (&step.part, &step.value) else { continue };
        let Some((_, part)) = find_part(procedure, environment, id) else { continue };
        if let Some(name) = &part.options.capture {
            answers.captured.insert(name.clone(), value.clone());
        }
        if matches!(part.doing, Doing::Decide(_)) {
            answers.decided.insert(id.clone(), value.clone());
        }
    }
    answers
}

/// The answers as they are when all is found out that ever will be. A condition on what was not found out does not hold
/// then, and a command that wants it is refused when its turn comes.
pub fn found_out<'a>(answers: &Answers, parts: impl Iterator<Item = &'a Options>) -> Answers {
    let mut answers = answers.clone();
    for name in parts.filter_map(|options| options.capture.as_ref()) {
        answers.captured.entry(name.clone()).or_default();
    }
    answers
}

/// The same step once more: with the command that it had last, also when that was edited.
pub fn once_more(run: &Run, number: usize) -> Option<Choice> {
    let step = run.steps.get(number)?;
    let edited = Edited { part: step.part.clone()?, command: step.edited.clone() };
    let only = if step.host.as_str() == HERE { Vec::new() } else { vec![step.host.clone()] };
    Some(Choice { what: Chosen::Parts(vec![edited]), hosts: vec![step.host.clone()], only, run: Some(run.id.clone()) })
}

/// The command of a part that a person may edit for once, as its document has it.
pub fn commanded(part: &Part) -> Option<&str> {
    match &part.doing {
        Doing::Run(_, text) | Doing::Request(_, _, text) | Doing::Shift(text, ..) => Some(text),
        Doing::Check(..)
        | Doing::Fact(_)
        | Doing::Approve(_)
        | Doing::Ask
        | Doing::Prompt(_)
        | Doing::Hold(..)
        | Doing::Decide(_)
        | Doing::Restart(_)
        | Doing::Notify(..)
        | Doing::Call(..) => None,
    }
}

/// Why the condition of a part that is chosen alone says nothing yet: what it speaks of is still to be decided, told or
/// printed. In a whole run the course waits for that.
pub(super) fn undecided(
    item: &Item<'_>,
    procedure: &Procedure,
    answers: &Answers,
    beside: impl Fn(&PartId) -> bool,
) -> Option<String> {
    let gives = |part: &Part, name: &str| match &part.doing {
        Doing::Decide(_) if part.id.as_str() == name => !answers.decided.contains_key(&part.id),
        Doing::Prompt(names) => names.iter().any(|told| told.as_str() == name) && !answers.values.contains_key(name),
        _ => {
            let captures = part.options.capture.as_ref().is_some_and(|capture| capture.as_str() == name);
            captures && !answers.captured.keys().any(|known| known.as_str() == name)
        }
    };
    // What is chosen together with it the run waits for.
    let mut parts = procedure.parts.iter().filter(|part| !beside(&part.id));
    let open = parts.find(|part| item.options.when.names().any(|name| gives(part, name)))?;
    let does = match &open.doing {
        Doing::Decide(_) => "decided",
        Doing::Prompt(_) => "told",
        _ => "done",
    };
    Some(format!("whether it is to be done is not known before \"{}\" is {does}", open.title.plain()))
}

/// The parts of a run that are done where what is left of it is confirmed anew; none while its go is still to come.
pub fn done_before_word(run: &Run) -> BTreeSet<PartId> {
    let is_given = run.document.as_ref().is_some_and(|document| document.decided.go == Go::Given);
    let steps = || run.steps.iter().filter(|_| is_given);
    let left: BTreeSet<&PartId> =
        steps().filter(|step| step.state == StepState::Planned).filter_map(|step| step.part.as_ref()).collect();
    steps().filter_map(|step| step.part.as_ref()).filter(|part| !left.contains(part)).cloned().collect()
}
