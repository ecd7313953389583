//! Two parts of one name: only the first bears it, and whoever refers to it may mean the other.

use super::{Case, Finding};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let procedure = case.procedure;
    let mut found = Vec::new();
    for part in &procedure.parts {
        let Some((base, number)) = part.id.as_str().rsplit_once('-') else { continue };
        let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let first = procedure.parts.iter().find(|other| other.id.as_str() == base);
        let written = procedure.text.lines().skip(part.line.saturating_sub(1)).take(2).any(|line| says(line, base));
        if let (true, Some(first), true) = (numbered, first, written) {
            let message =
                format!("the name {base} is that of another part, in line {}; this one is {}", first.line, part.id);
            found.push(Finding::warning(
                part.line,
                message,
                "give it a name of its own: undo= and when= mean the other",
            ));
        }
    }
    found
}

fn says(line: &str, name: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "_-.@".contains(c));
    line.split("{#").skip(1).any(|rest| rest.strip_prefix(name).is_some_and(ends))
}
