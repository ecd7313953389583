//! Runs as `qd runs` prints them: a line each, one in full, or JSON.

mod full;
mod json;
mod words;

pub use words::state as state_word;

use jiff::Timestamp;

use crate::domain::channel::Told;
use crate::domain::run::{RunState, RunStep};
use crate::domain::{PartId, Run, RunId};
use crate::text::{Foreign, fit, width};

pub use full::in_full;
pub use json::Listed;

/// What is known of a run beside the run itself.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// When it was taken over, by whom, from where.
    pub takeovers: Vec<(Timestamp, String, String)>,
    /// How tries ended that were not the last of their step, with its number.
    pub tries: Vec<(usize, RunStep)>,
    /// What steps printed last, if that is asked for.
    pub output: Vec<Printed>,
    /// What became of notices of it to channels.
    pub notices: Vec<Told>,
    /// Since when no console here is at it although it goes on.
    pub nobody: Option<Timestamp>,
    /// Whether its site is not found here by its name.
    pub without_site: bool,
    /// The titles of its parts.
    pub titles: Vec<(PartId, String)>,
}

/// The end of what one try of a step printed.
#[derive(Debug, Clone)]
pub struct Printed {
    /// The number of the step.
    pub step: usize,
    /// Which try.
    pub attempt: u32,
    /// Whether it is standard error, where the two are told apart.
    pub error: bool,
    /// Where the bytes begin.
    pub offset: u64,
    /// How many bytes were printed and not kept.
    pub cut: u64,
    /// The bytes.
    pub bytes: Foreign,
}

/// A line for each run, in columns; those that were `left` go on while no console here is at them.
pub fn list(runs: &[Run], left: &[RunId]) -> String {
    let rows: Vec<[String; 7]> = runs
        .iter()
        .map(|run| {
            [
                run.id.short().to_owned(),
                stamp(run.begun),
                if left.contains(&run.id) { "left open".to_owned() } else { run.verdict_told() },
                if left.contains(&run.id) { String::new() } else { took(run) },
                clean(&run.person),
                crate::domain::place::short(&run.site, &run.environment),
                clean(&run.title),
            ]
        })
        .collect();
    let headings = ["RUN", "BEGUN (UTC)", "VERDICT", "TOOK", "WHO", "WHERE", "WHAT"].map(str::to_owned);
    let mut widths = [0; 7];
    for row in rows.iter().chain([&headings]) {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let line = |row: &[String; 7]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| fit(cell, width)).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    let mut text = line(&headings);
    rows.iter().for_each(|row| text.push_str(&line(row)));
    text
}

fn stamp(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn took(run: &Run) -> String {
    match (run.ended, run.state) {
        (Some(ended), _) => {
            let span = std::time::Duration::try_from(ended.duration_since(run.begun)).unwrap_or_default();
            crate::domain::time::short(span)
        }
        (None, RunState::Running) => "goes on".to_owned(),
        (None, _) => String::new(),
    }
}

/// Text of the store: somebody may have written to it.
fn clean(text: &str) -> String {
    Foreign::from(text).plain()
}

/// The same with its lines kept.
fn rows(text: &str) -> String {
    lines(&Foreign::from(text)).join("\n")
}

/// The lines of a text, each sanitised.
fn lines(text: &Foreign) -> Vec<String> {
    let raw = text.raw().strip_suffix(b"\n").unwrap_or(text.raw());
    raw.split(|byte| *byte == b'\n').map(|line| Foreign::from(line).plain()).collect()
}
