//! What the thread of the store is asked, and what it answers.

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::RunsWish;
use super::error::StoreError;
use super::kept::{Adopted, Document, Outputs, PastWish, Record, Who};
use super::release::Kept;
use crate::domain::channel::Told;
use crate::domain::procedure::Given;
use crate::domain::release::{Examined, Followed, Release};
use crate::domain::run::{Decided, RunState, RunStep, StepState};
use crate::domain::{EnvName, Run, RunId, SiteName};
use crate::port::keepsake::{Keepsake, KeepsakeName};
use crate::port::procedure::{Past, Piece};

/// What is asked.
#[derive(Debug)]
pub(super) enum Ask {
    Begin(Box<Run>),
    Step(RunId, usize, Box<RunStep>),
    End(RunId, RunState, Timestamp, Option<Box<Release>>),
    Abandoned(Timestamp),
    Adopt(RunId, Who, Timestamp),
    LetGo(RunId),
    TakeIn(Box<Adopted>, Who, bool, Timestamp),
    Give(RunId, Vec<Given>, Timestamp),
    Decide(RunId, Decided, Timestamp),
    KeepDocument(Box<Document>, Timestamp),
    Print(RunId, Vec<Piece>),
    Notice(RunId, Box<Told>),
    Runs(RunsWish),
    Find(String),
    Resumable(RunsWish),
    Document(String),
    Outputs(RunId, usize),
    Past(PastWish),
    Records(RunId),
    Examine((SiteName, EnvName), RunId, Box<Examined>),
    Follow((SiteName, EnvName), Box<Followed>),
    Releases(SiteName, EnvName),
    Keep(SiteName, Box<Keepsake>),
    Remove(SiteName, KeepsakeName),
    Keepsakes(SiteName),
}

/// What is answered.
#[derive(Debug)]
pub(super) enum Reply {
    Done,
    Runs(Vec<Run>),
    Adopted(Box<Adopted>),
    Document(Option<Document>),
    Outputs(Outputs),
    Past(Past),
    Records(Vec<Record>),
    Releases(Kept),
    Keepsakes(Vec<Keepsake>),
}

impl Ask {
    /// What it is, at the beginning of a sentence.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Ask::Begin(_) => "recording a run",
            Ask::Step(..) => "recording a step",
            Ask::End(..) => "recording the end of a run",
            Ask::Abandoned(_) => "settling runs of programs that died",
            Ask::Adopt(..) | Ask::TakeIn(..) => "taking over a run",
            Ask::LetGo(_) => "letting go of a run",
            Ask::Give(..) => "recording inputs",
            Ask::Decide(..) => "recording a decision",
            Ask::KeepDocument(..) => "keeping a document",
            Ask::Print(..) => "keeping output",
            Ask::Notice(..) => "recording a notice",
            Ask::Examine(..) => "recording who looked at a release",
            Ask::Follow(..) => "recording what was seen after a release",
            Ask::Releases(..) => "reading releases",
            Ask::Keep(..) => "keeping something of a site",
            Ask::Remove(..) => "taking away something that was kept",
            Ask::Keepsakes(_) => "reading what is kept of a site",
            Ask::Runs(_) | Ask::Find(_) | Ask::Resumable(_) | Ask::Records(_) => "reading runs",
            Ask::Document(_) => "reading a document",
            Ask::Outputs(..) => "reading output",
            Ask::Past(_) => "reading what was done before",
        }
    }

    /// Whether something begins with it that must be recorded to its end.
    pub(super) fn begins(&self) -> bool {
        match self {
            Ask::Begin(_) | Ask::Adopt(..) => true,
            Ask::TakeIn(_, _, ours, _) => *ours,
            Ask::Step(_, _, step) => step.state == StepState::Intent,
            Ask::End(..) | Ask::Abandoned(_) | Ask::LetGo(_) | Ask::Give(..) | Ask::Decide(..) => false,
            Ask::KeepDocument(..) | Ask::Print(..) | Ask::Notice(..) | Ask::Examine(..) | Ask::Follow(..) => false,
            Ask::Releases(..) | Ask::Runs(_) | Ask::Find(_) | Ask::Resumable(_) | Ask::Document(_) => false,
            Ask::Outputs(..) | Ask::Past(_) | Ask::Records(_) => false,
            Ask::Keep(..) | Ask::Remove(..) | Ask::Keepsakes(_) => false,
        }
    }

    /// Whether whoever asks it must be seen to live from then on.
    pub(super) fn lives(&self) -> bool {
        matches!(self, Ask::Begin(_) | Ask::Adopt(..) | Ask::TakeIn(_, _, true, _))
    }

    pub(super) fn writes(&self) -> bool {
        match self {
            Ask::Begin(_) | Ask::Step(..) | Ask::End(..) | Ask::Abandoned(_) => true,
            Ask::Adopt(..) | Ask::LetGo(_) | Ask::TakeIn(..) | Ask::Give(..) | Ask::Decide(..) => true,
            Ask::KeepDocument(..) | Ask::Print(..) | Ask::Notice(..) | Ask::Examine(..) | Ask::Follow(..) => true,
            Ask::Keep(..) | Ask::Remove(..) => true,
            Ask::Releases(..) | Ask::Runs(_) | Ask::Find(_) | Ask::Resumable(_) | Ask::Document(_) => false,
            Ask::Outputs(..) | Ask::Past(_) | Ask::Records(_) | Ask::Keepsakes(_) => false,
        }
    }
}

impl Reply {
    pub(super) fn runs(self) -> Vec<Run> {
        if let Reply::Runs(runs) = self { runs } else { Vec::new() }
    }
}

/// A question with the place for its answer.
#[derive(Debug)]
pub(super) struct Order {
    pub ask: Ask,
    pub reply: oneshot::Sender<Result<Reply, StoreError>>,
}
