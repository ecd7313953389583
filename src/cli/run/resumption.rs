//! How a run that was left is gone on with later.

use super::follow::Session;
use crate::cli::{Exit, output};
use crate::domain::RunId;
use crate::domain::run::{RunStep, StepState};
use crate::port::Event;
use crate::port::act::RunNews;

impl Session<'_> {
    /// The command that goes on with the run. A site that only its path opens is not found by its name.
    pub(super) fn resumption(&self, run: &RunId) -> String {
        let path = self.prepared.environment.word.only_path();
        let procedure = self.args.procedure.iter().filter(|_| path.is_some()).cloned();
        let words: Vec<String> =
            ["qd", "run", "--resume", run.as_str()].map(str::to_owned).into_iter().chain(procedure).collect();
        format!("{}{}", crate::runtimes::shell::shown(&words), self.prepared.environment.word.alone())
    }

    pub(super) fn left(&mut self, exit: Exit) -> Exit {
        self.catch_up();
        if let Some(run) = &self.run {
            let told = output::left_behind(run.steps.iter().any(moves));
            output::complain(&format!("left in the middle: {told}. Go on with: {}", self.resumption(&run.id)));
        }
        exit
    }

    /// Takes in how steps stand of which was heard already: who is told what goes on is told of now.
    fn catch_up(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            if let (Event::Run(RunNews::Step(id, number, step)), Some(run)) = (event, self.run.as_mut())
                && id == run.id
                && let Some(known) = run.steps.get_mut(number)
            {
                *known = *step;
            }
        }
    }
}

/// Whether something of a step goes on at its host although nobody is at the run. What it was done for may still be judged,
/// where it has ended.
fn moves(step: &RunStep) -> bool {
    matches!(step.state, StepState::Intent | StepState::Started) && step.exit.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sent_and_has_not_ended_goes_on_without_a_console() {
        let goes_on = |state, exit| moves(&RunStep { state, exit, ..RunStep::default() });
        assert!(goes_on(StepState::Intent, None) && goes_on(StepState::Started, None));
        assert!(!goes_on(StepState::Started, Some(0)), "its command has ended, and it is held");
        for state in [StepState::Planned, StepState::Done, StepState::Verified, StepState::Failed, StepState::Unknown] {
            assert!(!goes_on(state, None), "{state:?}");
        }
    }
}
