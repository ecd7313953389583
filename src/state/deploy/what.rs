//! What can be chosen: the deploys and rollbacks of an environment, versions from git, releases that were recorded. What
//! can't be chosen says why.

use std::collections::VecDeque;

use super::{is_one, names_version};
use crate::domain::procedure::{InputKind, Kind, Procedure};
use crate::domain::release::{Current, History, Verdict};
use crate::domain::source::Version;
use crate::domain::{Environment, ProcedureName, Release, RunId};
use crate::port::procedure::OpenRun;
use crate::state::procedures::Conducted;
use crate::state::releases::{Known, service, targets};
use crate::text::Foreign;

/// The heading above versions.
pub const VERSIONS: &str = "Version";
/// The heading above releases that one goes back to.
pub const BACK_TO: &str = "Back to";
/// The heading above releases beside a deploy.
pub const RELEASED: &str = "Released before";
/// Versions that are shown.
const MOST_VERSIONS: usize = 40;
/// Releases that are shown.
const MOST_RELEASES: usize = 30;

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub enum Row<'a> {
    /// A heading.
    Heading(&'static str),
    /// A deploy or a rollback.
    Procedure(&'a Procedure),
    /// A run of one that nobody is at.
    Unfinished(&'a OpenRun),
    /// A version that can be deployed.
    Version(&'a Version),
    /// A release that was recorded; with the word by which one goes back to it, or why one can't.
    Release(&'a Release, Result<String, &'static str>),
    /// A sentence.
    Said(String),
}

/// What a row is, so that the cursor stays on it whatever comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// A procedure.
    Procedure(ProcedureName),
    /// A run that nobody is at.
    Unfinished(RunId),
    /// A version, by its name.
    Version(Foreign),
    /// A release, by its run.
    Release(RunId),
}

impl Row<'_> {
    /// What it is; nothing for what can't be stood on.
    pub fn pick(&self) -> Option<Pick> {
        match self {
            Row::Heading(_) | Row::Said(_) => None,
            Row::Procedure(procedure) => Some(Pick::Procedure(procedure.name.clone())),
            Row::Unfinished(open) => Some(Pick::Unfinished(open.run.id.clone())),
            Row::Version(version) => Some(Pick::Version(version.name.clone())),
            Row::Release(release, _) => Some(Pick::Release(release.run.clone())),
        }
    }
}

/// The deploys and rollbacks of an environment, deploys first.
pub fn procedures(environment: &Environment) -> Vec<&Procedure> {
    let all = || environment.procedures.iter().map(|one| &**one).filter(|one| is_one(one));
    let of = |kind: Kind| all().filter(move |one| one.header.kind == kind);
    of(Kind::Deploy).chain(of(Kind::Rollback)).collect()
}

/// Whether a procedure goes back to a release that was recorded.
pub fn goes_back(procedure: &Procedure) -> bool {
    let of_kind = procedure.header.inputs.iter().any(|input| input.kind == InputKind::Release);
    of_kind || (procedure.header.kind == Kind::Rollback && names_version(procedure).is_some())
}

/// Whether a procedure brings a version that git knows.
pub fn brings(procedure: &Procedure) -> bool {
    procedure.header.inputs.iter().any(|input| input.kind == InputKind::Version)
}

/// Everything there is to choose from for the procedure that was chosen.
pub fn rows<'a>(
    environment: &'a Environment,
    chosen: Option<&Procedure>,
    known: &'a Known,
    conducted: &'a Conducted,
) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let of_one = |open: &&OpenRun| {
        let name = open.run.document.as_ref().map(|document| &document.name);
        name.and_then(|name| environment.procedure(name)).is_some_and(|procedure| is_one(procedure))
    };
    let open: Vec<&OpenRun> = conducted.open.iter().filter(of_one).collect();
    if !open.is_empty() {
        rows.push(Row::Heading("Left open"));
        rows.extend(open.into_iter().map(Row::Unfinished));
    }
    rows.push(Row::Heading("Deploy or go back"));
    rows.extend(procedures(environment).into_iter().map(Row::Procedure));
    let Some(procedure) = chosen else { return rows };
    if goes_back(procedure) {
        rows.push(Row::Heading(BACK_TO));
        rows.extend(releases(procedure, known));
        return rows;
    }
    if brings(procedure) {
        rows.push(Row::Heading(VERSIONS));
        match &known.versions {
            None => rows.push(Row::Said("git is being asked".to_owned())),
            Some(Err(why)) => rows.push(Row::Said(Foreign::from(why.as_str()).plain())),
            Some(Ok(versions)) if versions.is_empty() => rows.push(Row::Said("git knows none".to_owned())),
            Some(Ok(versions)) => rows.extend(versions.iter().take(MOST_VERSIONS).map(Row::Version)),
        }
    }
    rows.push(Row::Heading(RELEASED));
    rows.extend(releases(procedure, known));
    rows
}

fn releases<'a>(procedure: &Procedure, known: &'a Known) -> Vec<Row<'a>> {
    let Some(releases) = &known.releases else { return vec![Row::Said("the record is being read".to_owned())] };
    let history = &releases.history;
    let words = targets(history, procedure);
    let row = |release: &'a Release| {
        let word = history.word(release).plain();
        let can = goes_back(procedure) && words.contains(&word) && is_newest(history, release);
        Row::Release(release, if can { Ok(word) } else { Err(why_not(history, procedure, release)) })
    };
    let mut rows: VecDeque<Row<'a>> = history.releases().iter().rev().take(MOST_RELEASES).map(row).collect();
    if rows.is_empty() {
        rows.push_back(Row::Said("nothing is recorded".to_owned()));
    }
    rows.into()
}

/// Whether no later good release is of the same code.
fn is_newest(history: &History, release: &Release) -> bool {
    let good =
        |one: &&Release| history.stands(one) == Verdict::Good && one.is_same(release) && one.service == release.service;
    history.stands(release) == Verdict::Good
        && history.releases().iter().rev().find(good).is_some_and(|newest| newest.run == release.run)
}

/// Why one can't go back to a release.
fn why_not(history: &History, procedure: &Procedure, release: &Release) -> &'static str {
    let service = service(procedure);
    match history.stands(release) {
        Verdict::Failed => "it failed",
        Verdict::Unknown => "nobody knows whether it was good",
        Verdict::RolledBack if release.verdict == Verdict::Good => "it was taken back",
        Verdict::RolledBack => "it was rolled back",
        Verdict::Good => match history.current(service.as_ref(), None) {
            Current::Runs(current) if current.is_same(release) => "it runs now",
            _ if history.trouble(release, service.as_ref()).is_some() => "the same code failed since",
            _ if release.version.is_empty() => "it has no name",
            _ if !is_newest(history, release) => "the same code stands above",
            Current::Runs(_) | Current::Unclear(..) | Current::Nothing => "it is of another service",
        },
    }
}
