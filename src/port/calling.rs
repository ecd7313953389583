//! Calling a person at their terminal. Only our own words, checked names and the numbers of runs are in it, so that no
//! text of a host or of a document can reach the title of a window or a notice of the desktop.

use crate::domain::run::RunState;
use crate::domain::{EnvName, RunId, SiteName};

/// What the title of the window says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Title {
    /// The environment that is open.
    pub open: Option<(SiteName, EnvName)>,
    /// Whether that is a drill.
    pub drill: bool,
    /// How many runs wait for a person.
    pub waiting: usize,
    /// Whether only ASCII may be shown.
    pub ascii: bool,
}

impl Title {
    /// The words of it.
    pub fn words(&self) -> String {
        let dot = if self.ascii { '-' } else { '·' };
        let drill = if self.drill { "DRILL " } else { "" };
        let open = match &self.open {
            Some((site, environment)) => format!("qd {dot} {drill}{site} {environment}"),
            None => "qd".to_owned(),
        };
        match self.waiting {
            0 => open,
            1 => format!("{open} {dot} 1 run waits"),
            some => format!("{open} {dot} {some} runs wait"),
        }
    }
}

/// Why a person is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A run needs somebody.
    Needed,
    /// A run has ended so.
    Ended(RunState),
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The site of the run.
    pub site: SiteName,
    /// Its environment.
    pub environment: EnvName,
    /// Which run.
    pub run: RunId,
    /// Why.
    pub why: Why,
    /// Whether the bell rings; a notice of the desktop is for every call.
    pub bell: bool,
}

impl Call {
    /// What has happened, in our own words.
    pub fn words(&self) -> String {
        let what = match self.why {
            Why::Needed => "needs you",
            Why::Ended(RunState::Succeeded) => "succeeded",
            Why::Ended(RunState::Failed) => "failed",
            Why::Ended(RunState::Stopped) => "was stopped",
            Why::Ended(RunState::Unknown) => "ended, and how is not known",
            Why::Ended(RunState::Running) => "goes on",
        };
        format!("{} {}: run {} {what}", self.site, self.environment, self.run.short())
    }
}
