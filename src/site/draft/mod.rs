//! A first site, made from what hosts showed of themselves: pure text, which the loader takes as it is.
//!
//! Everything in it that came from a host is a checked name, a number, quoted text or a comment of one line. It holds no
//! command, so that nothing of a host's choosing can ever run.

mod base;
mod choose;
mod graph;
mod name;
mod place;
mod probes;
mod text;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;

use crate::domain::Survey;
use crate::domain::host::SshAlias;

pub use name::site_name;
pub use place::{NotPut, put};

/// A host that was asked for, and what came of it.
#[derive(Debug, Clone)]
pub struct Looked {
    /// How it is reached: a destination of ssh, or `None` for this machine.
    pub alias: Option<SshAlias>,
    /// What it showed, or why it did not, as a sentence.
    pub survey: Result<Survey, String>,
}

impl Looked {
    /// The word for it on the command line.
    pub fn word(&self) -> &str {
        self.alias.as_ref().map_or("local", SshAlias::as_str)
    }
}

/// What the file shall say beside that.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The name of the site, where it is not that of its folder.
    pub name: Option<String>,
    /// One line about it.
    pub title: String,
    /// The name of its environment.
    pub environment: String,
    /// Whether destructive actions ask for the target's name.
    pub protected: bool,
    /// The colour of its band.
    pub colour: &'static str,
    /// The first line of the file: how it was made.
    pub origin: String,
}

/// A first site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The text of its `site.toml`.
    pub text: String,
    /// How many services it has.
    pub services: usize,
    /// For each host, in the order given: how many of them run there.
    pub on_host: Vec<usize>,
    /// Units of the operating system itself that were left out, on all hosts.
    pub left_out: usize,
    /// How many checks of health it has.
    pub probes: usize,
}

/// Makes it.
pub fn draft(wish: &Wish, looked: &[Looked]) -> Draft {
    let chosen = choose::choose(looked);
    let text = text::write(wish, looked, &chosen);
    let on = |host: usize| chosen.services.iter().filter(|service| service.hosts.contains(&host)).count();
    Draft {
        text,
        services: chosen.services.len(),
        on_host: (0..looked.len()).map(on).collect(),
        left_out: chosen.left_out.len(),
        probes: chosen.services.iter().map(|service| service.probes.len()).sum(),
    }
}
