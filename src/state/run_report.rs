//! Runs as `qd runs` prints them: a line each, one in full, or JSON.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::Run;
use crate::domain::run::{RunState, RunStep};
use crate::text::{Foreign, fit, width};

/// Runs for a script.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// The version of this form.
    pub version: u32,
    /// The runs, the newest first.
    pub runs: Vec<Told>,
}

/// A run for a script.
#[derive(Debug, Serialize)]
pub struct Told {
    id: String,
    site: String,
    environment: String,
    person: String,
    workstation: String,
    kind: String,
    title: String,
    confirmed: String,
    begun: String,
    ended: Option<String>,
    state: &'static str,
    steps: Vec<ToldStep>,
}

#[derive(Debug, Serialize)]
struct ToldStep {
    host: String,
    service: Option<String>,
    unit: Option<String>,
    command: String,
    state: &'static str,
    at: Option<String>,
    invocation_before: String,
    invocation: String,
    note: String,
    verdict: Option<ToldVerdict>,
}

#[derive(Debug, Serialize)]
struct ToldVerdict {
    took_ms: u64,
    checks: Vec<ToldCheck>,
}

#[derive(Debug, Serialize)]
struct ToldCheck {
    name: String,
    finding: &'static str,
    told: String,
}

impl Listed {
    /// Of these.
    pub fn of(runs: &[Run]) -> Self {
        Self { version: 1, runs: runs.iter().map(Told::of).collect() }
    }
}

impl Told {
    fn of(run: &Run) -> Self {
        Self {
            id: run.id.to_string(),
            site: run.site.to_string(),
            environment: run.environment.to_string(),
            person: clean(&run.person),
            workstation: clean(&run.workstation),
            kind: clean(&run.kind),
            title: clean(&run.title),
            confirmed: clean(&run.confirmed),
            begun: run.begun.to_string(),
            ended: run.ended.map(|at| at.to_string()),
            state: run.state.word(),
            steps: run.steps.iter().map(ToldStep::of).collect(),
        }
    }
}

impl ToldStep {
    fn of(step: &RunStep) -> Self {
        Self {
            host: step.host.to_string(),
            service: step.service.as_ref().map(ToString::to_string),
            unit: step.unit.as_ref().map(ToString::to_string),
            command: clean(&step.command),
            state: step.state.word(),
            at: step.at.map(|at| at.to_string()),
            invocation_before: clean(&step.invocation_before),
            invocation: clean(&step.invocation),
            note: step.note.plain(),
            verdict: step.verdict.as_ref().map(|verdict| ToldVerdict {
                took_ms: u64::try_from(verdict.took.as_millis()).unwrap_or(u64::MAX),
                checks: verdict
                    .checks
                    .iter()
                    .map(|check| ToldCheck {
                        name: clean(&check.name),
                        finding: check.finding.word(),
                        told: check.told.plain(),
                    })
                    .collect(),
            }),
        }
    }
}

/// A line for each run, in columns.
pub fn list(runs: &[Run]) -> String {
    let rows: Vec<[String; 7]> = runs
        .iter()
        .map(|run| {
            [
                run.id.short().to_owned(),
                stamp(run.begun),
                run.state.word().to_owned(),
                took(run),
                clean(&run.person),
                format!("{}/{}", run.site, run.environment),
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

/// One run with everything that is known of it.
pub fn in_full(run: &Run) -> String {
    let mut text = format!(
        "{}\n{}{}\n\nrun       {}\nwhere     {}/{}\nbegun     {} UTC\nby        {} from {}, confirmed: {}\n",
        clean(&run.title),
        run.state.word(),
        if run.ended.is_some() { format!(" after {}", took(run)) } else { String::new() },
        run.id,
        run.site,
        run.environment,
        stamp(run.begun),
        clean(&run.person),
        clean(&run.workstation),
        clean(&run.confirmed),
    );
    for step in &run.steps {
        let subject = step.service.as_ref().map(ToString::to_string).or(step.unit.as_ref().map(ToString::to_string));
        text.push_str(&format!("\n{} {}: {}", step.host, subject.unwrap_or_default(), step.state.word()));
        if let Some(verdict) = &step.verdict {
            text.push_str(&format!(" in {:.1}s", verdict.took.as_secs_f64()));
        }
        if let Some(at) = step.at {
            text.push_str(&format!(" at {}", stamp(at)));
        }
        text.push_str(&format!("\n  $ {}\n", clean(&step.command)));
        if !step.note.is_empty() {
            text.push_str(&format!("  {}\n", step.note.plain()));
        }
        for check in step.verdict.iter().flat_map(|verdict| &verdict.checks) {
            let told = check.told.plain();
            let told = if told.is_empty() { told } else { format!(": {told}") };
            text.push_str(&format!("  {} {}{told}\n", check.finding.word(), clean(&check.name)));
        }
        if !step.invocation.is_empty() {
            let before = clean(&step.invocation_before);
            let before = if before.is_empty() { "none".to_owned() } else { before };
            text.push_str(&format!("  invocation {}, before it {before}\n", clean(&step.invocation)));
        }
    }
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
