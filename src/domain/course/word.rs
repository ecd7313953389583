//! A run that was taken up where much is at stake, or that waited for the lock: nothing more of it changes anything before
//! what is left of it was shown and confirmed once more, where it goes on now.

use super::{Course, Rule, Stand};
use crate::domain::procedure::{ProcedurePlan, Purpose};
use crate::domain::run::{Go, StepState};

impl Course {
    /// Whoever goes on with a whole run gives their own word first. One whose go is still to come waits for that anyway, and
    /// the way back waits for nobody.
    pub fn wait_for_word(&mut self) {
        if self.whole && self.go != Go::Waits {
            self.worded = Some(Default::default());
        }
    }

    /// A step that was about to begin was not: its turn comes again.
    pub fn put_back(&mut self, number: usize) {
        self.going.remove(&number);
    }

    /// Whether a step may not begin before that word: it would change something, and nobody has permitted it here.
    pub(super) fn is_unconfirmed(&self, rule: &Rule, number: usize) -> bool {
        let worded = self.worded.as_ref().is_some_and(|worded| !worded.contains(&number));
        worded && !rule.reads && !self.is_aside(rule) && self.stand(number) == Stand::Due
    }

    /// Whether the word is what the run waits for.
    pub(super) fn waits_for_word(&self) -> bool {
        self.worded.is_some() && self.word_wanted && !self.rolls_back && self.halt.is_none()
    }

    /// Something would begin and waits for that word.
    pub(super) fn want_word(&mut self) {
        self.word_wanted = true;
    }

    /// Whether a plan is that word: what stands behind the gate, as a whole.
    pub fn is_word(&self, plan: &ProcedurePlan) -> bool {
        self.waits_for_word() && plan.whole && plan.purpose == Purpose::Forward
    }

    /// Takes in what was permitted here: all that is left, or only these steps. Of the whole, what was done stays done.
    pub(super) fn take_word(&mut self, all: bool, numbers: &mut Vec<usize>) {
        if all {
            (self.worded, self.word_wanted) = (None, false);
            numbers.retain(|number| self.steps.get(*number).is_some_and(|step| step.state == StepState::Planned));
        } else if let Some(worded) = &mut self.worded {
            worded.extend(numbers.iter().copied());
        }
    }
}
