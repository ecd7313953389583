//! Conditions about something that no input, no captured variable and no decision gives.

use super::{Case, Finding};
use crate::domain::procedure::{Doing, Term};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for part in &case.procedure.parts {
        for term in &part.options.when.0 {
            let (name, value) = match term {
                Term::Is(name) | Term::Not(name) => (name, None),
                Term::Equals(name, value) | Term::Differs(name, value) => (name, Some(value)),
            };
            let decision = case.procedure.parts.iter().find(|other| other.id.as_str() == name);
            let ways = decision.and_then(|part| match &part.doing {
                Doing::Decide(ways) => Some(ways),
                _ => None,
            });
            let known = ways.is_some()
                || case.has_input(name)
                || case.is_captured(name)
                || case.environment.variables.contains_key(name);
            if !known {
                let message = format!("when= of {} is about {name}, which nothing here gives", part.id);
                let hint = "it may name an input, what a part captures, or a part that decides";
                found.push(Finding::mistake(part.line, message, hint));
            }
            if let (Some(ways), Some(value)) = (ways, value)
                && !ways.iter().any(|way| way.word == *value)
            {
                let message = format!("when= of {} waits for {name} to be {value}, which is no way of it", part.id);
                found.push(Finding::mistake(part.line, message, "compare with one of the words of decide="));
            }
        }
    }
    found
}
