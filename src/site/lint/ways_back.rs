//! Ways back that lead nowhere: a procedure that is its own rollback, a part that undoes itself or has no part to undo
//! it; an undo that destroys without saying so; and a way back by itself that needs what may not be known when it begins.

use super::{Case, Finding};
use crate::domain::procedure::{Back, Danger, Doing, Part, Procedure, Role, Term};
use crate::runtimes::danger::danger;
use crate::runtimes::shell_text::{scan, sets};

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
    if procedure.header.back == Back::Auto {
        found.extend(procedure.parts.iter().filter_map(|part| unknown(procedure, part)));
    }
    found
}

/// A part of the way back that needs what is captured only behind a change: where that change fails, it can't be done.
fn unknown(procedure: &Procedure, part: &Part) -> Option<Finding> {
    let Doing::Run(language, text) = &part.doing else { return None };
    if procedure.role(part) != Role::Rollback || !language.is_shell() {
        return None;
    }
    let own: Vec<String> = sets(text).into_iter().map(|set| set.name).collect();
    let asks = |name: &str| {
        part.options.when.0.iter().any(|term| match term {
            Term::Is(asked) | Term::Equals(asked, _) => asked == name,
            Term::Not(_) | Term::Differs(..) => false,
        })
    };
    let seen = scan(text);
    let needed = seen.uses.iter().filter(|one| !one.guarded && !own.contains(&one.name) && !asks(&one.name));
    let ahead = || procedure.parts.iter().filter(|other| !procedure.role(other).is_apart());
    for name in needed.map(|one| one.name.as_str()) {
        let gives = |other: &Part| other.options.capture.as_ref().is_some_and(|capture| capture.as_str() == name);
        let Some(at) = ahead().position(gives) else { continue };
        if let (Some(change), Some(gives)) = (ahead().take(at).find(|other| changes(other)), ahead().nth(at)) {
            let message = format!(
                "{} needs {name}, which {} captures only behind {}: where that fails, the way back fails too",
                part.id, gives.id, change.id
            );
            let hint = "say when= with its name there, or capture it before the first change";
            return Some(Finding::warning(part.line, message, hint));
        }
    }
    None
}

/// Whether a part changes something on a host, as far as the document shows.
fn changes(part: &Part) -> bool {
    match (&part.doing, part.options.danger) {
        (Doing::Run(..), Some(declared)) => declared > Danger::Read,
        (Doing::Run(language, text), None) => danger(*language, text) > Danger::Read,
        (Doing::Restart(_) | Doing::Shift(..), _) => true,
        (
            Doing::Request(..)
            | Doing::Check(..)
            | Doing::Fact(_)
            | Doing::Approve(_)
            | Doing::Ask
            | Doing::Prompt(_)
            | Doing::Hold(..)
            | Doing::Decide(_)
            | Doing::Notify(..)
            | Doing::Call(..),
            _,
        ) => false,
    }
}
