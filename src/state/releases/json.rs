//! Releases as JSON, for scripts: every foreign text sanitised.

use serde::Serialize;

use super::{What as Told, looks_for_migrations, taken_away};
use crate::domain::Release;
use crate::domain::release::{Current, Database, History, Migration};
use crate::domain::source::{Commit, Facts, NewMigration};
use crate::text::Foreign;

/// Releases of an environment.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// The newest first.
    releases: Vec<One>,
    /// What is missing or doubtful.
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct One {
    run: String,
    kind: &'static str,
    verdict: &'static str,
    stands: &'static str,
    runs_now: bool,
    target: bool,
    service: Option<String>,
    version: String,
    commit: Option<String>,
    images: Vec<String>,
    migrations: Vec<Changed>,
    backup: Option<String>,
    hosts: Vec<String>,
    person: String,
    workstation: String,
    login: Option<String>,
    at: String,
    took_seconds: u64,
    waivers: Vec<Waived>,
    window_overridden: Option<Allowed>,
    examined: Option<Looked>,
    going_back: Option<Back>,
}

#[derive(Debug, Serialize)]
struct Changed {
    name: String,
    reversible: &'static str,
}

#[derive(Debug, Serialize)]
struct Waived {
    part: String,
    by: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Allowed {
    by: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Looked {
    by: String,
    at: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Back {
    database: &'static str,
    migrate_back: Vec<String>,
    lost: Vec<String>,
    backup: Option<String>,
}

fn plain(text: &Foreign) -> String {
    text.plain()
}

fn clean(text: &str) -> String {
    Foreign::from(text).plain()
}

fn changed(all: &[Migration]) -> Vec<Changed> {
    all.iter().map(|one| Changed { name: one.name.plain(), reversible: one.reversible.word() }).collect()
}

fn back(way: &Database) -> Back {
    let names = |all: &[Migration]| all.iter().map(|one| one.name.plain()).collect::<Vec<_>>();
    match way {
        Database::Stays => Back { database: "stays", migrate_back: Vec::new(), lost: Vec::new(), backup: None },
        Database::MigrateBack(all) => {
            Back { database: "migrate back", migrate_back: names(all), lost: Vec::new(), backup: None }
        }
        Database::Restore { lost, backup, then } => Back {
            database: "restore",
            migrate_back: names(then),
            lost: names(lost),
            backup: backup.as_ref().map(|backup| backup.name.plain()),
        },
    }
}

fn one(history: &History, release: &Release) -> One {
    let service = release.service.as_ref();
    let current = history.current(service, None);
    let target = history.targets(service).iter().any(|target| target.run == release.run);
    One {
        run: release.run.to_string(),
        kind: release.kind.word(),
        verdict: release.verdict.word(),
        stands: history.stands(release).word(),
        runs_now: matches!(current, Current::Runs(runs) if runs.run == release.run),
        target,
        service: service.map(ToString::to_string),
        version: release.version.plain(),
        commit: release.commit.as_ref().map(plain),
        images: release.images.iter().map(plain).collect(),
        migrations: changed(&release.migrations),
        backup: release.backup.as_ref().map(plain),
        hosts: release.hosts.iter().map(ToString::to_string).collect(),
        person: clean(&release.person),
        workstation: clean(&release.workstation),
        login: release.login.as_ref().map(plain),
        at: release.at.to_string(),
        took_seconds: release.took.as_secs(),
        waivers: release
            .waivers
            .iter()
            .map(|one| Waived { part: one.part.to_string(), by: clean(&one.by), reason: one.reason.plain() })
            .collect(),
        window_overridden: release
            .overridden
            .as_ref()
            .map(|one| Allowed { by: clean(&one.by), reason: clean(&one.why) }),
        examined: release.examined.as_ref().map(|one| Looked {
            by: clean(&one.by),
            at: one.at.to_string(),
            reason: one.reason.plain(),
        }),
        going_back: target.then(|| back(&history.way_back(release, service))),
    }
}

impl Listed {
    /// The newest of these, so many at most.
    pub fn of(history: &History, notes: &[String], most: usize) -> Self {
        let releases = history.releases().iter().rev().take(most).map(|release| one(history, release)).collect();
        Self { releases, notes: notes.to_vec() }
    }

    /// One of them.
    pub fn of_one(history: &History, release: &Release, notes: &[String]) -> Self {
        Self { releases: vec![one(history, release)], notes: notes.to_vec() }
    }
}

/// What is known of a version.
#[derive(Debug, Serialize)]
pub struct What {
    version: String,
    commit: Option<String>,
    replaces: Option<One>,
    clear: bool,
    trouble: Option<String>,
    git: Option<Git>,
    migrations_looked_for: bool,
    why_not: Option<String>,
    going_back: Option<Back>,
    hosts: Vec<Host>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Git {
    ahead: usize,
    behind: usize,
    commits: Vec<Line>,
    authors: Vec<Author>,
    migrations: Vec<New>,
    changed_migrations: Vec<String>,
    more: bool,
}

#[derive(Debug, Serialize)]
struct Line {
    id: String,
    at: Option<String>,
    author: String,
    subject: String,
}

#[derive(Debug, Serialize)]
struct Author {
    name: String,
    commits: usize,
}

#[derive(Debug, Serialize)]
struct New {
    name: String,
    reversible: &'static str,
    because: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Host {
    host: String,
    version: Option<String>,
    run: Option<String>,
    clear: bool,
}

fn git(facts: &Facts) -> (Option<Git>, Option<String>) {
    let line = |commit: &Commit| Line {
        id: commit.id.clone(),
        at: commit.at.map(|at| at.to_string()),
        author: commit.author.plain(),
        subject: commit.subject.plain(),
    };
    let new = |one: &NewMigration| New {
        name: one.migration.name.plain(),
        reversible: one.migration.reversible.word(),
        because: one.why.iter().map(plain).collect(),
    };
    match &facts.since {
        None => (None, None),
        Some(Err(why)) => (None, Some(clean(why))),
        Some(Ok(since)) => (
            Some(Git {
                ahead: since.ahead,
                behind: since.behind,
                commits: since.commits.iter().map(line).collect(),
                authors: since
                    .authors
                    .iter()
                    .map(|(name, count)| Author { name: name.plain(), commits: *count })
                    .collect(),
                migrations: since.migrations.iter().map(new).collect(),
                changed_migrations: since.changed.iter().map(plain).collect(),
                more: since.more,
            }),
            None,
        ),
    }
}

impl What {
    /// It as data.
    pub fn of(told: &Told<'_>, notes: &[String]) -> Self {
        let (git, unknown) = told.facts.map(git).unwrap_or_default();
        let current = told.history.current(told.service, None);
        let host = |host: &crate::domain::Host| {
            let current = told.history.current(told.service, Some(&host.name));
            let good = current.good();
            Host {
                host: host.name.to_string(),
                version: good.map(|release| release.version.plain()),
                run: good.map(|release| release.run.to_string()),
                clear: matches!(current, Current::Runs(_)),
            }
        };
        Self {
            version: clean(told.version),
            commit: told.facts.ok().map(|facts| facts.commit.id.clone()),
            replaces: told.replaces().map(|release| one(told.history, release)),
            clear: !matches!(current, Current::Unclear(..)),
            trouble: told.trouble.map(str::to_owned),
            git,
            migrations_looked_for: looks_for_migrations(told.environment),
            why_not: told.facts.err().map(clean).or(unknown),
            going_back: taken_away(told.history, told.service, told.version, told.facts.ok()).as_ref().map(back),
            hosts: told.environment.hosts.iter().map(host).collect(),
            notes: notes.to_vec(),
        }
    }
}
