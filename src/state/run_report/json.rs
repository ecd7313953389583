//! Runs as JSON: with the words of the store, and every step.

use serde::Serialize;

use super::{Beside, Elsewhere, Open, Printed, clean, rows};
use crate::domain::Run;
use crate::domain::run::{RunState, RunStep};

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
    /// Who confirmed it, when that was later than its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_by: Option<String>,
    /// That its windows were overridden.
    #[serde(skip_serializing_if = "Option::is_none")]
    overridden: Option<ToldOverride>,
    begun: String,
    /// When its go was given behind its gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<String>,
    ended: Option<String>,
    state: &'static str,
    /// The same in words, with what the state alone would hide.
    told: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<ToldDocument>,
    /// Whether it goes on and no console here is at it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    nobody: bool,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    nobody_since: Option<String>,
    /// Who else has taken it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<ToldOwner>,
    /// When the newest was recorded that is known of it, where its lock host did not say how it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    known_here: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    taken_over: Vec<ToldTakeover>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<ToldNotice>,
    steps: Vec<ToldStep>,
}

/// What a run of a procedure is bound to.
#[derive(Debug, Serialize)]
struct ToldDocument {
    procedure: String,
    digest: String,
    whole: bool,
    /// Of a secret only the name.
    given: Vec<(String, Option<String>)>,
}

/// Who allowed it outside the windows, and why.
#[derive(Debug, Serialize)]
struct ToldOverride {
    by: String,
    why: String,
}

/// Who has a run at another workstation.
#[derive(Debug, Serialize)]
struct ToldOwner {
    person: String,
    workstation: String,
    /// For how long they were not heard, if that is known.
    silent_ms: Option<u64>,
}

#[derive(Debug, Serialize)]
struct ToldTakeover {
    at: String,
    person: String,
    workstation: String,
}

/// What became of a notice to a channel.
#[derive(Debug, Serialize)]
struct ToldNotice {
    at: String,
    channel: String,
    event: &'static str,
    delivery: &'static str,
    why: String,
}

#[derive(Debug, Serialize)]
struct ToldOutput {
    attempt: u32,
    error: bool,
    /// Where the text begins, in bytes.
    offset: u64,
    /// How many bytes were printed and not kept.
    cut: u64,
    text: String,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// The tries before the last one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tries: Vec<ToldStep>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    output: Vec<ToldOutput>,
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
    pub fn of(runs: &[Run], open: &Open) -> Self {
        let told = |run: &Run| {
            let beside = Beside { elsewhere: open.elsewhere(&run.id).cloned(), ..Beside::default() };
            Told { nobody: open.is_left(run), ..Told::of(run, &beside) }
        };
        Self { version: 1, runs: runs.iter().map(told).collect() }
    }

    /// Of one, with all that is known of it.
    pub fn of_one(run: &Run, beside: &Beside) -> Self {
        Self { version: 1, runs: vec![Told::of(run, beside)] }
    }
}

impl Told {
    fn of(run: &Run, beside: &Beside) -> Self {
        let overridden = run.document.as_ref().and_then(|document| document.decided.overridden.as_ref());
        Self {
            id: run.id.to_string(),
            site: run.site.to_string(),
            environment: run.environment.to_string(),
            person: clean(&run.person),
            workstation: clean(&run.workstation),
            kind: clean(&run.kind),
            title: clean(&run.title),
            confirmed: clean(run.how_confirmed().0),
            confirmed_by: run.how_confirmed().1.map(clean),
            overridden: overridden.map(|one| ToldOverride { by: clean(&one.by), why: clean(&one.why) }),
            begun: run.begun.to_string(),
            gone: run.document.as_ref().and_then(|document| document.decided.gone).map(|at| at.to_string()),
            ended: run.ended.map(|at| at.to_string()),
            state: run.state.word(),
            told: run.verdict_told(),
            document: run.document.as_ref().map(|document| ToldDocument {
                procedure: document.name.to_string(),
                digest: clean(&document.digest),
                whole: document.whole,
                given: document
                    .given
                    .iter()
                    .map(|one| (one.name.to_string(), one.value.as_deref().map(rows)))
                    .collect(),
            }),
            nobody: beside.nobody.is_some(),
            nobody_since: beside.nobody.map(|at| at.to_string()),
            with: beside.elsewhere.as_ref().filter(|_| run.state == RunState::Running).and_then(ToldOwner::of),
            known_here: beside.elsewhere.as_ref().and_then(|elsewhere| match elsewhere {
                Elsewhere::Unasked { since, .. } => Some(since.to_string()),
                Elsewhere::With { .. } => None,
            }),
            taken_over: beside
                .takeovers
                .iter()
                .map(|(at, person, workstation)| ToldTakeover {
                    at: at.to_string(),
                    person: clean(person),
                    workstation: clean(workstation),
                })
                .collect(),
            notices: beside
                .notices
                .iter()
                .map(|notice| ToldNotice {
                    at: notice.at.to_string(),
                    channel: notice.channel.to_string(),
                    event: notice.occasion.word(),
                    delivery: notice.delivery.word(),
                    why: clean(&notice.why),
                })
                .collect(),
            steps: run.steps.iter().enumerate().map(|(number, step)| ToldStep::with(number, step, beside)).collect(),
        }
    }
}

impl ToldOwner {
    fn of(elsewhere: &Elsewhere) -> Option<Self> {
        match elsewhere {
            Elsewhere::With { person, workstation, silent, .. } => Some(Self {
                person: clean(person),
                workstation: clean(workstation),
                silent_ms: silent.and_then(|silent| u64::try_from(silent.as_millis()).ok()),
            }),
            Elsewhere::Unasked { .. } => None,
        }
    }
}

impl ToldOutput {
    fn of(printed: &Printed) -> Self {
        Self {
            attempt: printed.attempt,
            error: printed.error,
            offset: printed.offset,
            cut: printed.cut,
            text: super::lines(&printed.bytes).join("\n"),
        }
    }
}

impl ToldStep {
    fn with(number: usize, step: &RunStep, beside: &Beside) -> Self {
        let tries = beside.tries.iter().filter(|(of, _)| *of == number).map(|(_, step)| ToldStep::of(step));
        let output = beside.output.iter().filter(|printed| printed.step == number).map(ToldOutput::of);
        let title = beside.titles.iter().find(|(part, _)| step.part.as_ref() == Some(part));
        let title = title.map(|(_, title)| clean(title));
        Self { title, tries: tries.collect(), output: output.collect(), ..ToldStep::of(step) }
    }

    fn of(step: &RunStep) -> Self {
        Self {
            host: step.host.to_string(),
            service: step.service.as_ref().map(ToString::to_string),
            unit: step.unit.as_ref().map(ToString::to_string),
            command: rows(&step.command),
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
            part: step.part.as_ref().map(ToString::to_string),
            title: None,
            attempt: step.part.is_some().then_some(step.attempt),
            reason: step.reason.map(crate::domain::run::Reason::word),
            exit: step.exit,
            by: step.by.as_deref().map(clean),
            value: step.value.as_deref().map(rows),
            tries: Vec::new(),
            output: Vec::new(),
        }
    }
}
