//! What is asked once more before it happens: the end of a step's command, which leaves half done what it had begun, and
//! leaving a host out, which takes away everything the run had for it.

use super::decide;
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::domain::run::{RunStep, StepState};
use crate::domain::{HostName, Now, RunId};
use crate::screens::choose;
use crate::state::procedures::inner_title;
use crate::text::Foreign;

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
    let choices = vec![
        choice(choose::Does::Nothing, "leave it", "it goes on"),
        choice(choose::Does::Cancel, "end it", "TERM to everything of it there, and KILL ten seconds later"),
    ];
    let title = format!("End the command{}? {title}", step.placed());
    let what = choose::What::Cancel(conduct.run.id.clone(), number);
    model.overlay = Some(Overlay::Choose(choose::State::new(what, title, Vec::new(), choices)));
}

/// After every event: when the command has come to its end, nobody is asked any more whether it is ended.
pub fn settle(model: &mut Model, now: Now) {
    let Some(Overlay::Choose(choose::State { what: choose::What::Cancel(run, number), .. })) = &model.overlay else {
        return;
    };
    let step = model.conducted.get(run).and_then(|conduct| conduct.run.steps.get(*number));
    if !step.is_some_and(|step| matches!(step.state, StepState::Intent | StepState::Started)) {
        model.overlay = None;
        model.say("The command has come to its end by itself: nothing was ended.", now);
    }
}

/// Asks whether a host is left out of the run in which a step on it did not go well.
pub fn leave_out(model: &mut Model, run: &RunId, step: usize, host: &HostName) {
    let Some(conduct) = model.conducted.get(run) else { return };
    let procedure = model.procedure.procedure.as_deref().zip(model.environment());
    let lost: Vec<String> = conduct
        .run
        .steps
        .iter()
        .filter(|other| other.host == *host && other.state == StepState::Planned)
        .map(|other| match (&other.part, procedure) {
            (Some(part), Some((procedure, environment))) => inner_title(procedure, environment, part),
            (Some(part), None) => part.to_string(),
            (None, _) => String::new(),
        })
        .collect();
    let heading = format!("What is not done on {host} then");
    let about = choose::About { heading, text: Foreign::from(lost.join("\n")), difference: false };
    let choices = vec![
        choice(choose::Does::Nothing, "keep it", "the run goes on waiting"),
        choice(
            choose::Does::LeaveOut(host.clone()),
            "leave it out",
            "the step is given up, and the run goes on elsewhere",
        ),
    ];
    let what = choose::What::LeaveOut(run.clone(), step);
    let title = format!("Leave {host} out of the run?");
    model.overlay = Some(Overlay::Choose(choose::State::new(what, title, vec![about], choices)));
}

fn choice(does: choose::Does, label: &str, about: &str) -> choose::Choice {
    choose::Choice { does, label: label.to_owned(), about: about.to_owned(), why_not: None, reason: false }
}
