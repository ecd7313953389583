//! A run of a deploy or a rollback as six pages: what and where, the gate, the plan, the run, the verification, the
//! verdict. Everything is read off the document, its record and what the run waits for; nothing here decides anything.

mod because;
mod follow;
mod going_back;
mod items;
mod page;
mod phases;
mod progress;
mod ready;
mod spent;
mod title;
pub mod what;

#[cfg(test)]
mod tests;

pub use follow::{Following, first as first_following};
pub use going_back::GoingBack;
pub use items::{Item, Judged, Sort};
pub use page::{Page, Stands};
pub use phases::{Phase, Row, span};
pub use ready::{Ready, Weight};
pub use spent::Spent;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::procedures::{Conduct, Sheet};
use crate::domain::procedure::{InputKind, Kind, Part, Procedure, Role};
use crate::domain::run::{Go, RunState, RunStep, StepState};
use crate::domain::{Environment, InputName, Run, Standing};
use crate::port::procedure::Need;
use crate::text::Foreign;

/// Whether a procedure is shown as pages: it brings a release, or takes one back.
pub fn is_one(procedure: &Procedure) -> bool {
    matches!(procedure.header.kind, Kind::Deploy | Kind::Rollback)
}

/// The input that says which version or release is meant: the one of that kind, else the one that the release is named
/// by.
pub fn names_version(procedure: &Procedure) -> Option<&InputName> {
    let inputs = &procedure.header.inputs;
    let of_kind = inputs.iter().find(|input| matches!(input.kind, InputKind::Version | InputKind::Release));
    let release = procedure.header.release.as_ref();
    let named = release.and_then(|names| names.version.as_ref().or(names.commit.as_ref()));
    let named = named.filter(|name| inputs.iter().any(|input| input.name == **name));
    of_kind.map(|input| &input.name).or(named)
}

/// A deploy or a rollback with what is known of its run.
#[derive(Debug, Clone, Copy)]
pub struct Wizard<'a> {
    /// Where.
    pub environment: &'a Environment,
    /// The document beside the run.
    pub sheet: Sheet<'a>,
    /// What is known of the run beside its record.
    pub conduct: Option<&'a Conduct>,
    /// What was told before the run began, by the key of what was asked.
    pub told: &'a BTreeMap<String, String>,
}

