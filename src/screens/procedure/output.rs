//! What the part under the cursor has printed, host by host, with the command before it and how it ended behind it.
//! Only the lines in sight are made.

use super::desk::Desk;
use super::meta;
use crate::domain::procedure::Doing;
use crate::domain::run::{RunStep, StepState};
use crate::state::procedures::Printed;
use crate::state::procedures::printed;
use crate::style::Role;
use crate::text::{Budget, Foreign};
use crate::ui::{Words, figure, runs};

/// Lines of a command that are shown above its output.
const COMMAND: usize = 12;

/// One host's part of it.
struct Section<'a> {
    head: Vec<Words>,
    printed: Option<&'a Printed>,
    tail: Vec<Words>,
}

impl Section<'_> {
    fn count(&self) -> usize {
        self.head.len()
            + self.printed.map_or(0, |printed| printed.count() + usize::from(printed.gone() > 0))
            + self.tail.len()
    }

    fn line(&self, place: usize) -> Words {
        if let Some(words) = self.head.get(place) {
            return words.clone();
        }
        let place = place - self.head.len();
        let Some(output) = self.printed else { return self.tail.get(place).cloned().unwrap_or_default() };
        let cut = usize::from(output.gone() > 0);
        if place < cut {
            let gone = figure::grouped(output.gone() as u64);
            return Words::of(Role::LogLoss, format!(" {gone} older lines are in the record only "));
        }
        match output.line(place - cut) {
            Some(line) => said(line),
            None => self.tail.get(place - cut - output.count()).cloned().unwrap_or_default(),
        }
    }
}

fn said(line: printed::Line) -> Words {
    match line {
        printed::Line::Said(text, error) => {
            let role = if error { Role::Warn } else { Role::Text };
            Words::of(role, text.plain())
        }
        printed::Line::Missing(bytes) => Words::of(
            Role::LogLoss,
            format!(" {} are not shown here ", figure::count(usize::try_from(bytes).unwrap_or(usize::MAX), "byte")),
        ),
    }
}

/// All of it for one part.
pub struct Output<'a> {
    sections: Vec<Section<'a>>,
}

impl<'a> Output<'a> {
    /// What is known of a part.
    pub fn new(desk: &Desk<'a>, part: usize, columns: usize) -> Self {
        let steps = desk.steps(part);
        let several = steps.len() > 1;
        let mut sections = Vec::new();
        let mut before = String::new();
        for (number, step) in &steps {
            let mut head = Vec::new();
            if step.command != before && !step.command.is_empty() {
                if !sections.is_empty() {
                    head.push(Words::new());
                }
                head.extend(command(&step.command, columns, desk));
                head.push(Words::new());
                before.clone_from(&step.command);
            }
            if several {
                let words = runs::step_mark(step.state, desk.glyphs).text(Role::Strong, format!(" {}", step.host));
                head.push(words.text(Role::Quiet, format!("  {}", runs::part_word(step.state))));
            }
            let printed = desk.conduct.and_then(|conduct| conduct.newest(*number));
            let tail = if step.state.is_final() { vec![ended(step, several), Words::new()] } else { Vec::new() };
            sections.push(Section { head, printed, tail });
        }
        if sections.is_empty() {
            sections.push(Section { head: planned(desk, part, columns), printed: None, tail: Vec::new() });
        }
        Self { sections }
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.sections.iter().map(Section::count).sum()
    }

    /// One of them.
    pub fn line(&self, mut place: usize) -> Words {
        for section in &self.sections {
            if place < section.count() {
                return section.line(place);
            }
            place -= section.count();
        }
        Words::new()
    }
}

