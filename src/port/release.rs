//! What is said of releases and of versions: what others may show of them.

use crate::domain::release::History;
use crate::domain::source::{Facts, Version};
use crate::text::Foreign;

/// The releases of an environment, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Releases {
    /// The releases.
    pub history: History,
    /// Sentences about what is missing or doubtful in it.
    pub told: Vec<String>,
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

/// News of releases and versions.
#[derive(Debug, Clone, PartialEq)]
pub enum ReleaseNews {
    /// The releases of the environment that is open, as asked for, and whenever one was recorded.
    Releases(Releases),
    /// The versions that can be chosen, the newest first; a sentence why git does not say.
    Versions(Result<Vec<Version>, String>),
    /// What git says of a version, which was asked for by this name; a sentence why it does not.
    Facts(Foreign, Result<Box<Facts>, String>),
}
