//! What a run came to: what was done where, how long it took, and what was left out.

use std::time::Duration;

use super::times::told;
use crate::domain::run::{RunState, RunStep, StepState};
use crate::domain::{Motion, PartId, Run};
use crate::state::deploy::Spent;
use crate::state::run_report::state_word;
use crate::text::Foreign;

/// The end of a run, as lines.
pub(super) fn summary(
    run: &Run,
    state: RunState,
    took: Duration,
    budget: Option<(Duration, Spent)>,
    motion: &Motion,
) -> String {
    let budget = match budget {
        Some((budget, Spent { time, over: Some(over), .. })) => {
            format!(", {} from the go: over its budget of {} by {}", told(time), told(budget), told(over))
        }
        Some((budget, spent)) => format!(", {} from the go of the {} it may take", told(spent.time), told(budget)),
        None => String::new(),
    };
    let title = Foreign::from(run.title.as_str()).plain();
    let verdict = Run { state, ..run.clone() }.verdict_told();
    let mut text = format!("\n{title}: {verdict} in {}{budget}\n", told(took));
    let rows = rows(&run.steps);
    let widest = rows.iter().map(|(word, ..)| crate::text::width(word)).max().unwrap_or(0);
    for (word, part, places) in rows {
        text.push_str(&format!("  {word:<widest$}  {part}  {}\n", places.join(", ")));
    }
    if !motion.is_empty() {
        text.push_str(&format!("  {}\n", motion.words()));
    }
    if state != RunState::Succeeded {
        text.push_str(&format!("  all that was printed: qd runs --id {} --output\n", run.id.short()));
    }
    text
}

type Row<'a> = (&'static str, &'a PartId, Vec<String>);

/// One for each part and each way in which it ended.
fn rows(steps: &[RunStep]) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for step in steps {
        let Some(part) = &step.part else { continue };
        let word = state_word(step);
        match rows.iter_mut().find(|(known, of, _)| (*known, *of) == (word, part)) {
            Some((.., places)) => places.push(place(step)),
            None => rows.push((word, part, vec![place(step)])),
        }
    }
    rows
}

fn place(step: &RunStep) -> String {
    let took = step.verdict.as_ref().filter(|verdict| !verdict.took.is_zero());
    let took = took.map(|verdict| format!(" {}", told(verdict.took))).unwrap_or_default();
    let by = step.by.as_ref().map(|by| format!(" by {}", Foreign::from(by.as_str()).plain())).unwrap_or_default();
    let tries = if step.attempt > 1 { format!(" at try {}", step.attempt) } else { String::new() };
    let note = step.note.plain();
    let why = match step.state {
        StepState::Verified | StepState::Planned | StepState::Intent | StepState::Started | StepState::Done => None,
        StepState::Failed | StepState::Skipped | StepState::Waived | StepState::Unknown => {
            Some(note).filter(|note| !note.is_empty())
        }
    };
    let what = match &step.service {
        Some(service) => format!("{service} on {}", step.host),
        None => step.host.to_string(),
    };
    format!("{what}{took}{tries}{by}{}", why.map(|why| format!(" ({why})")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::HostName;
    use crate::domain::run::StepVerdict;

    #[test]
    fn the_end_tells_what_was_done_where_and_what_was_left_out() {
        let step = |part: &str, host: &str, state, seconds| RunStep {
            part: Some(PartId::new(part).unwrap()),
            host: HostName::new(host).unwrap(),
            state,
            verdict: Some(StepVerdict { took: Duration::from_secs(seconds), checks: Vec::new() }),
            ..RunStep::default()
        };
        let mut left = step("pull", "web-3", StepState::Skipped, 0);
        (left.verdict, left.note) = (None, "web-3 was left out of this run".into());
        let run = crate::cli::run::told::tests::run(vec![
            step("pull", "web-1", StepState::Verified, 3),
            step("pull", "web-2", StepState::Verified, 4),
            left,
            RunStep { verdict: None, ..step("next", "web-1", StepState::Planned, 0) },
        ]);
        let (time, over) = (Duration::from_secs(25), Some(Duration::from_secs(5)));
        let spent = Spent { from: jiff::Timestamp::UNIX_EPOCH, time, over };
        let (took, budget) = (Duration::from_secs(30), (Duration::from_secs(20), spent));
        let told = summary(&run, RunState::Stopped, took, Some(budget), &Motion::default());
        for line in [
            "Clear the disk: stopped in 30 s, 25 s from the go: over its budget of 20 s by 5.0 s",
            "  done       pull  web-1 3.0 s, web-2 4.0 s",
            "  skipped    pull  web-3 (web-3 was left out of this run)",
            "  not begun  next  web-1",
        ] {
            assert!(told.lines().any(|told| told == line), "{line}\n{told}");
        }
    }
}
