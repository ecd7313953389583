//! What a person chose to run, and everything that is known of what its commands want to know.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;

use crate::domain::{HostName, InputName, PartId, RunId};

/// What is to be run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// Which parts.
    pub what: Chosen,
    /// Where parts run that name no place of their own.
    pub hosts: Vec<HostName>,
    /// Nothing runs on any other host than these; empty: no such limit. For trying again on one host of several.
    pub only: Vec<HostName>,
    /// The run that it goes on with; `None` begins a new one.
    pub run: Option<RunId>,
}

/// Which parts are to be run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Chosen {
    /// All but the rollback, one after the other.
    #[default]
    Whole,
    /// Its first gate, and what stands before it: whether it may begin.
    Gate,
    /// Of the whole what its gate was judged for: everything behind that.
    Rest,
    /// These.
    Parts(Vec<Edited>),
    /// The section `## Rollback`, else the procedure that the front matter names as the rollback.
    Rollback,
    /// What this part names as its undoing.
    Undo(PartId),
}

/// A part that was chosen, with another command than the document's if a person edited it for once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// Which.
    pub part: PartId,
    /// The command as it was edited.
    pub command: Option<String>,
}

impl From<PartId> for Edited {
    fn from(part: PartId) -> Self {
        Self { part, command: None }
    }
}

/// What is known beside the document: values that were given, and what the run has found out so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers {
    /// Values by the key of what was asked: the name of an input or of a variable, the key of a placeholder. Never a
    /// secret: those are fetched when a command needs them.
    pub values: BTreeMap<String, String>,
    /// Keys of placeholders and variables that stay as they stand, on purpose.
    pub left: BTreeSet<String>,
    /// Variables that earlier parts of the run have given; of one that differs from host to host any.
    pub captured: BTreeMap<InputName, String>,
    /// Ways that were chosen so far, by the part that decided.
    pub decided: BTreeMap<PartId, String>,
    /// What the programs printed that list the choices of an input.
    pub listed: BTreeMap<InputName, Vec<String>>,
    /// What is known of each of those, in the same order; nothing where that is nothing.
    pub notes: BTreeMap<InputName, Vec<String>>,
    /// The time at which this is planned, for what stamps like `YYYYMMDD` suggest.
    pub now: Option<DateTime>,
    /// Whether a whole run has found this out. Its way back begins as it stands: what was not captured by then is not
    /// waited for, and nobody is asked for it.
    pub of_whole: bool,
}

impl Answers {
    /// What may be chosen for inputs, each value with what is known of it.
    pub fn offer(&mut self, all: Vec<(InputName, Vec<(String, String)>)>) {
        for (name, values) in all {
            let (values, notes) = values.into_iter().unzip();
            self.listed.insert(name.clone(), values);
            self.notes.insert(name, notes);
        }
    }
}
