//! The procedures of a site: all Markdown files below its `procedures/`, put into the environments they are for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Known, LARGEST, load};
use crate::domain::procedure::Procedure;
use crate::domain::{ProcedureName, Site};
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

fn known(site: &Site) -> Known {
    let environments = site.environments.iter();
    let services = environments.clone().flat_map(|environment| &environment.services);
    Known {
        environments: Some(environments.map(|environment| environment.name.clone()).collect()),
        services: Some(services.map(|service| service.name.clone()).collect()),
    }
}
