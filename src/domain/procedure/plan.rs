//! What a procedure would do, host by host, with the exact commands: made before anybody is asked, shown, confirmed,
//! and never changed on its way to the hosts.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Role;
use super::header::{Input, Kind};
use super::part::{Danger, Doing, Language, Options};
use crate::domain::channel::Silent;
use crate::domain::host::BecomeRoot;
use crate::domain::name::{EnvName, HostName, InputName, PartId, ProcedureName, SiteName};
use crate::domain::permit::Confirmable;
use crate::domain::plan::PlannedStep;
use crate::domain::run::RunId;
use crate::text::{Foreign, disguises};

/// The word for this machine in the place of a host's name: no host of a site may have it.
pub const HERE: &str = "here";

/// This machine as a host.
#[expect(clippy::expect_used, reason = "the word follows the rule of names")]
pub fn here() -> HostName {
    HostName::new(HERE).expect("a name")
}

/// Some parts of a procedure, or all of them, ready to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcedurePlan {
    /// The site.
    pub site: SiteName,
    /// The environment.
    pub environment: EnvName,
    /// Whether the environment is protected.
    pub protected: bool,
    /// The run that it goes on with; `None` for a new one.
    pub run: Option<RunId>,
    /// The procedure.
    pub procedure: ProcedureName,
    /// What the procedure is for.
    pub kind: Kind,
    /// Its title, sanitised.
    pub title: String,
    /// The digest of the document that it was made of.
    pub digest: String,
    /// Whether this is the whole procedure, one part after the other, and not some chosen parts.
    pub whole: bool,
    /// What it is for.
    pub purpose: Purpose,
    /// What a person types to confirm it in a protected environment: the environment's name.
    pub name: String,
    /// How long it may take, as its front matter says.
    pub budget: Option<Duration>,
    /// The inputs that were given.
    pub given: Vec<Given>,
    /// The inputs that are fetched or told later: secrets, and what a part asks for. As they are called in scripts.
    pub later: Vec<Input>,
    /// Whether it takes the lock of the environment before its first change.
    pub lock: LockWanted,
    /// The parts, in the order of the document.
    pub parts: Vec<PlannedPart>,
    /// The way back that the run begins by itself when something fails; none where a person is asked.
    pub back: Option<Box<ProcedurePlan>>,
}

/// What a plan is for in the run that it goes on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// It does what the procedure does.
    #[default]
    Forward,
    /// It undoes a part, whatever else waits.
    Undo,
    /// It is the way back: from then on nothing else of the run begins.
    Rollback,
    /// It looks whether the run may begin: its gate alone, in front of everything that it would do.
    Judge,
}

/// Whether a plan takes the lock of its environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LockWanted {
    /// It takes none.
    #[default]
    No,
    /// On this host.
    On(HostName),
    /// It should, and the environment has no lock host.
    Nowhere,
}

/// An input with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its name.
    pub name: InputName,
    /// Its value; `None` for a secret, which is fetched when a command needs it.
    pub value: Option<String>,
}

/// One part, on its hosts.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedPart {
    /// Which.
    pub part: PartId,
    /// Its title.
    pub title: Foreign,
    /// The word of its kind: `ask` also for what must be done by hand because it can't be run.
    pub kind: &'static str,
    /// What is done, with every placeholder filled in.
    pub doing: Doing,
    /// What the section around it is for.
    pub role: Role,
    /// The section it stands in; parts of one section have the same.
    pub section: Option<usize>,
    /// How many parts of its section may be under way at once; 1 unless it says `parallel=N`.
    pub together: usize,
    /// How dangerous it is, declared or recognised.
    pub danger: Danger,
    /// How dangerous its command looks, whatever its document says.
    pub recognised: Danger,
    /// How it is done.
    pub options: Options,
    /// What a person edited its command to, as it was typed.
    pub edited: Option<String>,
    /// How many of its jobs are under way at once.
    pub at_once: usize,
    /// One for each host; for what is done by a person or by the console itself, one for `here` with an empty script.
    pub jobs: Vec<Job>,
    /// What shows beforehand what it would do, for each host; only reads.
    pub previews: Vec<Job>,
    /// Why it is done by hand although its document wanted something else: what of it was not understood.
    pub misread: Option<String>,
    /// Why it is done by hand although its document wanted a channel to be told.
    pub silent: Option<Silent>,
}

