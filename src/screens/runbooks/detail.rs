//! The lines of the pane beside the list: what a procedure is for, what it wants to know, what is in it, how it went.

use super::cells::{overdue, review};
use super::state::State;
use crate::domain::procedure::{InputKind, Origin, Part};
use crate::domain::{Procedure, Run};
use crate::state::procedures::Fit;
use crate::state::procedures::sheet::{automated, is_automated};
use crate::state::procedures::shelf::{Row, Shelf, Unfinished};
use crate::style::{Glyphs, Role};
use crate::text::Foreign;
use crate::ui::words::Piece;
use crate::ui::{Clock, Lines, Words, figure, runs};

/// Parts that are listed.
const PARTS: usize = 60;
/// Runs that are listed.
const RUNS: usize = 5;

/// The lines of the pane.
pub fn lines(state: &State, shelf: Shelf<'_>, columns: usize, clock: Clock, glyphs: &Glyphs) -> Lines {
    let mut lines = Lines::new(columns, clock);
    match state.chosen(shelf) {
        Some(Row::Procedure(procedure, fit)) => of_procedure(&mut lines, &procedure, fit.as_ref(), shelf, glyphs),
        Some(Row::Run(run, how, _)) => of_run(&mut lines, run, how, shelf, glyphs),
        Some(Row::Heading(_)) | None => {}
    }
    lines
}

fn of_procedure(lines: &mut Lines, procedure: &Procedure, fit: Option<&Fit>, shelf: Shelf<'_>, glyphs: &Glyphs) {
    let header = &procedure.header;
    if let Some(fit) = fit {
        let symptom = fit.symptom.as_ref();
        let words = symptom.map(|(what, words)| Words::of(Role::Quiet, format!("{what}: ")).prose(Role::Warn, words));
        let service = fit.service.as_ref().map(|service| Words::of(Role::Text, format!("it is about {service}")));
        for (number, words) in words.into_iter().chain(service).enumerate() {
            if number == 0 { lines.pair("fits", words) } else { lines.below(words) }
        }
    }
    lines.pair("file", Words::new().path(Role::Text, &Foreign::from(procedure.file.as_str()).plain()));
    if !header.services.is_empty() {
        let names: Vec<String> = header.services.iter().map(ToString::to_string).collect();
        lines.pair("services", Words::listed(Role::Text, &names));
    }
    if header.review.is_some() {
        let words = review(procedure, lines.clock, glyphs);
        let late = header.review.is_some_and(|date| overdue(date, lines.clock).is_some());
        lines.pair("review", if late { words.prose(Role::Quiet, ": read it with care") } else { words });
    }
    if header.lock {
        let told = match (shelf.conducted.locked(), &shelf.environment.lock_host) {
            (Some(lock), _) => Words::new().prose(Role::Bad, &lock.told(lines.clock.now.wall)),
            (None, Some(host)) => Words::of(Role::Text, format!("taken on {host} before its first change")),
            (None, None) => Words::of(Role::Warn, "wanted, and there is no lock_host"),
        };
        lines.pair("lock", told);
    }
    if let Some(budget) = header.budget {
        lines.pair("may take", Words::of(Role::Text, crate::domain::time::short(budget)));
    }
    let (runnable, all) = automated(procedure);
    let hand = figure::count(all - runnable, "step");
    let told = match (all, runnable) {
        (0, _) => "nothing in it can be run or ticked".to_owned(),
        (all, runnable) if all == runnable => format!("{}, all done by the console", figure::count(all, "step")),
        (_, 0) => format!("{hand}, all done by hand"),
        (_, runnable) => format!("{runnable} done by the console, {} by hand", all - runnable),
    };
    lines.pair("steps", Words::new().prose(Role::Text, &told));
    for (number, input) in header.inputs.iter().enumerate() {
        let mut words = Words::of(Role::Strong, input.name.as_str());
        let about = input.about.plain();
        if !about.is_empty() {
            words = words.gap(1).prose(Role::Quiet, &about);
        }
        let from = match &input.origin {
            Origin::Asked if input.secret => ", secret",
            Origin::Asked => "",
            Origin::Variable(_) => ", from the environment",
            Origin::Command(_) => ", fetched",
        };
        let choice = if matches!(input.kind, InputKind::Choice(_)) { ", chosen" } else { "" };
        let words = words.tail(Role::Faint, format!("{choice}{from}"));
        if number == 0 { lines.pair("wants", words) } else { lines.below(words) }
    }
    if !header.other.is_empty() {
        let rows = header.other.clean(crate::text::Budget::rows()).rows;
        for (number, row) in rows.iter().take(12).filter(|row| row.width > 0).enumerate() {
            let words = Words::new().prose(Role::Faint, &row.text());
            if number == 0 { lines.pair("also says", words) } else { lines.below(words) }
        }
    }
    past(lines, shelf, procedure, glyphs);
    contents(lines, procedure, glyphs);
}

