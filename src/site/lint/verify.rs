//! A deploy that does not look whether it worked, or that has no way back.

use super::{Case, Finding};
use crate::domain::procedure::{Doing, Kind, Role};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let procedure = case.procedure;
    if procedure.header.kind != Kind::Deploy {
        return Vec::new();
    }
    let mut found = Vec::new();
    let role = |role: Role| procedure.sections.iter().any(|section| section.role == role);
    let checks = procedure.parts.iter().any(|part| match &part.doing {
        Doing::Check(..) | Doing::Hold(_, Some(_)) | Doing::Restart(_) => true,
        // What a gate finds out says nothing of what comes behind it.
        Doing::Fact(_) => procedure.role(part) != Role::Gate,
        Doing::Call(name, _) => ["verify", "health", "check"].iter().any(|word| name.as_str().contains(word)),
        _ => false,
    });
    if !role(Role::Verify) && !checks {
        let message = "this deploy does not verify what it did";
        found.push(Finding::warning(
            1,
            message,
            "add a section `## Verify` with checks, or a part with check=service/probe",
        ));
    }
    if !role(Role::Rollback) && procedure.header.rollback.is_none() {
        let message = "this deploy has no rollback";
        found.push(Finding::warning(
            1,
            message,
            "add rollback = \"procedure\" to its front matter, or a section `## Rollback`",
        ));
    }
    found
}
