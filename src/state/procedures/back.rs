//! The way back as it stands before a run, with what the parts before it will have found out by then.

use super::again::found_out;
use super::answers::{Answers, Choice, Chosen};
use super::expand::expand;
use super::missing::Missing;
use super::plan::plan_seen;
use crate::domain::Environment;
use crate::domain::procedure::{Back, Options, Procedure, ProcedurePlan, Role};
use crate::state::Fleet;

/// The plan of the way back before anything has begun; `before` are the parts that will have given what they capture.
///
/// # Errors
/// Everything that is missing or wrong, at once.
pub(super) fn ahead<'a>(
    procedure: &Procedure,
    environment: &Environment,
    fleet: Option<&Fleet>,
    answers: &Answers,
    choice: &Choice,
    before: impl Iterator<Item = &'a Options>,
) -> Result<ProcedurePlan, Missing> {
    let choice = Choice { what: Chosen::Rollback, ..choice.clone() };
    plan_seen(procedure, environment, fleet, &found_out(answers, before), &choice)
}

/// The way back that a person may choose when a run as a whole fails, or what must be said before it can be planned.
/// `None` where none is written down, and where it is permitted with the run: then the plan has it.
pub fn offered_back(
    procedure: &Procedure,
    environment: &Environment,
    fleet: Option<&Fleet>,
    answers: &Answers,
    choice: &Choice,
) -> Option<Result<ProcedurePlan, Missing>> {
    let whole = match choice.what {
        Chosen::Whole | Chosen::Rest => true,
        Chosen::Gate | Chosen::Parts(_) | Chosen::Rollback | Chosen::Undo(_) => false,
    };
    let own = procedure.sections.iter().any(|section| section.role == Role::Rollback);
    if !whole || procedure.header.back == Back::Auto || !own && procedure.header.rollback.is_none() {
        return None;
    }
    let items = expand(procedure, environment, &mut Vec::new());
    let before = items.iter().filter(|item| item.role != Role::Rollback).map(|item| &item.options);
    Some(ahead(procedure, environment, fleet, answers, choice, before))
}
