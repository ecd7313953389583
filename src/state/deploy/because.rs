//! Why a run did not come to a good end: the step that did not end well, what its guard saw last, and whether the way back
//! was begun by rule or by a person.

use super::Wizard;
use crate::domain::procedure::{Back, Role};
use crate::domain::run::{Reason, RunStep, StepState};
use crate::state::procedures::guarded::{GuardStand, rows};
use crate::state::procedures::inner_title;
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

impl Wizard<'_> {
    /// The first step that did not end well, and why; nothing where all did.
    pub fn because(&self) -> Option<String> {
        let (_, step) = self.broke()?;
        let title = step.part.as_ref().map(|id| inner_title(self.sheet.procedure, self.environment, id));
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
            return Some(format!("{told} {}", self.rolled_back_by().unwrap_or_default()).trim_end().to_owned());
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
