//! What the way back of a run came to, as its steps are recorded.

use super::next::Needs;
use super::{Asks, Course, Rule};
use crate::domain::name::HostName;
use crate::domain::procedure::{Role, Term, Terms};
use crate::domain::run::{RunStep, StepState, WentBack};

/// How one step of the way back came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// It was done, or a person or the document goes on without it.
    Done,
    /// Its condition says that there is nothing to take back.
    Needless,
    /// It is to come, did not end well, was cut off, or nobody knows whether there was something to take back.
    Short,
}

impl Course {
    /// What its way back came to; nothing as long as it goes none. A way back without a step takes nothing back.
    pub fn went_back(&self) -> Option<WentBack> {
        if !self.rolls_back {
            return None;
        }
        // The parts of another procedure that is the way back keep what they are for there.
        let is_back = |rule: &&Rule| rule.role == Role::Rollback || self.is_aside(rule);
        let back = || self.rules.iter().filter(is_back);
        let came = |rule: &Rule| rule.steps.iter().map(|number| self.came(rule, *number)).collect::<Vec<_>>();
        let all: Vec<(bool, Came)> =
            back().flat_map(|rule| came(rule).into_iter().map(|came| (changes(rule), came))).collect();
        if all.is_empty() || all.iter().any(|(_, came)| *came == Came::Short) {
            return Some(WentBack::Short);
        }
        // Looks and notices take nothing back, where anything else could.
        let some_change = all.iter().any(|(changes, _)| *changes);
        let mut weighed = all.iter().filter(|(changes, _)| *changes || !some_change);
        Some(if weighed.all(|(_, came)| *came == Came::Needless) { WentBack::Needless } else { WentBack::Whole })
    }

    /// Whether what it had done was taken back: the way back was begun, and nothing of it was left undone.
    pub fn is_rolled_back(&self) -> bool {
        matches!(self.went_back(), Some(WentBack::Whole | WentBack::Needless))
    }

    fn came(&self, rule: &Rule, number: usize) -> Came {
        let Some(step) = self.steps.get(number) else { return Came::Short };
        if !step.state.lets_go_on() {
            return Came::Short;
        }
        let by_itself = step.state == StepState::Skipped && step.by.is_none() && !step.was_tried();
        if !by_itself || self.left_out.contains(&step.host) {
            return Came::Done;
        }
        if !self.holds(rule, &step.host) {
            return if self.is_known_not_to_hold(rule, &step.host) { Came::Needless } else { Came::Short };
        }
        // What it needs was given up before it, as the document wants, or a weight stood there already; anything else was
        // cut off by the end of the run.
        let never = matches!(self.needs(rule, number), Needs::Never(_));
        let goes_without = never || rule.backs.contains_key(&number);
        if goes_without { Came::Done } else { Came::Short }
    }

    /// Whether a condition does not hold because of something that is known: a value, or that the part which would have
    /// given it was never begun. What was begun and gave nothing may have happened.
    fn is_known_not_to_hold(&self, rule: &Rule, host: &HostName) -> bool {
        let fails = |term: &&Term| !Terms(vec![(*term).clone()]).hold(|name| self.value(name, host));
        rule.when.0.iter().filter(fails).any(|term| {
            let name = term.name();
            self.value(name, host).is_some() || self.is_surely_unset(name, host)
        })
    }

    /// Whether a name stands for nothing, beyond doubt.
    fn is_surely_unset(&self, name: &str, host: &HostName) -> bool {
        let hidden = self.given.iter().any(|given| given.name.as_str() == name && given.value.is_none());
        let gives = |rule: &&Rule| rule.capture.as_ref().is_some_and(|capture| capture.as_str() == name);
        let tried = |rule: &Rule| {
            let steps = || rule.steps.iter().filter_map(|number| self.steps.get(*number));
            let own = steps().any(|step| step.host == *host);
            steps().filter(|step| !own || step.host == *host).any(RunStep::was_tried)
        };
        !hidden && !self.rules.iter().filter(gives).any(tried)
    }
}

/// Whether a part of the way back takes something back itself.
fn changes(rule: &Rule) -> bool {
    !rule.reads && (rule.sends || rule.asks == Asks::Terminal)
}
