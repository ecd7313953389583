//! What a step is beyond its command: a unit that must stand as it should afterwards, a weight that must be in force, a
//! value that is captured.

use std::time::Duration;

use futures_util::FutureExt;

use super::job::{Came, Step};
use super::ledger::Lost;
use super::output::{CAPTURED, Kept};
use crate::domain::plan::PlannedStep;
use crate::domain::run::{Check, Finding, Reason, RunStep, StepState, StepVerdict};
use crate::domain::time::short;
use crate::domain::unit::Load;
use crate::domain::{ProbeReport, Verb};
use crate::engine::act::{Came as Stood, recalled, scope, verify};
use crate::engine::clock::Clock;
use crate::runtimes::systemd_look::Look;
use crate::text::Foreign;

/// What is known of a unit that is changed.
#[derive(Default)]
pub(super) struct Looks {
    /// How it stood before; nothing when that was on another console.
    before: Option<Look>,
    /// Whether it had ended already when it was gone on with, so that how long it took is not known.
    pub(super) unseen: bool,
    pub(super) checks: Vec<Check>,
    /// What a guard saw, by its series.
    pub(super) judged: Vec<(String, Foreign)>,
    pub(super) answers: Vec<(String, ProbeReport)>,
}

impl Step {
    /// Whether what it prints is a value: what is captured, or the weight that is read afterwards.
    pub(super) fn reads_value(&self) -> bool {
        self.what.as_ref().is_some_and(|(part, job, _)| part.options.capture.is_some() || job.script.get.is_some())
    }

    /// The change of a unit that it is, if it is one.
    fn change(&self) -> Option<PlannedStep> {
        self.what.as_ref().and_then(|(_, job, _)| job.change.as_deref().cloned())
    }

    /// Looks at the unit before anything is sent: why nothing is, if it can't be looked at.
    pub(super) async fn look_before(&mut self) -> Result<(), (Reason, String)> {
        let Some(change) = self.change() else { return Ok(()) };
        let Some(unit) = &change.unit else { return Ok(()) };
        let looked = self.kit.place.look_before(&change.host, Some((unit, scope(&change)))).await;
        let look = looked.map_err(|why| (Reason::Unreachable, format!("{why}: nothing was sent")))?;
        let Some(look) = look else { return Ok(()) };
        if look.facts.load == Load::NotFound {
            return Err((Reason::Refused, format!("{} has no unit {unit}: nothing was sent", change.host)));
        }
        self.record.invocation_before = look.facts.invocation.clone();
        self.looks = Looks { before: Some(look), ..Looks::default() };
        Ok(())
    }

    /// After a change of a unit whose command ended well: whether the unit stands as it should, and stays.
    pub(super) async fn stands(&mut self) -> Came {
        if self.guarded().is_some() {
            return self.held().await;
        }
        let Some(change) = self.change() else { return Came::Well };
        // The record is the same whether it is there or not, and so is the unit.
        if let Err(lost @ Lost::Taken(_)) = self.kit.ledger.commit(self.number, &mut self.record, StepState::Done).await
        {
            return Came::Lost(lost);
        }
        let before = self.looks.before.take().unwrap_or_else(|| recalled(&self.record.invocation_before));
        let (ledger, number, record) = (self.kit.ledger.clone(), self.number, self.record.clone());
        let say = move |words: String| {
            let told = RunStep { note: words.into(), ..record.clone() };
            let ledger = ledger.clone();
            async move { ledger.tell(number, &told).await }.boxed()
        };
        let verified = tokio::select! {
            verified = verify(&self.kit.place, Verb::Restart, &change, before, say) => verified,
            () = self.orders.cancel.cancelled() => {
                let why = "cancelled: it was sent and taken, and what came of it was not looked at to the end";
                return Came::Badly(Reason::Cancelled, why.to_owned());
            }
        };
        (self.looks.checks, self.looks.answers) = (verified.checks, verified.answers);
        self.record.invocation = verified.invocation.unwrap_or_default();
        match verified.came {
            Stood::Well => Came::Well,
            Stood::Badly(why) => Came::Badly(Reason::GuardFailed, why),
            Stood::Unseen(why) => Came::Unknown(format!("it was sent and taken, but can't be verified: {why}")),
        }
    }

