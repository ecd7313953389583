//! Everything from which the screen of a procedure is drawn.

use std::collections::BTreeMap;

use crate::domain::Standing;
use crate::domain::procedure::{Block, Danger, Doing, Marker, Part};
use crate::domain::run::RunStep;
use crate::domain::{Environment, PartId, Run};
use crate::port::procedure::Need;
use crate::state::deploy::{Spent, Wizard};
use crate::state::procedures::sheet::declared;
use crate::state::procedures::{Conduct, Sheet, inner_id, inner_title};
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
    /// How dangerous its parts are, as far as their commands show.
    pub grades: &'a [Option<Danger>],
    /// Whether that run is only looked at, as it was.
    pub past: bool,
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
    /// How long its run has taken from its go.
    pub fn spent(&self) -> Option<Spent> {
        let told = BTreeMap::new();
        let wizard = Wizard { environment: self.environment, sheet: self.sheet, conduct: self.conduct, told: &told };
        wizard.spent(self.clock.now.wall)
    }

    /// The steps of a part by its place, with their numbers.
    pub fn steps(&self, part: usize) -> Vec<(usize, &'a RunStep)> {
        self.sheet.procedure.parts.get(part).map(|part| self.sheet.steps(&part.id)).unwrap_or_default()
    }

    /// How dangerous a part is: as it says, else as its command shows.
    pub fn grade(&self, part: &Part) -> Option<Danger> {
        let place = self.sheet.procedure.parts.iter().position(|one| one.id == part.id);
        place.and_then(|place| self.grades.get(place).copied().flatten()).or_else(|| declared(part))
    }

    /// Whether the file itself has this item ticked: `- [x]`. No run knows of that.
    pub fn is_ticked_in_file(&self, part: &Part) -> bool {
        let block = self.sheet.procedure.blocks.get(part.block).map(|placed| &placed.block);
        matches!(block, Some(Block::Item(Marker::Task(true), _)))
    }

    /// Whether the run waits for a person at this part just now.
    pub fn asks(&self, part: &Part) -> bool {
        let here = |id: &PartId| *id == part.id || self.inner(part).iter().any(|inner| inner.id == *id);
        self.conduct.filter(|conduct| conduct.goes_on() && !self.past).is_some_and(|conduct| {
            conduct.needs.iter().any(|need| match need {
                Need::Tick(id) | Need::Choose(id) => here(id),
                Need::Tell(names) => {
                    matches!(&part.doing, Doing::Prompt(wanted) if names.iter().any(|name| wanted.contains(name)))
                }
                Need::Failure(..)
                | Need::Unknown(..)
                | Need::Terminal(_)
                | Need::Go
                | Need::Window(..)
                | Need::Paused => false,
            })
        })
    }

    /// What stands in the procedure that a part calls: what the run has of it, else what the document says of it now.
    pub fn inner(&self, part: &Part) -> Vec<Inner<'a>> {
        let Doing::Call(name, _) = &part.doing else { return Vec::new() };
        let mut all: Vec<Inner<'a>> = Vec::new();
        for (number, step) in self.sheet.steps(&part.id) {
            let Some(id) = &step.part else { continue };
            match all.iter_mut().find(|one| one.id == *id) {
                Some(one) => one.steps.push((number, step)),
                None => {
                    let title = inner_title(self.sheet.procedure, self.environment, id);
                    all.push(Inner { id: id.clone(), title, steps: vec![(number, step)] });
                }
            }
        }
        let called = self.environment.procedure(name).filter(|_| all.is_empty());
        for one in called.iter().flat_map(|called| &called.parts) {
            if called.is_some_and(|called| !called.role(one).is_apart()) {
                all.push(Inner { id: inner_id(&part.id, &one.id), title: one.title.plain(), steps: Vec::new() });
            }
        }
        all
    }
}

/// A part of a called procedure.
#[derive(Debug, Clone)]
pub struct Inner<'a> {
    /// Its name in the run.
    pub id: PartId,
    /// Its title.
    pub title: String,
    /// Its steps, with their numbers.
    pub steps: Vec<(usize, &'a RunStep)>,
}

impl Inner<'_> {
    /// How it stands.
    pub fn standing(&self) -> Standing {
        Standing::of(self.steps.iter().map(|(_, step)| step.state))
    }
}
