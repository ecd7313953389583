//! Which services run new and which run old code, of a run with the document it is of: also on its way back.

use super::expand::{by_header, expand};
use crate::domain::procedure::Role;
use crate::domain::run::{RunStep, StepState};
use crate::domain::{Environment, Motion, PartId, Procedure, Run};

/// How the services that these steps start anew stand.
pub fn motion<'a>(
    procedure: &Procedure,
    environment: &Environment,
    steps: impl IntoIterator<Item = &'a RunStep>,
) -> Motion {
    let steps: Vec<&RunStep> = steps.into_iter().filter(|step| step.service.is_some()).collect();
    if steps.is_empty() {
        return Motion::default();
    }
    let back = way_back(procedure, environment);
    let is_back = |step: &RunStep| step.part.as_ref().is_some_and(|part| back.contains(part));
    Motion::there_and_back(steps.into_iter().map(|step| (step, is_back(step))))
}

/// Whether anything of the way back of a run was begun.
pub fn goes_back(procedure: &Procedure, environment: &Environment, run: &Run) -> bool {
    let back = way_back(procedure, environment);
    let is_begun = |step: &RunStep| step.state != StepState::Planned && step.was_tried();
    run.steps.iter().any(|step| is_begun(step) && step.part.as_ref().is_some_and(|part| back.contains(part)))
}

/// Whether a part takes something back.
pub fn takes_back(procedure: &Procedure, environment: &Environment, part: &PartId) -> bool {
    way_back(procedure, environment).contains(part)
}

/// The names of all parts that take something back.
fn way_back(procedure: &Procedure, environment: &Environment) -> Vec<PartId> {
    let mut wrong = Vec::new();
    let own = expand(procedure, environment, &mut wrong).into_iter().filter(|item| item.role == Role::Rollback);
    own.chain(by_header(procedure, environment, &mut wrong).unwrap_or_default()).map(|item| item.id).collect()
}
