//! The lines of the detail pane of a run: who, when and how, then step by step what was sent and what came of it.

use super::cells::{between, clean, span, tally};
use super::state::State;
use crate::domain::Run;
use crate::domain::run::{RunState, RunStep};
use crate::state::Runs;
use crate::style::{Glyphs, Role};
use crate::ui::words::Piece;
use crate::ui::{Clock, Lines, Words, runs};

/// Columns by which what belongs to a step stands below it.
const INDENT: usize = 2;

/// The lines of the pane.
pub fn lines(state: &State, all: &Runs, columns: usize, clock: Clock, glyphs: &Glyphs) -> Lines {
    let mut lines = Lines::new(columns, clock);
    let Some(run) = state.chosen(all) else { return lines };
    head(&mut lines, run, glyphs);
    for step in &run.steps {
        lines.space();
        steps(&mut lines, step, columns, glyphs);
    }
    lines
}

fn head(lines: &mut Lines, run: &Run, glyphs: &Glyphs) {
    let words = runs::mark(run.state, glyphs).gap(1).then(runs::verdict(run));
    let words = match run.ended {
        Some(ended) => {
            let within = if run.state == RunState::Succeeded { "in" } else { "after" };
            words.text(Role::Quiet, format!(" {within} {}", span(between(run.begun, ended))))
        }
        None if run.state == RunState::Running => {
            words.text(Role::Quiet, " for ").piece(Role::Quiet, Piece::Since(run.begun))
        }
        None => words,
    };
    lines.pair("verdict", words);
    if run.steps.len() > 1 {
        lines.below(tally(run));
    }
    let begun = run.begun.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    lines.pair("begun", Words::of(Role::Text, begun).text(Role::Quiet, ", ").piece(Role::Quiet, Piece::Ago(run.begun)));
    let who = Words::of(Role::Text, clean(&run.person)).text(Role::Quiet, format!(" from {}", clean(&run.workstation)));
    lines.pair("by", who);
    lines.below(Words::of(Role::Quiet, runs::confirmed_of(run)));
    if let Some(one) = run.document.as_ref().and_then(|document| document.decided.overridden.as_ref()) {
        let words = Words::of(Role::Warn, "overridden").text(Role::Quiet, format!(" by {}: ", clean(&one.by)));
        lines.pair("window", words.prose(Role::Text, &clean(&one.why)));
    }
    lines.pair("run", Words::of(Role::Quiet, run.id.as_str()));
    for given in run.document.iter().flat_map(|document| &document.given) {
        let value = given.value.as_deref().map_or_else(|| "(secret)".to_owned(), clean);
        lines.pair("input", Words::of(Role::Text, format!("{} = ", given.name)).prose(Role::Quiet, &value));
    }
}

fn steps(lines: &mut Lines, step: &RunStep, columns: usize, glyphs: &Glyphs) {
    let subject = match (&step.service, &step.unit) {
        (Some(service), _) => service.to_string(),
        (None, Some(unit)) => unit.to_string(),
        (None, None) => String::new(),
    };
    let mut words = runs::step_mark(step.state, glyphs).text(Role::Strong, format!(" {}", step.host));
    if let Some(part) = &step.part {
        words = words.text(Role::Text, format!(" {part}"));
    }
    if !subject.is_empty() {
        words = words.text(Role::Text, format!(" {subject}"));
    }
    words = words.gap(2).text(runs::step_role(step.state), runs::step_told(step));
    if let Some(verdict) = step.verdict.as_ref().filter(|verdict| !verdict.took.is_zero()) {
        words = words.text(Role::Quiet, format!(" in {}", span(verdict.took)));
    } else if let Some(at) = step.at {
        words = words.text(Role::Faint, format!(" {}", runs::when(at, lines.clock)));
    }
    lines.line(words);
    let mut below = |words: Words| {
        for line in words.wrapped(columns.saturating_sub(INDENT), lines.clock) {
            lines.line(Words::new().gap(INDENT).then(line));
        }
    };
    // A tick and a decision have no command.
    if !step.command.is_empty() {
        for (number, line) in step.command.lines().enumerate() {
            let prompt = if number == 0 { "$" } else { " " };
            below(Words::of(Role::Faint, prompt).gap(1).then(Words::new().prose(Role::Command, &clean(line))));
        }
    }
    if !step.note.is_empty() {
        below(Words::new().prose(Role::Text, &step.note.plain()));
    }
    for check in step.verdict.iter().flat_map(|verdict| &verdict.checks) {
        let words = runs::finding_mark(check.finding, glyphs).tail(Role::Text, format!(" {}", clean(&check.name)));
        let told = check.told.plain();
        let words = if told.is_empty() { words } else { words.gap(2).prose(Role::Quiet, &told) };
        below(words);
    }
    let short = |invocation: &str| clean(invocation).chars().take(8).collect::<String>();
    if !step.invocation.is_empty() {
        let words = Words::of(Role::Faint, format!("invocation {}", short(&step.invocation)));
        let before = short(&step.invocation_before);
        below(if before.is_empty() { words } else { words.text(Role::Faint, format!(", before it {before}")) });
    }
}
