//! What a procedure says of itself in its front matter.

use std::time::Duration;

use jiff::civil::Date;

use crate::domain::name::{EnvName, InputName, ProcedureName, ServiceName};
use crate::domain::release::ReleaseNames;
use crate::text::Foreign;

/// The front matter; everything in it is optional.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Header {
    /// The title: of the front matter, else the first heading, else the file's name.
    pub title: Foreign,
    /// What it is for.
    pub kind: Kind,
    /// By when somebody has to read it again.
    pub review: Option<Date>,
    /// Where it may be used; empty: anywhere.
    pub environments: Vec<EnvName>,
    /// Which services it is about; empty: none in particular.
    pub services: Vec<ServiceName>,
    /// Regular expressions: log lines, names of probes and alerts, states and error lines that call for it.
    pub symptoms: Vec<String>,
    /// What it must be told.
    pub inputs: Vec<Input>,
    /// Whether a run of it keeps everybody else's from changing the environment.
    pub lock: bool,
    /// The procedure that undoes it.
    pub rollback: Option<ProcedureName>,
    /// How its way back begins.
    pub back: Back,
    /// How long it may take.
    pub budget: Option<Duration>,
    /// What its release is, if it makes one.
    pub release: Option<ReleaseNames>,
    /// Front matter of other tools, which is shown and means nothing here, as it stands there.
    pub other: Foreign,
}

/// How the way back of a procedure begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Back {
    /// A person is asked.
    #[default]
    Offered,
    /// By itself, once, as soon as a step, a verification or a guard fails; it is permitted together with the run.
    Auto,
}

/// What a procedure is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Kind {
    /// What to do when something is wrong.
    #[default]
    Runbook,
    /// How something is done.
    Guide,
    /// Brings a new release.
    Deploy,
    /// Takes one back.
    Rollback,
    /// Brings data back.
    Restore,
    /// Planned work.
    Maintenance,
    /// Comes again and again.
    Task,
}

impl Kind {
    /// All, in the order in which a list shows them.
    pub const ALL: [Kind; 7] =
        [Kind::Runbook, Kind::Guide, Kind::Deploy, Kind::Rollback, Kind::Restore, Kind::Maintenance, Kind::Task];

    /// Its word, in files, on screens and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Runbook => "runbook",
            Kind::Guide => "guide",
            Kind::Deploy => "deploy",
            Kind::Rollback => "rollback",
            Kind::Restore => "restore",
            Kind::Maintenance => "maintenance",
            Kind::Task => "task",
        }
    }

    /// The kind of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Something a procedure must be told before it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its name: the shell variable in which commands find it.
    pub name: InputName,
    /// What it is, in a few words.
    pub about: Foreign,
    /// What kind of value it takes.
    pub kind: InputKind,
    /// What it is when nothing is said.
    pub default: Option<String>,
    /// Where its value comes from.
    pub origin: Origin,
    /// Whether it is never shown, stored or put into a command line.
    pub secret: bool,
    /// Whether it may be empty.
    pub optional: bool,
    /// Whether it is a backup, of which those are offered that releases have recorded.
    pub backups: Option<Backups>,
    /// Its line in the file, from 1.
    pub line: usize,
}

/// Which of the recorded backups an input takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backups {
    /// Those from before what the release lost that the procedure goes back to; all where it goes back to none.
    All,
    /// Those from before what this input names: a release that is gone back to, or a migration.
    Before(InputName),
}

/// What kind of value an input takes.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum InputKind {
    /// Any text without line breaks or NUL.
    #[default]
    Text,
    /// A whole number.
    Number,
    /// `yes` or `no`.
    Switch,
    /// A host of the environment.
    Host,
    /// A service of the environment.
    Service,
    /// What matches this regular expression as a whole.
    Pattern(String),
    /// One of these.
    Choice(Choices),
    /// A version of the site's code: a tag, a branch or a commit.
    Version,
    /// A release that was good and can be gone back to.
    Release,
}

/// How long a program may take that lists the choices of an input.
pub const LISTED_WITHIN: Duration = Duration::from_secs(10);

/// Out of which values one is chosen.
#[derive(Debug, Clone, PartialEq)]
pub enum Choices {
    /// These.
    Fixed(Vec<String>),
    /// The lines that this program with its arguments prints, run here, within [`LISTED_WITHIN`].
    Listed(Vec<String>),
}

/// Where the value of an input comes from.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Origin {
    /// A person.
    #[default]
    Asked,
    /// An environment variable of the console's own.
    Variable(String),
    /// What this program with its arguments prints, without the last line end; run here when it is needed.
    Command(Vec<String>),
}
