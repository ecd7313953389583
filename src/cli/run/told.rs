//! What `qd run` prints: for people one line for each thing that happens, for programs one JSON object.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::domain::procedure::{Danger, ProcedurePlan};
use crate::domain::run::{RunStep, StepState};
use crate::domain::time::short;
use crate::domain::{Run, RunId};
use crate::port::procedure::{Evidence, Need, Past, Piece};
use crate::text::Foreign;

/// A plan, part by part and host by host.
pub(super) fn plan(plan: &ProcedurePlan) -> String {
    let mut text = format!("{} on {} of {}", plan.title, plan.environment, plan.site);
    text.push_str(&format!(" ({}, {} parts)\n", plan.danger().word(), plan.parts.len()));
    for given in &plan.given {
        let value = given.value.as_deref().map_or("(secret)".to_owned(), |value| Foreign::from(value).plain());
        text.push_str(&format!("  {} = {value}\n", given.name));
    }
    for part in &plan.parts {
        let grade = match part.danger {
            Danger::Read if part.is_declared_read() => "read (declared)",
            Danger::Read => "",
            Danger::Change | Danger::Destructive => part.danger.word(),
        };
        text.push_str(&format!("\n{}  {}  {} {grade}\n", part.part, part.title.plain(), part.kind));
        let mut last: Option<&str> = None;
        for job in &part.jobs {
            let root = if job.become_root.is_some() { " as root" } else { "" };
            text.push_str(&format!("  on {}{root}\n", job.host));
            if last == Some(&job.script.text) || job.script.text.is_empty() {
                continue;
            }
            last = Some(&job.script.text);
            for line in job.script.text.lines() {
                text.push_str(&format!("    {}\n", Foreign::from(line).plain()));
            }
        }
    }
    text
}

/// Prints what happens.
pub(super) struct Teller {
    pub(super) json: bool,
    /// What is known from runs before.
    pub(super) past: Past,
    /// What of a line has come so far, by step and stream.
    lines: BTreeMap<(usize, bool), Open>,
}

/// A line that is not complete.
#[derive(Debug, Default)]
struct Open {
    bytes: Vec<u8>,
    /// How long it is, with what is not kept.
    long: u64,
}

/// So much of a line is shown; of what is longer its size is told.
const LONGEST: usize = 8 << 10;

impl Open {
    fn take(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.bytes.len()).min(bytes.len());
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or_default());
        self.long += bytes.len() as u64;
    }

    fn told(self, run: &Run, number: usize) -> String {
        let cut = self.long > self.bytes.len() as u64;
        let mut text = prefixed(run, number, &self.bytes);
        if cut {
            text.pop();
            text.push_str(&format!(" … (cut: the line has {} bytes)\n", self.long));
        }
        text
    }
}

impl Teller {
    pub(super) fn new(json: bool) -> Self {
        Self { json, past: Past::default(), lines: BTreeMap::new() }
    }

    pub(super) fn begun(&self, run: &Run) -> String {
        if self.json {
            let steps: Vec<_> = run.steps.iter().enumerate().map(|(number, step)| value(number, step)).collect();
            return line(&json!({ "event": "begun", "run": run.id, "title": run.title, "steps": steps }));
        }
        format!(
            "run {} {}\n",
            run.id,
            if run.steps.iter().all(|step| step.state == StepState::Planned) { "begins" } else { "goes on" }
        )
    }

    pub(super) fn step(&mut self, run: &Run, number: usize, step: &RunStep) -> String {
        if self.json {
            return line(&json!({ "event": "step", "run": run.id, "step": value(number, step) }));
        }
        let mut text = String::new();
        if step.state.is_final() {
            for error in [false, true] {
                if let Some(rest) = self.lines.remove(&(number, error)).filter(|rest| rest.long > 0) {
                    text.push_str(&rest.told(run, number));
                }
            }
        }
        let what = format!("{} on {}", step.part.as_ref().map(ToString::to_string).unwrap_or_default(), step.host);
        let note = step.note.plain();
        let known = run.steps.get(number);
        let goes_on = known.is_some_and(|known| (known.state, known.attempt) == (step.state, step.attempt));
        let words = match step.state {
            StepState::Planned => return text,
            StepState::Intent if note.is_empty() => return text,
            StepState::Intent => "begins".to_owned(),
            StepState::Started if goes_on => "goes on".to_owned(),
            StepState::Started if step.attempt > 1 => format!("started, try {}", step.attempt),
            StepState::Started => match step.part.as_ref().and_then(|part| self.past.expected(part, &step.host)) {
                Some(usual) if usual >= Duration::from_secs(2) => format!("started, usually {}", short(usual)),
                Some(_) | None => "started".to_owned(),
            },
            StepState::Done => "done".to_owned(),
            state => state.word().to_owned(),
        };
        let by = step.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let took = step.verdict.as_ref().map(|verdict| format!(" in {:.1} s", verdict.took.as_secs_f64()));
        // What is under way already is told by its note alone.
        let words = if goes_on && !note.is_empty() && !step.state.is_final() { String::new() } else { words };
        let note = if note.is_empty() || words.is_empty() { note } else { format!(": {note}") };
        text.push_str(&format!(
            "[{}/{}] {what}: {words}{by}{}{note}\n",
            number + 1,
            run.steps.len(),
            took.unwrap_or_default()
        ));
        text
    }