    /// What it captured, on success only.
    pub(super) fn captured_value(&mut self, came: Came, kept: &Kept) -> Came {
        let captures = self.reads_value();
        if !captures || !matches!(came, Came::Well) {
            return came;
        }
        if kept.too_long {
            let why = format!("it printed more than the {} KiB that can be captured", CAPTURED >> 10);
            return Came::Badly(Reason::Inconclusive, why);
        }
        match String::from_utf8(kept.captured.clone()) {
            Ok(text) if text.contains('\0') => {
                Came::Badly(Reason::Inconclusive, "what it printed has a NUL, which no variable can hold".to_owned())
            }
            Ok(text) => {
                let value = text.trim_end_matches(['\n', '\r']).to_owned();
                let wrong = self.wanted().and_then(|wanted| differs(&wanted, &value));
                if self.hidden.is_some() {
                    let why = "what is in force is not what was set";
                    return wrong.map_or(Came::Well, |(reason, _)| Came::Badly(reason, why.to_owned()));
                }
                self.record.value = Some(value);
                wrong.map_or(Came::Well, |(reason, why)| Came::Badly(reason, why))
            }
            Err(_) => Came::Badly(
                Reason::Inconclusive,
                "what it printed is no UTF-8 text, so it can't be captured".to_owned(),
            ),
        }
    }

    /// How long what was begun before is under way, by the clock of whoever recorded its beginning.
    pub(super) fn under_way_for(&self) -> Option<Duration> {
        let goes_on = matches!(self.record.state, StepState::Intent | StepState::Started | StepState::Done);
        let since = self.record.at.filter(|_| goes_on)?;
        Duration::try_from(self.kit.place.clock.now().wall.duration_since(since)).ok()
    }

    /// What is recorded of its end.
    pub(super) fn verdict(&self, state: StepState, took: Duration) -> StepVerdict {
        let finding = match state {
            StepState::Verified | StepState::Done => Finding::Good,
            StepState::Unknown => Finding::Unknown,
            _ => Finding::Bad,
        };
        let told = match self.record.exit {
            Some(exit) if took.is_zero() => format!("exit {exit}, while nobody was at it"),
            None if took.is_zero() => "while nobody was at it".to_owned(),
            Some(exit) => format!("exit {exit} after {}", short(took)),
            None => format!("after {}", short(took)),
        };
        let mut checks = self.looks.checks.clone();
        if checks.is_empty() {
            checks.push(Check { name: "command".into(), finding, told: told.into() });
        }
        StepVerdict { took, checks }
    }

    /// The weight that must be in force afterwards.
    fn wanted(&self) -> Option<String> {
        let (_, job, _) = self.what.as_ref()?;
        job.script.get.as_ref()?;
        let weight = job.script.variables.iter().find(|(name, _)| name.as_str() == "weight");
        weight.map(|(_, weight)| weight.clone())
    }
}

/// Why a weight that was read is not the one that was set.
pub(super) fn differs(wanted: &str, read: &str) -> Option<(Reason, String)> {
    let figure = |text: &str| text.trim().trim_end_matches('%').trim_end().parse::<f64>().ok();
    let read = read.trim();
    if read.is_empty() {
        let why = format!("the weight was set to {wanted}, and nothing was read afterwards: get printed nothing");
        return Some((Reason::Inconclusive, why));
    }
    let same = match (figure(wanted), figure(read)) {
        (Some(wanted), Some(read)) => (wanted - read).abs() < 1e-9,
        (_, None) | (None, _) => wanted == read,
    };
    let shown = Foreign::from(read.lines().last().unwrap_or_default().chars().take(80).collect::<String>()).plain();
    (!same).then(|| (Reason::GuardFailed, format!("the weight was set to {wanted}, and {shown} was read afterwards")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_the_same_figure_however_it_is_written() {
        for (wanted, read) in [("50", "50"), ("50", "50 %\n"), ("50", "50.0"), ("0", "0%")] {
            assert_eq!(differs(wanted, read), None, "{wanted} {read:?}");
        }
        assert_eq!(differs("50", "").map(|(reason, _)| reason), Some(Reason::Inconclusive));
        let (reason, why) = differs("50", "40\n").unwrap_or((Reason::Refused, String::new()));
        assert_eq!(reason, Reason::GuardFailed);
        assert!(why.contains("50") && why.contains("40"), "{why}");
        assert!(differs("50", "half").is_some_and(|(_, why)| why.contains("half")));
    }
}
