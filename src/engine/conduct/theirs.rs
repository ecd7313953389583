//! A step that another login began, and at which only that login can look: asking again finds out nothing. The run is paused, its
//! record stays as it is, and whoever may look goes on with it.

use super::claim::SILENT;
use super::task::Task;
use crate::domain::run::StepState;
use crate::domain::time::short;

impl Task {
    /// The step stands as it stood, and is asked again only when a person goes on with the run.
    pub(super) async fn keep_theirs(&mut self, number: usize, login: Option<String>, why: String) {
        let (step, run) = (self.step(number), &self.kit.ledger.run);
        let part = step.part.map(|part| part.to_string()).unwrap_or_default();
        let who =
            login.map_or_else(|| "A login that becomes root there".to_owned(), |login| format!("The login {login}"));
        let sentence = format!(
            "How {part} on {host} stands can't be seen from here: {why}. {who} goes on with the run, once nobody was \
             heard here for {}: qd run --resume {run}{site}.",
            short(SILENT),
            host = step.host,
            site = self.kit.place.environment.word.with(&self.kit.place.environment.name)
        );
        self.theirs.insert(number, why);
        self.course.pause();
        self.kit.ledger.trouble(sentence).await;
    }

    /// What a person goes on with is asked again; in a run that is being ended it is unknown.
    pub(super) async fn settle_theirs(&mut self) {
        let ends = self.course.is_halted();
        if !ends && self.course.is_paused() {
            return;
        }
        for (number, why) in std::mem::take(&mut self.theirs) {
            if ends {
                let mut step = self.step(number);
                (step.reason, step.note) = (None, why.into());
                self.record(number, step, StepState::Unknown).await;
            } else {
                self.course.put_back(number);
            }
        }
    }
}
