//! Ending the command of a step: asked before, since what it had begun stays half done.

use super::decide;
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::domain::run::{RunStep, StepState};
use crate::screens::choose;
use crate::state::procedures::inner_title;

/// Asks whether the command that goes on is ended: the one under the cursor, else the first.
pub fn cancel(model: &mut Model) {
    let Some(conduct) = decide::conduct(model) else { return };
    let here = model.procedure.cursor.and_then(|place| model.procedure.procedure.as_ref()?.parts.get(place));
    let moving = |step: &RunStep| matches!(step.state, StepState::Intent | StepState::Started);
    let all: Vec<usize> =
        (0..).zip(&conduct.run.steps).filter(|(_, step)| moving(step)).map(|(number, _)| number).collect();
    let of_it = |number: &&usize| {
        conduct.run.steps.get(**number).and_then(|step| step.part.as_ref()) == here.map(|part| &part.id)
    };
    let Some(number) = all.iter().find(of_it).or_else(|| all.first()).copied() else { return };
    let Some(step) = conduct.run.steps.get(number) else { return };
    let part = step.part.as_ref();
    let procedure = model.procedure.procedure.as_deref().zip(model.environment());
    let title = match (part, procedure) {
        (Some(part), Some((procedure, environment))) => inner_title(procedure, environment, part),
        (_, _) => String::new(),
    };
    let choice = |does, label: &str, about: &str| choose::Choice {
        does,
        label: label.to_owned(),
        about: about.to_owned(),
        why_not: None,
        reason: false,
    };
    let choices = vec![
        choice(choose::Does::Nothing, "leave it", "it goes on"),
        choice(choose::Does::Cancel, "end it", "TERM to everything of it there, and KILL ten seconds later"),
    ];
    let title = format!("End the command on {}? {title}", step.host);
    let what = choose::What::Cancel(conduct.run.id.clone(), number);
    model.overlay = Some(Overlay::Choose(choose::State::new(what, title, Vec::new(), choices)));
}
