//! What was released in the days before a drill: recorded in its own store, as if it had been done there.

use std::sync::Arc;

use jiff::Timestamp;

use super::versions::ago;
use super::{Hearsay, Past};
use crate::domain::name::{EnvName, HostName, SiteName};
use crate::domain::procedure::Kind;
use crate::domain::release::{Migration, Release, Verdict};
use crate::domain::run::{Run, RunState};
use crate::engine::store::{Store, StoreError, fresh_run_id};

/// Where those runs come from, on every screen.
const WHERE: &str = "simulated";

/// Records them, the oldest first.
///
/// # Errors
/// Why the store does not take one.
pub async fn remember(
    hearsay: &Hearsay,
    site: &SiteName,
    store: Arc<dyn Store>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut all: Vec<&Past> = hearsay.releases.iter().collect();
    all.sort_by_key(|past| std::cmp::Reverse(past.age));
    let mut before: Vec<&Past> = Vec::new();
    for past in all {
        let last = before.iter().rev().find(|known| known.environment == past.environment);
        let Some((run, release)) = hearsay.release(past, last.map(|last| last.version.as_str()), site, now) else {
            continue;
        };
        let (id, at) = (run.id.clone(), release.at);
        let state = if release.verdict == Verdict::Good { RunState::Succeeded } else { RunState::Failed };
        store.begin(run).await?;
        store.conclude(id, state, at, release).await?;
        before.push(past);
    }
    Ok(())
}

impl Hearsay {
    fn release(&self, past: &Past, last: Option<&str>, site: &SiteName, now: Timestamp) -> Option<(Run, Release)> {
        let at = ago(now, past.age);
        let begun = ago(at, past.took);
        let version = self.version(&past.version)?;
        let environment = EnvName::new(&past.environment).ok()?;
        let person = format!("{} ({WHERE})", past.person);
        let run = Run {
            id: fresh_run_id(begun),
            site: site.clone(),
            environment: environment.clone(),
            person: person.clone(),
            workstation: WHERE.to_owned(),
            kind: Kind::Deploy.word().to_owned(),
            title: format!("Deploy {} ({WHERE})", version.name()),
            confirmed: String::new(),
            begun,
            ended: None,
            state: RunState::Running,
            document: None,
            steps: Vec::new(),
        };
        let new = last.map(|last| self.between(last, &past.version)).unwrap_or_default();
        let migrations = new.iter().flat_map(|version| &version.migrations);
        let release = Release {
            run: run.id.clone(),
            site: site.clone(),
            environment,
            kind: Kind::Deploy,
            service: None,
            version: version.name().into(),
            commit: Some(version.commit.as_str().into()),
            images: Vec::new(),
            migrations: migrations
                .map(|one| Migration { name: one.name.as_str().into(), reversible: one.reversible() })
                .collect(),
            backup: past.backup.as_deref().map(Into::into),
            hosts: past.hosts.iter().filter_map(|host| HostName::new(host).ok()).collect(),
            person,
            workstation: WHERE.to_owned(),
            at,
            took: past.took,
            verdict: Verdict::ALL.into_iter().find(|verdict| verdict.word() == past.verdict)?,
            waivers: Vec::new(),
            follow_ups: Vec::new(),
            overridden: None,
            examined: None,
            login: None,
        };
        Some((run, release))
    }
}
