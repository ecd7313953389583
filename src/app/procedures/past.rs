//! Runs of procedures as they were: opened from the history, read only, beside the document that they were bound to.

use std::sync::Arc;

use super::{take_up, with};
use crate::app::act::show;
use crate::app::model::{Model, Screen};
use crate::domain::Standing;
use crate::domain::run::RunState;
use crate::domain::{Now, Procedure, Run, RunId};
use crate::port::Effect;
use crate::state::procedures::past::bare;

/// The run of a procedure under the cursor of the history.
pub fn chosen(model: &Model) -> Option<&Run> {
    model.history.chosen(&model.runs).filter(|run| run.document.is_some())
}

/// Whether a run lies on the screen of a procedure that is only looked at.
pub fn is_open(model: &Model) -> bool {
    model.procedure.run.is_some()
}

/// Opens the run under the cursor of the history: one of a procedure as it was, any other with its details.
pub fn open_chosen(model: &mut Model, now: Now) -> Vec<Effect> {
    match chosen(model).cloned() {
        Some(run) => return open(model, &run, now),
        None => model.history.open(&model.runs),
    }
    Vec::new()
}

/// Opens a run as it was. Its document is at hand where it has not changed since, else it is read first.
fn open(model: &mut Model, run: &Run, now: Now) -> Vec<Effect> {
    let Some(document) = run.document.clone() else { return Vec::new() };
    if model.conducted.is_done_here(&run.id) {
        return super::open(model, &document.name);
    }
    model.conducted.look_at(run, now);
    let same = |one: &&Arc<Procedure>| one.digest == document.digest;
    let here = model.environment().and_then(|here| here.procedure(&document.name)).filter(same).cloned();
    let read = model.conducted.get(&run.id).and_then(|conduct| conduct.document.clone());
    match here.or(read) {
        Some(procedure) => lay(model, run.id.clone(), procedure),
        None => {
            model.past_wanted = Some(run.id.clone());
            model.say("The document of that day is being read.", now);
        }
    }
    vec![Effect::ReadRun(run.id.clone())]
}

/// The document of a run has come: it is opened if a person still waits for it.
pub fn came(model: &mut Model, id: &RunId) {
    if model.past_wanted.as_ref() != Some(id) {
        return;
    }
    model.past_wanted = None;
    if model.screen != Screen::History || model.overlay.is_some() {
        return;
    }
    let Some(conduct) = model.conducted.get(id) else { return };
    let why = conduct.lost.as_deref().unwrap_or("Its document can't be read.");
    let procedure = conduct.document.clone().or_else(|| bare(&conduct.run, why));
    if let Some(procedure) = procedure {
        model.notice = None;
        lay(model, id.clone(), procedure);
    }
}

/// Lays a run on the desk; what lay there is put aside.
fn lay(model: &mut Model, id: RunId, procedure: Arc<Procedure>) {
    if !is_open(model) && model.procedure.procedure.is_some() {
        model.put_aside = Some(std::mem::take(&mut model.procedure));
    }
    model.procedure.open(procedure, None);
    model.procedure.run = Some(id);
    with(model, |state, desk| {
        let parts = &desk.sheet.procedure.parts;
        let bad = |standing: Standing| matches!(standing, Standing::Failed | Standing::Unknown);
        let trouble = parts.iter().position(|part| bad(desk.sheet.standing(&part.id)));
        match trouble {
            Some(_) => state.stand_on(trouble),
            None => state.cursor = (!parts.is_empty()).then_some(0),
        }
    });
    show(model, Screen::Procedure);
}

/// Takes a run that was looked at off the desk, and lays back what was there before; says whether there was one.
pub fn put_back(model: &mut Model) -> bool {
    let was = is_open(model);
    if was {
        model.procedure = model.put_aside.take().unwrap_or_default();
    }
    was
}

/// The run that can be taken up: the one on the desk, or the one under the cursor of the history.
fn meant(model: &Model) -> Option<&Run> {
    match model.screen {
        Screen::History => model.history.chosen(&model.runs),
        Screen::Procedure => model.procedure.run.as_ref().and_then(|id| model.conducted.get(id)).map(|one| &one.run),
        Screen::Overview | Screen::Logs | Screen::Hosts | Screen::Runbooks | Screen::Changes | Screen::Deploy => None,
    }
}

/// Offers to take it up.
pub fn resume(model: &mut Model, now: Now) {
    if let Some(id) = meant(model).map(|run| run.id.clone()) {
        take_up::offer(model, &id, now);
    }
}

/// Why it can't be taken up.
pub fn not_resumed(model: &Model) -> Option<&'static str> {
    let Some(run) = meant(model) else { return Some("there is no run that was left") };
    if model.conducted.is_open(&run.id) {
        return None;
    }
    match (run.state, &run.document) {
        (RunState::Running, _) if model.conducted.is_done_here(&run.id) => Some("it goes on here"),
        (RunState::Running, Some(_)) => Some("somebody is at it"),
        (RunState::Running, None) => Some("it goes on by itself"),
        (RunState::Succeeded | RunState::Failed | RunState::Stopped | RunState::Unknown, _) => Some("it has ended"),
    }
}

/// After a person has taken a run up: it is in front of them, where it can be answered, and is done and not looked at.
pub fn taken_up(model: &mut Model, id: &RunId) {
    let open = model.conducted.open.iter().map(|open| &open.run).find(|run| run.id == *id);
    let known = open.or_else(|| model.conducted.get(id).map(|conduct| &conduct.run));
    let name = known.and_then(|run| run.document.as_ref()).map(|document| document.name.clone());
    if name.as_ref().is_some_and(|name| crate::app::deploy::taken_up(model, name)) {
        return;
    }
    put_back(model);
    if let Some(name) = name {
        drop(super::open(model, &name));
        with(model, |state, _| state.along = true);
    }
}

/// Why nothing is done with what is open: it is only looked at.
pub fn looked_at(model: &Model) -> Option<String> {
    let id = model.procedure.run.as_ref()?;
    let open = model.conducted.is_open(id);
    Some(if open { "nobody is at this run: take it up first" } else { "this run is shown as it was" }.to_owned())
}
