//! The list of the parts beside the document: section by section, how each stands, where, how long.

use super::desk::Desk;
use super::meta;
use super::state::State;
use crate::domain::run::StepState;
use crate::state::procedures::sheet::{is_automated, places};
use crate::style::Role;
use crate::text::Foreign;
use crate::ui::{Words, figure};

/// One row: what it says at the left and at the right, and the part it stands for.
pub struct Row {
    /// Title.
    pub left: Words,
    /// Host, time.
    pub right: Words,
    /// The part.
    pub part: Option<usize>,
}

/// The rows, headings of sections among them.
pub fn rows(desk: &Desk<'_>) -> Vec<(Option<usize>, Option<usize>)> {
    let mut rows = Vec::new();
    let mut section = None;
    for (place, part) in desk.sheet.procedure.parts.iter().enumerate() {
        if part.section != section {
            section = part.section;
            if section.is_some() {
                rows.push((section, None));
            }
        }
        rows.push((section, Some(place)));
    }
    rows
}

/// The row of the part under the cursor.
pub fn place(state: &State, desk: &Desk<'_>) -> Option<usize> {
    state.cursor.and_then(|cursor| rows(desk).iter().position(|(_, part)| *part == Some(cursor)))
}

/// What a row says.
pub fn row(state: &State, desk: &Desk<'_>, (section, part): (Option<usize>, Option<usize>)) -> Row {
    let procedure = desk.sheet.procedure;
    let Some((place, one)) = part.and_then(|place| Some((place, procedure.parts.get(place)?))) else {
        let title = section.and_then(|at| procedure.sections.get(at)).map(|section| section.title.plain());
        return Row { left: Words::of(Role::Heading, title.unwrap_or_default()), right: Words::new(), part: None };
    };
    let standing = desk.sheet.standing(&one.id);
    let (glyph, role) = meta::mark(standing, desk.glyphs);
    let text = if standing.is_over() { Role::Quiet } else { Role::Text };
    let left = Words::of(role, format!("  {glyph} ")).text(text, one.title.plain());
    Row { left, right: right(state, desk, place), part: Some(place) }
}

fn right(state: &State, desk: &Desk<'_>, place: usize) -> Words {
    let Some(part) = desk.sheet.procedure.parts.get(place) else { return Words::new() };
    let steps = desk.steps(place);
    let standing = desk.sheet.standing(&part.id);
    let (_, role) = meta::mark(standing, desk.glyphs);
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
        let by = by.map(|by| if by == desk.person { "you".to_owned() } else { Foreign::from(by).plain() });
        return Words::of(role, meta::word(standing))
            .text(Role::Quiet, by.map(|by| format!(" {by}")).unwrap_or_default());
    }
    let done = steps.iter().filter(|(_, step)| step.state == StepState::Verified).count();
    let word = if steps.len() > 1 && done < steps.len() {
        format!("{} {done}/{}", meta::word(standing), steps.len())
    } else {
        meta::word(standing).to_owned()
    };
    let longest = steps.iter().filter_map(|(_, step)| step.verdict.as_ref().map(|verdict| verdict.took)).max();
    let took = longest.map(|took| format!(" {}", figure::latency(took))).unwrap_or_default();
    Words::of(role, word).text(Role::Quiet, took)
}

fn hosts(steps: &[(usize, &crate::domain::run::RunStep)], going: &crate::domain::HostName) -> String {
    let done = steps.iter().filter(|(_, step)| step.state.is_final()).count();
    if steps.len() > 1 { format!("{going} {}/{}", done + 1, steps.len()) } else { going.to_string() }
}
