//! The versions of a drill's code, as git would tell them.

use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Hearsay, Migration, SIMULATED, Version};
use crate::domain::release::{self, Reversible};
use crate::domain::source::{self, Commit, Facts, Named, NewMigration, Since};
use crate::text::Foreign;

/// A name that is a commit's has at least so many digits.
const DIGITS: usize = 7;

impl Version {
    /// What people call it.
    pub(super) fn name(&self) -> &str {
        self.tag.as_deref().or(self.branch.as_deref()).unwrap_or(&self.commit)
    }

    /// Its commit as `git log --oneline` has it.
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.commit.get(..10).unwrap_or(&self.commit), self.subject)
    }

    fn is_called(&self, word: &str) -> bool {
        let known = |name: &Option<String>| name.as_deref() == Some(word);
        let by_branch = self.branch.as_deref().and_then(|branch| branch.strip_prefix("origin/")) == Some(word);
        known(&self.tag) || known(&self.branch) || by_branch || (word.len() >= DIGITS && self.commit.starts_with(word))
    }

    fn own(&self, now: Timestamp) -> Commit {
        commit(self.commit.clone(), &self.author, &self.subject, ago(now, self.age))
    }

    /// Its own commit and those below it.
    fn all(&self, now: Timestamp) -> Vec<Commit> {
        let below = self.commits.iter().map(|below| {
            let digest = Sha256::digest(format!("{} {}", self.commit, below.subject));
            let id: String = digest.iter().take(20).map(|byte| format!("{byte:02x}")).collect();
            commit(id, &below.author, &below.subject, ago(now, below.age))
        });
        std::iter::once(self.own(now)).chain(below).collect()
    }
}

impl Migration {
    pub(super) fn reversible(&self) -> Reversible {
        if self.removes.is_empty() { Reversible::Yes } else { Reversible::No }
    }
}

pub(super) fn ago(now: Timestamp, age: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(age).ok().and_then(|age| now.checked_sub(age).ok()).unwrap_or(now)
}

fn commit(id: String, author: &str, subject: &str, at: Timestamp) -> Commit {
    let subject = format!("{SIMULATED}{subject}");
    Commit { id, at: Some(at), author: author.into(), subject: subject.into() }
}

impl Hearsay {
    pub(super) fn place(&self, word: &str) -> Option<usize> {
        self.versions.iter().position(|version| version.is_called(word.trim()))
    }

    pub(super) fn version(&self, word: &str) -> Option<&Version> {
        self.versions.get(self.place(word)?)
    }

    /// The versions that are in `to` and not in `from`, the newest first.
    pub(super) fn between(&self, from: &str, to: &str) -> &[Version] {
        match (self.place(from), self.place(to)) {
            (Some(from), Some(to)) => self.versions.get(to..from).unwrap_or_default(),
            (Some(_), None) | (None, _) => &[],
        }
    }

    pub(super) fn versions(&self, now: Timestamp) -> Vec<source::Version> {
        let mut all = Vec::new();
        for version in &self.versions {
            let names = [(&version.branch, Named::Branch), (&version.tag, Named::Tag)];
            for (name, named) in names.into_iter().filter_map(|(name, named)| Some((name.as_ref()?, named))) {
                all.push(source::Version { name: name.as_str().into(), named, commit: version.own(now) });
            }
        }
        for version in &self.versions {
            let commit = version.own(now);
            all.push(source::Version { name: commit.id.as_str().into(), named: Named::Commit, commit });
        }
        all
    }

    pub(super) fn facts(&self, word: &str, since: Option<&str>, now: Timestamp) -> Result<Facts, String> {
        let unknown = |word: &str| format!("{SIMULATED}the drill knows no version {}", Foreign::from(word).plain());
        let version = self.version(word).ok_or_else(|| unknown(word))?;
        let since = since.map(|from| {
            let older = self.version(from).ok_or_else(|| unknown(from))?;
            Ok(self.since(older, version, now))
        });
        Ok(Facts { version: word.into(), commit: version.own(now), since })
    }

    fn since(&self, from: &Version, to: &Version, now: Timestamp) -> Since {
        let new = self.between(&from.commit, &to.commit);
        let commits: Vec<Commit> = new.iter().flat_map(|version| version.all(now)).collect();
        let behind = self.between(&to.commit, &from.commit).iter().map(|version| version.commits.len() + 1).sum();
        let mut authors: Vec<(Foreign, usize)> = Vec::new();
        for commit in &commits {
            match authors.iter_mut().find(|(author, _)| *author == commit.author) {
                Some((_, count)) => *count += 1,
                None => authors.push((commit.author.clone(), 1)),
            }
        }
        authors.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let migrations = new.iter().flat_map(|version| &version.migrations).map(|migration| NewMigration {
            migration: release::Migration { name: migration.name.as_str().into(), reversible: migration.reversible() },
            why: migration.removes.iter().map(|line| line.as_str().into()).collect(),
        });
        let known = |migration: &Migration| release::Migration {
            name: migration.name.as_str().into(),
            reversible: migration.reversible(),
        };
        let older = self.between(&to.commit, &from.commit).iter().rev();
        let gone = older.flat_map(|version| &version.migrations).map(known).collect();
        Since {
            from: from.own(now),
            ahead: commits.len(),
            behind,
            authors,
            migrations: migrations.collect(),
            gone,
            changed: Vec::new(),
            more: false,
            commits,
        }
    }
}
