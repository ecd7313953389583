//! The gate: what was checked is checked once more before anything behind it begins, who may waive an item that does not
//! pass, and the go. And the way back that a run begins by itself.

use std::ops::Range;

use jiff::Timestamp;

use super::{Asks, Course, Rule, Stand};
use crate::domain::name::{PartId, RoleName};
use crate::domain::procedure::{OnError, ProcedurePlan, Purpose, Role};
use crate::domain::run::{Go, Reason, RunStep, StepState};
use crate::text::Foreign;

impl Course {
    /// Whether it waits for a person's go behind its gate.
    pub fn go(&self) -> Go {
        self.go
    }

    /// Whether nothing of what is planned stands in anybody's way any more.
    pub(super) fn all_passed(&self) -> bool {
        self.rules.iter().all(|rule| self.is_passed(rule) || self.is_given_up(rule))
    }

    /// Whether its gate is passed and the rest is to be planned and permitted.
    pub(super) fn waits_for_go(&self) -> bool {
        self.go == Go::Waits && !self.rolls_back && self.going.is_empty() && self.all_passed()
    }

    /// Why a plan may not be permitted now, because of a gate.
    pub(super) fn may_permit(&self, plan: &ProcedurePlan) -> Result<(), String> {
        for part in &plan.parts {
            let known = self.rules.iter().position(|rule| rule.part == part.part);
            if part.role == Role::Gate && part.edited.is_some() {
                return Err(format!(
                    "{} is part of the gate, so its command stays as the document says: {}.",
                    part.part,
                    part.options.waiver.as_ref().map_or_else(|| "it must pass".to_owned(), ways_past)
                ));
            }
            let left_behind = known.is_some_and(|at| self.is_left_behind(at)) && !self.is_word(plan);
            if left_behind && plan.purpose == Purpose::Forward {
                return Err(format!(
                    "{} counts for the rest of this run: something behind its gate has begun.",
                    part.part
                ));
            }
            if known.is_none() && self.go == Go::Waits && plan.purpose == Purpose::Forward && !plan.whole {
                return Err(format!("{} stands behind the gate: plan the rest of the run and give the go.", part.part));
            }
        }
        let goes = plan.whole && plan.purpose == Purpose::Forward && self.go == Go::Waits;
        if goes && !self.waits_for_go() {
            let open = self.rules.iter().find(|rule| !self.is_passed(rule));
            let what = open.map_or_else(|| "its gate".to_owned(), |rule| rule.part.to_string());
            return Err(format!(
                "Nothing was begun: {what} has not passed, or not for long enough. See to it, then go."
            ));
        }
        Ok(())
    }

    /// The gates, each as the places of its parts.
    fn gates(&self) -> Vec<Range<usize>> {
        let mut gates: Vec<Range<usize>> = Vec::new();
        let mut open = false;
        for (at, rule) in self.rules.iter().enumerate().filter(|(_, rule)| !self.is_aside(rule)) {
            let is_gate = rule.role == Role::Gate;
            match gates.last_mut().filter(|_| open && is_gate) {
                Some(gate) => gate.end = at + 1,
                None if is_gate => gates.push(at..at + 1),
                None => {}
            }
            open = is_gate;
        }
        gates
    }

    fn gate_of(&self, at: usize) -> Option<Range<usize>> {
        self.gates().into_iter().find(|gate| gate.contains(&at))
    }

    /// The parts of the order behind a gate.
    fn behind(&self, gate: &Range<usize>) -> impl Iterator<Item = &Rule> {
        let behind = self.rules.get(gate.end..).unwrap_or_default();
        behind.iter().filter(|rule| !self.is_aside(rule) && rule.role != Role::Gate)
    }

    /// Whether anything of the order behind a gate was done, by the console or by a person.
    fn has_begun(&self, gate: &Range<usize>) -> bool {
        let begun = |number: &usize| {
            let ended = self.steps.get(*number).is_some_and(|step| step.state == StepState::Verified);
            ended || self.is_tried(*number)
        };
        self.behind(gate).flat_map(|rule| &rule.steps).any(begun)
    }

