//! A restore from a file that was fetched here and never reaches the host that reads it.

use super::{Case, Finding};
use crate::domain::procedure::Target;
use crate::runtimes::shell_text::{RedirectKind, Simple, scan, simples, simples_deep};

const FETCHES: &[&str] = &["aws", "curl", "wget", "gsutil", "rclone", "az"];
const CARRIES: &[&str] = &["scp", "rsync", "sftp"];
const RESTORES: &[&str] = &["pg_restore", "psql", "mysql", "mongorestore"];

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    // A file, and where it lies.
    let mut fetched: Vec<(String, String)> = Vec::new();
    let mut found = Vec::new();
    for (part, text) in case.scripts() {
        let here = part.options.targets.iter().map(Target::to_string).collect::<Vec<_>>().join(" ");
        for one in simples_deep(text) {
            let words: Vec<&str> = one.command().iter().map(|word| word.text.as_str()).collect();
            let Some(program) = words.first().copied() else { continue };
            if CARRIES.contains(&program) {
                fetched.retain(|(file, _)| !words.iter().any(|word| base(word) == file));
            } else if FETCHES.contains(&program) {
                fetched.extend(fetches(&words).map(|file| (file, here.clone())));
            } else if program == "ssh" {
                let host = words.iter().skip(1).find(|word| !word.starts_with('-')).copied().unwrap_or_default();
                let inner = words.last().copied().unwrap_or_default();
                for inside in simples(inner, &scan(inner)) {
                    found.extend(missing(part.line, &inside, &fetched, host));
                }
            } else {
                found.extend(missing(part.line, &one, &fetched, &here));
            }
        }
    }
    found
}

fn base(file: &str) -> &str {
    file.rsplit(['/', ':']).next().unwrap_or(file)
}

/// The file that a command fetches.
fn fetches(words: &[&str]) -> impl Iterator<Item = String> {
    let plain = words.iter().filter(|word| !word.starts_with('-') && !word.contains("://")).copied();
    let source = words.iter().find(|word| word.contains("://")).copied().unwrap_or_default();
    let target = plain.filter(|word| word.contains('.')).find(|word| !word.ends_with("amazonaws.com"));
    let name = target.map(|word| if matches!(base(word), "." | "") { base(source) } else { base(word) });
    name.filter(|name| !name.is_empty() && !source.is_empty()).map(str::to_owned).into_iter()
}

/// Whether a command restores from a file that lies elsewhere.
fn missing(line: usize, one: &Simple, fetched: &[(String, String)], at: &str) -> Option<Finding> {
    let words = one.command();
    if !RESTORES.contains(&words.first()?.text.as_str()) {
        return None;
    }
    let read = one.redirects.iter().filter(|redirect| redirect.kind == RedirectKind::From);
    let mut files = words.iter().skip(1).chain(read.filter_map(|redirect| redirect.target.as_ref()));
    let (file, place) = files.find_map(|word| fetched.iter().find(|(file, _)| base(&word.text) == file))?;
    if place == at {
        return None;
    }
    let file = crate::text::Foreign::from(file.as_str()).plain();
    let message = format!("{file} is restored in another place than it was fetched to, and nothing carries it there");
    Some(Finding::warning(
        line,
        message,
        "copy it with scp or rsync in a step between, or fetch it where it is restored",
    ))
}
