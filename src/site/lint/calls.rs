//! Procedures that are named and are not there: calls and rollback; inputs that they have not; calls that never end.

use super::{Case, Finding};
use crate::domain::ProcedureName;
use crate::domain::procedure::Doing;

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let environment = case.environment;
    let procedure = case.procedure;
    let mut found = Vec::new();
    if let Some(name) = &procedure.header.rollback
        && environment.procedure(name).is_none()
    {
        let message = format!("its rollback is {name}, and {} has no such procedure", environment.name);
        found.push(Finding::mistake(1, message, "a rollback is the name of a file in procedures/, without .md"));
    }
    for part in &procedure.parts {
        let Doing::Call(name, with) = &part.doing else { continue };
        let Some(callee) = environment.procedure(name) else {
            let message = format!("{} calls {name}, and {} has no such procedure", part.id, environment.name);
            found.push(Finding::mistake(part.line, message, "call= is the name of a file in procedures/, without .md"));
            continue;
        };
        for (input, _) in with {
            if !callee.header.inputs.iter().any(|one| one.name == *input) {
                let message = format!("{} gives {name} a value for {input}, which is no input of it", part.id);
                found.push(Finding::mistake(part.line, message, "with_NAME=value is for inputs of what is called"));
            }
        }
        if reaches(case, name, &procedure.name, 0) {
            let message = format!("{} calls {name}, which comes back to this procedure: that would never end", part.id);
            found.push(Finding::mistake(part.line, message, ""));
        }
    }
    found
}

/// Whether a procedure is, or calls in the end, this one.
fn reaches(case: &Case<'_>, from: &ProcedureName, to: &ProcedureName, depth: usize) -> bool {
    if from == to {
        return true;
    }
    let Some(procedure) = case.environment.procedure(from).filter(|_| depth < 9) else { return false };
    procedure.parts.iter().any(|part| match &part.doing {
        Doing::Call(next, _) => reaches(case, next, to, depth + 1),
        _ => false,
    })
}
