//! Grades that a document declares and that do not hold: what is seen to destroy is never called anything less.

use super::{Case, Finding};
use crate::domain::procedure::{Danger, Doing, Part};
use crate::runtimes::danger::danger;

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for part in &case.procedure.parts {
        let (Some(declared), Some(Danger::Destructive)) = (part.options.danger, recognised(part)) else { continue };
        if declared < Danger::Destructive {
            let message = format!("{} says danger={}, and what it runs is seen to destroy", part.id, declared.word());
            let hint = "it is confirmed as what destroys; say danger=destructive, or take it away";
            found.push(Finding::warning(part.line, message, hint));
        }
    }
    found
}

/// The parts that count as reading only because the document says so.
pub(super) fn taken_at_its_word(part: &Part) -> bool {
    part.options.danger == Some(Danger::Read) && recognised(part) == Some(Danger::Change)
}

fn recognised(part: &Part) -> Option<Danger> {
    match &part.doing {
        Doing::Run(language, text) => Some(danger(*language, text)),
        Doing::Request(method, ..) if method.eq_ignore_ascii_case("delete") => Some(Danger::Destructive),
        _ => None,
    }
}
