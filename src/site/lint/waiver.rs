//! Waivers: provided for items of gates only, and by a role that the site has.

use super::{Case, Finding};
use crate::domain::procedure::Role;

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for part in &case.procedure.parts {
        let Some(role) = &part.options.waiver else { continue };
        if case.procedure.role(part) != Role::Gate {
            let hint = "put the part below `## Gate`, or leave `waiver=` out";
            found.push(Finding::mistake(
                part.line,
                format!("{} is no part of a gate: nothing is waived there", part.id),
                hint,
            ));
        } else if case.environment.roles.people(role).is_none() {
            let message = format!("{} can be waived by the role {role}, which the site has not", part.id);
            found.push(Finding::mistake(part.line, message, "name its people in site.toml: [roles] lead = [\"ada\"]"));
        }
    }
    found
}
