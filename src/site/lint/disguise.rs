//! Commands that are not what they look like, and text in which something is hidden.

use super::{Case, Finding};
use crate::domain::procedure::Doing;
use crate::text::{disguises, hides};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let lines: Vec<&str> = case.procedure.text.lines().collect();
    for part in &case.procedure.parts {
        let Doing::Run(_, text) = &part.doing else { continue };
        for one in disguises(text) {
            let line = text.get(..one.at).unwrap_or_default().matches('\n').count();
            let line = text.split('\n').nth(line).unwrap_or_default().trim();
            let from = part.line.saturating_sub(1);
            let place =
                lines.iter().skip(from).position(|known| known.contains(line)).map_or(part.line, |at| from + at + 1);
            let message = format!("{} is not what it looks like: {} ({})", part.id, one.what, one.token);
            let hint = "write it anew by hand; until then the name of its host must be typed to run it";
            found.push(Finding::warning(place, message, hint));
        }
    }
    for (at, line) in lines.iter().enumerate() {
        let known = found.iter().any(|one| one.line == at + 1);
        if let Some(one) = hides(line).filter(|_| !known) {
            let message = format!("something is hidden in this line: {} ({})", one.what, one.token);
            found.push(Finding::warning(at + 1, message, "take it out: nobody sees it"));
        }
    }
    found
}
