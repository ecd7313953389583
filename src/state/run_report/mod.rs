//! Runs as `qd runs` prints them: a line each, one in full, or JSON.

mod full;
mod json;
mod words;

pub use words::state as state_word;

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::channel::Told;
use crate::domain::run::{RunState, RunStep};
use crate::domain::{HostName, PartId, Run, RunId};
use crate::text::{Foreign, fit, width};

pub use full::in_full;
pub use json::Listed;

/// How a run that goes on stands where others can have gone on with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elsewhere {
    /// Somebody else has taken it over, as its lock host says.
    With {
        /// Who.
        person: String,
        /// From where.
        workstation: String,
        /// The lock host.
        host: HostName,
        /// For how long they were not heard, if that is known.
        silent: Option<Duration>,
        /// Whether nobody is at it any more.
        left: bool,
    },
    /// Its lock host was not asked, or gave no answer.
    Unasked {
        /// When the newest was recorded that is known of it here.
        since: Timestamp,
        /// Why, as a clause.
        why: String,
    },
}

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
    /// How it stands elsewhere, where that is not as it stands here or not known.
    pub elsewhere: Option<Elsewhere>,
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

/// What is known of several runs beside them.
#[derive(Debug, Clone, Default)]
pub struct Open {
    /// Those that go on while no console here is at them.
    pub left: Vec<RunId>,
    /// How those stand elsewhere of which that is not as they stand here or not known.
    pub elsewhere: Vec<(RunId, Elsewhere)>,
}

impl Open {
    /// How a run stands elsewhere.
    pub fn elsewhere(&self, run: &RunId) -> Option<&Elsewhere> {
        self.elsewhere.iter().find(|(known, _)| known == run).map(|(_, elsewhere)| elsewhere)
    }

    /// Whether nobody is at a run that goes on, as far as that is known.
    pub fn is_left(&self, run: &Run) -> bool {
        run.state == RunState::Running
            && match self.elsewhere(&run.id) {
                Some(Elsewhere::With { left, .. }) => *left,
                Some(Elsewhere::Unasked { .. }) | None => self.left.contains(&run.id),
            }
    }

    /// How long it took; of one that goes on who has it now, or how old what is known of it is.
    fn took(&self, run: &Run, now: Timestamp) -> String {
        match self.elsewhere(&run.id).filter(|_| run.state == RunState::Running) {
            Some(Elsewhere::With { person, workstation, left, .. }) => {
                let (person, workstation) = (clean(person), clean(workstation));
                format!("{} {person} from {workstation}", if *left { "by" } else { "with" })
            }
            Some(Elsewhere::Unasked { since, .. }) => format!("as known here, {}", ago(*since, now)),
            None if self.is_left(run) => String::new(),
            None => took(run),
        }
    }
}

/// How long ago something was.
fn ago(since: Timestamp, now: Timestamp) -> String {
    let span = Duration::try_from(now.duration_since(since)).unwrap_or_default();
    format!("{} ago", crate::domain::time::short(span))
}

/// A line for each run, in columns.
pub fn list(runs: &[Run], open: &Open, now: Timestamp) -> String {
    let rows: Vec<[String; 7]> = runs
        .iter()
        .map(|run| {
            [
                run.id.short().to_owned(),
                stamp(run.begun),
                if open.is_left(run) { "left open".to_owned() } else { run.verdict_told() },
                open.took(run, now),
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
