//! Why something can't be done with the procedure that is open.

use super::{begin, conduct as beside, decide, desk, gate, no_part, past};
use crate::app::model::{Model, Screen};
use crate::domain::Standing;
use crate::domain::procedure::{Danger, Doing, Part};
use crate::domain::run::StepState;
use crate::input::Action;
use crate::state::procedures::sheet::{declared, is_automated, needs_place};
use crate::state::procedures::{Conduct, commanded};
use crate::ui::Clock;

const STILL: Clock = Clock { now: crate::domain::Now::START, running: false };

/// The part under the cursor.
fn part(model: &Model) -> Option<&Part> {
    model.procedure.procedure.as_ref()?.parts.get(model.procedure.cursor?)
}

fn conduct(model: &Model) -> Option<&Conduct> {
    let procedure = model.procedure.procedure.as_ref()?;
    beside(&model.procedure, &model.conducted, procedure)
}

/// Whether the step under the cursor only reads, as far as that is known before it is planned.
pub fn only_reads(model: &Model, action: Action) -> bool {
    if action == Action::Proceed {
        return crate::app::deploy::only_looks(model);
    }
    if !model.at_procedure() {
        return false;
    }
    match action {
        // What changes something is refused when it is planned.
        Action::RunStep => part(model).is_none_or(|part| declared(part).is_none_or(|danger| danger == Danger::Read)),
        Action::RunAll => true,
        _ => false,
    }
}

/// Why an action of the screen can't be done now.
pub fn not(model: &Model, action: Action) -> Option<String> {
    if model.procedure.procedure.is_none() || desk(model, STILL).is_none() {
        return Some("no procedure is open".to_owned());
    }
    if let Some(why) = past::looked_at(model) {
        return Some(why);
    }
    let none = no_part(model).map(str::to_owned);
    match action {
        Action::RunStep => none.or_else(|| run(model)),
        Action::Tick => none.or_else(|| tick(model)),
        Action::EditStep => none.or_else(|| edit(model)),
        Action::RunAll => all(model),
        Action::RollBack => {
            let procedure = model.procedure.procedure.as_ref()?;
            let own = procedure.sections.iter().any(|section| section.role == crate::domain::procedure::Role::Rollback);
            if conduct(model).is_some_and(|conduct| conduct.goes_on() && conduct.run.rolls_back()) {
                return Some("it goes back already".to_owned());
            }
            if conduct(model).is_some_and(|conduct| conduct.run.is_rolled_back()) {
                return Some("it has gone back".to_owned());
            }
            // What its steps have found out is known to the run only: without one its way back is not gone from here.
            if model.screen == Screen::Deploy && !conduct(model).is_some_and(Conduct::goes_on) {
                let back = super::super::hints::key_on_screen(model, Action::GoBack);
                let ended = conduct(model).is_some();
                let why = if ended { "its run has ended" } else { "no run of it goes on" };
                return Some(format!("{why}: {back} goes back to an earlier release"));
            }
            (!own && procedure.header.rollback.is_none()).then(|| "no way back is written down".to_owned())
        }
        Action::Waive => none.or_else(|| gate::why_not_waived(model)),
        Action::CheckAgain => gate::why_not_checked(model),
        Action::AnswerRun => decide::unanswerable(model),
        Action::ChooseHost => {
            let parts = model.procedure.procedure.as_ref().map(|one| one.parts.as_slice()).unwrap_or_default();
            (!parts.iter().any(needs_place)).then(|| "every step says where it is done".to_owned())
        }
        Action::PauseRun | Action::EndRun => goes_on(model),
        Action::CancelStep => {
            let moves = conduct(model).is_some_and(Conduct::moves);
            (!moves).then(|| "no step goes on".to_owned())
        }
        _ => None,
    }
}

fn goes_on(model: &Model) -> Option<String> {
    let goes_on = conduct(model).is_some_and(Conduct::goes_on);
    (!goes_on).then(|| "no run of it goes on".to_owned())
}

fn standing(model: &Model, part: &Part) -> Standing {
    desk(model, STILL).map_or(Standing::Open, |desk| desk.sheet.standing(&part.id))
}

/// Why the step under the cursor can't be run.
fn run(model: &Model) -> Option<String> {
    let part = part(model)?;
    // What waits at it is answered by the same key.
    if let Some((_, need)) = decide::need(model)
        && conduct(model).is_some_and(|conduct| decide::is_at(conduct, &need, part))
    {
        return None;
    }
    match standing(model, part) {
        Standing::Going => return Some("it goes on".to_owned()),
        Standing::Open
        | Standing::Partly
        | Standing::Done
        | Standing::Failed
        | Standing::Unknown
        | Standing::Skipped
        | Standing::Waived => {}
    }
    let whole = conduct(model)
        .filter(|conduct| conduct.goes_on())
        .and_then(|conduct| conduct.run.document.as_ref())
        .is_some_and(|document| document.whole);
    if whole && matches!(standing(model, part), Standing::Open | Standing::Partly) {
        return Some("the run comes to it by itself".to_owned());
    }
    let danger = declared(part).unwrap_or(Danger::Read);
    begin::refused(model, if is_automated(part) { danger } else { Danger::Read })
}

fn tick(model: &Model) -> Option<String> {
    let part = part(model)?;
    let taken_back = standing(model, part) == Standing::Waived;
    let judged = gate::is_gate(model, Some(&part.id)) && part.options.evidence;
    if taken_back || judged && conduct(model).is_some_and(Conduct::goes_on) {
        return None;
    }
    if matches!(part.doing, Doing::Decide(_) | Doing::Prompt(_)) {
        let answers = if model.screen == Screen::Deploy { Action::Proceed } else { Action::RunStep };
        let key = super::super::hints::key_on_screen(model, answers);
        let does = if matches!(part.doing, Doing::Decide(_)) { "it is a decision" } else { "it is asked for" };
        return Some(format!("{does}: {key} answers it"));
    }
    if is_automated(part) {
        return Some("it is run and not ticked".to_owned());
    }
    if let Some(conduct) = conduct(model).filter(|conduct| conduct.goes_on()) {
        let needed = conduct.needs.iter().any(|need| decide::part_of(conduct, need) == Some(&part.id));
        let of_it = conduct.run.steps.iter().find(|step| step.part.as_ref() == Some(&part.id));
        return match of_it {
            Some(step) if step.state == StepState::Planned && !needed => {
                Some("something before it is not done".to_owned())
            }
            Some(_) | None => None,
        };
    }
    begin::refused(model, Danger::Read)
}

fn edit(model: &Model) -> Option<String> {
    match commanded(part(model)?) {
        Some(_) => begin::refused(model, Danger::Read),
        None => Some("it has no command".to_owned()),
    }
}

fn all(model: &Model) -> Option<String> {
    let procedure = model.procedure.procedure.as_ref()?;
    if procedure.parts.is_empty() {
        return Some("nothing in this document can be done".to_owned());
    }
    if model.conducted.of(&procedure.name).is_some() {
        let end = super::super::hints::key_on_screen(model, Action::EndRun);
        return Some(format!("a run of it goes on, which {end} ends"));
    }
    begin::refused(model, Danger::Read)
}

/// Who has the lock that the rest of the run beside the open document would need.
pub fn lock_in_the_way(model: &Model) -> Option<String> {
    super::locked(model, model.procedure.procedure.as_ref().is_some_and(|one| one.header.lock))
}
