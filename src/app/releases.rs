//! Releases and versions: asked for where a procedure of the environment wants to know of them.

use super::model::Model;
use crate::domain::{Environment, Procedure, ProcedurePlan};
use crate::port::Effect;
use crate::port::release::ReleaseWish;
use crate::state::releases::{trouble, wants};

/// What is to be asked when an environment is opened: nothing where nothing in it is about releases.
pub fn opened(environment: &Environment) -> Vec<Effect> {
    let wanted: Vec<(bool, bool)> = environment.procedures.iter().map(|procedure| wants(procedure)).collect();
    let mut effects = Vec::new();
    if wanted.iter().any(|(releases, _)| *releases) {
        effects.push(Effect::ReadReleases(ReleaseWish::Releases));
    }
    if wanted.iter().any(|(_, versions)| *versions) {
        effects.push(Effect::ReadReleases(ReleaseWish::Versions));
    }
    effects
}

/// What is to be asked when a run has ended, which may have been a release.
pub fn ended(model: &Model) -> Vec<Effect> {
    let environment = model.environment();
    let any = environment.is_some_and(|here| here.procedures.iter().any(|procedure| wants(procedure).0));
    if any { vec![Effect::ReadReleases(ReleaseWish::Releases)] } else { Vec::new() }
}

/// Why a deploy is not begun, as far as it is known: its version did not go well before, and nobody has looked.
pub fn unexamined(model: &Model, procedure: &Procedure, plan: &ProcedurePlan) -> Option<String> {
    if !plan.whole {
        return None;
    }
    let name = procedure.header.release.as_ref()?.version.as_ref()?;
    let value = plan.given.iter().find(|given| given.name == *name)?.value.as_deref()?;
    let known = model.releases.releases.as_ref()?;
    trouble(&known.history, procedure, value, model.releases.commit(value))
}
