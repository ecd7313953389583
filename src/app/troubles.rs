//! Sentences about trouble: of our own, or of one run. That of a run names it, and goes when its end was seen or another
//! run is in front.

use super::model::Model;
use super::procedures::{self, decide};
use crate::domain::{Environment, RunId};
use crate::state::deploy::{is_one, names_version};
use crate::state::procedures::Conduct;
use crate::text::Foreign;

/// More would not be read.
const KEPT: usize = 20;

/// A sentence that stands in the strip until somebody hides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The run that it is about; nothing when it is about the console itself.
    pub run: Option<RunId>,
    /// It.
    pub sentence: String,
    /// Whether it stood there when the end of its run was on screen.
    seen: bool,
}

impl Trouble {
    /// Trouble of our own.
    pub fn own(sentence: String) -> Self {
        Self { run: None, sentence, seen: false }
    }
}

/// Something of our own went wrong, or was not done.
pub fn tell(model: &mut Model, sentence: String) {
    push(model, Trouble::own(sentence));
}

/// The same of a run.
pub fn tell_of(model: &mut Model, run: RunId, sentence: String) {
    push(model, Trouble { run: Some(run), ..Trouble::own(sentence) });
}

fn push(model: &mut Model, trouble: Trouble) {
    let same = |last: &Trouble| (&last.run, &last.sentence) == (&trouble.run, &trouble.sentence);
    if !model.troubles.last().is_some_and(same) {
        model.troubles.push(trouble);
    }
    if model.troubles.len() > KEPT {
        model.troubles.remove(0);
    }
}

/// What stands in the strip, the oldest first: of a run only while no other one is in front.
pub fn in_sight(model: &Model) -> Vec<&Trouble> {
    let front = in_front(model);
    model.troubles.iter().filter(|one| is_in_sight(one, front.as_ref())).collect()
}

fn is_in_sight(trouble: &Trouble, front: Option<&RunId>) -> bool {
    match (&trouble.run, front) {
        (Some(run), Some(front)) => run == front,
        (None, _) | (_, None) => true,
    }
}

/// Hides the newest that stands in the strip; says whether there was one.
pub fn hide(model: &mut Model) -> bool {
    let front = in_front(model);
    let newest = model.troubles.iter().rposition(|one| is_in_sight(one, front.as_ref()));
    newest.map(|place| model.troubles.remove(place)).is_some()
}

/// After every event: what is about a run whose end was seen goes with it.
pub fn settle(model: &mut Model) {
    if model.troubles.iter().all(|one| one.run.is_none()) {
        return;
    }
    let front = in_front(model);
    let clear = model.overlay.is_none() && model.questions.is_empty();
    let conducted = &model.conducted;
    model.troubles.retain_mut(|one| {
        let Some(run) = &one.run else { return true };
        let ended = conducted.get(run).is_none_or(|conduct| !conduct.goes_on());
        if !ended {
            return true;
        }
        match &front {
            Some(front) if front == run => {
                one.seen |= clear;
                true
            }
            Some(_) => false,
            None => !one.seen,
        }
    });
}

/// The run that lies on the screen.
fn in_front(model: &Model) -> Option<RunId> {
    let conduct = decide::conduct(model).filter(|conduct| procedures::is_on_screen(model, &conduct.run.id));
    conduct.map(|conduct| conduct.run.id.clone())
}

/// What a run is called in front of what is told of it: `Deploy v2.31.0`, else its title.
pub fn name(conduct: &Conduct, environment: &Environment) -> String {
    let title = || Foreign::from(conduct.run.title.as_str()).plain();
    let procedure = conduct.procedure().and_then(|name| environment.procedure(name)).filter(|one| is_one(one));
    let Some(procedure) = procedure else { return title() };
    let given = conduct.run.document.iter().flat_map(|document| &document.given);
    let mut version = names_version(procedure).into_iter().flat_map(|name| given.clone().find(|one| one.name == *name));
    match version.next().and_then(|given| given.value.as_deref()).filter(|value| !value.is_empty()) {
        Some(version) => {
            let word = procedure.header.kind.word();
            let mut letters = word.chars();
            let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            format!("{first}{} {}", letters.as_str(), Foreign::from(version).plain())
        }
        None => title(),
    }
}
