//! What a person may decide in a course, and why not. Whatever is recorded of a decision is recorded by whoever asks.

use super::{Asks, Course, Halt, Rule, Stand};
use crate::domain::name::{HostName, PartId};
use crate::domain::procedure::Role;
use crate::domain::run::{RunStep, StepState};

impl Course {
    /// The steps that are attested with an item now: one, or all whose evidence is judged with it.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn may_tick(&self, part: &PartId) -> Result<Vec<usize>, String> {
        let rule = self.rules.get(self.at(part)?).ok_or_else(|| unknown(part))?;
        if !rule.judged {
            return self.answerable(part, "attested", |asks| *asks == Asks::Tick).map(|number| vec![number]);
        }
        let stands = |wanted: Stand| move |number: &&usize| self.stand(**number) == wanted;
        if rule.steps.iter().any(|number| !matches!(self.stand(*number), Stand::Shown | Stand::Passed)) {
            return Err(format!("{part} can't be judged yet: what it fetches is not there."));
        }
        let shown: Vec<usize> = rule.steps.iter().filter(stands(Stand::Shown)).copied().collect();
        if shown.is_empty() { Err(format!("{part} was judged already.")) } else { Ok(shown) }
    }

    /// The step of a decision for which this word may be chosen now.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn may_choose(&self, part: &PartId, word: &str) -> Result<usize, String> {
        let number = self.answerable(part, "chosen", |asks| matches!(asks, Asks::Choose(_)))?;
        match self.rule(number).map(|rule| &rule.asks) {
            Some(Asks::Choose(words)) if words.iter().any(|known| known == word) => Ok(number),
            Some(Asks::Choose(words)) => Err(format!("{part} has no way {word:?}; it has {}.", words.join(", "))),
            Some(_) | None => Err(format!("{part} is no decision.")),
        }
    }

    /// The steps whose inputs are wanted now.
    pub fn may_tell(&self) -> Vec<usize> {
        let tells = |number: &usize| {
            let at = self.rules.iter().position(|rule| rule.steps.contains(number));
            let rule = at.and_then(|at| self.rules.get(at));
            rule.is_some_and(|rule| matches!(rule.asks, Asks::Tell(_)))
                && at.is_some_and(|at| !self.is_blocked(at))
                && self.stand(*number) == Stand::Due
        };
        (0..self.steps.len()).filter(tells).collect()
    }

    /// The steps whose attestation or waiver may be taken back, each with how it stands then: evidence is judged again,
    /// what was waived is checked again.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn may_untick(&self, part: &PartId) -> Result<Vec<(usize, StepState)>, String> {
        let at = self.at(part)?;
        let rule = self.rules.get(at).ok_or_else(|| unknown(part))?;
        if self.is_left_behind(at) {
            return Err(format!("{part} counts for the rest of this run: something behind its gate has begun."));
        }
        let waived = |step: &RunStep| step.state == StepState::Waived && rule.reads;
        let back = |number: &usize| {
            let step = self.steps.get(*number).filter(|_| self.stand(*number) == Stand::Passed)?;
            let state = match (&rule.asks, rule.judged) {
                _ if waived(step) => StepState::Planned,
                (Asks::Tick, _) => StepState::Planned,
                (_, true) if step.state == StepState::Verified => StepState::Done,
                _ => return None,
            };
            Some((*number, state))
        };
        let found: Vec<_> = rule.steps.iter().filter_map(back).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let attested = rule.asks == Asks::Tick || rule.judged;
        Err(if attested { format!("{part} is not attested.") } else { format!("{part} is nothing that is attested.") })
    }

    /// Whether a step may be skipped.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn may_skip(&self, number: usize) -> Result<(), String> {
        let what = self.name(number)?;
        if let Some(rule) = self.rule(number).filter(|rule| rule.role == Role::Gate) {
            return Err(format!("{what} is part of the gate, which can't be skipped: {}.", past(rule)));
        }
        match self.stand(number) {
            Stand::Due | Stand::Shown | Stand::Failed | Stand::Unknown => Ok(()),
            Stand::Going | Stand::Open => Err(format!("{what} is under way: cancel it first.")),
            Stand::Passed => Err(format!("{what} has ended already.")),
        }
    }

    /// Whether a step may be taken as done.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn may_mark(&self, number: usize) -> Result<(), String> {
        let what = self.name(number)?;
        if let Some(rule) = self.rule(number).filter(|rule| rule.role == Role::Gate) {
            return Err(format!("{what} is part of the gate, which nobody marks as done: {}.", past(rule)));
        }
        self.has_ended_badly(number)
    }

    /// Whether a step failed, or may or may not have happened.
    fn has_ended_badly(&self, number: usize) -> Result<(), String> {
        let what = self.name(number)?;
        match self.stand(number) {
            Stand::Failed | Stand::Unknown => Ok(()),
            Stand::Shown => Err(format!("{what} waits to be judged.")),
            Stand::Due => Err(format!("{what} was not begun: skip it, or let it be done.")),
            Stand::Going | Stand::Open => Err(format!("{what} is under way.")),
            Stand::Passed => Err(format!("{what} has ended already.")),
        }
    }

    /// Takes a step up again whose end is not known, or that failed: it is looked at and never begun.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn check_again(&mut self, number: usize) -> Result<(), String> {
        self.has_ended_badly(number)?;
        self.going.insert(number);
        Ok(())
    }

    /// Leaves a host out: the numbers of the steps that are skipped for it.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn leave_out(&mut self, host: &HostName) -> Result<Vec<usize>, String> {
        if !self.steps.iter().any(|step| step.host == *host) {
            return Err(format!("No step of this run is on {host}."));
        }
        self.left_out.insert(host.clone());
        let waits = |number: &usize| {
            let on_it = self.steps.get(*number).is_some_and(|step| step.host == *host);
            on_it && matches!(self.stand(*number), Stand::Due | Stand::Shown | Stand::Failed | Stand::Unknown)
        };
        Ok((0..self.steps.len()).filter(waits).collect())
    }

    /// Begins no further step until it is continued.
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// Whether it was paused and nobody went on with it.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Goes on.
    pub fn go_on(&mut self) {
        self.paused = false;
        self.let_go();
    }

    /// Ends the run as soon as nothing is under way; what was not begun is skipped.
    pub fn halt(&mut self, why: impl Into<String>) {
        self.halt.get_or_insert(Halt { why: why.into() });
    }

    /// Whether it only waits for the end of what is under way.
    pub fn is_halted(&self) -> bool {
        self.halt.is_some()
    }

    /// The terminal is free for a step.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn take_terminal(&mut self, number: usize) -> Result<(), String> {
        let what = self.name(number)?;
        let wants = self.wants().contains(&super::Want::Terminal(number));
        if !wants {
            return Err(format!("{what} does not wait for the terminal."));
        }
        self.terminal.insert(number);
        Ok(())
    }

    fn answerable(&self, part: &PartId, what: &str, fits: impl Fn(&Asks) -> bool) -> Result<usize, String> {
        let at = self.at(part)?;
        let rule = self.rules.get(at).ok_or_else(|| unknown(part))?;
        if !fits(&rule.asks) {
            return Err(format!("{part} is nothing that is {what}."));
        }
        let number = rule.steps.first().copied().ok_or_else(|| unknown(part))?;
        if let Some(why) = self.left_out_or_unmet(rule, number).filter(|_| !self.is_blocked(at)) {
            return Err(format!("{part} can't be {what}: {why}."));
        }
        match self.stand(number) {
            Stand::Due if self.is_blocked(at) => {
                Err(format!("{part} can't be {what} yet: something before it is not done."))
            }
            // An answer may be given anew as long as the run goes on.
            Stand::Due | Stand::Passed => Ok(number),
            Stand::Going | Stand::Open | Stand::Shown | Stand::Failed | Stand::Unknown => {
                Err(format!("{part} can't be {what} now."))
            }
        }
    }

    fn at(&self, part: &PartId) -> Result<usize, String> {
        self.rules.iter().position(|rule| rule.part == *part).ok_or_else(|| unknown(part))
    }

    fn name(&self, number: usize) -> Result<String, String> {
        let step = self.steps.get(number).ok_or_else(|| format!("This run has no step {number}."))?;
        let part = step.part.as_ref().map(ToString::to_string).unwrap_or_default();
        Ok(format!("{part} on {}", step.host))
    }
}

/// How one gets past an item of a gate.
fn past(rule: &Rule) -> String {
    rule.waiver.as_ref().map_or_else(|| "it must pass".to_owned(), super::gate::ways_past)
}

fn unknown(part: &PartId) -> String {
    format!("This run has no part {part}.")
}
