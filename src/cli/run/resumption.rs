//! How a run that was left is gone on with later.

use super::follow::Session;
use crate::cli::{Exit, output};
use crate::domain::RunId;
use crate::domain::run::{RunStep, StepState};

impl Session<'_> {
    /// The command that goes on with the run. A site that only its path opens is not found by its name.
    pub(super) fn resumption(&self, run: &RunId) -> String {
        let path = self.prepared.environment.word.only_path();
        let procedure = self.args.procedure.iter().filter(|_| path.is_some()).cloned();
        let words: Vec<String> =
            ["qd", "run", "--resume", run.as_str()].map(str::to_owned).into_iter().chain(procedure).collect();
        format!("{}{}", crate::runtimes::shell::shown(&words), self.prepared.environment.word.alone())
    }

    pub(super) fn left(&self, exit: Exit) -> Exit {
        if let Some(run) = &self.run {
            let sent = |step: &RunStep| matches!(step.state, StepState::Intent | StepState::Started);
            let told = if run.steps.iter().any(sent) {
                "what was sent goes on at its hosts"
            } else {
                "nothing is under way at its hosts"
            };
            output::complain(&format!("left in the middle: {told}. Go on with: {}", self.resumption(&run.id)));
        }
        exit
    }
}
