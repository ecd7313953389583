//! Facts that could never be found out: of a commit that nothing names, at GitHub where no repository is said, of services
//! and tiers that are not there.

use super::super::mistake::quoted;
use super::{Case, Finding};
use crate::domain::fact::{Fact, Kind, Question};
use crate::domain::procedure::Doing;

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let parts = case.procedure.parts.iter();
    parts
        .flat_map(|part| match &part.doing {
            Doing::Fact(fact) => findings(case, part.line, fact),
            _ => Vec::new(),
        })
        .collect()
}

fn findings(case: &Case<'_>, line: usize, fact: &Fact) -> Vec<Finding> {
    let (environment, kind) = (case.environment, fact.kind.word());
    let mut found = Vec::new();
    let release = case.procedure.header.release.as_ref();
    let named = release.is_some_and(|release| release.commit.is_some() || release.version.is_some());
    if fact.lacks_commit() && !named {
        let message = format!("nothing says of which commit {kind} is");
        let hint = "say commit=$… with an input or a capture, or name it in [release] of the front matter";
        found.push(Finding::mistake(line, message, hint));
    }
    if fact.kind == Kind::Release && !named && !fact.says("commit") && !fact.says("version") {
        let hint = "name its version or commit in [release] of the front matter";
        found.push(Finding::mistake(line, "nothing says which release this is about", hint));
    }
    if fact.kind.asks_github() && environment.github.is_none() {
        let message = format!("{kind} asks GitHub, and {} does not say where its code lies there", environment.site);
        found.push(Finding::mistake(line, message, "add [github] with repository = \"owner/name\" to site.toml"));
    }
    // What an input says is judged when it is known.
    let Ok(Question::Probes { tier, services }) = fact.question() else { return found };
    for name in services.iter().filter(|name| environment.service(name).is_none()) {
        let message = format!("{} has no service {name}", environment.name);
        found.push(Finding::mistake(line, message, "correct the name, or name the environments that it is for"));
    }
    let known = |tier: &String| environment.services.iter().any(|service| service.tier.name == *tier);
    if let Some(tier) = tier.filter(|tier| !known(tier)) {
        let message = format!("no service of {} stands in the tier {}", environment.name, quoted(&tier));
        found.push(Finding::mistake(line, message, "it is a word of `tiers` in site.toml, as it is written there"));
    }
    found
}
