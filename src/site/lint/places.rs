//! Where parts run: hosts, tags and services that the environment has not.

use super::{Case, Finding};
use crate::domain::procedure::Target;

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if case.procedure.header.lock && case.environment.lock_host.is_none() {
        let message =
            format!("it wants the lock, and {} has none, so nothing keeps others away", case.environment.name);
        let line =
            case.procedure.text.lines().position(|line| line.trim_start().starts_with("lock")).map_or(0, |at| at + 1);
        found.push(Finding::warning(line, message, "name a host of the environment as its lock_host in site.toml"));
    }
    for part in &case.procedure.parts {
        for target in &part.options.targets {
            let wrong = match target {
                Target::Input(name) if !case.has_input(name.as_str()) => Some(format!("{target} is no input of it")),
                Target::Input(_) => None,
                Target::Here | Target::All | Target::Host(_) | Target::Tag(_) | Target::Service(_) | Target::Lock => {
                    target.hosts(case.environment).err()
                }
            };
            let hint = "correct `host=`, or name the environments that it is for in its front matter";
            found.extend(wrong.map(|why| Finding::mistake(part.line, format!("{} can't run: {why}", part.id), hint)));
        }
    }
    found
}
