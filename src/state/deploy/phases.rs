//! The run, phase by phase: what belongs to each, how long it has taken, how long it may.

use std::time::Duration;

use jiff::Timestamp;

use super::items::is_begun;
use super::{Page, Wizard};
use crate::domain::Standing;
use crate::domain::procedure::Role;
use crate::domain::run::RunStep;
use crate::domain::{PartId, Run};

/// A row of the run.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// The heading of a phase.
    Phase(Phase),
    /// A part, by its place.
    Part(usize),
    /// A step of the way back that another procedure says: its title, and the numbers of its steps.
    Beside(String, Vec<usize>),
}

/// A phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// Its heading.
    pub title: String,
    /// How all of it stands.
    pub standing: Standing,
    /// How long it has taken, or takes so far; nothing before it was begun, and where something of it ended while nobody was
    /// at it.
    pub took: Option<Duration>,
    /// Whether something of it ended while nobody was at it, so that its time is not known.
    pub unseen: bool,
    /// How long it may take.
    pub budget: Option<Duration>,
    /// How long it usually takes, as far as that is known of its parts.
    pub usually: Option<Duration>,
    /// Whether it is the way back.
    pub is_back: bool,
}

/// When a step was begun first; nothing of one that was not.
pub(super) fn begun(step: &RunStep) -> Option<Timestamp> {
    let at = step.at.filter(|_| is_begun(step) && step.was_tried())?;
    if let Some(begun) = step.begun {
        return Some(begun.min(at));
    }
    // Of an older record only its last try is known.
    let took = step.verdict.as_ref().map(|verdict| verdict.took).unwrap_or_default();
    let back = jiff::SignedDuration::try_from(took).unwrap_or_default();
    Some(if step.state.is_final() { at.saturating_sub(back).unwrap_or(at) } else { at })
}

/// From the first of these steps that was begun to the end of the last, or until now where one of them goes on.
pub fn span<'a>(steps: impl IntoIterator<Item = &'a RunStep>, now: Timestamp) -> Option<Duration> {
    let (mut first, mut last): (Option<Timestamp>, Option<Timestamp>) = (None, None);
    for step in steps {
        let (Some(at), Some(begun)) = (step.at, begun(step)) else { continue };
        first = Some(first.map_or(begun, |first| first.min(begun)));
        let end = if step.state.is_final() { at } else { now };
        last = Some(last.map_or(end, |last| last.max(end)));
    }
    Duration::try_from(last?.duration_since(first?)).ok()
}

impl<'a> Wizard<'a> {
    /// The rows of the run: phases, their parts, and what stands beside the document.
    pub fn rows(&self, page: Page, runs: &[Run], now: Timestamp) -> Vec<Row> {
        let procedure = self.sheet.procedure;
        let mut rows = Vec::new();
        let mut section = None;
        let places = self.parts(page);
        for place in &places {
            let Some(part) = procedure.parts.get(*place) else { continue };
            if rows.is_empty() || part.section != section {
                section = part.section;
                let same = |other: &&usize| procedure.parts.get(**other).is_some_and(|other| other.section == section);
                let of_it: Vec<usize> = places.iter().filter(same).copied().collect();
                rows.extend(section.and_then(|at| self.phase(at, &of_it, runs, now)).map(Row::Phase));
            }
            rows.push(Row::Part(*place));
        }
        if page == Page::Run {
            rows.extend(self.rows_beside(now));
        }
        rows
    }

    fn phase(&self, section: usize, places: &[usize], runs: &[Run], now: Timestamp) -> Option<Phase> {
        let procedure = self.sheet.procedure;
        let heading = procedure.sections.get(section)?;
        let parts = || places.iter().filter_map(|place| procedure.parts.get(*place));
        let steps: Vec<&RunStep> = parts().flat_map(|part| self.sheet.steps(&part.id)).map(|(_, step)| step).collect();
        let usual: Vec<Duration> = parts().filter_map(|part| self.sheet.usually(&part.id, runs)).collect();
        let unseen = steps.iter().any(|step| step.has_ended_unseen());
        Some(Phase {
            title: heading.title.plain(),
            standing: together(parts().map(|part| self.sheet.standing(&part.id)).collect()),
            took: span(steps.iter().copied(), now).filter(|_| !unseen),
            unseen,
            budget: heading.budget,
            usually: (!usual.is_empty()).then(|| usual.iter().sum()),
            is_back: parts().any(|part| procedure.role(part) == Role::Rollback),
        })
    }

