//! The end of a run: what it came to is recorded, its lock is given back, and last of all the end is told.

use super::release::has_begun;
use super::task::{Activity, Task};
use crate::domain::HostName;
use crate::domain::release::Verdict;
use crate::domain::run::{Decided, RunState, RunStep, WentBack};

impl Task {
    /// Ends it. Whoever hears of the end may leave at once, so everything else is done by then.
    pub(super) async fn end(&mut self, state: RunState) {
        self.activity.send_replace(Activity::Ends);
        self.kit.ledger.needs(Vec::new()).await;
        if state != RunState::Unknown {
            for (host, told) in super::look::clear(&self.kit, self.course.steps()).await {
                self.leaves(&host, told).await;
            }
        }
        let is_ours = self.vouches(state).await;
        let state = if is_ours { state } else { RunState::Unknown };
        if let Some(came) = self.course.went_back() {
            let went_back = Some(if is_ours { came } else { WentBack::Short });
            // What keeps it from being recorded keeps the end from it too, which tells that.
            let _ = self.kit.ledger.decide(Decided { went_back, ..Decided::default() }).await;
        }
        let mut release = self.release(state).await;
        if let Some(release) = release.as_mut().filter(|_| !is_ours) {
            (release.verdict, release.follow_ups) = (Verdict::Unknown, Vec::new());
        }
        self.kit.ledger.end(state, release).await;
        self.unlock().await;
        if let Some(herald) = &self.kit.ledger.herald {
            let rolled_back = self.course.is_rolled_back() && is_ours;
            herald.ended(state, rolled_back, self.course.steps()).await;
        }
        self.kit.ledger.ended(state).await;
    }

    /// Something of the run stays on a host: told now, and kept with its last step there.
    async fn leaves(&mut self, host: &HostName, told: String) {
        let tried = |step: &RunStep| step.host == *host && step.attempt > 0;
        if let Some(number) = self.course.steps().iter().rposition(tried) {
            let mut step = self.step(number);
            let before = step.note.plain();
            step.note = if before.is_empty() { told.clone() } else { format!("{before} {told}") }.into();
            self.kit.ledger.remark(number, &step).await;
            self.course.set(number, step, true);
        }
        self.kit.ledger.trouble(told).await;
    }

    /// Tells that the lock was taken away, as soon as that is seen.
    pub(super) async fn lost_lock(&mut self, why: &str) {
        let sentence = format!("The lock was taken away from this run: {why}. It begins no further change without it.");
        self.kit.ledger.trouble(sentence).await;
    }

    /// Whether a good end, or a way back that is done, is the run's own word: what it has changed is nothing that it can vouch
    /// for once its lock was taken away, since whoever took it may have changed the same.
    async fn vouches(&mut self, state: RunState) -> bool {
        let claims = state == RunState::Succeeded || self.course.is_rolled_back();
        let Some(guard) = self.kit.guard.clone().filter(|_| claims && self.has_changed()) else { return true };
        let Some(why) = guard.taken_away().await else { return true };
        let sentence = format!(
            "The lock was taken away from this run before its verdict: {why}. What runs now may be somebody else's, so how it \
             ended is not known."
        );
        self.kit.ledger.trouble(sentence).await;
        false
    }

    /// Whether anything was begun that does not only read.
    pub(super) fn has_changed(&self) -> bool {
        let changes = |number: usize| self.course.rule(number).is_some_and(|rule| !rule.reads);
        self.course.steps().iter().enumerate().any(|(number, step)| changes(number) && has_begun(step))
    }

    /// The run has its verdict, so the environment is anybody's again.
    async fn unlock(&mut self) {
        let Some(guard) = &self.kit.guard else { return };
        if let Some(why) = guard.release().await {
            let sentence = format!("The lock of the environment could not be given back: {why}.");
            self.kit.ledger.trouble(sentence).await;
        }
    }
}