fn command(text: &str, columns: usize, desk: &Desk<'_>) -> Vec<Words> {
    let clean = Foreign::from(text.trim_end()).clean(Budget::rows());
    let mut lines: Vec<Words> = Vec::new();
    for (number, row) in clean.rows.iter().enumerate() {
        let lead = if number == 0 { "$ " } else { "  " };
        for (part, text) in crate::text::wrap(&row.text(), columns.saturating_sub(4).max(4)).into_iter().enumerate() {
            let lead = if part == 0 { lead } else { "    " };
            lines.push(Words::of(Role::Faint, lead).text(Role::Command, text));
        }
    }
    let more = lines.len().saturating_sub(COMMAND);
    lines.truncate(COMMAND);
    if more > 0 {
        lines.push(Words::of(Role::Quiet, format!("  {} {}", desk.glyphs.more, figure::count(more, "more line"))));
    }
    lines
}

/// What would run, before anything did.
fn planned(desk: &Desk<'_>, part: usize, columns: usize) -> Vec<Words> {
    let Some(part) = desk.sheet.procedure.parts.get(part) else { return Vec::new() };
    let mut lines = match &part.doing {
        Doing::Run(_, text) => command(text, columns, desk),
        Doing::Request(method, address, _) => command(&format!("{method} {address}"), columns, desk),
        Doing::Check(..)
        | Doing::Ask
        | Doing::Prompt(_)
        | Doing::Hold(..)
        | Doing::Decide(_)
        | Doing::Restart(_)
        | Doing::Shift(..)
        | Doing::Notify(..)
        | Doing::Call(..) => Vec::new(),
    };
    if !lines.is_empty() {
        lines.push(Words::new());
    }
    let said = match &part.doing {
        Doing::Ask => "Not ticked yet.",
        Doing::Decide(_) => "Not decided yet.",
        Doing::Run(..)
        | Doing::Request(..)
        | Doing::Check(..)
        | Doing::Prompt(_)
        | Doing::Hold(..)
        | Doing::Restart(_)
        | Doing::Shift(..)
        | Doing::Notify(..)
        | Doing::Call(..) => "Not run yet.",
    };
    lines.push(Words::of(Role::Quiet, said));
    lines
}

fn ended(step: &RunStep, several: bool) -> Words {
    let took = step.verdict.as_ref().map(|verdict| format!(", {}", figure::latency(verdict.took))).unwrap_or_default();
    let lead = if several { "  " } else { "" };
    match step.state {
        StepState::Verified => {
            let exit = step.exit.map_or_else(|| "done".to_owned(), |exit| format!("exit {exit}"));
            Words::of(Role::Quiet, format!("{lead}{exit}{took}"))
        }
        StepState::Failed => Words::of(Role::RunBad, format!("{lead}{}{took}", meta::why(step))),
        StepState::Skipped => Words::of(Role::RunStopped, format!("{lead}skipped")),
        StepState::Unknown => Words::of(Role::RunUnknown, format!("{lead}whether it happened is not known")),
        StepState::Planned | StepState::Intent | StepState::Started | StepState::Done => Words::new(),
    }
}

/// The end of the output of each host, to be shown within the document.
pub fn folded_out(desk: &Desk<'_>, part: usize, most: usize) -> Vec<Words> {
    let mut lines = Vec::new();
    let steps = desk.steps(part);
    for (number, step) in &steps {
        if steps.len() > 1 {
            lines.push(Words::of(Role::Quiet, step.host.as_str()));
        }
        let Some(printed) =
            desk.conduct.and_then(|conduct| conduct.newest(*number)).filter(|printed| !printed.is_empty())
        else {
            lines.push(Words::of(Role::Faint, "it printed nothing"));
            continue;
        };
        let first = printed.count().saturating_sub(most);
        let hidden = printed.gone() + first;
        if hidden > 0 {
            lines.push(Words::of(Role::Quiet, format!("{} {} above", desk.glyphs.more, figure::count(hidden, "line"))));
        }
        lines.extend((first..printed.count()).filter_map(|place| printed.line(place)).map(said));
    }
    if steps.is_empty() {
        lines.push(Words::of(Role::Faint, "it was not run yet"));
    }
    lines
}
