//! The words of jobs: what is ordered, what is seen.

use std::fmt;
use std::time::Duration;

use crate::domain::host::BecomeRoot;
use crate::domain::procedure::Script;
use crate::domain::run::Reason;
use crate::domain::{InputName, RunId};
use crate::port::Secret;

/// The name of one try of one step: unlike any other on any host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobKey {
    /// The run.
    pub run: RunId,
    /// The number of the step.
    pub step: usize,
    /// Which try, from 1.
    pub attempt: u32,
}

impl fmt::Display for JobKey {
    /// `RUN-STEP-ATTEMPT`: letters, digits and `-` only, so a file, a unit (`qd-…`) and a word of a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.run, self.step, self.attempt)
    }
}

/// The lock of an environment that a job is begun under: a host that has seen a higher token of it refuses it, whatever
/// run it is of (FAULTS 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The environment's, among all environments: a file, and a word of a shell.
    pub name: String,
    /// The token.
    pub token: u64,
}

/// One job, complete.
#[derive(Debug)]
pub struct Order {
    /// Its name.
    pub key: JobKey,
    /// The fence: a host that has seen a higher one of this run refuses it (FAULTS 5.2).
    pub token: u64,
    /// The environment's lock, where one is held.
    pub lock: Option<Fence>,
    /// What runs.
    pub script: Script,
    /// The variables that earlier parts gave.
    pub captured: Vec<(InputName, String)>,
    /// The secrets: they reach the command as variables, and nothing else on either side.
    pub secrets: Vec<(InputName, Secret)>,
    /// What makes it root, if it is run as root.
    pub become_root: Option<BecomeRoot>,
    /// Whether standard output and standard error are told apart; otherwise they are one, in their true order.
    pub split: bool,
    /// How long it may take; counted and enforced on the host.
    pub timeout: Duration,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Began {
    /// It runs, started now.
    Started,
    /// It was begun before; nothing was started. `look` says how it stands.
    Before,
    /// Nothing was started, for certain: why, for machines and as a sentence.
    Not(Reason, String),
    /// It may or may not have been started: why, as a sentence. `look` may tell when the host answers again.
    Unknown(String),
}

/// How a job stands on its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It runs.
    Running,
    /// It has ended, and its result is there.
    Ended(Ended),
    /// It was never claimed: it may be started under the same key.
    Never,
    /// It was claimed, does not run, and has no result: the host was booted, or it was killed with everything around
    /// it. Whether it did its work is unknown: why, as a sentence.
    Vanished(String),
    /// The host has seen a higher token of this run: somebody took it over.
    Superseded(u64),
    /// The host could not be asked: why, as a sentence. Says nothing about the job.
    Unasked(String),
    /// It is another login's there, and this one may not look at it, however often it asks.
    Theirs {
        /// Whose, where that is known.
        login: Option<String>,
        /// Why, as a sentence.
        why: String,
    },
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ended {
    /// Its exit status; `None` when a signal ended it.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether it was ended because its time was over.
    pub timed_out: bool,
    /// Whether it was ended because somebody cancelled it.
    pub cancelled: bool,
    /// Whether something that it started goes on and holds its output open.
    pub left_behind: bool,
    /// How much it wrote.
    pub wrote: Offsets,
    /// In a drill: what of it no simulated host could do.
    pub unplayed: Option<String>,
}

/// Places in the output, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offsets {
    /// In standard output, or in both.
    pub output: u64,
    /// In standard error, where the two are told apart.
    pub error: u64,
}

/// Some output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Whether it was written to standard error, where the two are told apart.
    pub error: bool,
    /// Its place there, in bytes.
    pub offset: u64,
    /// The bytes, as they came: masking is whoever keeps them's duty.
    pub bytes: Vec<u8>,
}

/// What a cancelling did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancelled {
    /// Everything of it is gone.
    Gone(Ended),
    /// It had ended before.
    Before(Ended),
    /// Something of it is still there: what, as a sentence.
    Remains(String),
    /// The host could not be asked: why, as a sentence.
    Unknown(String),
}
