//! Releases in the store: each run comes to one, and nothing of it is ever changed.

use rusqlite::{Connection, Transaction, params};

use super::error::Why;
use super::fresh_run_id;
use super::release_form::{ExaminedForm, FollowedForm, ReleaseForm};
use super::write::json;
use crate::domain::release::{Examined, Followed, Release};
use crate::domain::{EnvName, RunId, SiteName};

/// So many rows are read, the newest: years of releases.
const MOST: i64 = 4000;
/// The word of a row that says who looked.
const EXAMINED: &str = "examined";

/// Keeps what a run came to; what is kept of it already stays.
pub(super) fn keep(to: &Transaction<'_>, release: &Release) -> Result<(), Why> {
    to.prepare_cached(
        "INSERT INTO releases (id, run, site, environment, person, workstation, at, verdict, said)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )?
    .execute(params![
        fresh_run_id(release.at).as_str(),
        release.run.as_str(),
        release.site.as_str(),
        release.environment.as_str(),
        release.person,
        release.workstation,
        release.at.to_string(),
        release.verdict.word(),
        json(&ReleaseForm::from(release))?
    ])?;
    Ok(())
}

/// Keeps that somebody has looked at a release, whether it is kept here or only known from the lock host.
pub(super) fn examine(
    to: &Transaction<'_>,
    (site, environment): (&SiteName, &EnvName),
    run: &RunId,
    examined: &Examined,
) -> Result<(), Why> {
    to.prepare_cached(
        "INSERT INTO releases (id, run, site, environment, person, workstation, at, verdict, said)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        fresh_run_id(examined.at).as_str(),
        run.as_str(),
        site.as_str(),
        environment.as_str(),
        examined.by,
        examined.workstation,
        examined.at.to_string(),
        EXAMINED,
        json(&ExaminedForm::of(run, examined))?
    ])?;
    Ok(())
}

/// Keeps what was said of an item that follows a release.
pub(super) fn follow(
    to: &Transaction<'_>,
    (site, environment): (&SiteName, &EnvName),
    said: &Followed,
) -> Result<(), Why> {
    to.prepare_cached(
        "INSERT INTO followed (id, run, site, environment, person, workstation, at, part, said)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        fresh_run_id(said.at).as_str(),
        said.run.as_str(),
        site.as_str(),
        environment.as_str(),
        said.person,
        said.workstation,
        said.at.to_string(),
        said.part.as_str(),
        json(&FollowedForm::from(said))?
    ])?;
    Ok(())
}

/// What was said of all items that follow releases of an environment, the oldest first.
fn followed(from: &Connection, site: &SiteName, environment: &EnvName) -> Result<Vec<Followed>, Why> {
    let mut query = from
        .prepare_cached("SELECT said FROM followed WHERE site = ? AND environment = ? ORDER BY place DESC LIMIT ?")?;
    let mut rows = query.query(params![site.as_str(), environment.as_str(), MOST])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let said: String = row.get(0)?;
        let form = serde_json::from_str::<FollowedForm>(&said).ok();
        all.extend(form.and_then(FollowedForm::followed));
    }
    all.reverse();
    Ok(all)
}

/// What is kept of an environment, the oldest first: releases, and who looked at which. What can't be read is left out.
pub(super) fn read(from: &Connection, site: &SiteName, environment: &EnvName) -> Result<Kept, Why> {
    let mut query = from.prepare_cached(
        "SELECT verdict, said FROM releases WHERE site = ? AND environment = ? ORDER BY place DESC LIMIT ?",
    )?;
    let mut rows = query.query(params![site.as_str(), environment.as_str(), MOST])?;
    let mut kept = Kept::default();
    while let Some(row) = rows.next()? {
        let (verdict, said): (String, String) = (row.get(0)?, row.get(1)?);
        if verdict == EXAMINED {
            let form = serde_json::from_str::<ExaminedForm>(&said).ok();
            kept.examined.extend(form.and_then(ExaminedForm::examined));
        } else {
            let form = serde_json::from_str::<ReleaseForm>(&said).ok();
            kept.releases.extend(form.and_then(ReleaseForm::release));
        }
    }
    kept.releases.reverse();
    kept.examined.reverse();
    kept.followed = followed(from, site, environment)?;
    Ok(kept)
}

/// What is kept of the releases of an environment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// The releases.
    pub releases: Vec<Release>,
    /// Who looked at which, the oldest first.
    pub examined: Vec<(RunId, Examined)>,
    /// What was said of checklists that follow them, the oldest first.
    pub followed: Vec<Followed>,
}

impl Kept {
    /// The releases, each with who looked at it last.
    pub fn together(self) -> Vec<Release> {
        let mut releases = self.releases;
        for (run, examined) in self.examined {
            for release in releases.iter_mut().filter(|release| release.run == run) {
                release.examined = Some(examined.clone());
            }
        }
        releases
    }
}
