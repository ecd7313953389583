//! Everything from which the screen of a procedure is drawn.

use crate::domain::run::RunStep;
use crate::domain::{Environment, Run};
use crate::state::procedures::{Conduct, Sheet};
use crate::style::Glyphs;
use crate::ui::Clock;

/// What lies on the desk.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// Where it is done.
    pub environment: &'a Environment,
    /// The document beside its run.
    pub sheet: Sheet<'a>,
    /// What is known of that run beyond its record.
    pub conduct: Option<&'a Conduct>,
    /// The runs before it.
    pub runs: &'a [Run],
    /// The name of who sits here.
    pub person: &'a str,
    /// How time is told.
    pub clock: Clock,
    /// The marks.
    pub glyphs: &'a Glyphs,
}

impl<'a> Desk<'a> {
    /// The steps of a part by its place, with their numbers.
    pub fn steps(&self, part: usize) -> Vec<(usize, &'a RunStep)> {
        self.sheet.procedure.parts.get(part).map(|part| self.sheet.steps(&part.id)).unwrap_or_default()
    }
}
