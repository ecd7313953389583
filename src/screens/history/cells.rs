//! What a row of the history says, column by column.

use std::time::Duration;

use crate::domain::Run;
use crate::domain::run::{RunState, StepState};
use crate::style::{Glyphs, Role};
use crate::text::{Foreign, truncate};
use crate::ui::words::Piece;
use crate::ui::{Clock, Words, figure, runs};

/// Columns of a value that a run was given.
const VALUE: usize = 24;

/// The headings of the columns.
pub const HEADINGS: [&str; 6] = ["WHEN", "WHAT", "VERDICT", "WHERE", "WHO", "TOOK"];

/// The cells of a row, in the order of the headings. The glyph of the state stands in front of them.
pub fn cells(run: &Run, clock: Clock, glyphs: &Glyphs) -> [Words; 6] {
    [
        Words::of(Role::Faint, runs::when(run.begun, clock)),
        what(run),
        verdict(run),
        place(run, glyphs),
        Words::of(Role::Quiet, clean(&run.person)),
        took(run, glyphs),
    ]
}

/// Its headline, and behind it what it was given: that is what tells runs of one procedure apart.
fn what(run: &Run) -> Words {
    let given = run.document.iter().flat_map(|document| &document.given);
    let told = given.filter_map(|given| {
        let value = given.value.as_deref().filter(|value| !value.is_empty())?;
        Some(format!("{}={}", given.name, truncate(&clean(value), VALUE)))
    });
    let words = Words::of(Role::Text, clean(&run.title));
    let told = told.collect::<Vec<_>>().join(" ");
    if told.is_empty() { words } else { words.gap(2).text(Role::Quiet, told) }
}

/// The word of its state, and of how many of its steps that is true where it is not true of all.
pub fn verdict(run: &Run) -> Words {
    let words = runs::verdict(run);
    let all = run.steps.len();
    let count = |is: &dyn Fn(StepState) -> bool| run.steps.iter().filter(|step| is(step.state)).count();
    let counted = match run.state {
        RunState::Running => count(&StepState::is_final),
        RunState::Failed if run.verdict_told() != run.state.word() => return words,
        RunState::Failed => count(&|state| state == StepState::Failed),
        RunState::Unknown => count(&|state| state == StepState::Unknown || !state.is_final()),
        RunState::Succeeded | RunState::Stopped => return words,
    };
    if all < 2 { words } else { words.text(Role::Quiet, format!(" {counted}/{all}")) }
}

/// How many steps came to which end: `1 verified, 1 unknown, 1 never sent`.
pub fn tally(run: &Run) -> Words {
    let mut parts = Words::new();
    let mut counts: Vec<(StepState, &str, usize)> = Vec::new();
    for step in &run.steps {
        let word = runs::step_told(step);
        match counts.iter_mut().find(|(_, known, _)| *known == word) {
            Some((.., count)) => *count += 1,
            None => counts.push((step.state, word, 1)),
        }
    }
    counts.sort_by_key(|(state, ..)| *state);
    for (state, word, count) in counts {
        if !parts.is_empty() {
            parts = parts.tail(Role::Quiet, ", ");
        }
        parts = parts.text(runs::step_role(state), format!("{count} {word}"));
    }
    parts
}

/// The host, and how many others.
fn place(run: &Run, glyphs: &Glyphs) -> Words {
    let hosts = hosts(run);
    match hosts.as_slice() {
        [] => Words::of(Role::Faint, glyphs.none),
        [only] => Words::of(Role::Quiet, *only),
        [first, rest @ ..] => Words::of(Role::Quiet, format!("{first} +{}", rest.len())),
    }
}

/// The hosts, each once, in the order of the steps.
pub fn hosts(run: &Run) -> Vec<&str> {
    let mut hosts: Vec<&str> = Vec::new();
    for step in &run.steps {
        if !hosts.contains(&step.host.as_str()) {
            hosts.push(step.host.as_str());
        }
    }
    hosts
}

/// From its record to its end; while it goes on, how long it has.
pub fn took(run: &Run, glyphs: &Glyphs) -> Words {
    match (run.ended, run.state) {
        (Some(ended), _) => Words::of(Role::Quiet, span(between(run.begun, ended))),
        (None, RunState::Running) => Words::new().piece(Role::RunGoing, Piece::Since(run.begun)),
        (None, _) => Words::of(Role::Faint, glyphs.none),
    }
}

/// The span between two time stamps of the same clock; nothing when that clock went back meanwhile.
pub fn between(from: jiff::Timestamp, to: jiff::Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// A span: exact while it is short.
pub fn span(span: Duration) -> String {
    if span < Duration::from_secs(60) { figure::latency(span) } else { crate::domain::time::short(span) }
}

/// Everything that a filter finds a run by.
pub fn searched(run: &Run) -> String {
    let mut text = format!("{} {} {} {} {}", run.title, run.person, run.kind, run.state.word(), run.id);
    for step in &run.steps {
        text.push_str(&format!(" {} {} {}", step.host, step.command, step.state.word()));
        for name in [step.service.as_ref().map(ToString::to_string), step.unit.as_ref().map(ToString::to_string)] {
            text.push(' ');
            text.push_str(&name.unwrap_or_default());
        }
    }
    text
}

/// Text of the store as one row: somebody may have written to it.
pub fn clean(text: &str) -> String {
    Foreign::from(text).plain()
}
