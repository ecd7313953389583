//! Releases: what was put where, by whom, and whether it was good. The only source of "the version before".

mod follow;
mod history;
#[cfg(test)]
mod history_tests;
mod migration;
#[cfg(test)]
mod property_tests;
mod way_back;

use std::time::Duration;

use jiff::Timestamp;

use super::name::{EnvName, HostName, InputName, PartId, ServiceName, SiteName};
use super::procedure::Kind;
use super::run::{Overridden, RunId};
use super::site_word::SiteWord;
use crate::text::Foreign;

pub use follow::{FollowItem, FollowUp, Followed, Follows, Said, SeenBy, TOGETHER, newest};
pub use history::{Current, Found, History};
pub use migration::{Migration, Reversible};
pub use way_back::{Backup, Before, Database, TooLate};

/// How many digits of a commit are enough to name it.
const SHORTEST: usize = 7;

/// What a run of a deploy or a rollback came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// The run.
    pub run: RunId,
    /// The site.
    pub site: SiteName,
    /// The environment.
    pub environment: EnvName,
    /// What the procedure was for: [`Kind::Deploy`] or [`Kind::Rollback`].
    pub kind: Kind,
    /// The one service that it was about; nothing: the whole system.
    pub service: Option<ServiceName>,
    /// What people call it; of a rollback, what was brought back. Empty when it never became known.
    pub version: Foreign,
    /// The commit, if one was given.
    pub commit: Option<Foreign>,
    /// Images, by name or digest.
    pub images: Vec<Foreign>,
    /// What it did to the database, in the order in which it was done.
    pub migrations: Vec<Migration>,
    /// The backup that was made before anything was changed.
    pub backup: Option<Foreign>,
    /// The hosts on which something was changed; empty when it was about none in particular.
    pub hosts: Vec<HostName>,
    /// Who did it.
    pub person: String,
    /// From where: `login@machine`.
    pub workstation: String,
    /// When it came to its verdict, by the clock of whoever did it.
    pub at: Timestamp,
    /// From the first step to the verdict.
    pub took: Duration,
    /// The verdict.
    pub verdict: Verdict,
    /// What of its gate was waived.
    pub waivers: Vec<Waiver>,
    /// The checklists that follow it, in the order of the document.
    pub follow_ups: Vec<FollowUp>,
    /// Who allowed it outside the windows of its environment, and why.
    pub overridden: Option<Overridden>,
    /// Who has looked at it since, if it was not good.
    pub examined: Option<Examined>,
    /// The login on the lock host to which the record there belongs; nothing for what only this machine has recorded.
    pub login: Option<Foreign>,
}

/// Whether a release was good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Everything was done and verified.
    Good,
    /// It failed, and was taken back: what ran before runs again.
    RolledBack,
    /// It failed half-way, or was left so: some of it is new and some old.
    Failed,
    /// It was stopped, or what happened is not known.
    Unknown,
}

impl Verdict {
    /// All, the best first.
    pub const ALL: [Verdict; 4] = [Verdict::Good, Verdict::RolledBack, Verdict::Failed, Verdict::Unknown];

    /// Its word, on screens and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Good => "good",
            Verdict::RolledBack => "rolled-back",
            Verdict::Failed => "failed",
            Verdict::Unknown => "unknown",
        }
    }

    /// The verdict of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.word() == word)
    }
}

/// An item of the gate that somebody with the right role let pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The item.
    pub part: PartId,
    /// Who waived it.
    pub by: String,
    /// Why.
    pub reason: Foreign,
}

/// Somebody has looked at a release that was not good, and it may be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Who.
    pub by: String,
    /// From where: `login@machine`.
    pub workstation: String,
    /// When, by their clock.
    pub at: Timestamp,
    /// What they found.
    pub reason: Foreign,
}

/// Which inputs or captures of a procedure say what its release is, from `[release]` in its front matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseNames {
    /// What people call it.
    pub version: Option<InputName>,
    /// The commit.
    pub commit: Option<InputName>,
    /// Images, one in each line.
    pub images: Vec<InputName>,
    /// Migrations, one in each line.
    pub migrations: Option<InputName>,
    /// The backup that is made before.
    pub backup: Option<InputName>,
    /// The one service that it is about, by its name or by the input that says it; nothing: the whole system.
    pub service: Option<String>,
    /// The command that says on a host, by its status, whether an earlier release is still there to go back to.
    pub present: Option<String>,
    /// Its line in the file, from 1.
    pub line: usize,
}

impl ReleaseNames {
    /// All names of inputs and captures in it, with the key that says them.
    pub fn names(&self) -> Vec<(&'static str, &InputName)> {
        let mut names: Vec<(&'static str, &InputName)> = Vec::new();
        names.extend(self.version.as_ref().map(|name| ("version", name)));
        names.extend(self.commit.as_ref().map(|name| ("commit", name)));
        names.extend(self.images.iter().map(|name| ("images", name)));
        names.extend(self.migrations.as_ref().map(|name| ("migrations", name)));
        names.extend(self.backup.as_ref().map(|name| ("backup", name)));
        names
    }
}

impl Release {
    /// The command with which somebody says that they have looked at it, as it can be typed anywhere; `word` opens its
    /// site.
    pub fn examine_command(&self, word: &SiteWord) -> String {
        let (run, site, environment) = (self.run.short(), word.of(&self.site), &self.environment);
        format!("qd release examine {run} {site} -e {environment} --reason \"…\"")
    }

    /// Whether it is the same code as another one: of the same commit, or, where one of them names none, of the same
    /// version. A branch is one version and many commits.
    pub fn is_same(&self, other: &Release) -> bool {
        match (&self.commit, &other.commit) {
            (Some(one), Some(other)) => same_commit(one.raw(), other.raw()),
            (Some(_), None) | (None, Some(_)) | (None, None) => {
                self.version == other.version && !self.version.is_empty()
            }
        }
    }

    /// Whether this word names it: its version, or its commit by as many digits as are enough.
    pub fn is_called(&self, word: &[u8]) -> bool {
        let version = !self.version.is_empty() && self.version.raw() == word;
        version || self.commit.as_ref().is_some_and(|commit| same_commit(commit.raw(), word))
    }

    /// Whether it says something about what runs of this service on this host; `None` asks about the whole system, and
    /// about every host.
    pub fn concerns(&self, service: Option<&ServiceName>, host: Option<&HostName>) -> bool {
        let service = match (&self.service, service) {
            (None, _) => true,
            (Some(own), Some(asked)) => own == asked,
            (Some(_), None) => false,
        };
        service && host.is_none_or(|host| self.hosts.is_empty() || self.hosts.contains(host))
    }
}

/// Whether two writings of commits mean one: the shorter, of seven digits at least, begins the longer.
pub fn same_commit(one: &[u8], other: &[u8]) -> bool {
    let digits = |word: &[u8]| word.len() >= SHORTEST && word.iter().all(u8::is_ascii_hexdigit);
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if !digits(short) || !digits(long) {
        return !one.is_empty() && one == other;
    }
    long.get(..short.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(short))
}
