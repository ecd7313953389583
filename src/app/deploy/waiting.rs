//! Waiting for the lock that somebody else has: the gate is judged anew as soon as it is free, and what it lets through is
//! confirmed anew.

use std::time::Duration;

use super::wizard;
use crate::app::model::Model;
use crate::app::procedures::decide;
use crate::domain::{Now, ProcedureName};
use crate::port::Effect;
use crate::port::procedure::{Decision, Need};
use crate::screens::deploy::Waiting;
use crate::state::procedures::{Conduct, sheet};

/// That it is free is said for so long.
const LONG: Duration = Duration::from_secs(10);

/// Why nothing is waited for.
pub fn not(model: &Model) -> Option<String> {
    let no = |why: &str| Some(why.to_owned());
    let Some(wizard) = wizard(model) else { return no("nothing is chosen yet") };
    if model.deploy.waiting.is_some() {
        return no("it is waited for already");
    }
    if !wizard.sheet.procedure.header.lock {
        return no("this takes no lock");
    }
    if model.conducted.locked().is_none() {
        return no("nobody else has it");
    }
    if model.conducted.is_locked_by_left() {
        return no("a run that you left has it: take that up, or end it");
    }
    (wizard.run().is_some() && !wizard.goes_on()).then(|| "its run has ended".to_owned())
}

/// From now on it is waited for.
pub fn begin(model: &mut Model, now: Now) {
    let run = decide::conduct(model).map(|conduct| conduct.run.id.clone());
    model.deploy.waiting = Some(Waiting { since: now.wall, run });
}

/// Nobody waits any more; says whether somebody did.
pub fn give_up(model: &mut Model, now: Now) -> bool {
    let waited = model.deploy.waiting.take().is_some();
    if waited {
        model.say("The lock is not waited for any more.", now);
    }
    waited
}

/// After what was heard of the lock and of runs: when it is free, what the gate checks is checked anew.
pub fn settle(model: &mut Model, now: Now) -> Vec<Effect> {
    let Some(waiting) = &model.deploy.waiting else { return Vec::new() };
    let conduct = waiting.run.as_ref().and_then(|run| model.conducted.get(run));
    if waiting.run.is_some() && !conduct.is_some_and(Conduct::goes_on) {
        model.deploy.waiting = None;
        return Vec::new();
    }
    if model.conducted.is_locked_by_left() {
        model.deploy.waiting = None;
        model.say_for("A run that you left has the lock, so it is not waited for: take that run up.", LONG, now);
        return Vec::new();
    }
    if model.conducted.locked().is_some() {
        return Vec::new();
    }
    let effects = match conduct.filter(|conduct| conduct.needs.contains(&Need::Go) && checks(model, conduct)) {
        Some(conduct) => vec![Effect::Decide(conduct.run.id.clone(), Decision::Recheck(None))],
        None => Vec::new(),
    };
    model.deploy.waiting = None;
    let words = match effects.is_empty() {
        true => "The lock is free: nothing begins before it is confirmed.",
        false => "The lock is free: the gate is judged anew, and then it is confirmed anew.",
    };
    model.say_for(words, LONG, now);
    effects
}

/// Whether the gate of a run has anything that the console checks.
fn checks(model: &Model, conduct: &Conduct) -> bool {
    let named = |name: &ProcedureName| model.environment().and_then(|here| here.procedure(name));
    let Some(procedure) = conduct.procedure().and_then(named) else { return false };
    let gate = procedure.parts.iter().filter(|part| procedure.role(part) == crate::domain::procedure::Role::Gate);
    gate.into_iter().any(sheet::is_automated)
}