    fn rows_beside(&self, now: Timestamp) -> Vec<Row> {
        let beside = self.beside();
        if beside.is_empty() {
            return Vec::new();
        }
        let mut of: Vec<(PartId, Vec<usize>)> = Vec::new();
        for (number, step) in &beside {
            let Some(id) = &step.part else { continue };
            match of.iter_mut().find(|(known, _)| known == id) {
                Some((_, numbers)) => numbers.push(*number),
                None => of.push((id.clone(), vec![*number])),
            }
        }
        let budget = self.way_back_budget();
        let all = beside.iter().map(|(_, step)| *step);
        let phase = Phase {
            title: "The way back".to_owned(),
            standing: Standing::of(all.clone().map(|step| step.state)),
            unseen: all.clone().any(RunStep::has_ended_unseen),
            took: span(all, now),
            budget,
            usually: None,
            is_back: true,
        };
        let rows = of.into_iter().map(|(id, numbers)| Row::Beside(self.title_of(&id), numbers));
        std::iter::once(Row::Phase(phase)).chain(rows).collect()
    }

    /// How long the way back may take.
    pub fn way_back_budget(&self) -> Option<Duration> {
        let procedure = self.sheet.procedure;
        let own = procedure.sections.iter().find(|section| section.role == Role::Rollback);
        match own {
            Some(section) => section.budget,
            None => {
                let named = procedure.header.rollback.as_ref()?;
                self.environment.procedure(named)?.header.budget
            }
        }
    }

    /// Whether a way back is written down.
    pub fn has_way_back(&self) -> bool {
        self.sheet.procedure.header.rollback.is_some() || self.has_own_way_back()
    }

    /// Whether it says its way back itself.
    pub fn has_own_way_back(&self) -> bool {
        self.sheet.procedure.sections.iter().any(|one| one.role == Role::Rollback)
    }

    /// How long the way back takes so far, or took; nothing where that is not known.
    pub fn way_back_took(&self, now: Timestamp) -> Option<Duration> {
        let procedure = self.sheet.procedure;
        let back = procedure.parts.iter().filter(|part| procedure.role(part) == Role::Rollback);
        let own = back.flat_map(|part| self.sheet.steps(&part.id)).map(|(_, step)| step);
        let all: Vec<&RunStep> = own.chain(self.beside().into_iter().map(|(_, step)| step)).collect();
        // Where something of it ended while nobody was at it, it took longer than is known.
        let known = self.goes_on() || !all.iter().any(|step| step.has_ended_unseen());
        span(all, now).filter(|_| known)
    }

    /// How long all behind the gate usually takes, as far as that is known of its parts.
    pub fn usually(&self, runs: &[Run]) -> Option<Duration> {
        let places = self.parts(Page::Run).into_iter().chain(self.parts(Page::Verify));
        let parts = places.filter_map(|place| self.sheet.procedure.parts.get(place));
        let known: Vec<Duration> = parts.filter_map(|part| self.sheet.usually(&part.id, runs)).collect();
        (!known.is_empty()).then(|| known.iter().sum())
    }
}

/// How several parts stand together.
fn together(all: Vec<Standing>) -> Standing {
    let any = |wanted: Standing| all.contains(&wanted);
    if any(Standing::Unknown) {
        Standing::Unknown
    } else if any(Standing::Failed) {
        Standing::Failed
    } else if any(Standing::Going) {
        Standing::Going
    } else if all.iter().all(|one| *one == Standing::Open) {
        Standing::Open
    } else if all.iter().any(|one| !one.is_over()) {
        Standing::Partly
    } else if all.iter().all(|one| *one == Standing::Skipped) {
        Standing::Skipped
    } else {
        Standing::Done
    }
}
