//! Releases as they are known: what was asked of the record and of git, what can be chosen, and how it is told.

mod backups;
mod follow;
mod json;
mod older;
mod told;
mod what;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::domain::procedure::{Input, InputKind, Kind, Procedure, ProcedurePlan};
use crate::domain::release::{Followed, History};
use crate::domain::source::{Facts, Version};
use crate::domain::{Environment, InputName, Release, RunId, ServiceName};
use crate::port::ReleaseNews;
use crate::port::release::{Looked, Releases};
use crate::text::Foreign;

pub use backups::{backups, plan_too_late, too_late};
pub use follow::{
    FollowJson, NOT_ITS_RUN, behind, behind_told, claims, due_told, follow, followed, lists, looks, runs_now, say,
    whose,
};
pub use json::{Listed, What as WhatJson};
pub use older::{database_of, taken_away, taken_away_told};
pub use told::{became, examined, in_full, list, verdict};
pub use what::{What, what};

/// What git said of so many versions is kept, the newest asked.
const FACTS: usize = 8;
/// So many looks that are not kept are known; the oldest go.
const LOOKED: usize = 200;

/// Everything that is known of releases and versions of one environment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// The releases; nothing before the record was read.
    pub releases: Option<Releases>,
    /// When they were read.
    pub releases_at: Option<Timestamp>,
    /// The versions that can be chosen; nothing before git was asked.
    pub versions: Option<Result<Vec<Version>, String>>,
    /// When git said so.
    pub versions_at: Option<Timestamp>,
    /// What git said of versions, by the name each was asked for; the newest last.
    facts: VecDeque<(Foreign, Result<Box<Facts>, String>)>,
    /// What this console has looked at of what follows releases, and has not kept: the last look at each item.
    looked: Vec<Followed>,
}

impl Known {
    /// Takes news in.
    pub fn take(&mut self, news: ReleaseNews) {
        match news {
            ReleaseNews::Releases(releases) => {
                // What was only looked at lies nowhere else.
                let looked = self.releases.take().map(|known| known.followed).unwrap_or_default();
                let looked = looked.into_iter().filter(|one| self.looked.contains(one)).collect();
                self.releases = Some(releases);
                self.say(looked);
            }
            ReleaseNews::Followed(_, Ok(said)) => self.say(said),
            ReleaseNews::Looked(_, Ok(Looked { kept, seen })) => {
                // Of each item only the last look is of interest, and only where it is newer than what is kept.
                let of_it = |one: &Followed, other: &Followed| one.run == other.run && one.part == other.part;
                let is_anew = |old: &Followed| kept.iter().chain(&seen).any(|new| of_it(old, new));
                let (old, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.looked).into_iter().partition(is_anew);
                if let Some(known) = &mut self.releases {
                    known.followed.retain(|one| !old.contains(one));
                }
                self.looked = rest;
                self.looked.extend(seen.iter().cloned());
                let over = self.looked.len().saturating_sub(LOOKED);
                self.looked.drain(..over);
                self.say(kept);
                self.say(seen);
            }
            // Why not was told where it was asked for.
            ReleaseNews::Followed(_, Err(_)) | ReleaseNews::Looked(_, Err(_)) | ReleaseNews::Examined(..) => {}
            ReleaseNews::Versions(versions) => self.versions = Some(versions),
            ReleaseNews::Facts(name, facts) => {
                self.facts.retain(|(known, _)| *known != name);
                if self.facts.len() >= FACTS {
                    self.facts.pop_front();
                }
                self.facts.push_back((name, facts));
            }
        }
    }

    fn say(&mut self, said: Vec<Followed>) {
        let Some(known) = &mut self.releases else { return };
        for one in said {
            if !known.followed.contains(&one) {
                known.followed.push(one);
            }
        }
    }

    /// The same as it was before a run began to change anything, which was at `begun`: without what was recorded since.
    #[must_use]
    pub fn before(&self, run: &RunId, begun: Timestamp) -> Self {
        let mut known = self.clone();
        if let Some(releases) = &mut known.releases {
            let all = releases.history.releases().iter().filter(|one| one.run != *run && one.at < begun);
            let word = releases.history.site_word().clone();
            releases.history = History::of(all.cloned().collect::<Vec<_>>()).in_site(word);
        }
        known
    }

    /// Forgets what git said of a name that means something else now.
    pub fn forget(&mut self, name: &Foreign) {
        self.facts.retain(|(known, _)| known != name);
    }

    /// What git said of a version, if it was asked.
    pub fn facts(&self, name: &str) -> Option<&Result<Box<Facts>, String>> {
        let this = |(known, _): &&(Foreign, Result<Box<Facts>, String>)| known.raw() == name.as_bytes();
        self.facts.iter().find(this).map(|(_, facts)| facts)
    }

    /// The commit that a name means, if git has told it.
    pub fn commit(&self, name: &str) -> Option<&str> {
        let versions = self.versions.as_ref()?.as_ref().ok()?;
        let named = versions.iter().find(|one| one.name.raw() == name.as_bytes())?;
        Some(&named.commit.id)
    }

    /// What a plan means for the database where it brings back older code, as far as it is known.
    pub fn database_of(&self, procedure: &Procedure, plan: &ProcedurePlan) -> Vec<String> {
        let Some(known) = &self.releases else { return Vec::new() };
        let facts = |word: &str| self.facts(word).and_then(|facts| facts.as_deref().ok());
        database_of(&known.history, procedure, plan, facts)
    }

