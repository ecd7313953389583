//! An item of a gate that is said to be skipped when it fails, and is not: a gate is there to stop.

use super::{Case, Finding};
use crate::domain::procedure::{OnError, Role};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let parts = case.procedure.parts.iter();
    let meant = parts.filter(|part| part.options.on_error == OnError::Skip && case.procedure.role(part) == Role::Gate);
    let finding = |part: &crate::domain::procedure::Part| {
        let message = format!("{} holds the gate up when it fails: on_error=skip does not count there", part.id);
        Finding::mistake(part.line, message, "put what only looks before `## Gate`, or give it `waiver=`")
    };
    meant.map(finding).collect()
}
