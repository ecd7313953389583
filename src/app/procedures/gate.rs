//! The gate of a procedure's run as a person meets it: evidence to be judged, items to be waived or checked again.

use super::decide::{choice, conduct, found};
use crate::app::hints::key_on_screen;
use crate::app::model::{Model, Screen};
use crate::app::overlay::Overlay;
use crate::domain::procedure::{Part, Role};
use crate::domain::run::{RunStep, StepState};
use crate::domain::window::Opening;
use crate::domain::{Now, PartId, RoleName, RunId};
use crate::input::Action;
use crate::port::Effect;
use crate::port::procedure::{Decision, Need};
use crate::screens::choose::{About, Choice, Does, State, What};
use crate::state::deploy::Page;
use crate::state::procedures::printed::Line;
use crate::state::procedures::sheet::is_automated;
use crate::state::procedures::{Conduct, is_of};
use crate::text::Foreign;

/// Of what was fetched, so many of the last lines are shown where it is judged.
const SHOWN: usize = 40;

/// Whether a part of the open document, or one that it calls, is part of a gate.
pub fn is_gate(model: &Model, id: Option<&PartId>) -> bool {
    let Some((procedure, id)) = model.procedure.procedure.as_ref().zip(id) else { return false };
    let outer = procedure.parts.iter().find(|part| part.id == *id || is_of(id, &part.id));
    outer.is_some_and(|part| procedure.role(part) == Role::Gate)
}

/// The way to waive an item; nothing where no waiver is provided.
pub fn waiver(model: &Model, part: Option<&Part>) -> Option<Choice> {
    let role = part?.options.waiver.as_ref()?;
    let has = model.environment().is_some_and(|here| here.roles.has(&model.setup.person, role));
    let why_not = (!has).then(|| format!("only the role {role} may"));
    let about = format!("as {role}: the gate lets the run go ahead without it, and it stays to be seen");
    Some(Choice { reason: true, why_not, ..choice(Does::Waive, "waive", about) })
}

/// Whether evidence of this part is there and waits to be judged.
pub fn waits_to_be_judged(model: &Model, part: &PartId) -> bool {
    conduct(model).is_some_and(|conduct| {
        let fetched = |step: &RunStep| step.part.as_ref() == Some(part) && step.state == StepState::Done;
        conduct.needs.contains(&Need::Tick(part.clone())) && conduct.run.steps.iter().any(fetched)
    })
}

/// Opens what was fetched, to be judged.
pub fn judge(model: &mut Model, run: RunId, id: &PartId) {
    let Some(part) = found(model, id) else { return };
    let Some(conduct) = model.conducted.get(&run) else { return };
    let mut about = Vec::new();
    let mut first = None;
    let several = conduct.run.steps.iter().filter(|step| step.part.as_ref() == Some(id)).count() > 1;
    for (number, step) in conduct.run.steps.iter().enumerate().filter(|(_, step)| step.part.as_ref() == Some(id)) {
        if step.state == StepState::Done {
            first.get_or_insert(number);
        }
        let heading = if several { format!("On {}", step.host) } else { "What was fetched".to_owned() };
        let mut lines: Vec<Vec<u8>> = Vec::new();
        if !step.note.is_empty() {
            lines.push(step.note.raw().to_vec());
        }
        for check in step.verdict.iter().flat_map(|verdict| &verdict.checks) {
            if check.told.raw() != step.note.raw() {
                lines.push([check.name.as_bytes(), b": ", check.told.raw()].concat());
            }
        }
        if let Some(printed) = conduct.newest(number) {
            let all = printed.count();
            let from = all.saturating_sub(SHOWN);
            lines.extend((from..all).filter_map(|place| match printed.line(place)? {
                Line::Said(text, _) => Some(text.raw().to_vec()),
                Line::Missing(_) => None,
            }));
        }
        about.push(About { heading, text: Foreign::from(lines.join(&b"\n"[..])), difference: false });
    }
    let Some(number) = first else { return };
    let mut choices = vec![
        choice(Does::Judge, "it is good", "you have seen it, and it is kept with your name"),
        Choice { reason: true, ..choice(Does::Judge, "it is good, with a note", "what you saw is kept too") },
    ];
    choices.extend(waiver(model, Some(&part)));
    choices.push(Choice {
        reason: true,
        ..choice(Does::Abort, "it is not good: end the run", "nothing behind the gate was begun, and nothing is")
    });
    let title = format!("Judge: {}", part.title.plain());
    model.overlay = Some(Overlay::Choose(State::new(What::Step(run, number), title, about, choices)));
}

/// Says when the window opens, and asks whether that is overridden.
pub fn window(model: &mut Model, run: RunId, opening: &Opening, role: Option<&RoleName>, now: Now) {
    let Some(conduct) = model.conducted.get(&run) else { return };
    let Some(step) = conduct.run.steps.iter().position(|step| step.state == StepState::Planned) else { return };
    let has = |role: &RoleName| model.environment().is_some_and(|here| here.roles.has(&model.setup.person, role));
    let why_not = match role {
        None => Some("nobody may: the site names no role for it".to_owned()),
        Some(role) if !has(role) => Some(format!("only the role {role} may")),
        Some(_) => None,
    };
    let about = "it is changed all the same; who allowed it and why stays with the run";
    let choices = vec![
        Choice { reason: true, why_not, ..choice(Does::Override, "change it now", about) },
        Choice {
            reason: true,
            ..choice(Does::Abort, "end the run", "what was not begun is skipped; without this it waits for you")
        },
    ];
    let told = Foreign::from(format!("{}.", opening.told(now.wall)).as_str());
    let about = About { heading: "The window".to_owned(), text: told, difference: false };
    let title = "Nothing more is changed outside the windows".to_owned();
    model.overlay = Some(Overlay::Choose(State::new(What::Step(run, step), title, vec![about], choices)));
}

