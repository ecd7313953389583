//! The list of the parts beside the document: section by section, how each stands, where, how long.

use super::desk::Desk;
use super::meta;
use super::state::State;
use crate::domain::Standing;
use crate::domain::procedure::{Doing, Part};
use crate::domain::run::{RunStep, StepState};
use crate::state::procedures::sheet::{is_automated, places};
use crate::style::Role;
use crate::ui::{Words, runs};

/// What a row of the list stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// The heading of a section.
    Section(usize),
    /// A part.
    Part(usize),
    /// One of those that the part calls, by its place among them.
    Inner(usize, usize),
}

impl Row {
    /// The part under which it stands.
    pub fn part(&self) -> Option<usize> {
        match self {
            Row::Section(_) => None,
            Row::Part(part) | Row::Inner(part, _) => Some(*part),
        }
    }
}

/// What a row says.
pub struct Told {
    /// Title.
    pub left: Words,
    /// Host, time.
    pub right: Words,
}

/// The rows, headings of sections among them, and below a call what it calls: unfolded, or while something of it is
/// under way or not well.
pub fn rows(state: &State, desk: &Desk<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut section = None;
    for (place, part) in desk.sheet.procedure.parts.iter().enumerate() {
        if part.section != section {
            section = part.section;
            rows.extend(section.map(Row::Section));
        }
        rows.push(Row::Part(place));
        if matches!(part.doing, Doing::Call(..)) && is_unfolded(state, desk, part) {
            rows.extend((0..desk.inner(part).len()).map(|inner| Row::Inner(place, inner)));
        }
    }
    rows
}

fn is_unfolded(state: &State, desk: &Desk<'_>, part: &Part) -> bool {
    let standing = desk.sheet.standing(&part.id);
    state.unfolded.contains(&part.id) || matches!(standing, Standing::Going | Standing::Failed | Standing::Unknown)
}

/// The row of the part under the cursor.
pub fn place(state: &State, desk: &Desk<'_>) -> Option<usize> {
    state.cursor.and_then(|cursor| rows(state, desk).iter().position(|row| *row == Row::Part(cursor)))
}

/// What a row says.
pub fn told(state: &State, desk: &Desk<'_>, row: &Row) -> Told {
    let procedure = desk.sheet.procedure;
    match row {
        Row::Section(section) => {
            let title = procedure.sections.get(*section).map(|section| section.title.plain());
            Told { left: Words::of(Role::Heading, title.unwrap_or_default()), right: Words::new() }
        }
        Row::Part(place) => {
            let Some(one) = procedure.parts.get(*place) else {
                return Told { left: Words::new(), right: Words::new() };
            };
            let left = title(desk.sheet.standing(&one.id), &one.title.plain(), 2, desk);
            Told { left, right: right(state, desk, *place) }
        }
        Row::Inner(place, inner) => {
            let all = procedure.parts.get(*place).map(|part| desk.inner(part)).unwrap_or_default();
            let Some(one) = all.get(*inner) else { return Told { left: Words::new(), right: Words::new() } };
            let left = title(one.standing(), &one.title, 4, desk);
            let begun = one.steps.iter().any(|(_, step)| step.state != StepState::Planned);
            let right = if begun { ended(&one.steps, one.standing(), desk) } else { Words::new() };
            Told { left, right }
        }
    }
}

fn title(standing: Standing, text: &str, indent: usize, desk: &Desk<'_>) -> Words {
    let (glyph, role) = runs::standing_mark(standing, desk.glyphs);
    let of_text = if standing.is_over() { Role::Quiet } else { Role::Text };
    Words::new().gap(indent).text(role, format!("{glyph} ")).text(of_text, text)
}

fn right(state: &State, desk: &Desk<'_>, place: usize) -> Words {
    let Some(part) = desk.sheet.procedure.parts.get(place) else { return Words::new() };
    let steps = desk.steps(place);
    let standing = desk.sheet.standing(&part.id);
    let (_, role) = runs::standing_mark(standing, desk.glyphs);
    if let Some((_, going)) =
        steps.iter().find(|(_, step)| matches!(step.state, StepState::Intent | StepState::Started | StepState::Done))
    {
        return Words::of(Role::Quiet, hosts(&steps, &going.host)).gap(1).then(meta::time(going, part, desk));
    }
    let begun = steps.iter().any(|(_, step)| step.state != StepState::Planned);
    if !begun {
        let names: Vec<String> = if steps.is_empty() {
            places(part, desk.environment, &state.hosts)
        } else {
            steps.iter().map(|(_, step)| step.host.to_string()).filter(|host| host != "here").collect()
        };
        let words = match names.as_slice() {
            [] if is_automated(part) => Words::new(),
            [] => Words::of(Role::Quiet, part.doing.word()),
            [only] => Words::of(Role::Quiet, only.clone()),
            [first, rest @ ..] => Words::of(Role::Quiet, format!("{first} +{}", rest.len())),
        };
        return words;
    }
    if !is_automated(part) {
        let by = steps.iter().find_map(|(_, step)| step.by.as_deref());
        let by = by.map(|by| meta::person(by, desk));
        return Words::of(role, meta::word(standing))
            .text(Role::Quiet, by.map(|by| format!(" {by}")).unwrap_or_default());
    }
    ended(&steps, standing, desk)
}

/// How steps stand together, and how long the longest took.
fn ended(steps: &[(usize, &RunStep)], standing: Standing, desk: &Desk<'_>) -> Words {
    let (_, role) = runs::standing_mark(standing, desk.glyphs);
    let done = steps.iter().filter(|(_, step)| step.state == StepState::Verified).count();
    let word = if steps.len() > 1 && done < steps.len() {
        format!("{} {done}/{}", meta::word(standing), steps.len())
    } else {
        meta::word(standing).to_owned()
    };
    let of = |step: &&RunStep| step.verdict.as_ref().map(|verdict| (step.has_ended_unseen(), verdict.took));
    // What ended while nobody was at it may have been the longest.
    let longest = steps.iter().map(|(_, step)| *step).filter(|step| step.verdict.is_some()).max_by_key(of);
    let took = longest.and_then(runs::took).map(|took| format!(" {took}")).unwrap_or_default();
    Words::of(role, word).text(Role::Quiet, took)
}

fn hosts(steps: &[(usize, &RunStep)], going: &crate::domain::HostName) -> String {
    let done = steps.iter().filter(|(_, step)| step.state.is_final()).count();
    if steps.len() > 1 { format!("{going} {}/{}", done + 1, steps.len()) } else { going.to_string() }
}
