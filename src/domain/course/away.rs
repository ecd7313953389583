//! The way back where a host is away and nothing was sent to it: its step is still to come, takes nobody's place meanwhile, and
//! holds up nothing of the same part on other hosts.

use super::{Course, Rule};
use crate::domain::procedure::Role;
use crate::domain::run::{Reason, RunStep};

impl Course {
    /// A step of the way back that was begun found its host away: it is waited for, and is still to come.
    pub fn put_away(&mut self, number: usize) {
        self.going.insert(number);
        self.away.insert(number);
    }

    /// Its host is waited for no more: its turn comes again, when it has one.
    pub fn come_back(&mut self, number: usize) {
        self.away.remove(&number);
        self.going.remove(&number);
    }

    /// Its host did not come back in time: a person says what becomes of it, or whoever takes the run up later tries anew.
    pub fn wait_in_vain(&mut self, number: usize) {
        self.come_back(number);
        self.in_vain.insert(number);
    }

    /// Whether a step takes one of the places of its part: not while its host is only waited for.
    pub(super) fn takes_place(&self, number: usize) -> bool {
        self.going.contains(&number) && !self.away.contains(&number)
    }

    /// Whether a step takes something back: of the way back of a whole run, or of one that was begun alone, or an undo.
    pub fn takes_back(&self, number: usize) -> bool {
        let back = |rule: &Rule| rule.role == Role::Rollback || self.rolls_back && self.is_aside(rule);
        self.rule(number).is_some_and(|rule| rule.sends && back(rule))
    }

    /// Whether a step that failed is still to come: its host was away, and was not waited for in vain here.
    pub(super) fn is_still_to_come(&self, number: usize) -> bool {
        self.was_away(number) && !self.in_vain.contains(&number)
    }

    /// Whether a step that failed keeps the others of its part from being begun: on the way back a host that is away keeps no
    /// other one as it is.
    pub(super) fn keeps_others(&self, number: usize) -> bool {
        !self.was_away(number)
    }

    /// Whether nobody is asked yet about a step whose host is away: others are taken back just now.
    pub(super) fn waits_for_others(&self, number: usize) -> bool {
        self.was_away(number) && self.going.iter().any(|other| self.takes_back(*other))
    }

    /// Whether nothing was sent of a step that takes something back, because its host was away.
    fn was_away(&self, number: usize) -> bool {
        let away = |step: &RunStep| step.reason == Some(Reason::Unreachable) && step.by.is_none();
        self.steps.get(number).is_some_and(away) && self.takes_back(number)
    }
}
