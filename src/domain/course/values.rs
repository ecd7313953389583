//! What names stand for in a run: inputs that were given or told, captured output, and decisions. Outputs of several
//! hosts are kept apart.

use super::{Asks, Course, Rule};
use crate::domain::name::{HostName, InputName, PartId};
use crate::domain::run::StepState;

impl Course {
    /// The value of a name for a step on this host. What was captured last counts; what several hosts gave is
    /// only known to each of them.
    pub fn value(&self, name: &str, host: &HostName) -> Option<&str> {
        for rule in self.rules.iter().rev() {
            if rule.capture.as_ref().is_some_and(|capture| capture.as_str() == name)
                && let Some(value) = self.captured(rule, host)
            {
                return Some(value);
            }
            if matches!(rule.asks, Asks::Choose(_)) && rule.part.as_str() == name {
                return self.captured(rule, host);
            }
        }
        self.given.iter().find(|given| given.name.as_str() == name)?.value.as_deref()
    }

    /// The value of a name, and whether only other hosts gave it.
    pub fn is_elsewhere(&self, name: &InputName, host: &HostName) -> bool {
        let of_name = |rule: &&Rule| rule.capture.as_ref() == Some(name);
        self.value(name.as_str(), host).is_none() && self.rules.iter().any(|rule| of_name(&rule))
    }

    /// The part that would have given a name on this host, where it was not begun there.
    pub fn not_begun(&self, name: &InputName, host: &HostName) -> Option<&PartId> {
        let of_name = |rule: &&Rule| rule.capture.as_ref() == Some(name);
        let rule = self.rules.iter().rev().find(of_name)?;
        let steps = || rule.steps.iter().filter_map(|number| self.steps.get(*number));
        let own = steps().any(|step| step.host == *host);
        let mut asked = steps().filter(|step| !own || step.host == *host).peekable();
        asked.peek()?;
        asked.all(|step| step.attempt == 0).then_some(&rule.part)
    }

    /// What each host gave to a name, of the last part that gave it anything.
    pub fn gave(&self, name: &str) -> Vec<(&HostName, &str)> {
        let gave = |rule: &Rule| -> Vec<(&HostName, &str)> {
            let steps = rule.steps.iter().filter_map(|number| self.steps.get(*number));
            let verified = steps.filter(|step| step.state == StepState::Verified);
            verified.filter_map(|step| Some((&step.host, step.value.as_deref()?))).collect()
        };
        let of_name = |rule: &&Rule| rule.capture.as_ref().is_some_and(|capture| capture.as_str() == name);
        self.rules.iter().rev().filter(of_name).map(gave).find(|all| !all.is_empty()).unwrap_or_default()
    }

    fn captured(&self, rule: &Rule, host: &HostName) -> Option<&str> {
        let gave = |number: &usize| {
            let step = self.steps.get(*number)?;
            Some((&step.host, step.value.as_deref().filter(|_| step.state == StepState::Verified)?))
        };
        let gave: Vec<(&HostName, &str)> = rule.steps.iter().filter_map(gave).collect();
        let own = gave.iter().find(|(from, _)| *from == host);
        own.or(gave.first().filter(|_| rule.steps.len() == 1)).map(|(_, value)| *value)
    }

    pub(super) fn holds(&self, rule: &Rule, host: &HostName) -> bool {
        rule.when.hold(|name| self.value(name, host))
    }
}
