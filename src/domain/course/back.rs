//! How traffic of a guarded shift is sent back: by a step of its own, which begins by itself as soon as a weight did not
//! pass, whatever else the run waits for, and which is not done where every weight passed.

use super::{Course, Do, Rule, Stand};
use crate::domain::run::{Reason, RunStep, StepState};

impl Course {
    /// Whether a step sends traffic back.
    pub fn sends_back(&self, number: usize) -> bool {
        self.rule(number).is_some_and(|rule| rule.backs.contains_key(&number))
    }

    /// What is to be sent back now, what was sent back by the balancer's host itself, and what may be needed once more.
    pub(super) fn send_back(&mut self, orders: &mut Vec<Do>) {
        let backs = self.rules.iter().flat_map(|rule| rule.backs.iter().map(|(number, back)| (*number, back.clone())));
        let backs: Vec<(usize, (u32, Vec<usize>))> = backs.collect();
        for (number, (to, of)) in backs {
            let left_out = self.steps.get(number).is_some_and(|step| self.left_out.contains(&step.host));
            let judged = of.iter().any(|weight| matches!(self.stand(*weight), Stand::Going | Stand::Open));
            match self.stand(number) {
                Stand::Passed | Stand::Failed if judged && !left_out && !self.again.contains(&number) => {
                    orders.push(Do::Reopen(number));
                }
                Stand::Due if left_out || judged => {}
                Stand::Due if !self.tripped(&of) => {}
                Stand::Due if self.was_sent_back(number, to, &of) => {
                    orders.push(Do::Skip(number, format!("{to} was read there already: nothing more was sent")));
                }
                Stand::Due => {
                    self.going.insert(number);
                    orders.push(Do::Begin(number));
                }
                Stand::Going | Stand::Open | Stand::Shown | Stand::Passed | Stand::Failed | Stand::Unknown => {}
            }
        }
    }

    /// Whether traffic of a part is to be sent back and was not yet: no further weight is set then.
    pub(super) fn is_to_be_sent_back(&self, rule: &Rule) -> bool {
        let open = |number: &usize| self.stand(*number) != Stand::Passed;
        rule.backs.iter().any(|(number, (_, of))| open(number) && self.tripped(of))
    }

    /// Whether traffic of the part of a step is on its way back, or about to be: nobody is asked about it before.
    pub(super) fn is_being_sent_back(&self, number: usize) -> bool {
        let begins = |back: &usize| matches!(self.stand(*back), Stand::Due | Stand::Going | Stand::Open);
        let rule = self.rule(number).filter(|rule| !rule.backs.contains_key(&number));
        rule.is_some_and(|rule| rule.backs.iter().any(|(back, (_, of))| begins(back) && self.tripped(of)))
    }

    /// Why a step that sends back is not done, once that is certain.
    pub(super) fn needs_no_way_back(&self, rule: &Rule, number: usize) -> Option<String> {
        let (to, of) = rule.backs.get(&number)?;
        let passed = of.iter().all(|weight| self.stand(*weight) == Stand::Passed);
        passed.then(|| format!("not sent back to {to}: nothing tripped"))
    }

    /// Whether what was read last of a weight that did not pass is the one to which it is sent back: its host did that by
    /// itself.
    fn was_sent_back(&self, number: usize, to: u32, of: &[usize]) -> bool {
        let host = self.steps.get(number).map(|step| &step.host);
        let steps = of.iter().filter_map(|weight| self.steps.get(*weight));
        let mut failed = steps.filter(|step| did_not_pass(step) && Some(&step.host) == host);
        failed.any(|step| step.value.as_ref().is_some_and(|value| *value == to.to_string()))
    }

    /// Whether one of these weights was set, or may have been, and did not pass.
    fn tripped(&self, of: &[usize]) -> bool {
        of.iter().filter_map(|number| self.steps.get(*number)).any(did_not_pass)
    }
}

/// Whether a weight may be in force and was not passed: not where nothing was sent.
fn did_not_pass(step: &RunStep) -> bool {
    step.state == StepState::Failed
        && match step.reason {
            Some(Reason::NonZeroExit | Reason::Timeout | Reason::GuardFailed | Reason::Inconclusive) => true,
            Some(Reason::Cancelled) => step.exit.is_some(),
            Some(Reason::Refused | Reason::Unreachable) | None => false,
        }
}
