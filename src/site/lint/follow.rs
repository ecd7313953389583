//! Follow-ups: of documents that make a release, and nothing in them that would have to be run.

use super::{Case, Finding};
use crate::domain::procedure::{Danger, Doing, Kind, Role};
use crate::runtimes::danger::danger;

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let procedure = case.procedure;
    let mut found = Vec::new();
    let follows = |line: &usize| procedure.sections.iter().any(|one| one.line == *line && one.role == Role::FollowUp);
    let first = procedure.sections.iter().map(|section| section.line).find(follows);
    let makes = matches!(procedure.header.kind, Kind::Deploy | Kind::Rollback);
    let releases = makes && procedure.header.release.is_some();
    if let Some(line) = first.filter(|_| !releases) {
        let message = "this follows a release, and this document makes none";
        let hint = "say kind = \"deploy\" and [release] in its front matter, or give the section another heading";
        found.push(Finding::mistake(line, message, hint));
    }
    for part in procedure.parts.iter().filter(|part| procedure.role(part) == Role::FollowUp) {
        let changes = match &part.doing {
            Doing::Run(language, text) => part.options.danger.unwrap_or_else(|| danger(*language, text)) > Danger::Read,
            Doing::Request(..) => part.options.danger != Some(Danger::Read),
            Doing::Restart(_) | Doing::Shift(..) | Doing::Notify(..) | Doing::Call(..) => true,
            Doing::Approve(_) | Doing::Prompt(_) | Doing::Hold(..) | Doing::Decide(_) => true,
            Doing::Check(..) | Doing::Fact(_) | Doing::Ask => false,
        };
        if changes {
            let message =
                format!("{} stands in a follow-up, where the console only looks: a person sees to it", part.id);
            found.push(Finding::warning(
                part.line,
                message,
                "make it an item, or a check, a fact or a command that only reads",
            ));
        }
    }
    found
}
