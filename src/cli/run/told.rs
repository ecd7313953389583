//! What `qd run` prints: for people one line for each thing that happens, for programs one JSON object.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::Prepared;
use super::summary::summary;
use super::times::{Late, told};
use crate::cli::{Exit, output};
use crate::domain::channel::{Delivery, Told};
use crate::domain::motion::{Code, Motion};
use crate::domain::procedure::ProcedurePlan;
use crate::domain::run::{Go, RunState, RunStep, StepState};
use crate::domain::time::short_at_most;
use crate::domain::{InputName, PartId, Run, RunId};
use crate::port::procedure::{Awaited, Evidence, Need, Piece};
use crate::state::deploy::Spent;
use crate::state::procedures::wording::{database_stays, held_up};
use crate::state::procedures::{offered_told, part_json, plan_json, plan_told_with};
use crate::state::run_report::state_word;
use crate::text::Foreign;

/// A plan, part by part and host by host.
pub(super) fn plan(
    plan: &ProcedurePlan,
    prepared: &Prepared,
    (decided, found): (&BTreeMap<PartId, String>, &BTreeMap<InputName, String>),
) -> String {
    let expected = |part: &PartId| prepared.times.of(part);
    let procedure = prepared.environment.procedure(&plan.procedure);
    let (window, database) = beside(plan, prepared, decided);
    let window = window.into_iter().map(|told| format!("window: {told}"));
    let beside: Vec<String> = window.chain(database.iter().map(|told| format!("database: {told}"))).collect();
    plan_told_with(plan, procedure.map(Arc::as_ref), expected, &beside, decided, found).join("\n") + "\n"
}

/// The window that holds it up, and what becomes of the database.
fn beside(
    plan: &ProcedurePlan,
    prepared: &Prepared,
    decided: &BTreeMap<PartId, String>,
) -> (Option<String>, Vec<String>) {
    // What would be lost is no matter where nobody touches it.
    let stays = if prepared.database.is_empty() { None } else { database_stays(plan, decided) };
    let window = held_up(plan, &prepared.environment.windows, jiff::Timestamp::now());
    (window, stays.map_or_else(|| prepared.database.clone(), |told| vec![told]))
}

/// A plan that is only looked at: with the way back that somebody may choose when it fails.
pub(super) fn beforehand(shown: &ProcedurePlan, prepared: &Prepared, json: bool) -> String {
    let expected = |part: &PartId| prepared.times.of(part);
    let offered = prepared.offered.as_ref();
    if json {
        let (window, database) = beside(shown, prepared, &prepared.decided);
        let mut told = plan_json(shown, expected);
        (told["database"], told["window"]) = (json!(database), json!(window));
        let parts = |back: &ProcedurePlan| back.parts.iter().map(|part| part_json(part, expected)).collect::<Vec<_>>();
        told["offered_back"] = json!(offered.and_then(|back| back.as_ref().ok()).map(parts));
        return format!("{told:#}\n");
    }
    let mut text = plan(shown, prepared, (&prepared.decided, &BTreeMap::new()));
    if let Some(back) = offered {
        let procedure = prepared.environment.procedure(&shown.procedure);
        text.push_str(&(offered_told(shown, back, procedure.map(Arc::as_ref), expected).join("\n") + "\n"));
    }
    text
}

/// Prints what happens.
pub(super) struct Teller {
    pub(super) json: bool,
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
        Self { json, lines: BTreeMap::new() }
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

