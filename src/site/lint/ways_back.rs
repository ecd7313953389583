//! Ways back that lead nowhere: a procedure that is its own rollback, a part that undoes itself or has no part to undo
//! it; and an undo that destroys without saying so.

use super::{Case, Finding};
use crate::domain::procedure::{Danger, Doing};
use crate::runtimes::danger::danger;

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let procedure = case.procedure;
    let mut found = Vec::new();
    if procedure.header.rollback.as_ref() == Some(&procedure.name) {
        let line =
            procedure.text.lines().position(|line| line.trim_start().starts_with("rollback")).map_or(1, |at| at + 1);
        let message = format!("its rollback is {} itself, which would do the same once more", procedure.name);
        found.push(Finding::mistake(line, message, "name the procedure that undoes it, or add `## Rollback`"));
    }
    for part in &procedure.parts {
        let Some(undo) = &part.options.undo else { continue };
        if *undo == part.id {
            let message = format!("{} would be undone by itself", part.id);
            found.push(Finding::mistake(part.line, message, "undo=#name names another part"));
            continue;
        }
        let Some(other) = procedure.part(undo) else { continue };
        let destroys = match &other.doing {
            Doing::Run(language, text) => danger(*language, text) == Danger::Destructive,
            _ => false,
        };
        if destroys && other.options.danger.is_none() {
            let message =
                format!("{} undoes {} and is seen to destroy something, and does not say so", other.id, part.id);
            let hint = "say danger=destructive there, so that whoever reads the document knows it too";
            found.push(Finding::warning(other.line, message, hint));
        }
    }
    found
}
