//! Variables that a part uses before the part that captures them, and waits that could never come true so.

use super::{Case, Finding};
use crate::domain::procedure::{Doing, Term};
use crate::runtimes::shell_text::{scan, sets};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let parts = &case.procedure.parts;
    let mut found = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        // What undoes, and the way back, come when everything else has been.
        if case.procedure.role(part).is_apart() {
            continue;
        }
        let mut names: Vec<String> = Vec::new();
        if let Doing::Run(language, text) = &part.doing
            && language.is_shell()
        {
            let own: Vec<String> = sets(text).into_iter().map(|set| set.name).collect();
            let seen = scan(text);
            let free = seen.uses.iter().filter(|one| !own.contains(&one.name) && !one.guarded);
            names.extend(free.map(|one| one.name.clone()));
        }
        if let Doing::Fact(fact) = &part.doing {
            names.extend(fact.inputs().iter().map(ToString::to_string));
        }
        if let Doing::Notify(_, words) = &part.doing {
            names.extend(words.names().iter().map(ToString::to_string));
        }
        for term in &part.options.when.0 {
            let (Term::Is(name) | Term::Not(name) | Term::Equals(name, _) | Term::Differs(name, _)) = term;
            names.push(name.clone());
        }
        for name in names {
            let made = |part: &crate::domain::procedure::Part| {
                part.options.capture.as_ref().is_some_and(|capture| capture.as_str() == name)
            };
            let known = case.has_input(&name)
                || case.environment.variables.contains_key(&name)
                || parts.iter().take(at).any(made);
            let later = parts.iter().skip(at).find(|part| made(part));
            if let (false, Some(later)) = (known, later) {
                let message = format!("{} uses {name}, which {} captures only later", part.id, later.id);
                found.push(Finding::warning(part.line, message, "put the part that captures it before this one"));
            }
        }
    }
    found
}