impl<'a> Wizard<'a> {
    /// The run.
    pub fn run(&self) -> Option<&'a Run> {
        self.sheet.run
    }

    /// What the run waits for.
    pub fn needs(&self) -> &'a [Need] {
        self.conduct.map(|conduct| conduct.needs.as_slice()).unwrap_or_default()
    }

    /// Whether the run goes on.
    pub fn goes_on(&self) -> bool {
        self.run().is_some_and(|run| run.state == RunState::Running)
    }

    /// Whether a person paused it.
    pub fn is_paused(&self) -> bool {
        self.goes_on() && self.needs().contains(&Need::Paused)
    }

    /// Whether its gate is passed and it waits for the go.
    pub fn waits_for_go(&self) -> bool {
        self.needs().contains(&Need::Go)
    }

    /// Whether the way back was begun.
    pub fn rolls_back(&self) -> bool {
        self.run().is_some_and(Run::rolls_back)
    }

    /// What is brought or gone back to, as it was said.
    pub fn version(&self) -> Option<String> {
        let name = names_version(self.sheet.procedure)?;
        let document = self.run().and_then(|run| run.document.as_ref());
        let given = document.and_then(|document| document.given.iter().find(|given| given.name == *name));
        let given = given.and_then(|given| given.value.clone());
        given.or_else(|| self.told.get(name.as_str()).cloned()).filter(|word| !word.is_empty())
    }

    /// The same as a person reads it.
    pub fn version_told(&self) -> Option<String> {
        self.version().map(|word| Foreign::from(word).plain())
    }

    /// Where the gate ends, and what stands before it: everything that is judged before the go.
    fn behind_gate(&self) -> usize {
        let procedure = self.sheet.procedure;
        let role = |part: &Part| procedure.role(part);
        let Some(first) = procedure.parts.iter().position(|part| role(part) == Role::Gate) else { return 0 };
        let behind = procedure.parts.iter().skip(first).position(|part| role(part) != Role::Gate);
        behind.map_or(procedure.parts.len(), |behind| first + behind)
    }

    /// The page on which a part stands; nothing for the way back while nobody goes it.
    pub fn page_of(&self, place: usize) -> Option<Page> {
        let part = self.sheet.procedure.parts.get(place)?;
        match self.sheet.procedure.role(part) {
            Role::Rollback | Role::FollowUp if self.sheet.steps(&part.id).is_empty() => None,
            Role::Rollback | Role::FollowUp => Some(Page::Run),
            Role::Gate | Role::Plain | Role::Phase | Role::Verify if place < self.behind_gate() => Some(Page::Gate),
            Role::Verify => Some(Page::Verify),
            Role::Gate | Role::Plain | Role::Phase => Some(Page::Run),
        }
    }

    /// The parts of a page, in their order.
    pub fn parts(&self, page: Page) -> Vec<usize> {
        (0..self.sheet.procedure.parts.len()).filter(|place| self.page_of(*place) == Some(page)).collect()
    }

    fn standing(&self, place: usize) -> Standing {
        let part = self.sheet.procedure.parts.get(place);
        part.map_or(Standing::Open, |part| self.sheet.standing(&part.id))
    }

    fn is_over(&self, page: Page) -> bool {
        self.parts(page).into_iter().all(|place| self.standing(place).is_over())
    }

    /// The page at which the run stands.
    pub fn current(&self) -> Page {
        let Some(run) = self.run() else { return Page::What };
        if run.state != RunState::Running {
            return Page::Verdict;
        }
        if self.rolls_back() {
            return Page::Run;
        }
        if self.waits_for_go() {
            return Page::Plan;
        }
        let go = run.document.as_ref().map(|document| document.decided.go).unwrap_or_default();
        let begun = |place: &usize| self.standing(*place) != Standing::Open;
        let behind = self.parts(Page::Run).into_iter().chain(self.parts(Page::Verify)).any(|place| begun(&place));
        if go == Go::Waits || (!behind && !self.is_over(Page::Gate)) {
            return Page::Gate;
        }
        if self.is_over(Page::Run) && !self.parts(Page::Verify).is_empty() { Page::Verify } else { Page::Run }
    }

    /// The part of a page at which something happens or waits: the first that goes on, that waits, that did not end well,
    /// that is not over.
    pub fn at(&self, page: Page) -> Option<usize> {
        let parts = self.parts(page);
        let needed = |place: &usize| {
            let part = self.sheet.procedure.parts.get(*place);
            part.is_some_and(|part| self.waits_at(part))
        };
        let going = |place: &usize| self.standing(*place) == Standing::Going;
        let bad = |place: &usize| matches!(self.standing(*place), Standing::Failed | Standing::Unknown);
        let open = |place: &usize| !self.standing(*place).is_over();
        let first = |is: &dyn Fn(&usize) -> bool| parts.iter().copied().find(|place| is(place));
        // On the way back what failed before is known, and what goes on is new.
        let back = if self.rolls_back() { first(&going) } else { None };
        back.or_else(|| first(&bad))
            .or_else(|| first(&needed))
            .or_else(|| first(&going))
            .or_else(|| first(&open))
            .or_else(|| if self.goes_on() { parts.last().copied() } else { parts.first().copied() })
    }

    /// Whether a person is needed at this part, or at what it calls.
    pub fn waits_at(&self, part: &Part) -> bool {
        let steps = self.sheet.steps(&part.id);
        let of_part =
            |id: &crate::domain::PartId| *id == part.id || steps.iter().any(|(_, step)| step.part.as_ref() == Some(id));
        let of_step = |number: &usize| steps.iter().any(|(known, _)| known == number);
        self.needs().iter().any(|need| match need {
            Need::Tick(id) | Need::Choose(id) => of_part(id),
            Need::Failure(number, _) | Need::Unknown(number, _) | Need::Terminal(number) => of_step(number),
            Need::Tell(_) | Need::Go | Need::Window(..) | Need::Paused => false,
        })
    }

    /// Steps of the run that stand in no part of the document: the way back where another procedure says it.
    pub fn beside(&self) -> Vec<(usize, &'a RunStep)> {
        let Some(run) = self.run() else { return Vec::new() };
        let known = |step: &RunStep| step.part.as_ref().is_some_and(|id| self.sheet.part_of(id).is_some());
        run.steps.iter().enumerate().filter(|(_, step)| !known(step)).collect()
    }

    /// How the run came out, in a word; nothing while it goes on.
    pub fn verdict(&self) -> Option<String> {
        let run = self.run().filter(|run| run.state != RunState::Running)?;
        Some(run.verdict_told())
    }

    /// Why a person ended the run: what stands beside what was not begun.
    pub fn ended_because(&self) -> Option<String> {
        let run = self.run().filter(|run| run.state == RunState::Stopped && !run.rolls_back())?;
        let last = run.steps.iter().rfind(|step| step.state == StepState::Skipped && !step.note.is_empty())?;
        let told = last.note.plain();
        Some(told.strip_prefix("not begun: ").unwrap_or(&told).to_owned())
    }

    /// When its go was given; where that is not recorded, since when something behind its gate is under way.
    pub fn begun_at(&self) -> Option<Timestamp> {
        let gone = self.run()?.document.as_ref().and_then(|document| document.decided.gone);
        gone.or_else(|| self.first_begun())
    }

    /// When the first was begun behind the gate.
    fn first_begun(&self) -> Option<Timestamp> {
        let of = |pages: &[Page]| {
            let places: Vec<usize> = pages.iter().flat_map(|page| self.parts(*page)).collect();
            let parts = places.into_iter().filter_map(|place| self.sheet.procedure.parts.get(place));
            parts.flat_map(|part| self.sheet.steps(&part.id)).map(|(_, step)| step).collect::<Vec<_>>()
        };
        let behind = of(&[Page::Run, Page::Verify]).into_iter().chain(self.beside().into_iter().map(|(_, step)| step));
        let (first, step) = behind.filter_map(|step| Some((phases::begun(step)?, step))).min_by_key(|(at, _)| *at)?;
        if !step.has_ended_unseen() {
            return Some(first);
        }
        // When it began is not known, only when its end was found: it was begun as soon as the gate was passed.
        let judged = of(&[Page::Gate]).into_iter().filter_map(|step| step.at).max();
        Some(judged.map_or(first, |judged| judged.min(first)))
    }

    /// What was let pass although it did not hold, each with who let it and why: items of the gate, and the window.
    pub fn let_pass(&self) -> Vec<String> {
        let waived = self.waived().into_iter().map(|(title, by, why)| {
            format!("waived by {by}: {} ({})", title.trim_end_matches('.'), why.trim_end_matches('.'))
        });
        let overridden = self.run().and_then(|run| run.document.as_ref()?.decided.overridden.as_ref()).map(|one| {
            let plain = |text: &str| Foreign::from(text).plain();
            format!("window overridden by {}: {}", plain(&one.by), plain(&one.why))
        });
        waived.chain(overridden).collect()
    }

    /// Items of the gate that were waived: their titles, by whom and why.
    pub fn waived(&self) -> Vec<(String, String, String)> {
        let steps = self.run().map(|run| run.steps.as_slice()).unwrap_or_default();
        let waived = steps.iter().filter(|step| step.state == StepState::Waived);
        let title = |step: &RunStep| step.part.as_ref().map(|id| self.title_of(id)).unwrap_or_default();
        let by = |step: &RunStep| Foreign::from(step.by.clone().unwrap_or_default()).plain();
        waived.map(|step| (title(step), by(step), step.note.plain())).collect()
    }
}