    /// Whole lines; what is no whole line yet waits for its rest.
    pub(super) fn output(&mut self, run: &Run, piece: &Piece) -> String {
        if self.json {
            let text = String::from_utf8_lossy(piece.bytes.raw()).into_owned();
            return line(&json!({
                "event": "output", "run": run.id, "step": piece.step, "attempt": piece.attempt,
                "stream": if piece.error { "stderr" } else { "stdout" }, "offset": piece.offset, "text": text,
            }));
        }
        let open = self.lines.entry((piece.step, piece.error)).or_default();
        let mut text = String::new();
        let mut parts = piece.bytes.raw().split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            open.take(part);
            if parts.peek().is_some() {
                text.push_str(&std::mem::take(open).told(run, piece.step));
            }
        }
        text
    }

    pub(super) fn need(&self, run: &RunId, words: &str, flag: &str) -> String {
        if self.json {
            return line(&json!({ "event": "needs", "run": run, "what": words, "flag": flag }));
        }
        format!("{words}\n")
    }

    pub(super) fn ended(&self, run: &Run, word: &str) -> String {
        if self.json {
            return line(&json!({ "event": "ended", "run": run.id, "state": word }));
        }
        let count = |state| run.steps.iter().filter(|step| step.state == state).count();
        format!(
            "{}: {word} ({} done, {} failed, {} skipped, {} unknown)\n",
            Foreign::from(run.title.as_str()).plain(),
            count(StepState::Verified),
            count(StepState::Failed),
            count(StepState::Skipped),
            count(StepState::Unknown)
        )
    }
}

fn value(number: usize, step: &RunStep) -> serde_json::Value {
    json!({
        "number": number, "part": step.part, "host": step.host, "state": step.state.word(), "attempt": step.attempt,
        "reason": step.reason.map(|reason| reason.word()), "exit": step.exit, "by": step.by, "value": step.value,
        "note": step.note.plain(), "command": step.command,
    })
}

fn line(value: &serde_json::Value) -> String {
    format!("{value}\n")
}

fn prefixed(run: &Run, number: usize, bytes: &[u8]) -> String {
    let host = run.steps.get(number).map(|step| step.host.to_string()).unwrap_or_default();
    format!("{host} | {}\n", Foreign::from(bytes).plain())
}

/// What a run waits for, and the flag that answers it.
pub(super) fn need(run: &Run, need: &Need) -> (String, String) {
    let step = |number: &usize| {
        let step = run.steps.get(*number);
        step.map(|step| format!("{} on {}", step.part.as_ref().map(ToString::to_string).unwrap_or_default(), step.host))
    };
    match need {
        Need::Tick(part) => (format!("{part} must be attested"), format!("--tick {part}=NOTE")),
        Need::Choose(part) => (format!("{part} must be decided"), format!("--answer {part}=WORD")),
        Need::Tell(names) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            (format!("{} must be told", names.join(", ")), format!("--input {}=VALUE", names.join("=VALUE --input ")))
        }
        Need::Failure(number, _) => (
            format!("{} failed", step(number).unwrap_or_default()),
            "--on-failure abort or --on-failure skip".to_owned(),
        ),
        Need::Unknown(number, _) => (
            format!("whether {} happened is not known", step(number).unwrap_or_default()),
            "--on-failure abort or --on-failure skip".to_owned(),
        ),
        Need::Terminal(number) => {
            (format!("{} needs a terminal", step(number).unwrap_or_default()), "a terminal".to_owned())
        }
        Need::Paused => ("the run is paused".to_owned(), "--resume".to_owned()),
    }
}

/// The evidence of a failure, for people.
pub(super) fn evidence(evidence: &Evidence) -> String {
    let mut text = String::new();
    for (title, said) in &evidence.looked {
        text.push_str(&format!("  {title}\n"));
        for line in said.raw().split(|byte| *byte == b'\n') {
            text.push_str(&format!("    {}\n", Foreign::from(line).plain()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::{HostName, RunId, SiteName};

    fn run() -> Run {
        Run {
            id: RunId::new("01939a2e-77aa-7c11-8f3e-0123456789ab").unwrap(),
            site: SiteName::new("shop").unwrap(),
            environment: crate::domain::EnvName::new("lab").unwrap(),
            person: String::new(),
            workstation: String::new(),
            kind: String::new(),
            title: String::new(),
            confirmed: String::new(),
            begun: jiff::Timestamp::UNIX_EPOCH,
            ended: None,
            state: crate::domain::run::RunState::Running,
            document: None,
            steps: vec![RunStep { host: HostName::new("db-1").unwrap(), ..RunStep::default() }],
        }
    }

    #[test]
    fn one_line_of_fifty_megabytes_is_read_once_and_shown_cut_with_its_size() {
        let (run, begun) = (run(), std::time::Instant::now());
        let mut teller = Teller::new(false);
        let (bytes, mut told, mut offset) = (vec![b'x'; 8 << 10], String::new(), 0);
        let mut piece = |bytes: &[u8]| {
            let piece = Piece { step: 0, attempt: 1, error: false, offset, bytes: bytes.to_vec().into() };
            offset += bytes.len() as u64;
            told.push_str(&teller.output(&run, &piece));
        };
        (0..6400).for_each(|_| piece(&bytes));
        piece(b"\nshort\n\nrest");
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(120), "each byte is looked at once: {took:?}");
        let (cut, rest) = told.split_once('\n').unwrap();
        assert!(cut.starts_with("db-1 | xxx") && cut.ends_with("x … (cut: the line has 52428800 bytes)"));
        assert!(cut.len() < 2 * LONGEST, "{}", cut.len());
        assert_eq!(rest, "db-1 | short\ndb-1 | \n");
        let ended = RunStep { state: StepState::Verified, ..run.steps[0].clone() };
        assert!(teller.step(&run, 0, &ended).starts_with("db-1 | rest\n"));
    }
}
