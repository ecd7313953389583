//! What is said of runs of procedures, beside what is said of every run: decisions of a person on their way down,
//! output and needs on their way up.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::course::Watching;
use crate::domain::procedure::Procedure;
use crate::domain::run::Reason;
use crate::domain::window::Opening;
use crate::domain::{HostName, InputName, Lock, PartId, ProcedureName, RoleName, Run, RunId};
use crate::port::Secret;
use crate::text::Foreign;

/// What a person decides about a run. Nothing here sends a new command to a host: what does is a plan of its own, with
/// a permit (a retry, an edited retry, an undo, a rollback).
#[derive(Debug, PartialEq)]
pub enum Decision {
    /// A person attests this item, with a note that may be empty.
    Tick(PartId, String),
    /// The attestation, or the waiver, is taken back.
    Untick(PartId),
    /// This item of the gate did not pass, and whoever may waives it, for this reason.
    Waive(PartId, String),
    /// What the gate checks by only looking is checked once more: this item, or all of them.
    Recheck(Option<PartId>),
    /// One way of a decision is chosen, by its word.
    Choose(PartId, String),
    /// Inputs are told; secrets are kept in memory only.
    Tell(Vec<(InputName, Told)>),
    /// Look again at what may or may not have happened.
    CheckAgain(usize),
    /// What is unknown or failed is taken as done, for this reason.
    MarkDone(usize, String),
    /// This step is skipped, for this reason.
    Skip(usize, String),
    /// No further step of this run goes to this host.
    LeaveOut(HostName),
    /// No further step begins until it is continued; what is under way ends by itself.
    Pause,
    /// Goes on behind what was paused or decided.
    Continue,
    /// Everything of this step on its host is ended: TERM, then KILL.
    Cancel(usize),
    /// The run ends here; what was not begun is skipped. Also ends a run of chosen parts: with success when nothing in it
    /// was left undone.
    Abort(String),
    /// The same by a rule that somebody gave with the run, for this reason.
    End(String),
    /// The environment may be changed outside its windows by this run, for this reason.
    Override(String),
    /// The terminal is free for this step now.
    TakeTerminal(usize),
}

/// The value of an input as it was told.
#[derive(Debug, PartialEq)]
pub enum Told {
    /// One that may be shown and kept.
    Open(String),
    /// One that may not.
    Secret(Secret),
}

/// The words in which a secret is asked for. Whoever answers without a person knows the question by them.
pub fn secret_question(name: &InputName, about: &Foreign) -> Foreign {
    let about = about.plain();
    if about.is_empty() { format!("The secret {name}:").into() } else { format!("The secret {name} ({about}):").into() }
}

/// News of a run of a procedure.
#[derive(Debug, Clone, PartialEq)]
pub enum ProcedureNews {
    /// A step printed something.
    Output(RunId, Piece),
    /// What the run waits for; replaces what was said before, empty when it waits for nobody.
    Needs(RunId, Vec<Need>),
    /// What a preview of a plan printed: of this part, on this host.
    Preview(PartId, HostName, Result<Foreign, String>),
    /// A run of this or another workstation that nobody is at: it can be taken over. Replaces what was said before.
    Open(Vec<OpenRun>),
    /// The document of a run as it was, as asked for; a sentence when it can't be had.
    Document(RunId, Result<Arc<Procedure>, String>),
    /// What is known of a procedure from before, when a run of it begins or is gone on with.
    Past(ProcedureName, Past),
    /// What became of a notice of a run to a channel.
    Notice(RunId, crate::domain::channel::Told),
    /// Something about a run went wrong, or was not done, or a person should know of it: a sentence.
    Trouble(RunId, String),
    /// What a person wanted of a run just now was not done: why, as a sentence. It answers a key and is no trouble of the run.
    Denied(RunId, String),
    /// When the end of a run was recorded: it is told when all else is done.
    Over(RunId, Timestamp),
    /// What the guard of a step has seen by now; replaces what was said before of that step.
    Guarded(RunId, usize, Box<Watching>),
    /// How the lock of the environment stands, whenever that changes; nothing when nobody ever took it.
    Lock(Option<Box<Lock>>),
    /// The lock is waited for.
    Awaited(Box<Awaited>),
    /// A run can't be gone on with because its document has changed: the difference, as lines of a unified diff.
    Changed(RunId, Vec<String>),
    /// A run was not taken up: why, in sentences.
    NotTaken(RunId, String),
}