/// Asks for the reason with which the item under the cursor is waived.
pub fn waive(model: &mut Model) {
    let Some((id, step)) = under_cursor(model) else { return };
    let Some(run) = conduct(model).map(|conduct| conduct.run.id.clone()) else { return };
    let part = found(model, &id);
    let Some(way) = waiver(model, part.as_ref()) else { return };
    let title = part.map(|part| part.title.plain()).unwrap_or_default();
    let mut asking = State::new(What::Step(run, step), format!("Waive: {title}"), Vec::new(), vec![way]);
    // There is one way only: what is asked for is the reason.
    let _ = asking.accept();
    model.overlay = Some(Overlay::Choose(asking));
}

/// The part under the cursor, and the first of its steps that has not passed.
fn under_cursor(model: &Model) -> Option<(PartId, usize)> {
    let part = model.procedure.procedure.as_ref()?.parts.get(model.procedure.cursor?)?;
    let steps = &conduct(model)?.run.steps;
    let open = |step: &RunStep| {
        let of_it = step.part.as_ref().is_some_and(|id| *id == part.id || is_of(id, &part.id));
        of_it && !step.state.lets_go_on()
    };
    let number = steps.iter().position(open)?;
    Some((steps.get(number)?.part.clone()?, number))
}

/// Why the item under the cursor can't be waived.
pub fn why_not_waived(model: &Model) -> Option<String> {
    if !conduct(model).is_some_and(Conduct::goes_on) {
        return Some("no run of it goes on".to_owned());
    }
    let Some((id, _)) = under_cursor(model) else { return Some("nothing of it is open".to_owned()) };
    if !is_gate(model, Some(&id)) {
        return Some("it is no part of a gate".to_owned());
    }
    match waiver(model, found(model, &id).as_ref()) {
        None => Some("no waiver is provided for it".to_owned()),
        Some(way) => way.why_not,
    }
}

/// The item under the cursor that the gate checks. On a page of a deploy that does not show the gate nobody means one.
fn checked_here(model: &Model) -> Option<&Part> {
    let shown = model.screen != Screen::Deploy || model.deploy.page == Page::Gate;
    let here = model.procedure.cursor.filter(|_| shown);
    let here = here.and_then(|at| model.procedure.procedure.as_ref()?.parts.get(at))?;
    let checked = is_automated(here) && is_gate(model, Some(&here.id)) && found(model, &here.id).is_some();
    checked.then_some(here)
}

/// Has what the gate checks checked once more: the item under the cursor, or all of it where that is none.
pub fn check_again(model: &mut Model, now: Now) -> Vec<Effect> {
    let Some(run) = conduct(model).map(|conduct| conduct.run.id.clone()) else { return Vec::new() };
    let here = checked_here(model).map(|part| part.id.clone());
    if here.is_none() {
        model.say("The gate is checked anew. What a person has waived, judged or ticked stays.", now);
    }
    vec![Effect::Decide(run, Decision::Recheck(here))]
}

/// Why nothing is checked once more.
pub fn why_not_checked(model: &Model) -> Option<String> {
    let conduct = conduct(model).filter(|conduct| conduct.goes_on());
    let Some(conduct) = conduct else { return Some("no run of it goes on".to_owned()) };
    let steps = &conduct.run.steps;
    let of_gate = |step: &RunStep| is_gate(model, step.part.as_ref());
    let Some(last) = steps.iter().rposition(of_gate) else { return Some("it has no gate".to_owned()) };
    let done = |step: &RunStep| step.attempt > 0 || step.state == StepState::Verified;
    if steps.iter().skip(last + 1).any(|step| done(step) && !of_gate(step)) {
        return Some("something behind the gate has begun, so what the gate has found counts for the run".to_owned());
    }
    kept(model, conduct)
}

/// That a person has decided the item under the cursor, which stays until they take it back.
fn kept(model: &Model, conduct: &Conduct) -> Option<String> {
    let part = checked_here(model)?;
    let of_it = |step: &&RunStep| step.part.as_ref().is_some_and(|id| *id == part.id || is_of(id, &part.id));
    let steps: Vec<&RunStep> = conduct.run.steps.iter().filter(of_it).collect();
    let decided =
        |step: &&RunStep| step.state == StepState::Waived || part.options.evidence && step.state == StepState::Verified;
    let first = steps.iter().copied().find(decided).filter(|_| steps.iter().all(|step| step.state.lets_go_on()))?;
    let by = first.by.as_deref().map(|by| format!(" by {}", Foreign::from(by).plain())).unwrap_or_default();
    let back = key_on_screen(model, Action::Tick);
    Some(match first.state == StepState::Waived {
        true => format!("it is waived{by}, which stays: {back} takes the waiver back and looks again"),
        false => format!("it was judged{by}, which stays: {back} takes that back first"),
    })
}
