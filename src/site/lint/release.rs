//! What a procedure says of its release: names that nothing gives, and releases that nobody would ever find again.

use super::{Case, Finding};
use crate::domain::procedure::{Danger, Doing, InputKind, Kind, Language, Procedure};
use crate::runtimes::danger::danger;

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let (procedure, mut found) = (case.procedure, Vec::new());
    let makes = matches!(procedure.header.kind, Kind::Deploy | Kind::Rollback);
    for input in procedure.header.inputs.iter().filter(|input| input.kind == InputKind::Version) {
        if case.environment.source.is_none() {
            let message = format!("{} is a version, and the site does not say where its code is", input.name);
            let hint = "say [source] in site.toml; without it nobody checks whether there is such a version";
            found.push(Finding::warning(input.line, message, hint));
        }
    }
    let Some(release) = &procedure.header.release else {
        if procedure.header.kind == Kind::Deploy {
            let hint = "add [release] with the input that is its version: without it nobody knows what runs since when";
            found.push(Finding::warning(1, "it is a deploy and does not say what its release is", hint));
        }
        return found;
    };
    if !makes {
        let hint = "only what is of the kind \"deploy\" or \"rollback\" records a release";
        found.push(Finding::warning(release.line, "[release] means nothing here", hint));
    }
    if release.version.is_none() {
        let hint = "say version = \"…\", the input or the capture that people call it by";
        found.push(Finding::mistake(release.line, "[release] does not say what the version is", hint));
    }
    for (key, name) in release.names() {
        let input = procedure.header.inputs.iter().find(|input| input.name == *name);
        if input.is_some_and(|input| input.secret) {
            let message = format!("[release] names {name} as its {key}, which is a secret and is never kept");
            found.push(Finding::mistake(release.line, message, "name an input or a capture that everybody may see"));
        } else if input.is_none() && !gives(case, procedure, name.as_str(), 0) {
            let message = format!("[release] names {name} as its {key}, and nothing gives it");
            found.push(Finding::mistake(release.line, message, "name an input, or what a part says with capture="));
        }
    }
    if let Some(command) = &release.present
        && danger(Language::Sh, command) != Danger::Read
    {
        let message = "present of [release] is not seen to only read, and so it would never be run";
        let hint = "say a command that looks for the release of $commit on a host, such as `git rev-parse -q --verify` or `test -d`";
        found.push(Finding::mistake(release.line, message, hint));
    }
    if let Some(word) = &release.service {
        let known = case.environment.services.iter().any(|service| service.name.as_str() == word);
        if !known && !case.has_input(word) && !gives(case, procedure, word, 0) {
            let shown = crate::text::Foreign::from(word.as_str()).plain();
            let message = format!("[release] is about {shown}, and {} has no such service", case.environment.name);
            found.push(Finding::mistake(release.line, message, "name a service, or the input that says which"));
        }
    }
    found
}

/// Whether a part of it, or of what it calls, captures this.
fn gives(case: &Case<'_>, procedure: &Procedure, name: &str, depth: usize) -> bool {
    procedure.parts.iter().any(|part| {
        let own = part.options.capture.as_ref().is_some_and(|capture| capture.as_str() == name);
        let called = match &part.doing {
            Doing::Call(other, _) if depth < 9 => case.environment.procedure(other),
            Doing::Decide(_) if part.id.as_str() == name => return true,
            _ => None,
        };
        own || called.is_some_and(|called| gives(case, called, name, depth + 1))
    })
}
