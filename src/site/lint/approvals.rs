//! Approvals: asked for by a gate, of people whom the site has, and kept on a lock host.

use super::{Case, Finding};
use crate::domain::procedure::{Doing, Role};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for part in &case.procedure.parts {
        let Doing::Approve(quorum) = &part.doing else { continue };
        let mut mistake = |message: String, hint: &'static str| found.push(Finding::mistake(part.line, message, hint));
        if case.procedure.role(part) != Role::Gate {
            let message = format!("{} asks for approvals outside of a gate, when changes may have begun", part.id);
            mistake(message, "put the part below `## Gate`");
        }
        match case.environment.roles.people(&quorum.role) {
            None => {
                let message =
                    format!("{} asks for approvals by the role {}, which the site has not", part.id, quorum.role);
                mistake(message, "name its people in site.toml: [roles] lead = [\"ada\"]");
            }
            Some(people) if u32::try_from(people.len()).is_ok_and(|count| count < quorum.count) => {
                let message =
                    format!("{} asks for {}, and only {} have that role", part.id, quorum.told(), people.len());
                mistake(message, "ask for fewer, or name more people under [roles] in site.toml");
            }
            Some(_) => {}
        }
        if case.environment.lock_host.is_none() {
            let message =
                format!("{} asks for approvals, and {} has no lock_host to keep them", part.id, case.environment.name);
            mistake(message, "name one of its hosts as lock_host in site.toml");
        }
        let rules = &case.environment.approvals;
        if rules.signers.is_none() && !rules.claimed {
            let message = format!("{} asks for approvals, and the site says of none how it counts", part.id);
            mistake(message, "say allowed_signers under [approvals] in site.toml, or claimed = true");
        }
    }
    found
}
