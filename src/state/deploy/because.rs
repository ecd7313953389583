//! Why a run did not come to a good end: the step that did not end well, what its guard saw last, and whether the way back
//! was begun by rule or by a person.

use super::Wizard;
use crate::domain::procedure::{Back, Role};
use crate::domain::run::{Reason, RunStep, StepState};
use crate::state::procedures::guarded::{GuardStand, rows};
use crate::state::procedures::printed::Line;
use crate::state::releases::Known;
use crate::text::Foreign;

/// Why a step did not end well, each thing said once: what a note tells in its own words is not said beside it.
fn why(step: &RunStep) -> String {
    let lead = match (step.reason, step.exit) {
        (Some(Reason::GuardFailed), _) => Some("its guard tripped".to_owned()),
        (_, Some(exit)) if exit != 0 => Some(format!("exit {exit}")),
        (Some(reason), _) => Some(reason.word().to_owned()),
        (None, _) => None,
    };
    let note = step.note.plain();
    let status = step.exit.filter(|exit| *exit != 0).map(|exit| exit.to_string());
    // By what a note shows that it tells the reason itself.
    let sign = status.as_deref().or(step.reason.map(|reason| match reason {
        Reason::NonZeroExit => "signal",
        Reason::Timeout => "longer",
        Reason::Unreachable => "reach",
        Reason::Refused => "refus",
        Reason::Cancelled => "cancel",
        Reason::GuardFailed => "guard",
        Reason::Inconclusive => "inconclusive",
    }));
    let is_told = sign.is_some_and(|sign| note.contains(sign));
    let why: Vec<String> =
        lead.filter(|_| !is_told).into_iter().chain(Some(note).filter(|one| !one.is_empty())).collect();
    if why.is_empty() { "it did not end well".to_owned() } else { why.join(", ") }
}

/// Of what was printed, so many of the last lines are looked through for what tells most.
const LOOKED: usize = 400;
/// So many of them are shown: the first ones, and the last.
const FIRST: usize = 2;

/// Words by which a line is known that says what went wrong.
const WRONG: &[&str] = &[
    "error",
    "fatal",
    "fail",
    "cannot",
    "can't",
    "could not",
    "denied",
    "no such",
    "not found",
    "panic",
    "exception",
    "refused",
    "no space",
];

/// The few lines that tell most of why it ended so.
fn telling(lines: impl IntoIterator<Item = (Foreign, bool)>) -> Vec<(Foreign, bool)> {
    // A line of a word or two, such as the lead alone, tells nothing.
    let lines: Vec<(Foreign, bool)> =
        lines.into_iter().filter(|(text, _)| text.plain().split_whitespace().nth(2).is_some()).collect();
    let wrong = |text: &Foreign| {
        let text = text.plain().to_lowercase();
        WRONG.iter().any(|word| text.contains(word))
    };
    let of = |is: &dyn Fn(&(Foreign, bool)) -> bool| lines.iter().filter(|line| is(line)).cloned().collect::<Vec<_>>();
    let found = [of(&|(text, _)| wrong(text)), of(&|(_, error)| *error)].into_iter().find(|found| !found.is_empty());
    match found {
        Some(mut found) if found.len() > FIRST + 1 => {
            found.drain(FIRST..found.len() - 1);
            found
        }
        Some(found) => found,
        None => lines.get(lines.len().saturating_sub(FIRST + 1)..).unwrap_or_default().to_vec(),
    }
}

