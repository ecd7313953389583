//! A list of checks that ends at the first failure and so hides the others.

use super::{Case, Finding};
use crate::runtimes::shell_text::simples_deep;

const LOOKS: &[&str] = &["curl", "wget", "ping", "nc", "pg_isready", "redis-cli", "systemctl"];

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (part, text) in case.scripts() {
        let mut all = simples_deep(text);
        all.sort_by_key(|one| one.at);
        let program = |at: usize| all.get(at).and_then(|one| one.command().first()).map(|word| word.text.as_str());
        let Some(from) = (0..all.len()).find(|at| program(*at) == Some("for")) else { continue };
        let looks = all.iter().skip(from).flat_map(|one| one.command()).any(|word| LOOKS.contains(&word.text.as_str()));
        let leaves = (from..all.len()).any(|at| {
            let status = all.get(at).and_then(|one| one.command().get(1)).map(|word| word.text.as_str());
            program(at) == Some("exit") && status.is_some_and(|status| status != "0")
        });
        // An exit behind the loop is how it should be.
        let inside = text.rfind("exit ").is_some_and(|exit| text.rfind("done").is_none_or(|done| exit < done));
        if looks && leaves && inside {
            let message = format!("{} ends at the first check that fails, so the others are not seen", part.id);
            found.push(Finding::warning(
                part.line,
                message,
                "note the failure, go on, and leave with it behind the loop",
            ));
        }
    }
    found
}
