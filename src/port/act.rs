//! News of runs on their way from the engine to the core.

use crate::domain::run::{Decided, Run, RunId, RunState, RunStep};

/// News of one run.
#[derive(Debug, Clone, PartialEq)]
pub enum RunNews {
    /// It was recorded and begins. Also says everything of runs that were found unfinished at the start.
    Begun(Box<Run>),
    /// A step stands otherwise than before; its number, and all of it.
    Step(RunId, usize, Box<RunStep>),
    /// Something was decided of it as a whole: a go, that it goes back, hosts that are left out, a window.
    Decided(RunId, Box<Decided>),
    /// It ended.
    Ended(RunId, RunState),
    /// It did not begin, or can't go on: why, as a sentence.
    Refused(String),
}

/// Whether the store takes records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreState {
    /// It does.
    Writable,
    /// It only shows what is there: why, as a sentence with what to try. No change is begun.
    ReadOnly(String),
}