/// One command on one host.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Where; [`here`] for this machine.
    pub host: HostName,
    /// What makes it root, if it is run as root.
    pub become_root: Option<BecomeRoot>,
    /// What runs.
    pub script: Script,
    /// How long one try may take.
    pub timeout: Duration,
    /// The change of a unit that it is: it counts as done when the unit stands as it should.
    pub change: Option<Box<PlannedStep>>,
}

/// A command with everything it needs to be run: handed to the shell as a file, never as an argument.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Script {
    /// In what it is written.
    pub language: Language,
    /// Its text; placeholders are filled in, inputs are still the shell's variables.
    pub text: String,
    /// Variables it finds, with their values: data, whatever they hold.
    pub variables: Vec<(InputName, String)>,
    /// Variables that take what an earlier part prints, known only when it has run.
    pub captured: Vec<InputName>,
    /// Secrets it finds as variables; fetched just before.
    pub secrets: Vec<InputName>,
    /// The folder in which it runs.
    pub folder: Option<String>,
    /// The program that is given `text` on its standard input, for SQL and PromQL.
    pub with: Option<String>,
    /// What prints the weight that is in force afterwards, for a shift.
    pub get: Option<String>,
    /// What it is in a shift that is guarded; nothing of a weight that is only set.
    pub shifts: Option<Shifts>,
}

/// What a command is in a shift that is guarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shifts {
    /// The last of a weight: what holds is judged behind it. The weight to which traffic is sent back.
    Judged(u32),
    /// It sends traffic back to this weight when one of these jobs of its part, by their places, did not pass.
    Back(u32, Vec<usize>),
}

impl PlannedPart {
    /// Whether it counts as harmless only because its document says so.
    pub fn is_declared_read(&self) -> bool {
        self.danger == Danger::Read && self.recognised > Danger::Read
    }
}

impl Script {
    /// Whether it is not what it looks like.
    pub fn is_disguised(&self) -> bool {
        let texts = [Some(&self.text), self.folder.as_ref(), self.with.as_ref(), self.get.as_ref()];
        texts.into_iter().flatten().any(|text| !disguises(text).is_empty())
    }
}

impl ProcedurePlan {
    /// Its parts, and behind them those of the way back that it covers.
    pub fn all_parts(&self) -> impl Iterator<Item = &PlannedPart> {
        self.parts.iter().chain(self.back.iter().flat_map(|back| &back.parts))
    }

    /// The same without these parts.
    #[must_use]
    pub fn without(&self, parts: &BTreeSet<PartId>) -> Self {
        let mut left = self.clone();
        left.parts.retain(|part| !parts.contains(&part.part));
        left
    }

    /// The gravest grade of its parts.
    pub fn danger(&self) -> Danger {
        self.all_parts().map(|part| part.danger).max().unwrap_or(Danger::Read)
    }

    /// Has at most so many instances under way at once wherever it starts services anew.
    pub fn together(&mut self, at_once: usize) {
        for part in self.parts.iter_mut().filter(|part| matches!(part.doing, Doing::Restart(_))) {
            part.at_once = at_once.max(1);
        }
    }

    /// The hosts it touches, each once, in the order of the parts.
    pub fn hosts(&self) -> Vec<&HostName> {
        let mut hosts: Vec<&HostName> = Vec::new();
        for job in self.all_parts().flat_map(|part| &part.jobs) {
            if !hosts.contains(&&job.host) {
                hosts.push(&job.host);
            }
        }
        hosts
    }
}

impl Confirmable for ProcedurePlan {
    fn protected(&self) -> bool {
        self.protected
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn changes(&self) -> bool {
        self.danger() > Danger::Read
    }

    fn disguised(&self) -> Option<&str> {
        let jobs = self.all_parts().flat_map(|part| part.jobs.iter().chain(&part.previews));
        jobs.into_iter().find(|job| job.script.is_disguised()).map(|job| job.host.as_str())
    }
}
