//! The nouns of what is kept of runs of procedures, beside the runs themselves.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::channel::Told;
use crate::domain::procedure::{Given, Procedure};
use crate::domain::run::{Decided, RunState, RunStep};
use crate::domain::{EnvName, ProcedureName, Run, SiteName};
use crate::engine::jobs::Offsets;
use crate::port::procedure::Piece;

/// A person at a workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The name in their own file, else their login here.
    pub person: String,
    /// `login@machine`.
    pub workstation: String,
}

/// The text of a document as it was when something was run from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub digest: String,
    /// The procedure.
    pub name: ProcedureName,
    /// The site it belongs to.
    pub site: SiteName,
    /// The environment in which it was first used.
    pub environment: EnvName,
    /// Who used it first.
    pub person: String,
    /// Its text.
    pub text: Arc<str>,
}

impl Document {
    /// The document of a run, as it is now.
    pub fn of(run: &Run, document: &Procedure) -> Self {
        Self {
            digest: document.digest.clone(),
            name: document.name.clone(),
            site: run.site.clone(),
            environment: run.environment.clone(),
            person: run.person.clone(),
            text: Arc::clone(&document.text),
        }
    }
}

/// A run that was taken over.
#[derive(Debug, Clone, PartialEq)]
pub struct Adopted {
    /// As it stands.
    pub run: Run,
    /// What it is done under from now on; hosts refuse a lower one.
    pub token: u64,
    /// Who took it over when, as far as the lock host knows, the first first.
    pub takers: Vec<Taker>,
}

/// Somebody who took a run over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taker {
    /// What it was done under from then on.
    pub token: u64,
    /// Who.
    pub who: Who,
    /// When, by their own clock.
    pub at: Timestamp,
}

/// What steps printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outputs {
    /// The pieces, by step, try, stream and place; no byte twice.
    pub pieces: Vec<Piece>,
    /// Of each try that printed anything: how far it was read, and what was not kept.
    pub tries: Vec<Try>,
}

/// How much of one stream of one try is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Try {
    /// The number of the step.
    pub step: usize,
    /// Which try, from 1.
    pub attempt: u32,
    /// Whether it is standard error.
    pub error: bool,
    /// How far it was read, in bytes.
    pub reached: u64,
    /// How many bytes of that are not kept.
    pub cut: u64,
}

impl Outputs {
    /// From where the output of a try is still to be read.
    pub fn reached(&self, step: usize, attempt: u32) -> Offsets {
        let of = |error: bool| {
            let this = |one: &&Try| one.step == step && one.attempt == attempt && one.error == error;
            self.tries.iter().find(this).map_or(0, |one| one.reached)
        };
        Offsets { output: of(false), error: of(true) }
    }
}

/// Which procedure is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastWish {
    /// The site.
    pub site: SiteName,
    /// The procedure.
    pub procedure: ProcedureName,
}

/// One record of a run: never changed, in the order in which they were made.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// When, by this machine's clock.
    pub at: Timestamp,
    /// Who was at the run.
    pub who: Who,
    /// What was recorded.
    pub what: Recorded,
}

/// The token of whoever began a run; whoever takes it over has a greater one.
pub const FIRST_TOKEN: u64 = 1;

/// The token under which a run was last done, as far as these records tell.
pub fn newest_token(records: &[Record]) -> u64 {
    let taken = records.iter().filter_map(|record| match record.what {
        Recorded::Taken(token) => Some(token),
        Recorded::Whole(_) | Recorded::Step(..) | Recorded::LetGo(_) => None,
        Recorded::Given(_) | Recorded::Decided(_) | Recorded::Notice(_) | Recorded::Ended(_) => None,
    });
    taken.max().unwrap_or(FIRST_TOKEN)
}

/// What was recorded.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// The run with all its steps, as it stood: at its begin, or when it was brought here from the lock host.
    Whole(Box<Run>),
    /// How a step stood.
    Step(usize, Box<RunStep>),
    /// It was taken over, and is done under this token from then on.
    Taken(u64),
    /// It was let go of right after that: the lock host did not say the same, so it was not taken over.
    LetGo(u64),
    /// Inputs were told.
    Given(Vec<Given>),
    /// Something was decided of it as a whole.
    Decided(Decided),
    /// What became of a notice to a channel.
    Notice(Told),
    /// It ended.
    Ended(RunState),
}
