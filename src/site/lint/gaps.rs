//! Placeholders and variables in commands that nothing in the document or the site fills.

use super::{Case, Finding};
use crate::domain::procedure::Part;
use crate::runtimes::shell_text::{gaps, key_of, scan, sets, unset};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let keys: Vec<String> = case.procedure.header.inputs.iter().map(|input| key_of(input.name.as_str())).collect();
    let mut told: Vec<String> = Vec::new();
    let mut earlier: Vec<String> = Vec::new();
    for (part, text) in case.scripts() {
        let seen = scan(text);
        let mut open: Vec<String> = Vec::new();
        for gap in gaps(text, &seen) {
            let known = keys.contains(&gap.key)
                || case
                    .procedure
                    .parts
                    .iter()
                    .any(|part| part.options.capture.as_ref().is_some_and(|name| key_of(name.as_str()) == gap.key))
                || case.environment.variables.keys().any(|name| key_of(name) == gap.key);
            if !known && !told.contains(&gap.key) {
                open.push(text.get(gap.at.clone()).unwrap_or_default().to_owned());
                told.push(gap.key);
            }
        }
        let hint = "declare an input of this name in the front matter; without one it is asked for in each run";
        found.extend(finding(case, part, "fills", &open, hint));
        let mut open: Vec<String> = Vec::new();
        for one in unset(text, &seen) {
            let name = &one.name;
            let known = case.has_input(name)
                || case.is_captured(name)
                || case.environment.variables.contains_key(name)
                || earlier.contains(name);
            if !known && !told.contains(name) {
                open.push(format!("${name}"));
                told.push(name.clone());
            }
        }
        let hint = "declare an input of this name, or a variable of the environment in site.toml";
        found.extend(finding(case, part, "sets", &open, hint));
        earlier.extend(sets(text).into_iter().filter(|set| set.literal.is_some()).map(|set| set.name));
    }
    found
}

/// All that is open in one part, told once, where the first of it stands.
fn finding(case: &Case<'_>, part: &Part, does: &str, open: &[String], hint: &'static str) -> Option<Finding> {
    let first = open.first()?.trim_start_matches('$');
    let mut lines = case.procedure.text.lines().enumerate().skip(part.line);
    let line = lines.find(|(_, line)| line.contains(first)).map_or(part.line, |(at, _)| at + 1);
    let plain: Vec<String> = open.iter().map(|one| crate::text::Foreign::from(one.as_str()).plain()).collect();
    Some(Finding::warning(line, format!("nothing {does} {} in {}", plain.join(", "), part.id), hint))
}
