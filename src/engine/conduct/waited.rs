//! Somebody else had the lock and this run waited for it: nothing begins on what was checked and confirmed before that.

use super::task::Task;
use crate::domain::run::StepState;

impl Task {
    /// The step that waited is put back; what the gate checks is checked anew, and all of it is confirmed anew before
    /// anything is changed. The way back waits for neither. What a person has decided of the gate stays.
    pub(super) async fn anew(&mut self, number: usize, waits: u64) {
        self.course.put_back(number);
        let is_news = self.kit.guard.as_mut().is_some_and(|guard| guard.begin_anew(waits));
        if !is_news || self.course.goes_back() {
            return;
        }
        self.course.wait_for_word();
        let sentence = "The lock is free: what the gate has checked is checked anew, and all of it is confirmed anew.";
        self.kit.ledger.trouble(sentence.to_owned()).await;
        for number in self.course.checked_before_any_change() {
            let mut step = self.step(number);
            (step.by, step.reason, step.exit, step.value) = (None, None, None, None);
            step.note = "checked anew: the lock was waited for".into();
            self.evidence.remove(&number);
            self.record(number, step, StepState::Planned).await;
        }
    }
}
