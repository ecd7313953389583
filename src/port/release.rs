//! What is said of releases and of versions: what others may show of them.

use crate::domain::release::{Followed, History, Said};
use crate::domain::source::{Facts, Version};
use crate::domain::{PartId, RunId};
use crate::text::Foreign;

/// The releases of an environment, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Releases {
    /// The releases.
    pub history: History,
    /// What was said of the checklists that follow them, as far as it counts.
    pub followed: Vec<Followed>,
    /// What other logins said of them, to whom the runs do not belong: it is told, and changes nothing.
    pub claimed: Vec<Followed>,
    /// Sentences about what is missing or doubtful in it.
    pub told: Vec<String>,
    /// Logins on the lock host whose records would count if the site named them in `release_logins`.
    pub unheard: Vec<String>,
}

/// What is to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseWish {
    /// The releases of the environment that is open.
    Releases,
    /// The versions that can be chosen.
    Versions,
    /// What git says of a version.
    Facts {
        /// The version.
        version: String,
        /// The commit or the version as seen from which something is new in it.
        since: Option<String>,
    },
}

/// What is to be kept of a release: of the checklists that follow it, and that somebody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowWish {
    /// What whoever sits here says of an item.
    Say {
        /// The run of the release.
        run: RunId,
        /// The item.
        part: PartId,
        /// How it is.
        said: Said,
        /// What was seen.
        note: String,
    },
    /// What the console finds out now of these items.
    Look {
        /// The run of the release.
        run: RunId,
        /// The items.
        parts: Vec<PartId>,
        /// Nobody has asked for it: what was looked at meanwhile from elsewhere is left alone.
        by_itself: bool,
    },
    /// Whoever sits here has looked at a release that did not go well.
    Examine {
        /// The run of the release.
        run: RunId,
        /// What they found.
        reason: String,
    },
}

/// What the console has found out of items that follow a release.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Looked {
    /// What of it is kept.
    pub kept: Vec<Followed>,
    /// What is as it was, and is not kept once more; and what nobody could find out.
    pub seen: Vec<Followed>,
}

/// News of releases and versions.
#[derive(Debug, Clone, PartialEq)]
pub enum ReleaseNews {
    /// The releases of the environment that is open, as asked for, and whenever one was recorded.
    Releases(Releases),
    /// What a person said of a checklist that follows the release of a run, when it is kept; a sentence why it is not.
    Followed(RunId, Result<Vec<Followed>, String>),
    /// What the console has found out of items that follow the release of a run; a sentence why it has not.
    Looked(RunId, Result<Looked, String>),
    /// That somebody has looked at the release of a run, when it is kept; a sentence why it is not.
    Examined(RunId, Result<(), String>),
    /// The versions that can be chosen, the newest first; a sentence why git does not say.
    Versions(Result<Vec<Version>, String>),
    /// What git says of a version, which was asked for by this name; a sentence why it does not.
    Facts(Foreign, Result<Box<Facts>, String>),
}