    /// Whether the console has done anything of the order behind a gate.
    fn has_acted(&self, gate: &Range<usize>) -> bool {
        self.behind(gate).flat_map(|rule| &rule.steps).any(|number| self.is_tried(*number))
    }

    fn is_tried(&self, number: usize) -> bool {
        self.going.contains(&number) || self.steps.get(number).is_some_and(|step| step.attempt > 0)
    }

    /// Whether something of the order behind a gate would begin now.
    fn is_about_to_begin(&self, gate: &Range<usize>) -> bool {
        let begins = |at: usize, rule: &Rule, number: usize| {
            let free = rule.asks == Asks::Nobody || self.terminal.contains(&number);
            free && self.stand(number) == Stand::Due
                && !self.is_unconfirmed(rule, number)
                && self.left_out_or_unmet(rule, number).is_none()
                && !self.is_blocked(at)
        };
        let ordinary = |rule: &Rule| !self.is_aside(rule) && rule.role != Role::Gate;
        let mut behind = self.rules.iter().enumerate().skip(gate.end).filter(|(_, rule)| ordinary(rule));
        behind.any(|(at, rule)| rule.steps.iter().any(|number| begins(at, rule, *number)))
    }

    /// Whether a part is of a gate behind which something has begun: its answer counts for the rest of the run.
    pub(super) fn is_left_behind(&self, at: usize) -> bool {
        self.gate_of(at).is_some_and(|gate| self.has_begun(&gate))
    }

    /// What a gate has checked that is too old now that something behind it would begin.
    pub(super) fn stale(&mut self, now: Timestamp) -> Vec<usize> {
        if !self.whole || self.rolls_back || self.go == Go::Waits {
            return Vec::new();
        }
        let mut stale = Vec::new();
        for gate in self.gates() {
            let rules = self.rules.get(gate.clone()).unwrap_or_default();
            let before = self.rules.get(..gate.end).unwrap_or_default();
            let passed = |rule: &Rule| self.is_aside(rule) || self.is_passed(rule);
            if !before.iter().all(passed) {
                // Whoever sees to it may take their time: then all of it is looked at anew.
                let waits =
                    |number: &usize| matches!(self.stand(*number), Stand::Failed | Stand::Unknown | Stand::Shown);
                let asks = |rule: &Rule| rule.asks != Asks::Nobody && !self.is_passed(rule);
                if rules.iter().any(|rule| rule.steps.iter().any(waits) || asks(rule)) {
                    self.fresh_since.remove(&gate.start);
                }
                continue;
            }
            if self.has_acted(&gate) || !self.is_about_to_begin(&gate) {
                self.fresh_since.remove(&gate.start);
                continue;
            }
            let since = *self.fresh_since.entry(gate.start).or_insert(now);
            let rules = self.rules.get(gate).unwrap_or_default();
            for (rule, span) in rules.iter().filter_map(|rule| Some((rule, rule.fresh?))) {
                let old = |step: &&RunStep| {
                    step.state == StepState::Verified && step.at.and_then(|at| at.checked_add(span).ok()) <= Some(since)
                };
                let steps = rule.steps.iter().filter(|number| self.steps.get(**number).as_ref().is_some_and(old));
                stale.extend(steps.copied());
            }
        }
        stale
    }

    /// Whether an answer of this part no longer expires, because something behind its gate has begun.
    pub(super) fn is_settled(&self, rule: &Rule) -> bool {
        let at = self.rules.iter().position(|known| known.part == rule.part);
        rule.role == Role::Gate && at.is_some_and(|at| self.is_left_behind(at))
    }

