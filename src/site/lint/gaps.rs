//! Placeholders and variables in commands that nothing in the document or the site fills.

use super::{Case, Finding};
use crate::runtimes::shell_text::{gaps, key_of, scan, sets, unset};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let keys: Vec<String> = case.procedure.header.inputs.iter().map(|input| key_of(input.name.as_str())).collect();
    let mut told: Vec<String> = Vec::new();
    let mut earlier: Vec<String> = Vec::new();
    for (part, text) in case.scripts() {
        let seen = scan(text);
        for gap in gaps(text, &seen) {
            let known = keys.contains(&gap.key)
                || case
                    .procedure
                    .parts
                    .iter()
                    .any(|part| part.options.capture.as_ref().is_some_and(|name| key_of(name.as_str()) == gap.key))
                || case.environment.variables.keys().any(|name| key_of(name) == gap.key);
            if !known && !told.contains(&gap.key) {
                let what = crate::text::Foreign::from(text.get(gap.at.clone()).unwrap_or_default()).plain();
                let message = format!("nothing fills {what} in {}", part.id);
                let hint = "declare an input of this name in the front matter; without one it is asked for in each run";
                found.push(Finding::warning(part.line, message, hint));
                told.push(gap.key);
            }
        }
        for one in unset(text, &seen) {
            let name = &one.name;
            let known = case.has_input(name)
                || case.is_captured(name)
                || case.environment.variables.contains_key(name)
                || earlier.contains(name);
            if !known && !told.contains(name) {
                let message = format!("nothing sets ${name} in {}", part.id);
                let hint = "declare an input of this name, or a variable of the environment in site.toml";
                found.push(Finding::warning(part.line, message, hint));
                told.push(name.clone());
            }
        }
        earlier.extend(sets(text).into_iter().filter(|set| set.literal.is_some()).map(|set| set.name));
    }
    found
}
