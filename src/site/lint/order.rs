//! Services that are started in another order than they need each other.

use super::{Case, Finding};
use crate::domain::service::UnitPattern;
use crate::domain::{Service, ServiceName};
use crate::runtimes::shell_text::simples_deep;

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let mut started: Vec<(&ServiceName, usize)> = Vec::new();
    for (part, text) in case.scripts() {
        if case.procedure.role(part).is_apart() {
            continue;
        }
        let mut simples = simples_deep(text);
        simples.sort_by_key(|one| one.at);
        for one in simples {
            let words: Vec<&str> = one.command().iter().map(|word| word.text.as_str()).collect();
            let Some(at) = words.iter().position(|word| *word == "systemctl") else { continue };
            let mut rest = words.iter().skip(at + 1).filter(|word| !word.starts_with('-'));
            if !matches!(rest.next(), Some(&("start" | "restart"))) {
                continue;
            }
            for unit in rest {
                if let Some(service) = case.environment.services.iter().find(|service| is_unit(service, unit)) {
                    started.push((&service.name, part.line));
                }
            }
        }
    }
    let mut found = Vec::new();
    for (at, (name, line)) in started.iter().enumerate() {
        let Some(service) = case.environment.service(name) else { continue };
        let before = started.iter().take(at);
        for need in &service.depends_on {
            let later = started.iter().skip(at + 1).any(|(other, _)| *other == need);
            if later && !before.clone().any(|(other, _)| *other == need) {
                let message = format!("{name} is started before {need}, which it depends on");
                found.push(Finding::warning(*line, message, "turn them round, or use restart= which knows the order"));
            }
        }
    }
    found
}

fn is_unit(service: &Service, word: &str) -> bool {
    let unit = word.strip_suffix(".service").unwrap_or(word);
    service.units.iter().any(|pattern| match pattern {
        UnitPattern::Exact(name) => name.as_str().strip_suffix(".service").unwrap_or(name.as_str()) == unit,
        UnitPattern::Glob(_) => false,
    })
}