impl Wizard<'_> {
    /// The first step that did not end well, and why; nothing where all did.
    pub fn because(&self) -> Option<String> {
        let (_, step) = self.broke()?;
        let title = step.part.as_ref().map(|id| self.title_of(id));
        let title = title.unwrap_or_else(|| "a step".to_owned());
        let title = title.trim_end_matches('.');
        let place = if step.host.as_str() == "here" { String::new() } else { format!(" on {}", step.host) };
        Some(format!("\u{201c}{title}\u{201d}{place}: {}", why(step)))
    }

    /// What was seen last of what ended it: a line for each figure of its guard that was not good, else for each check.
    pub fn last_seen(&self) -> Vec<String> {
        let Some((number, step)) = self.broke() else { return Vec::new() };
        let guarded = self.conduct.and_then(|conduct| conduct.guarded.get(&number));
        if let Some(watching) = guarded {
            let bad =
                |stand: GuardStand| matches!(stand, GuardStand::Tripped | GuardStand::Unsure | GuardStand::Wavers);
            let rows = rows(watching).into_iter().filter(|row| bad(row.stand));
            return rows
                .map(|row| {
                    let limits = if row.limits.is_empty() { String::new() } else { format!(", limit {}", row.limits) };
                    format!("{} {}{limits}, {}", row.name, row.value, row.counts)
                })
                .collect();
        }
        let checks = step.verdict.iter().flat_map(|verdict| &verdict.checks);
        let said = checks.filter(|check| !check.told.is_empty() && check.told.raw() != step.note.raw());
        said.map(|check| format!("{} {}", Foreign::from(check.name.as_str()).plain(), check.told.plain())).collect()
    }

    /// What was printed last by what ended it: lines that look like an error first, else those on standard error, else the
    /// last; the second word says whether a line was on standard error.
    pub fn said_last(&self) -> Vec<(Foreign, bool)> {
        let Some((number, _)) = self.broke().filter(|(_, step)| !step.command.is_empty()) else { return Vec::new() };
        let printed = self.conduct.and_then(|conduct| conduct.newest(number));
        let Some(printed) = printed else { return Vec::new() };
        let count = printed.count();
        let lines = (count.saturating_sub(LOOKED)..count).filter_map(|place| printed.line(place));
        telling(lines.filter_map(|line| match line {
            Line::Said(text, error) => Some((text, error)),
            Line::Missing(_) => None,
        }))
    }

    /// Which release this rollback has taken back, as far as that is recorded: its version.
    pub fn took_back(&self, known: &Known) -> Option<String> {
        let history = &known.releases.as_ref()?.history;
        let own = history.of_run(&self.run()?.id)?;
        history.took_back(own).map(|taken| history.word(taken).plain())
    }

    /// How its way back was begun: by rule, or by whom; nothing where none was.
    pub fn rolled_back_by(&self) -> Option<String> {
        let run = self.run().filter(|run| run.rolls_back())?;
        let by_rule = self.sheet.procedure.header.back == Back::Auto && self.broke().is_some();
        if by_rule {
            return Some("by rule".to_owned());
        }
        let (_, later) = run.how_confirmed();
        Some(format!("by {}", Foreign::from(later.unwrap_or(&run.person)).plain()))
    }

    /// How the run came out, as its last page says it: who rolled it back, or that what it did was left.
    pub fn verdict_in_full(&self) -> Option<String> {
        let told = self.verdict()?;
        let run = self.run()?;
        if run.is_rolled_back() {
            let by = self.rolled_back_by().map(|by| format!(" {by}")).unwrap_or_default();
            let nothing = if run.had_nothing_to_take_back() { ", nothing to take back" } else { "" };
            return Some(format!("rolled back{by}{nothing}"));
        }
        let is_left = run.state != crate::domain::run::RunState::Succeeded && !run.rolls_back() && self.has_begun();
        Some(if is_left { format!("{told}, left as it is") } else { told })
    }

    /// The first step before the way back that failed, or of which nobody knows.
    fn broke(&self) -> Option<(usize, &RunStep)> {
        let run = self.run()?;
        let of_order = |step: &RunStep| {
            let part = step.part.as_ref().and_then(|id| self.sheet.part_of(id));
            let part = part.and_then(|place| self.sheet.procedure.parts.get(place));
            part.is_some_and(|part| self.sheet.procedure.role(part) != Role::Rollback)
        };
        let bad = |step: &RunStep| {
            matches!(step.state, StepState::Failed | StepState::Unknown) || step.is_given_up() && step.reason.is_some()
        };
        let broken = run.steps.iter().enumerate().filter(|(_, step)| of_order(step) && bad(step));
        broken.min_by_key(|(number, step)| (step.state == StepState::Skipped, step.at, *number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_tell_most_are_those_that_look_like_an_error() {
        let told = |lines: &[(&str, bool)]| {
            let lines = lines.iter().map(|(text, error)| (Foreign::from(*text), *error));
            telling(lines).into_iter().map(|(text, _)| text.plain()).collect::<Vec<_>>()
        };
        let npm = [
            ("added 3 packages in 1s", false),
            ("npm error code EUSAGE", true),
            ("npm error", true),
            ("npm error `npm ci` can only install packages when both files are in sync", true),
            ("npm error Missing: left-pad@1.3.0 from lock file", true),
            ("npm error A complete log of this run can be found in: /tmp/log", true),
        ];
        assert_eq!(told(&npm), [npm[1].0, npm[3].0, npm[5].0]);
        let plain = [("one two three", false), ("to the other side", true), ("four five six", false)];
        assert_eq!(told(&plain), ["to the other side"]);
        let last = ["a b 1", "a b 2", "a b 3", "a b 4"].map(|line| (line, false));
        assert_eq!(told(&last), ["a b 2", "a b 3", "a b 4"]);
        assert!(told(&[]).is_empty());
    }

    #[test]
    fn why_a_step_did_not_end_well_is_said_once() {
        let told = |reason, exit, note: &str| {
            why(&RunStep { reason: Some(reason), exit, note: note.into(), ..RunStep::default() })
        };
        let guard = "guard failed: backend/errors: 2 answers failed, more than the 1 that may";
        assert_eq!(told(Reason::GuardFailed, None, guard), guard);
        assert_eq!(told(Reason::GuardFailed, None, ""), "its guard tripped");
        let stands = "api.service is not active";
        assert_eq!(told(Reason::GuardFailed, None, stands), format!("its guard tripped, {stands}"));
        let left = "its command left with status 7";
        assert_eq!(told(Reason::NonZeroExit, Some(7), left), left);
        assert_eq!(told(Reason::NonZeroExit, Some(7), ""), "exit 7");
        assert_eq!(told(Reason::NonZeroExit, Some(7), "no space left"), "exit 7, no space left");
        let signal = "its command was ended by signal 9";
        assert_eq!(told(Reason::NonZeroExit, None, signal), signal);
        let cancelled = "cancelled: everything of it was ended";
        assert_eq!(told(Reason::Cancelled, None, cancelled), cancelled);
        let late = "it took longer than its 5m and was ended";
        assert_eq!(told(Reason::Timeout, None, late), late);
        assert_eq!(why(&RunStep::default()), "it did not end well");
    }
}
