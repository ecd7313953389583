//! The way back where a step of it could not be begun on a host, because that was away or refused it: the step is still to
//! come, takes nobody's place meanwhile, and holds up nothing of the same part on other hosts.

use super::{Course, Rule};
use crate::domain::procedure::Role;
use crate::domain::run::RunStep;

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

    /// Whether a step that failed is still to come: nothing of it was begun, and that was not found out here.
    pub(super) fn is_still_to_come(&self, number: usize) -> bool {
        self.was_not_begun(number) && !self.in_vain.contains(&number)
    }

    /// Whether a step that failed keeps the others of its part from being begun: on the way back a host that is away, or that
    /// refused it, keeps no other one as it is.
    pub(super) fn keeps_others(&self, number: usize) -> bool {
        !self.was_not_begun(number)
    }

    /// Whether nobody is asked yet about a step that was not begun: others are taken back just now.
    pub(super) fn waits_for_others(&self, number: usize) -> bool {
        self.was_not_begun(number) && self.going.iter().any(|other| self.takes_back(*other))
    }

    /// Whether a step takes something back and nothing of it was begun at its last try, because its host was away or refused
    /// it: that ends no run, since whoever takes it up can still go back.
    pub(super) fn was_not_begun(&self, number: usize) -> bool {
        let unbegun = |step: &RunStep| step.was_not_begun() && step.by.is_none();
        self.steps.get(number).is_some_and(unbegun) && self.takes_back(number)
    }
}