    /// Who has decided a step of a gate, by waiving it or by judging what was fetched: that stays until it is too old, or
    /// somebody takes it back.
    fn decided_by(&self, rule: &Rule, number: usize) -> Option<&RunStep> {
        let decided =
            |step: &&RunStep| step.state == StepState::Waived || rule.judged && step.state == StepState::Verified;
        self.steps.get(number).filter(|_| self.stand(number) == Stand::Passed).filter(decided)
    }

    /// The steps that are checked once more: those of this part, or of all that their gate checks. What a person has decided
    /// is not: whoever wants it looked at anew takes that back first.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn may_recheck(&self, part: Option<&PartId>) -> Result<Vec<usize>, String> {
        let mut found = Vec::new();
        let mut stays = None;
        for (at, rule) in self.rules.iter().enumerate().filter(|(_, rule)| part.is_none_or(|part| rule.part == *part)) {
            let checked = rule.role == Role::Gate && rule.asks == Asks::Nobody && rule.reads;
            let why = if !checked {
                Some(format!("{} is nothing that a gate checks by only looking.", rule.part))
            } else if self.is_left_behind(at) {
                Some(format!("{} counts for the rest of this run: something behind its gate has begun.", rule.part))
            } else {
                None
            };
            match (part, why) {
                (Some(_), Some(why)) => return Err(why),
                (None, Some(_)) => continue,
                (_, None) => {}
            }
            stays = stays.or_else(|| rule.steps.iter().find_map(|number| self.decided_by(rule, *number)));
            found.extend(rule.steps.iter().copied().filter(|number| self.may_be_looked_at(rule, *number)));
        }
        if found.is_empty() {
            return Err(match part {
                Some(part) if stays.is_some() => stays.map(|step| kept(part, step)).unwrap_or_default(),
                Some(part) if !self.rules.iter().any(|rule| rule.part == *part) => {
                    format!("This run has no part {part}.")
                }
                Some(part) => format!("{part} was not checked yet, or is being checked now."),
                None => "Nothing that a gate checks can be checked once more now.".to_owned(),
            });
        }
        Ok(found)
    }

    /// What gates have checked behind which nothing was changed yet: checked anew where the run had to wait since.
    pub fn checked_before_any_change(&self) -> Vec<usize> {
        let changed = |gate: &Range<usize>| {
            let mut changes = self.behind(gate).filter(|rule| !rule.reads);
            changes.any(|rule| rule.steps.iter().any(|number| self.is_tried(*number)))
        };
        let gates = self.gates().into_iter().filter(|gate| !changed(gate));
        let rules = gates.flat_map(|gate| self.rules.get(gate).unwrap_or_default());
        let checked = rules.filter(|rule| rule.asks == Asks::Nobody && rule.reads);
        let of_it = |rule: &Rule, number: usize| self.may_be_looked_at(rule, number).then_some(number);
        checked.flat_map(|rule| rule.steps.iter().filter_map(move |number| of_it(rule, *number))).collect()
    }

    /// Whether a step of a gate was looked at and no person has decided it since.
    fn may_be_looked_at(&self, rule: &Rule, number: usize) -> bool {
        match self.stand(number) {
            Stand::Passed => self.decided_by(rule, number).is_none(),
            Stand::Shown | Stand::Failed | Stand::Unknown => true,
            Stand::Due | Stand::Going | Stand::Open => false,
        }
    }

    /// The steps of an item of a gate that are waived, by somebody of whom `has` says which roles they have.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn may_waive(&self, part: &PartId, has: impl Fn(&RoleName) -> bool) -> Result<Vec<usize>, String> {
        let rule = self.rules.iter().find(|rule| rule.part == *part);
        let rule = rule.ok_or_else(|| format!("This run has no part {part}."))?;
        if rule.role != Role::Gate {
            return Err(format!("{part} is no part of a gate, and only those are waived."));
        }
        let Some(role) = &rule.waiver else {
            return Err(format!("{part} can't be waived: its document provides no waiver for it. It must pass."));
        };
        if !has(role) {
            return Err(format!("{part} can be waived by the role {role} only, which you have not."));
        }
        let open: Vec<usize> =
            rule.steps.iter().copied().filter(|number| self.stand(*number) != Stand::Passed).collect();
        if open.is_empty() {
            return Err(format!("{part} has passed: there is nothing to waive."));
        }
        if open.iter().any(|number| matches!(self.stand(*number), Stand::Going | Stand::Open)) {
            return Err(format!("{part} is being checked: wait for what comes of it."));
        }
        let bad = |number: &usize| matches!(self.stand(*number), Stand::Failed | Stand::Unknown | Stand::Shown);
        if rule.asks == Asks::Nobody && !open.iter().any(bad) {
            return Err(format!("{part} was not checked yet: it is waived when it does not pass."));
        }
        if matches!(rule.asks, Asks::Choose(_) | Asks::Tell(_)) {
            return Err(format!("{part} asks for something that the run needs to know, so it can't be waived."));
        }
        Ok(open)
    }

    /// The way back that was permitted beforehand.
    pub fn way_back(&self) -> Option<&ProcedurePlan> {
        self.back.as_deref()
    }

    /// Nothing goes back by itself any more.
    pub fn forget_way_back(&mut self) {
        self.back = None;
    }

    /// The failure for which the way back begins by itself: once, when nothing else is under way, and only where
    /// something was changed. What a person cancelled, what was refused before it began and what proves nothing is for a
    /// person, and so is whatever fails on the way back.
    pub(super) fn turns_back(&self) -> Option<usize> {
        let back = self.back.as_ref().filter(|_| self.whole && !self.paused && self.halt.is_none())?;
        let recorded = |part| self.numbers(part).iter().all(Option::is_some);
        if self.rolls_back {
            let missing = !back.parts.iter().all(recorded);
            return missing.then(|| self.failures().next().unwrap_or_default());
        }
        let ordinary = || self.rules.iter().filter(|rule| !self.is_aside(rule));
        let moves = |number: &usize| matches!(self.stand(*number), Stand::Going | Stand::Open);
        if self.rules.iter().flat_map(|rule| &rule.steps).any(moves) || self.is_undoing() {
            return None;
        }
        let changes = ordinary().filter(|rule| !rule.reads && rule.role != Role::Gate);
        let changed = changes
            .flat_map(|rule| &rule.steps)
            .any(|number| self.steps.get(*number).is_some_and(|step| step.attempt > 0));
        self.failures().next().filter(|_| changed)
    }

    fn failures(&self) -> impl Iterator<Item = usize> {
        let rules = self.rules.iter().filter(|rule| {
            !self.is_aside(rule) && rule.role != Role::Gate && !matches!(rule.on_error, OnError::Skip | OnError::Abort)
        });
        rules.flat_map(|rule| &rule.steps).copied().filter(|number| {
            let reason = self.steps.get(*number).and_then(|step| step.reason);
            let counts = match reason {
                Some(Reason::NonZeroExit | Reason::Timeout | Reason::Unreachable | Reason::GuardFailed) => true,
                Some(Reason::Refused | Reason::Cancelled | Reason::Inconclusive) | None => false,
            };
            counts && self.stand(*number) == Stand::Failed && !self.waived.contains(number)
        })
    }
}

/// How one gets past an item that somebody may waive.
pub(super) fn ways_past(role: &RoleName) -> String {
    format!("it passes, or is waived by the role {role}")
}

/// That what a person has decided of an item stays.
fn kept(part: &PartId, step: &RunStep) -> String {
    let by = step.by.as_ref().map(|by| format!(" by {}", Foreign::from(by.as_str()).plain())).unwrap_or_default();
    let what = if step.state == StepState::Waived { "waived" } else { "judged" };
    format!("{part} was {what}{by}, and that stays: whoever wants it looked at anew takes that back first.")
}
