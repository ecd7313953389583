//! What the part under the cursor has printed, host by host, with the command before it and how it ended behind it.
//! Only the lines in sight are made.

use super::desk::Desk;
use super::meta;
use crate::domain::Run;
use crate::domain::procedure::{Doing, Part};
use crate::domain::run::{RunStep, StepState};
use crate::state::procedures::guarded::{GuardRow, GuardStand, rows};
use crate::state::procedures::printed;
use crate::state::procedures::sheet::is_automated;
use crate::state::procedures::{Conduct, Printed, inner_title};
use crate::style::Role;
use crate::text::{Budget, Foreign};
use crate::ui::words::Piece;
use crate::ui::{Words, figure, runs};

/// Columns that a row of a guard takes beside its words: gaps, the mark, and how long ago it was asked.
const AGE: usize = 26;
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
        let mut steps = desk.steps(part);
        if steps.iter().all(|(_, step)| step.state == StepState::Planned) {
            steps.clear();
        }
        let calls = matches!(desk.sheet.procedure.parts.get(part).map(|part| &part.doing), Some(Doing::Call(..)));
        let shifts = matches!(desk.sheet.procedure.parts.get(part).map(|part| &part.doing), Some(Doing::Shift(..)));
        let several = steps.len() > 1;
        // What is still to come says nothing yet, and would stand below what is to be seen.
        let all = steps.len();
        steps.retain(|(_, step)| step.state != StepState::Planned);
        let open = all - steps.len();
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
            if several || calls {
                let words = runs::step_mark(step.state, desk.glyphs).gap(1);
                let of = step.part.as_ref().filter(|_| calls);
                let of = of.map(|id| inner_title(desk.sheet.procedure, desk.environment, id));
                let words = match of {
                    Some(title) => words.text(Role::Strong, title).text(Role::Quiet, format!("  {}", step.host)),
                    None => words.text(Role::Strong, step.host.as_str()),
                };
                let weight = step.value.as_ref().filter(|_| shifts).map(|value| Foreign::from(value.as_str()).plain());
                let weight = weight.map(|weight| format!("  weight {weight}")).unwrap_or_default();
                head.push(words.text(Role::Quiet, format!("  {}{weight}", runs::part_word(step.state))));
            }
            if step.edited.is_some() {
                let told = Words::new().prose(Role::Warn, "edited for once: the document has another command");
                head.extend(told.wrapped(columns, desk.clock));
                head.push(Words::new());
            }
            let printed = desk.conduct.and_then(|conduct| conduct.newest(*number));
            let mut tail =
                desk.conduct.map(|conduct| guarded(conduct, *number, step, columns, desk)).unwrap_or_default();
            // What a person did printed nothing: who it was, when, and what they noted is what there is to see.
            let of = desk.sheet.procedure.parts.get(part).filter(|part| {
                !is_automated(part) || (step.by.is_some() && step.exit.is_none() && step.state != StepState::Failed)
            });
            let by_hand = of.map(|part| attested(step, part, columns, desk)).unwrap_or_default();
            if step.state.is_final() && by_hand.is_empty() {
                tail.extend([ended(step, several), Words::new()]);
            } else if step.state.is_final() {
                tail.extend(by_hand.into_iter().chain([Words::new()]));
            }
            sections.push(Section { head, printed, tail });
        }
        if open > 0 && !sections.is_empty() {
            let told = format!("{open} of {all} are not begun yet");
            sections.push(Section {
                head: vec![Words::new(), Words::of(Role::Quiet, told)],
                printed: None,
                tail: Vec::new(),
            });
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

/// What the guard of a step sees, or saw: figure, limit and counts of each probe and metric; in two lines each where one
/// has no room.
fn guarded(conduct: &Conduct, number: usize, step: &RunStep, columns: usize, desk: &Desk<'_>) -> Vec<Words> {
    let Some(watching) = conduct.guarded.get(&number).filter(|_| step.state != StepState::Planned) else {
        return Vec::new();
    };
    let rows = rows(watching);
    let widest = |of: fn(&GuardRow) -> &str| rows.iter().map(|row| crate::text::width(of(row))).max().unwrap_or(0);
    let (names, values, limits) = (widest(|row| &row.name), widest(|row| &row.value), widest(|row| &row.limits));
    let goes_on = !step.state.is_final();
    let mut lines = Vec::new();
    if goes_on {
        lines.push(Words::of(Role::Quiet, step.note.plain().split(';').next().unwrap_or_default()));
    }
    for row in &rows {
        let (role, glyph) = match row.stand {
            GuardStand::Good => (Role::Good, desk.glyphs.yes),
            GuardStand::Tripped => (Role::Bad, desk.glyphs.no),
            GuardStand::Wavers => (Role::Warn, desk.glyphs.alarm),
            GuardStand::Unsure => (Role::Warn, desk.glyphs.state(crate::domain::State::Unknown)),
            GuardStand::Waits => (Role::Quiet, desk.glyphs.more),
        };
        let pad = |text: &str, to: usize| to.saturating_sub(crate::text::width(text)) + 2;
        let head = Words::of(role, glyph).gap(1).text(Role::Strong, row.name.as_str()).gap(pad(&row.name, names));
        let head = head.text(role, row.value.as_str());
        let in_one = names + values + limits + crate::text::width(&row.counts) + AGE <= columns;
        let mut about = Words::new();
        if !row.limits.is_empty() || in_one && limits > 0 {
            about = about.text(Role::Text, row.limits.as_str()).gap(pad(&row.limits, limits));
        }
        about = about.text(Role::Quiet, row.counts.as_str());
        if let Some(asked) = row.asked.filter(|_| goes_on) {
            about = about.text(Role::Quiet, ", asked ").piece(Role::Quiet, Piece::AgeAgo(asked));
        }
        if in_one {
            lines.push(head.gap(pad(&row.value, values)).then(about));
        } else {
            lines.extend([head, Words::new().gap(2).then(about)]);
        }
    }
    lines
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
        | Doing::Fact(_)
        | Doing::Approve(_)
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
    if let Doing::Decide(ways) = &part.doing {
        lines.extend(meta::ways(ways, columns, desk));
        lines.push(Words::new());
    }
    let asked = desk.asks(part);
    let said = match &part.doing {
        _ if desk.past => "The run did not come to it.".to_owned(),
        Doing::Decide(_) if asked => "The run asks this now: it is decided at this step.".to_owned(),
        Doing::Prompt(_) if asked => "The run asks this now: it is answered at this step.".to_owned(),
        _ if asked && part.options.evidence => {
            "The run waits for this now: it is ticked with a note of what was seen.".to_owned()
        }
        _ if asked => "The run waits for this now: it is ticked when it is done.".to_owned(),
        _ if part.misread.is_some() || part.options.todo => "It is done by hand, and ticked then.".to_owned(),
        _ if desk.conduct.is_some_and(|run| run.goes_on() && is_whole(&run.run)) => {
            "The run has not come to it yet.".to_owned()
        }
        Doing::Ask if desk.sheet.run.is_none() && desk.is_ticked_in_file(part) => {
            "Ticked in the file, by nobody that is known; a run has ticks of its own.".to_owned()
        }
        Doing::Ask if part.options.evidence => "Not ticked yet; it wants a note of what was seen.".to_owned(),
        Doing::Ask => "Not ticked yet.".to_owned(),
        Doing::Decide(_) => "Not decided yet.".to_owned(),
        Doing::Prompt(_) => "It is asked for when the run comes to it.".to_owned(),
        Doing::Check(service, probe) => format!("Not asked yet: it goes on when {service}/{probe} passes."),
        Doing::Fact(_) => "Not looked at yet: the console finds it out by itself.".to_owned(),
        Doing::Approve(quorum) => format!("Not asked for yet: {} approve the plan with `qd approve`.", quorum.told()),
        Doing::Hold(span, _) => format!("A wait of {}, not begun yet.", crate::domain::time::short(*span)),
        Doing::Restart(_) => "Not restarted yet.".to_owned(),
        Doing::Shift(..) => "No traffic was moved yet.".to_owned(),
        Doing::Notify(channel, _) => format!("{} was not told yet.", Foreign::from(channel.as_str()).plain()),
        Doing::Request(..) => "Not sent yet.".to_owned(),
        Doing::Call(name, _) => {
            lines.extend(called(desk, part));
            lines.push(Words::new());
            format!("{name} was not run yet.")
        }
        Doing::Run(..) => "Not run yet.".to_owned(),
    };
    let role = if asked { Role::Text } else { Role::Quiet };
    lines.extend(Words::new().prose(role, &said).wrapped(columns, desk.clock));
    lines
}

/// What is kept of a part that a person did: who attested it, when, and what they noted.
fn attested(step: &RunStep, part: &Part, columns: usize, desk: &Desk<'_>) -> Vec<Words> {
    let did = match (&part.doing, step.state) {
        (Doing::Decide(_), StepState::Verified) => step
            .value
            .as_deref()
            .map_or_else(|| "Decided".to_owned(), |word| format!("Decided: {}", Foreign::from(word).plain())),
        (_, StepState::Verified) if is_automated(part) => "Marked as done".to_owned(),
        (_, StepState::Verified) => "Ticked".to_owned(),
        (_, StepState::Skipped) => "Skipped".to_owned(),
        (_, StepState::Waived) => "Waived".to_owned(),
        (
            _,
            StepState::Planned
            | StepState::Intent
            | StepState::Started
            | StepState::Done
            | StepState::Failed
            | StepState::Unknown,
        ) => return Vec::new(),
    };
    let by = step.by.as_deref().map(|by| format!(" by {}", meta::person(by, desk))).unwrap_or_default();
    let at = step.at.map(|at| format!(", {}", runs::when(at, desk.clock))).unwrap_or_default();
    let mut lines = Words::new().prose(Role::Text, &format!("{did}{by}{at}.")).wrapped(columns, desk.clock);
    let note = step.note.plain();
    if !note.is_empty() {
        lines.extend(Words::new().prose(Role::Quiet, &note).wrapped(columns, desk.clock));
    }
    lines
}

fn is_whole(run: &Run) -> bool {
    run.document.as_ref().is_some_and(|document| document.whole)
}

fn ended(step: &RunStep, several: bool) -> Words {
    let took = runs::took(step).map(|took| format!(", {took}")).unwrap_or_default();
    let lead = if several { "  " } else { "" };
    match step.state {
        StepState::Verified => {
            let exit = step.exit.map_or_else(|| "done".to_owned(), |exit| format!("exit {exit}"));
            Words::of(Role::Quiet, format!("{lead}{exit}{took}"))
        }
        StepState::Failed => Words::of(Role::RunBad, format!("{lead}{}{took}", meta::why(step))),
        StepState::Skipped => Words::of(Role::RunStopped, format!("{lead}skipped")),
        StepState::Waived => Words::of(Role::Warn, format!("{lead}waived")),
        StepState::Unknown => Words::of(Role::RunUnknown, format!("{lead}whether it happened is not known")),
        StepState::Planned | StepState::Intent | StepState::Started | StepState::Done => Words::new(),
    }
}

/// The end of the output of each host, to be shown within the document.
pub fn folded_out(desk: &Desk<'_>, part: usize, most: usize) -> Vec<Words> {
    let mut lines = Vec::new();
    let steps = desk.steps(part);
    let of = desk.sheet.procedure.parts.get(part);
    if let Some(part) = of.filter(|part| matches!(part.doing, Doing::Call(..))) {
        return called(desk, part);
    }
    if !steps.is_empty() && of.is_some_and(|part| !is_automated(part)) {
        return vec![Words::of(Role::Faint, "it is done by hand and prints nothing")];
    }
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

/// What a part calls, one below the other, with how each stands.
fn called(desk: &Desk<'_>, part: &Part) -> Vec<Words> {
    let all = desk.inner(part);
    if all.is_empty() {
        return vec![Words::of(Role::Faint, "what it calls has no steps")];
    }
    all.iter()
        .map(|one| {
            let (glyph, role) = runs::standing_mark(one.standing(), desk.glyphs);
            let mut words = Words::of(role, glyph).text(Role::Text, format!(" {}", one.title));
            for (_, step) in one.steps.iter().filter(|(_, step)| step.state != StepState::Planned) {
                words = words.text(Role::Quiet, format!("  {} ", step.host)).then(meta::end(step, desk));
            }
            words
        })
        .collect()
}