/// A lock that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// Who has it, or why that is not known: a sentence without a full stop.
    pub told: String,
    /// The lock, if it was seen.
    pub lock: Option<Lock>,
    /// For how long it is waited for at most.
    pub left: Duration,
}

/// What is known of a procedure from before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// What was typed for its inputs, each value once, the newest first.
    pub inputs: Vec<(InputName, Vec<String>)>,
    /// How long parts took that ended well, the newest first.
    pub took: Vec<(PartId, HostName, Duration)>,
    /// How long parts took on all of their hosts together, where all of it ended well, the newest first.
    pub whole: Vec<(PartId, Duration)>,
}

impl Past {
    /// What was typed for an input, the newest first.
    pub fn typed(&self, input: &InputName) -> &[String] {
        self.inputs.iter().find(|(name, _)| name == input).map_or(&[], |(_, values)| values)
    }

    /// How long a part usually takes, from its first begin to its last end: the middle of what it took.
    pub fn usually(&self, part: &PartId) -> Option<Duration> {
        let this = self.whole.iter().filter(|(of, _)| of == part);
        let mut took: Vec<Duration> = this.take(9).map(|(_, took)| *took).collect();
        took.sort();
        took.get(took.len() / 2).copied()
    }

    /// How long a part usually takes on a host: the middle of what it took there, else anywhere.
    pub fn expected(&self, part: &PartId, host: &HostName) -> Option<Duration> {
        let of = |there: bool| {
            let this = self.took.iter().filter(|(of, at, _)| of == part && (!there || at == host));
            let mut took: Vec<Duration> = this.take(9).map(|(_, _, took)| *took).collect();
            took.sort();
            took.get(took.len() / 2).copied()
        };
        of(true).or_else(|| of(false))
    }
}

/// A piece of output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The number of the step.
    pub step: usize,
    /// Which try, from 1.
    pub attempt: u32,
    /// Whether it was written to standard error, where the two are told apart.
    pub error: bool,
    /// Its place in all that was written there, in bytes.
    pub offset: u64,
    /// The bytes; secrets are masked by as many bytes, so that places stay true.
    pub bytes: Foreign,
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Need {
    /// An item must be attested.
    Tick(PartId),
    /// A way must be chosen.
    Choose(PartId),
    /// Inputs must be told.
    Tell(Vec<InputName>),
    /// A step did not end well, and a person says what becomes of it.
    Failure(usize, Box<Evidence>),
    /// Whether a step happened is not known, and a person says what becomes of it.
    Unknown(usize, Box<Evidence>),
    /// A step wants the terminal.
    Terminal(usize),
    /// Its gate is passed: the rest is planned, shown and permitted.
    Go,
    /// Nothing more is changed until a window is open and a person says go on, or somebody of this role overrides that.
    Window(Opening, Option<RoleName>),
    /// It was paused.
    Paused,
}

/// What is known of a step that did not end well.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// Why, for machines.
    pub reason: Option<Reason>,
    /// The last lines of its output.
    pub output: Foreign,
    /// What else was looked at, each with its heading: a unit's status and last log lines, a probe's answer field by
    /// field.
    pub looked: Vec<(String, Foreign)>,
}

/// Who was at a run last, and how they left it, as the lock host tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Who: `ada from ada@desk`.
    pub by: Foreign,
    /// For how long they were not heard, by what the lock host is up.
    pub silent: Duration,
    /// The lock host.
    pub host: HostName,
}

/// A run that nobody is at.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenRun {
    /// The run as far as it is known.
    pub run: Run,
    /// Whether it was begun on another workstation and is known from the lock host.
    pub elsewhere: bool,
    /// Who left it, as far as the lock host tells that.
    pub left: Option<Left>,
}
