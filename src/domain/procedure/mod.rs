//! A procedure: a Markdown document of the team that the console shows, ticks and runs. What was understood of it, as
//! plain data: all of it as [`Block`]s to be shown, and what can be done as [`Part`]s that point into them.

mod block;
mod header;
mod part;
mod plan;
mod target;

use std::sync::Arc;

use super::name::ProcedureName;
use crate::text::Foreign;

pub use block::{Block, Inline, Marker, Placed, Style};
pub use header::{Back, Backups, Choices, Header, Input, InputKind, Kind, LISTED_WITHIN, Origin};
pub use part::{Danger, Doing, Guard, Guarded, Language, OnError, Options, Part, SendBack, TIMEOUT, Term, Terms, Way};
pub use plan::{Given, HERE, Job, LockWanted, PlannedPart, ProcedurePlan, Purpose, Script, Shifts, here};
pub use target::Target;

/// One procedure.
#[derive(Debug, Clone, PartialEq)]
pub struct Procedure {
    /// Its name: the file's without `.md`, made a name where it is none.
    pub name: ProcedureName,
    /// The file as a person knows it: `procedures/payments-failing.md`.
    pub file: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits: what a run is bound to.
    pub digest: String,
    /// Its text as it was read; bytes that are no UTF-8 were replaced by U+FFFD.
    pub text: Arc<str>,
    /// What its front matter says, and what follows from its conventions.
    pub header: Header,
    /// Its sections, in their order; a heading each.
    pub sections: Vec<Section>,
    /// Everything in it, in its order: nothing is left out, whether it was understood or not.
    pub blocks: Vec<Placed>,
    /// What can be done, in its order.
    pub parts: Vec<Part>,
}

/// One heading and what stands below it, up to the next heading of its own or a higher level.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its words.
    pub title: Foreign,
    /// What a link to it says behind `#`: from `{#name}`, else made of its words, unique in the document.
    pub anchor: String,
    /// 1 to 6.
    pub level: u8,
    /// Its line, from 1.
    pub line: usize,
    /// The section it stands in.
    pub inside: Option<usize>,
    /// What it is for.
    pub role: Role,
    /// Time that it may take, from `budget=30m`.
    pub budget: Option<std::time::Duration>,
    /// How many of its parts may be under way at once; 1 unless `parallel=N` says more.
    pub parallel: usize,
    /// Of a follow-up, how long after the release it is due, from `due=1h`.
    pub due: Option<std::time::Duration>,
}

/// What a section is for, by the convention of its heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Role {
    /// Anything.
    #[default]
    Plain,
    /// `## Gate`: must be green before anything after it.
    Gate,
    /// `## Phase …`.
    Phase,
    /// `## Verify` or `## Verification`.
    Verify,
    /// `## Rollback`: is not part of an ordinary run.
    Rollback,
    /// `## Follow-up: …`: is kept with the release and seen to afterwards.
    FollowUp,
}

impl Role {
    /// What it is called where machines read it; nothing for what is nothing special.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Role::Plain => None,
            Role::Gate => Some("gate"),
            Role::Phase => Some("phase"),
            Role::Verify => Some("verify"),
            Role::Rollback => Some("rollback"),
            Role::FollowUp => Some("follow-up"),
        }
    }

    /// Whether it is no part of an ordinary run.
    pub fn is_apart(self) -> bool {
        match self {
            Role::Rollback | Role::FollowUp => true,
            Role::Plain | Role::Gate | Role::Phase | Role::Verify => false,
        }
    }
}

impl Procedure {
    /// The part of this name.
    pub fn part(&self, id: &super::name::PartId) -> Option<&Part> {
        self.parts.iter().find(|part| part.id == *id)
    }

    /// What the nearest of the sections around a part is for that is for anything.
    pub fn role(&self, part: &Part) -> Role {
        let mut at = part.section;
        while let Some(section) = at.and_then(|at| self.sections.get(at)) {
            if section.role != Role::Plain {
                return section.role;
            }
            at = section.inside;
        }
        Role::Plain
    }
}
