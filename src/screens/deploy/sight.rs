//! Everything from which the pages are drawn.

use crate::domain::{Environment, PartId, Run, RunId};
use crate::input::Action;
use crate::state::deploy::Wizard;
use crate::state::deploy::what::{self, Row};
use crate::state::procedures::Conducted;
use crate::state::releases::Known;
use crate::style::{Glyphs, Role};
use crate::ui::{Clock, Lines, Words};

/// What a step has printed: how many lines, and each of them.
pub struct Output<'a> {
    /// How many lines there are.
    pub count: usize,
    /// One of them.
    pub line: &'a dyn Fn(usize) -> Words,
    /// The first line in sight where a person holds it; else it stays at the end.
    pub top: Option<usize>,
}

/// The plan of what stands behind the gate, as far as it can be made.
pub enum Planned<'a> {
    /// As it would be shown before it is confirmed.
    Lines(&'a Lines),
    /// What is still to be said before it can be made.
    Missing(&'a [String]),
}

/// What lies before a person.
pub struct Sight<'a> {
    /// Where.
    pub environment: &'a Environment,
    /// The procedure that was chosen, with its run.
    pub wizard: Option<Wizard<'a>>,
    /// Releases and versions.
    pub known: &'a Known,
    /// All runs, and the lock.
    pub conducted: &'a Conducted,
    /// The runs before.
    pub runs: &'a [Run],
    /// The name of who sits here.
    pub person: &'a str,
    /// Items of what follows the release of a run that the console looks at, because a person wants it to.
    pub looking: Option<(&'a RunId, &'a [PartId])>,
    /// What was confirmed begins as soon as it is known what was released meanwhile.
    pub begins: bool,
    /// Why one can't go back to an earlier release.
    pub no_way_back: Option<&'static str>,
    /// What the step under the cursor has printed.
    pub output: Option<Output<'a>>,
    /// The plan of what stands behind the gate.
    pub plan: Option<Planned<'a>>,
    /// The key of an action, as text.
    pub key: &'a dyn Fn(Action) -> String,
    /// How time is told.
    pub clock: Clock,
    /// The marks.
    pub glyphs: &'a Glyphs,
}

impl<'a> Sight<'a> {
    /// The rows of the first page.
    pub fn choices(&self) -> Vec<Row<'a>> {
        what::rows(self.environment, self.wizard.map(|wizard| wizard.sheet.procedure), self.known, self.conducted)
    }

    /// The colour of the environment.
    pub fn band(&self) -> Role {
        Role::band(self.environment.colour)
    }
}