    /// That the lock is waited for: for people it is no part of what the run prints.
    pub(super) fn awaited(&self, awaited: &Awaited) -> Result<(), Exit> {
        let Awaited { told, lock, left } = awaited;
        output::complain(&format!("{told}. It is waited for, {} at most.", short_at_most(*left)));
        if !self.json {
            return Ok(());
        }
        let (lock, left) = (lock.as_ref(), u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
        output::print(&line(&json!({
            "event": "awaits_lock", "told": told, "left_ms": left, "token": lock.map(|lock| lock.token),
            "person": lock.map(|lock| &lock.holder.person), "login": lock.map(|lock| lock.login.plain()),
            "run": lock.and_then(|lock| lock.holder.run.as_ref()),
        })))
    }

    pub(super) fn step(&mut self, run: &Run, number: usize, step: &RunStep, usual: Option<Duration>) -> String {
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
        let what = name(step);
        let note = step.note.plain();
        let known = run.steps.get(number);
        let goes_on = known.is_some_and(|known| (known.state, known.attempt) == (step.state, step.attempt));
        let words = match step.state {
            StepState::Planned => return text,
            StepState::Intent if note.is_empty() => return text,
            StepState::Intent => "begins".to_owned(),
            StepState::Started if goes_on => "goes on".to_owned(),
            StepState::Started if step.attempt > 1 => format!("started, try {}", step.attempt),
            StepState::Started => "started".to_owned(),
            StepState::Done
            | StepState::Verified
            | StepState::Failed
            | StepState::Skipped
            | StepState::Waived
            | StepState::Unknown => state_word(step).to_owned(),
        };
        let usual = usual.filter(|_| step.state == StepState::Started && !goes_on);
        let usual = usual.map(|usual| format!(" (usually {})", told(usual))).unwrap_or_default();
        let by = step.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let took = step.verdict.as_ref().filter(|verdict| !verdict.took.is_zero());
        let took = took.map(|verdict| format!(" in {}", told(verdict.took)));
        // What is under way already is told by its note alone.
        let words = if goes_on && !note.is_empty() && !step.state.is_final() { String::new() } else { words };
        let note = if note.is_empty() || words.is_empty() { note } else { format!(": {note}") };
        text.push_str(&format!(
            "[{}/{}] {what}: {words}{usual}{by}{}{note}\n",
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

    /// What became of a notice to a channel: what was delivered is told to programs only.
    pub(super) fn notice(&self, run: &RunId, told: &Told) -> Result<(), Exit> {
        if self.json {
            return output::print(&line(&json!({
                "event": "notice", "run": run, "channel": told.channel, "on": told.occasion.word(),
                "delivery": told.delivery.word(), "why": told.why,
            })));
        }
        if told.delivery != Delivery::Delivered {
            output::complain(&told.sentence());
        }
        Ok(())
    }

    /// Something takes longer than it should.
    pub(super) fn late(&self, run: &Run, late: &Late) -> String {
        let millis = |time: &Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match (late, self.json) {
            (Late::Step(number, so_far, usual), true) => line(&json!({
                "event": "late", "run": run.id, "step": number, "so_far_ms": millis(so_far), "usual_ms": millis(usual),
            })),
            (Late::Budget(budget, over), true) => line(&json!({
                "event": "over_budget", "run": run.id, "budget_ms": millis(budget), "over_ms": millis(over),
            })),
            (Late::Step(number, so_far, usual), false) => {
                let what = run.steps.get(*number).map(name).unwrap_or_default();
                let (so_far, usual) = (told(*so_far), told(*usual));
                format!("[{}/{}] {what}: goes on for {so_far}, usually {usual}\n", number + 1, run.steps.len())
            }
            (Late::Budget(budget, over), false) => {
                format!("over its budget of {} from the go by {}\n", told(*budget), told(*over))
            }
        }
    }

    /// Which services run new code and which run old, after one of them came to stand otherwise.
    pub(super) fn moved(&self, run: &RunId, motion: &Motion) -> String {
        if self.json {
            return line(&json!({ "event": "moved", "run": run, "code": code(motion) }));
        }
        format!("    {}\n", motion.words())
    }

    /// How it ended, with what was done and what was left out.
    pub(super) fn ended(
        &self,
        run: &Run,
        state: RunState,
        took: Duration,
        budget: Option<(Duration, Spent)>,
        motion: &Motion,
    ) -> String {
        if self.json {
            let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let steps: Vec<_> = run.steps.iter().enumerate().map(|(number, step)| value(number, step)).collect();
            return line(
                &json!({ "event": "ended", "run": run.id, "state": state.word(), "took_ms": took, "steps": steps,
                "code": code(motion) }),
            );
        }
        summary(run, state, took, budget, motion)
    }
}

fn code(motion: &Motion) -> serde_json::Value {
    let of = |code: Code| (code.word().to_owned(), json!(motion.those(code)));
    serde_json::Value::Object(Code::ALL.into_iter().map(of).collect())
}

fn name(step: &RunStep) -> String {
    match (&step.part, &step.service) {
        (Some(part), Some(service)) if part.as_str() != service.as_str() => {
            format!("{part}, {service} on {}", step.host)
        }
        (Some(part), _) => format!("{part} on {}", step.host),
        (None, _) => step.host.to_string(),
    }
}

fn value(number: usize, step: &RunStep) -> serde_json::Value {
    json!({
        "number": number, "part": step.part, "host": step.host, "service": step.service, "state": step.state.word(), "attempt": step.attempt,
        "reason": step.reason.map(|reason| reason.word()), "exit": step.exit, "by": step.by, "value": step.value,
        "took_ms": step.verdict.as_ref().map(|verdict| u64::try_from(verdict.took.as_millis()).unwrap_or(u64::MAX)),
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
pub(super) fn need(
    run: &Run,
    need: &Need,
    title: impl Fn(&PartId) -> String,
    secret: impl Fn(&InputName) -> bool,
) -> (String, String) {
    let step = |number: &usize| run.steps.get(*number).map(name).unwrap_or_default();
    let part = |part: &PartId| match title(part) {
        title if title.is_empty() => part.to_string(),
        title => format!("\"{title}\" (#{part})"),
    };
    let failure = "--on-failure abort, skip, retry or rollback";
    match need {
        Need::Tick(id) => (format!("{} must be attested", part(id)), format!("--tick {id}=NOTE")),
        Need::Choose(id) => (format!("{} must be decided", part(id)), format!("--answer {id}=WORD")),
        Need::Tell(names) => {
            let words: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            let flag = |name: &InputName| match secret(name) {
                true => format!("--input-file {name}=FILE"),
                false => format!("--input {name}=VALUE"),
            };
            let flags: Vec<String> = names.iter().map(flag).collect();
            (format!("{} must be told", words.join(", ")), flags.join(" "))
        }
        Need::Failure(number, _) => (format!("{} failed", step(number)), failure.to_owned()),
        Need::Unknown(number, _) => (
            format!("whether {} happened is not known", step(number)),
            "--on-failure abort or skip; it is never tried again by itself".to_owned(),
        ),
        Need::Terminal(number) => {
            (format!("{} needs a terminal", step(number)), "no flag does, only a terminal".to_owned())
        }
        Need::Go => (
            match run.document.as_ref().map(|document| document.decided.go) {
                Some(Go::Waits) => "the gate is passed: the rest waits for a go".to_owned(),
                Some(Go::Unasked | Go::Given) | None => "what is left waits to be confirmed".to_owned(),
            },
            "--yes, or --confirm where the environment is protected".to_owned(),
        ),
        Need::Window(opening, role) => (
            format!("nothing more is changed outside the windows: {}", opening.told(jiff::Timestamp::now())),
            match role {
                Some(role) => format!("--override-window REASON, of somebody with the role {role}"),
                None => "no flag does: the site lets nobody override it".to_owned(),
            },
        ),
        Need::Paused => ("the run is paused".to_owned(), "whoever goes on with it".to_owned()),
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
pub(in crate::cli) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A run of these steps.
    pub(in crate::cli) fn run(steps: Vec<RunStep>) -> Run {
        Run {
            id: RunId::new("01939a2e-77aa-7c11-8f3e-0123456789ab").unwrap(),
            site: crate::domain::SiteName::new("shop").unwrap(),
            environment: crate::domain::EnvName::new("lab").unwrap(),
            person: "ada".to_owned(),
            workstation: "ada@desk".to_owned(),
            kind: "runbook".to_owned(),
            title: "Clear the disk".to_owned(),
            confirmed: "yes".to_owned(),
            begun: jiff::Timestamp::UNIX_EPOCH,
            ended: None,
            state: RunState::Running,
            document: None,
            steps,
        }
    }

    #[test]
    fn each_need_names_the_flag_that_answers_it() {
        let run = run(vec![RunStep { part: Some(PartId::new("pull").unwrap()), ..RunStep::default() }]);
        let (part, name) = (PartId::new("look").unwrap(), InputName::new("token").unwrap());
        for (what, flag) in [
            (Need::Tick(part.clone()), "--tick look=NOTE"),
            (Need::Choose(part), "--answer look=WORD"),
            (Need::Tell(vec![name.clone()]), "--input-file token=FILE"),
            (Need::Failure(0, Box::default()), "--on-failure"),
            (Need::Unknown(0, Box::default()), "--on-failure"),
        ] {
            let (words, said) = need(&run, &what, |_| "Look".to_owned(), |asked| *asked == name);
            assert!(said.contains(flag), "{words}: {said}");
        }
    }

    #[test]
    fn one_line_of_fifty_megabytes_is_read_once_and_shown_cut_with_its_size() {
        let step = RunStep { host: crate::domain::HostName::new("db-1").unwrap(), ..RunStep::default() };
        let (run, begun) = (run(vec![step]), std::time::Instant::now());
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
        assert!(teller.step(&run, 0, &ended, None).starts_with("db-1 | rest\n"));
    }
}
