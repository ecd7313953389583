//! Inputs that are asked for and that nothing uses.

use super::{Case, Finding};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let procedure = case.procedure;
    let mut found = Vec::new();
    for input in &procedure.header.inputs {
        let name = input.name.as_str();
        // Wherever the name stands beside its own declaration is a use: a variable, a placeholder, a condition, an
        // attribute, the program that another input comes from.
        let used = procedure.text.lines().enumerate().any(|(at, line)| {
            let declares = at + 1 == input.line || declaration(line, name);
            let line = line.replace([' ', '-'], "_").to_lowercase();
            !declares && has_word(&line, &name.to_lowercase())
        });
        if !used {
            let message = format!("nothing uses the input {name}");
            found.push(Finding::warning(input.line, message, "use it, or take it away: it is asked for in each run"));
        }
    }
    found
}

/// `[inputs.name]`, `name = "name"`
fn declaration(line: &str, name: &str) -> bool {
    let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    line.starts_with(&format!("[inputs.{name}")) || line.starts_with(&format!("name=\"{name}\""))
}

/// Whether the word stands there by itself, or as one of several that `_` joins.
fn has_word(line: &str, word: &str) -> bool {
    let part_of = |c: char| c.is_ascii_alphanumeric();
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let behind = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(part_of) && !behind.is_some_and(part_of)
    })
}
