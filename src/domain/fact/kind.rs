//! The kinds of facts, and what each may be told: one table.

use super::value::Shape;

/// What kind of thing is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The checks and statuses of a commit.
    Ci,
    /// The latest run of a workflow for a commit.
    Workflow,
    /// Approvals of the pull requests that contain a commit.
    Reviews,
    /// Whether a deployment to an environment at GitHub was let through.
    Protection,
    /// Whether another environment runs the same commit.
    Same,
    /// Probes of services.
    Probes,
    /// The newest backup on a host.
    Backup,
    /// The certificate of a server.
    Certificate,
    /// Room on a disk of hosts.
    Disk,
    /// Memory that hosts have left.
    Memory,
    /// What is recorded of the release that is to come.
    Release,
    /// Whether there is a release to go back to.
    Rollback,
}

/// Something that may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its word.
    pub name: &'static str,
    /// What its value looks like.
    pub(super) shape: Shape,
    /// Whether it must be there.
    pub needed: bool,
}

/// The key that says which commit is meant.
pub(super) const COMMIT: &str = "commit";
/// The key that says what people call a release.
pub(super) const VERSION: &str = "version";
/// The key that says which service a release is about.
pub(super) const SERVICE: &str = "service";
/// The key under which the front matter's command lies that looks for a release on a host; no document says it in a fact.
pub(super) const PRESENT: &str = "present";
/// The key that says on which hosts it is looked at.
pub(super) const HOST: &str = "host";

const fn may(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, needed: false }
}

const fn must(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, needed: true }
}

/// Every kind with its word and its keys.
const KINDS: &[(Kind, &str, &[Key])] = &[
    (Kind::Ci, "ci", &[may("workflow", Shape::File), may(COMMIT, Shape::Commit)]),
    (
        Kind::Workflow,
        "workflow",
        &[must("file", Shape::File), may("branch", Shape::Commit), may("age", Shape::Age), may(COMMIT, Shape::Commit)],
    ),
    (Kind::Reviews, "reviews", &[must("count", Shape::Count), may("role", Shape::Name), may(COMMIT, Shape::Commit)]),
    (Kind::Protection, "protection", &[must("environment", Shape::Line), may(COMMIT, Shape::Commit)]),
    (Kind::Same, "same", &[must("environment", Shape::Name), may(COMMIT, Shape::Commit)]),
    (Kind::Probes, "probes", &[may("tier", Shape::Line), may(SERVICE, Shape::Names)]),
    (
        Kind::Backup,
        "backup",
        &[
            must("path", Shape::Path),
            may("age", Shape::Age),
            may("size", Shape::Size),
            may("ratio", Shape::Ratio),
            may("ends", Shape::Line),
            may(HOST, Shape::Targets),
        ],
    ),
    (
        Kind::Certificate,
        "certificate",
        &[
            must("address", Shape::Address),
            must("days", Shape::Count),
            may("name", Shape::Server),
            may(HOST, Shape::Targets),
        ],
    ),
    (Kind::Disk, "disk", &[must("path", Shape::Path), must("free", Shape::Room), may(HOST, Shape::Targets)]),
    (Kind::Memory, "memory", &[must("free", Shape::Size), may(HOST, Shape::Targets)]),
    (Kind::Release, "release", &[may(COMMIT, Shape::Commit), may(VERSION, Shape::Line), may(SERVICE, Shape::Name)]),
    (Kind::Rollback, "rollback", &[may(SERVICE, Shape::Name), may(HOST, Shape::Targets)]),
];

impl Kind {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Kind> + Clone {
        KINDS.iter().map(|(kind, ..)| *kind)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, word, _)| word)
    }

    /// The kind of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        KINDS.iter().find(|(_, known, _)| *known == word).map(|(kind, ..)| *kind)
    }

    /// What may be said of it.
    pub fn keys(self) -> &'static [Key] {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or(&[], |(.., keys)| keys)
    }

    /// Whether each of the part's hosts is looked at; the others are asked once.
    pub fn is_on_hosts(self) -> bool {
        matches!(self, Kind::Backup | Kind::Disk | Kind::Memory)
    }

    /// Whether it may be asked from hosts instead of from here.
    pub fn may_be_on_hosts(self) -> bool {
        self.is_on_hosts() || matches!(self, Kind::Certificate | Kind::Rollback)
    }

    /// Whether GitHub is asked.
    pub fn asks_github(self) -> bool {
        matches!(self, Kind::Ci | Kind::Workflow | Kind::Reviews | Kind::Protection)
    }
}
