//! What a drill says of what it does not simulate: versions of the code, what GitHub knows of them, what was released
//! before, and what scripts print. It stands in `sites/SITE/drill.toml`; everything that comes of it is called simulated.

mod answers;
mod outside;
mod past;
#[cfg(test)]
mod tests;
mod versions;

use std::collections::BTreeMap;
use std::time::Duration;

use regex::Regex;
use serde::{Deserialize, Deserializer};

use super::scenario::Happening;

pub(super) use answers::{Heard, Reply};
pub use outside::Simulated;
pub use past::remember;

/// The word before everything that is made up.
pub(super) const SIMULATED: &str = "simulated: ";

/// The data of a drill.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hearsay {
    /// Roles of the site that whoever plays has.
    pub roles: Vec<String>,
    /// What each host remembers at the beginning.
    state: BTreeMap<String, String>,
    /// Versions of the code, the newest first, each on top of the next.
    versions: Vec<Version>,
    /// What GitHub says; the first that fits counts.
    github: Vec<Known>,
    /// Releases of the days before.
    releases: Vec<Past>,
    /// What scripts print; the first that fits counts.
    answers: Vec<Answer>,
}

/// A version of the code.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    #[serde(default)]
    tag: Option<String>,
    #[serde(default)]
    branch: Option<String>,
    commit: String,
    #[serde(deserialize_with = "span")]
    age: Duration,
    author: String,
    subject: String,
    /// The commits below its own, the newest first.
    #[serde(default)]
    commits: Vec<Below>,
    #[serde(default)]
    migrations: Vec<Migration>,
}

/// One commit that has no name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Below {
    #[serde(deserialize_with = "span")]
    age: Duration,
    author: String,
    subject: String,
}

/// A migration that is new in a version.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Migration {
    name: String,
    /// The lines that can't be taken back.
    #[serde(default)]
    removes: Vec<String>,
}

/// Something that GitHub says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// The word of the kind of fact.
    fact: String,
    /// Only of this workflow.
    #[serde(default)]
    file: Option<String>,
    /// Only of this version.
    #[serde(default)]
    version: Option<String>,
    found: Said,
    says: String,
    #[serde(deserialize_with = "span")]
    age: Duration,
    /// Lines of evidence: what, what was found, whether it is as it must be.
    #[serde(default)]
    lines: Vec<(String, String, bool)>,
}

/// What a fact comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    Pass,
    Fail,
    Error,
    Inconclusive,
}

/// A release of the days before.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Past {
    environment: String,
    version: String,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(deserialize_with = "span")]
    age: Duration,
    #[serde(deserialize_with = "span")]
    took: Duration,
    person: String,
    verdict: String,
    #[serde(default)]
    backup: Option<String>,
}

/// What a script that is known prints. Texts may hold `${NAME}`: a variable of the script, or what its host remembers; and
/// `${NAME|FILTER}`, `${NAME|FILTER:OTHER}`, which say something of the version that it names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// A regular expression that is found in the script.
    #[serde(deserialize_with = "regex")]
    script: Regex,
    /// Only on this host.
    #[serde(default)]
    host: Option<String>,
    /// Only when all of these are so.
    #[serde(default)]
    when: BTreeMap<String, String>,
    #[serde(default)]
    says: String,
    #[serde(default)]
    errs: String,
    #[serde(default)]
    exits: i32,
    /// How long it takes.
    #[serde(default = "at_once", deserialize_with = "span")]
    takes: Duration,
    /// What its host remembers from then on.
    #[serde(default)]
    sets: BTreeMap<String, String>,
    /// What happens to hosts from then on.
    #[serde(default)]
    then: Vec<Happening>,
}

fn at_once() -> Duration {
    Duration::from_millis(400)
}

fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let word = String::deserialize(from)?;
    crate::domain::time::parse(&word).ok_or_else(|| serde::de::Error::custom(format!("{word} is no length of time")))
}

fn regex<'de, D: Deserializer<'de>>(from: D) -> Result<Regex, D::Error> {
    Regex::new(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

impl Hearsay {
    /// Reads the data of a drill.
    ///
    /// # Errors
    /// What is wrong with the text, with its line.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }
}