    /// The recorded backups that can be chosen for the inputs of a procedure, each with what is known of it.
    pub fn backups(
        &self,
        procedure: &Procedure,
        values: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Vec<(InputName, Vec<(String, String)>)> {
        let Some(known) = &self.releases else { return Vec::new() };
        let inputs = procedure.header.inputs.iter().filter(|input| input.backups.is_some());
        let of = |input: &Input| (input.name.clone(), backups(&known.history, procedure, input, values, now));
        inputs.map(of).collect()
    }

    /// What can be chosen for the inputs of a procedure that are versions or releases, as far as it is known.
    /// Backups with what is known of each are in [`Known::backups`].
    pub fn listed(&self, procedure: &Procedure) -> Vec<(InputName, Vec<String>)> {
        let of = |input: &Input| match input.kind {
            InputKind::Version => {
                let versions = self.versions.as_ref()?.as_ref().ok()?;
                Some(versions.iter().filter_map(|one| word(&one.name)).collect())
            }
            InputKind::Release => Some(targets(&self.releases.as_ref()?.history, procedure)),
            InputKind::Text | InputKind::Number | InputKind::Switch | InputKind::Host => None,
            InputKind::Service | InputKind::Pattern(_) | InputKind::Choice(_) => None,
        };
        let inputs = procedure.header.inputs.iter();
        inputs.filter_map(|input| Some((input.name.clone(), of(input)?))).collect()
    }
}

/// Whether a procedure wants to know anything of releases or versions: of releases first, of versions second.
pub fn wants(procedure: &Procedure) -> (bool, bool) {
    let of = |kind: &InputKind| procedure.header.inputs.iter().any(|input| input.kind == *kind);
    let backups = procedure.header.inputs.iter().any(|input| input.backups.is_some());
    (procedure.header.release.is_some() || of(&InputKind::Release) || backups, of(&InputKind::Version))
}

/// Whether anybody looks for new migrations in a version: the site says which files are some.
pub fn looks_for_migrations(environment: &Environment) -> bool {
    environment.source.as_ref().is_some_and(|source| !source.migrations.is_empty())
}

/// The one service that the releases of a procedure are about, where its document says it by name; `None` for the whole
/// system, and where an input says it.
pub fn service(procedure: &Procedure) -> Option<ServiceName> {
    let word = procedure.header.release.as_ref()?.service.as_ref()?;
    let is_input = procedure.header.inputs.iter().any(|input| input.name.as_str() == word);
    ServiceName::new(word).ok().filter(|_| !is_input)
}

/// The words of the releases that a procedure can go back to: of its service, of any where an input says which.
pub fn targets(history: &History, procedure: &Procedure) -> Vec<String> {
    let names = procedure.header.release.as_ref();
    let open = names.is_some_and(|names| names.service.is_some()) && service(procedure).is_none();
    let mut services = vec![service(procedure)];
    if open {
        services.extend(history.releases().iter().map(|release| release.service.clone()));
    }
    let mut words: Vec<String> = Vec::new();
    let mut asked: Vec<Option<ServiceName>> = Vec::new();
    for service in services {
        if asked.contains(&service) {
            continue;
        }
        for target in history.targets(service.as_ref()) {
            words.extend(word(&history.word(target)).filter(|word| !words.contains(word)));
        }
        asked.push(service);
    }
    words
}

/// Why a version must not be deployed again by this procedure before somebody has looked at it, as a sentence.
pub fn trouble(history: &History, procedure: &Procedure, version: &str, commit: Option<&str>) -> Option<String> {
    if procedure.header.kind != Kind::Deploy {
        return None;
    }
    trouble_of(history, service(procedure).as_ref(), version, commit)
}

/// The same for a service, or for the whole system, whatever deploys it.
pub fn trouble_of(
    history: &History,
    service: Option<&ServiceName>,
    version: &str,
    commit: Option<&str>,
) -> Option<String> {
    let code = newest_of(history, version, commit)?;
    let trouble = history.trouble(code, service)?;
    Some(format!(
        "{} did not go well on {} ({}, by {}) and nobody has examined that: look at run {}, then say so with \
         {}",
        Foreign::from(version).plain(),
        told::stamp(trouble.at),
        told::verdict(history, trouble),
        Foreign::from(trouble.person.as_str()).plain(),
        trouble.run.short(),
        trouble.examine_command(history.site_word())
    ))
}

/// The newest release of this version, which is of this commit where that is known.
pub fn newest_of<'a>(history: &'a History, version: &str, commit: Option<&str>) -> Option<&'a Release> {
    let is_it = |release: &&Release| {
        release.is_called(version.as_bytes()) || commit.is_some_and(|commit| release.is_called(commit.as_bytes()))
    };
    // A branch that has moved since is other code.
    let other = |release: &Release| match (&release.commit, commit) {
        (Some(known), Some(commit)) => !crate::domain::release::same_commit(known.raw(), commit.as_bytes()),
        (Some(_), None) | (None, _) => false,
    };
    history.releases().iter().rev().find(|release| is_it(release) && !other(release))
}

/// A name as a value of an input: one that can be typed and is what it looks like.
fn word(name: &Foreign) -> Option<String> {
    let word = std::str::from_utf8(name.raw()).ok()?;
    crate::domain::source::version(word).ok()?;
    (name.plain() == word).then(|| word.to_owned())
}
