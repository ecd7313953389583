//! The procedures of a site: all Markdown files below its `procedures/`, put into the environments they are for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Known, LARGEST, load};
use crate::domain::procedure::{Choices, Doing, InputKind, Origin, Procedure};
use crate::domain::{ProcedureName, Site};
use crate::site::load::{Commands, Runs};
use crate::site::mistake::Mistake;

/// The folder of a site in which its procedures lie.
pub const FOLDER: &str = "procedures";

/// Whether a file of a site's folder, named as seen from there, is a procedure.
pub fn is_procedure(relative: &Path) -> bool {
    let hidden = relative.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
    let markdown = relative.extension().is_some_and(|end| end.eq_ignore_ascii_case("md"));
    markdown && !hidden && relative.starts_with(FOLDER) && relative != Path::new(FOLDER)
}

/// Reads the procedures of a site and puts each into the environments it is for. `shown` is how the site's folder is
/// named; files are named as seen from there. Without a site they are only read for their mistakes.
pub fn fill(site: Option<&mut Site>, shown: &Path, files: &[(PathBuf, Vec<u8>)]) -> Vec<Mistake> {
    let known = site.as_deref().map(known).unwrap_or_default();
    let mut mistakes = Vec::new();
    let mut all: BTreeMap<ProcedureName, Arc<Procedure>> = BTreeMap::new();
    for (relative, bytes) in files {
        let file = shown.join(relative);
        if bytes.len() > LARGEST {
            let message = format!("this can't be a procedure: it has {} bytes, and {LARGEST} are allowed", bytes.len());
            mistakes.push(Mistake::of_file(&file, message));
            continue;
        }
        let (mut procedure, mut told) = load(&file, bytes, &known);
        procedure.file = crate::site::mistake::path(relative);
        if let Some(other) = all.get(&procedure.name) {
            let message = format!("there is a procedure `{}` already, in {}", procedure.name, other.file);
            told.push(Mistake::of_file(&file, message).with_hint("give one of the files another name"));
        } else {
            all.insert(procedure.name.clone(), Arc::new(procedure));
        }
        mistakes.extend(told);
    }
    for environment in site.into_iter().flat_map(|site| &mut site.environments) {
        let here = |procedure: &&Arc<Procedure>| {
            let meant = &procedure.header.environments;
            meant.is_empty() || meant.contains(&environment.name)
        };
        environment.procedures = all.values().filter(here).cloned().collect();
    }
    mistakes
}

/// Every command that the procedures of a site would run, in the order of their files.
pub fn commands(site: &Site) -> Vec<Commands> {
    let all: BTreeMap<&str, &Arc<Procedure>> = site
        .environments
        .iter()
        .flat_map(|environment| &environment.procedures)
        .map(|procedure| (procedure.file.as_str(), procedure))
        .collect();
    all.into_values().flat_map(|procedure| commands_of(procedure)).collect()
}

/// Every command that a document would run.
pub fn commands_of(procedure: &Procedure) -> Vec<Commands> {
    let mut all = Vec::new();
    let file = &procedure.file;
    for input in &procedure.header.inputs {
        let choices = match &input.kind {
            InputKind::Choice(Choices::Listed(argv)) => Some(argv),
            InputKind::Choice(Choices::Fixed(_))
            | InputKind::Text
            | InputKind::Number
            | InputKind::Switch
            | InputKind::Host
            | InputKind::Service
            | InputKind::Version
            | InputKind::Release
            | InputKind::Pattern(_) => None,
        };
        let value = match &input.origin {
            Origin::Command(argv) => Some(argv),
            Origin::Asked | Origin::Variable(_) => None,
        };
        for (what, argv) in [("choices of", choices), ("value of", value)] {
            let purpose = format!("{file}:{}, {what} the input {}, here", input.line, input.name);
            all.extend(argv.map(|argv| Commands { purpose, what: Runs::Program(argv.clone()) }));
        }
    }
    for part in &procedure.parts {
        let targets: Vec<String> = part.options.targets.iter().map(ToString::to_string).collect();
        let place = if targets.is_empty() { String::new() } else { format!(", on {}", targets.join(" ")) };
        let purpose = |what: &str| format!("{file}:{}, {what}{}{place}", part.line, part.id);
        let mut add = |what: &str, script: &str| {
            all.push(Commands { purpose: purpose(what), what: Runs::Script(script.to_owned()) });
        };
        if let Some(program) = &part.options.with {
            add("reads the text of ", program);
        }
        if let Some(preview) = &part.options.preview {
            add("shows before ", preview);
        }
        match &part.doing {
            Doing::Run(_, script) => add("", script),
            Doing::Request(method, address, body) => add("", format!("{method} {address}\n{body}").trim_end()),
            Doing::Shift(set, get, _) => {
                add("", set);
                get.iter().for_each(|get| add("reads before ", get));
            }
            Doing::Check(..)
            | Doing::Fact(_)
            | Doing::Approve(_)
            | Doing::Ask
            | Doing::Prompt(_)
            | Doing::Hold(..)
            | Doing::Decide(_)
            | Doing::Restart(_)
            | Doing::Notify(..)
            | Doing::Call(..) => {}
        }
    }
    all
}

fn known(site: &Site) -> Known {
    let environments = site.environments.iter();
    let services = environments.clone().flat_map(|environment| &environment.services);
    Known {
        environments: Some(environments.map(|environment| environment.name.clone()).collect()),
        services: Some(services.map(|service| service.name.clone()).collect()),
    }
}