fn past(lines: &mut Lines, shelf: Shelf<'_>, procedure: &Procedure, glyphs: &Glyphs) {
    let (good, all) = shelf.record(&procedure.name);
    if all == 0 {
        let told = if shelf.last(&procedure.name).is_some() { "none has ended yet" } else { "none here yet" };
        return lines.pair("runs", Words::of(Role::Quiet, told));
    }
    lines.pair("runs", Words::of(Role::Text, format!("{good} of {all} ended well")));
    for run in shelf.history(&procedure.name).take(RUNS) {
        let words = runs::mark(run.state, glyphs)
            .tail(Role::Text, format!(" {}", runs::when(run.begun, lines.clock)))
            .tail(Role::Quiet, format!(" {}", Foreign::from(run.person.as_str()).plain()));
        lines.below(words);
    }
}

fn contents(lines: &mut Lines, procedure: &Procedure, glyphs: &Glyphs) {
    let mut section = None;
    for part in procedure.parts.iter().take(PARTS) {
        if part.section != section {
            section = part.section;
            if let Some(section) = section.and_then(|at| procedure.sections.get(at)) {
                lines.space();
                lines.text(Role::Heading, &section.title.plain());
            }
        }
        lines.line(part_line(part, glyphs));
    }
    if procedure.parts.len() > PARTS {
        lines.line(Words::of(Role::Quiet, format!("and {} more", procedure.parts.len() - PARTS)));
    }
}

fn part_line(part: &Part, glyphs: &Glyphs) -> Words {
    let glyph = if is_automated(part) { glyphs.then } else { glyphs.states[1] };
    Words::of(Role::Quiet, glyph).text(Role::Text, format!(" {}", part.title.plain()))
}

fn of_run(lines: &mut Lines, run: &Run, how: Unfinished, shelf: Shelf<'_>, glyphs: &Glyphs) {
    let plain = |text: &str| Foreign::from(text).plain();
    let begun = Words::new().piece(Role::Text, Piece::Ago(run.begun));
    lines.pair(
        "begun",
        begun.gap(1).prose(Role::Quiet, &format!("by {}, {}", plain(&run.person), plain(&run.workstation))),
    );
    let told = match how {
        Unfinished::Here => "it goes on at this console",
        Unfinished::Left => "nobody is at it: it can be gone on with exactly where it stood",
        Unfinished::Elsewhere => "nobody is at it, as far as the lock host knows: it can be taken over here",
    };
    lines.pair("stands", Words::new().prose(Role::Text, told));
    let known = run.document.as_ref().map(|document| (document, shelf.environment.procedure(&document.name)));
    match known {
        Some((document, Some(now))) if now.digest != document.digest => lines.pair(
            glyphs.alarm,
            Words::new().prose(Role::Warn, "the document has changed since: the difference is shown first"),
        ),
        Some((_, None)) => {
            lines
                .pair(glyphs.alarm, Words::new().prose(Role::Warn, "its document is not in this environment any more"));
        }
        Some((_, Some(_))) | None => {}
    }
    lines.space();
    for step in &run.steps {
        let part = step.part.as_ref().map(ToString::to_string).unwrap_or_default();
        let words = runs::step_mark(step.state, glyphs)
            .text(Role::Text, format!(" {part}"))
            .text(Role::Quiet, format!("  {}  ", step.host))
            .text(runs::step_role(step.state), runs::part_word(step.state));
        lines.line(words);
    }
}
