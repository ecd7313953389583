//! What bringing a version means for the database that knows less than what runs: the same as going back to it.

use super::service;
use super::told::database;
use crate::domain::procedure::{Danger, Kind, Procedure, ProcedurePlan};
use crate::domain::release::{Database, Found, History};
use crate::domain::source::Facts;
use crate::domain::{Release, ServiceName};
use crate::state::deploy::names_version;

/// What becomes of the database when this version comes behind what runs, which has migrations that it does not know;
/// nothing where it knows all of them, or nobody can tell.
pub fn taken_away(
    history: &History,
    service: Option<&ServiceName>,
    version: &str,
    facts: Option<&Facts>,
) -> Option<Database> {
    let current = history.current(service, None).good()?;
    let since = facts.and_then(|facts| facts.since.as_ref()).and_then(|since| since.as_ref().ok());
    if since.is_some_and(|since| since.behind == 0 && since.gone.is_empty()) {
        return None;
    }
    let commit = facts.map(|facts| facts.commit.id.as_bytes());
    let is_it = |release: &&Release| {
        release.is_called(version.as_bytes()) || commit.is_some_and(|commit| release.is_called(commit))
    };
    let code = history.releases().iter().rev().find(is_it).filter(|code| !code.is_same(current));
    // What was recorded knows the backup as well; git knows what was never recorded.
    let recorded = code.map(|code| history.way_back(code, service)).filter(|way| *way != Database::Stays);
    recorded.or_else(|| history.without(since.map(|since| since.gone.as_slice()).unwrap_or_default(), service))
}

/// The same in words, line by line, as they stand with a release that can be gone back to.
pub fn taken_away_told(
    history: &History,
    service: Option<&ServiceName>,
    version: &str,
    facts: Option<&Facts>,
) -> Vec<String> {
    taken_away(history, service, version, facts).map(|way| database(&way)).unwrap_or_default()
}

/// What a plan means for the database where it brings back older code: of a deploy, or of a way back to a release. What only
/// reads brings nothing back.
pub fn database_of<'a>(
    history: &History,
    procedure: &Procedure,
    plan: &ProcedurePlan,
    facts: impl Fn(&str) -> Option<&'a Facts>,
) -> Vec<String> {
    let Some(name) = names_version(procedure).filter(|_| plan.danger() > Danger::Read) else { return Vec::new() };
    let given = plan.given.iter().find(|given| given.name == *name);
    let Some(word) = given.and_then(|given| given.value.as_deref()).filter(|word| !word.is_empty()) else {
        return Vec::new();
    };
    let service = service(procedure);
    match procedure.header.kind {
        Kind::Deploy => taken_away_told(history, service.as_ref(), word, facts(word)),
        Kind::Rollback => match history.target(word.as_bytes(), service.as_ref()) {
            Found::One(target) => database(&history.way_back(target, service.as_ref())),
            Found::None | Found::Several(_) => Vec::new(),
        },
        Kind::Runbook | Kind::Guide | Kind::Restore | Kind::Maintenance | Kind::Task => Vec::new(),
    }
}
