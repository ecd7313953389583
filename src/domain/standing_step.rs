//! How a step of a run comes to stand, and since when.

use jiff::Timestamp;

use super::run::{RunStep, StepState};

impl RunStep {
    /// Where, as words behind what is done: ` on app-1`; nothing of what is done on this machine.
    pub fn placed(&self) -> String {
        if self.host.as_str() == super::procedure::HERE { String::new() } else { format!(" on {}", self.host) }
    }

    /// It stands so from now on. What is under way stands so since it was begun: that its host has taken it, and what is said
    /// of it meanwhile, is no new beginning.
    pub fn stand(&mut self, state: StepState, now: Timestamp) {
        let goes_on = match state {
            StepState::Intent | StepState::Started => matches!(self.state, StepState::Intent | StepState::Started),
            // What was fetched to be judged stands there since it was fetched, with what was found.
            StepState::Done => self.state == state || self.state == StepState::Started && self.verdict.is_none(),
            StepState::Planned
            | StepState::Verified
            | StepState::Failed
            | StepState::Skipped
            | StepState::Waived
            | StepState::Unknown => false,
        };
        self.at = self.at.filter(|_| goes_on).or(Some(now));
        self.state = state;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;
    use crate::domain::run::StepVerdict;

    #[test]
    fn what_is_said_of_a_step_that_goes_on_is_no_new_beginning_of_it() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let mut hold = RunStep::default();
        hold.stand(StepState::Intent, at(10));
        hold.stand(StepState::Started, at(11));
        for second in 12..40 {
            hold.note = format!("{} s left", 40 - second).into();
            hold.stand(StepState::Started, at(second));
        }
        assert_eq!(hold.at, Some(at(10)), "a hold counts from its begin, whatever it says meanwhile");
        hold.stand(StepState::Done, at(40));
        assert_eq!(hold.at, Some(at(10)), "it is still under way: what it did is being looked at");
        hold.stand(StepState::Verified, at(45));
        assert_eq!(hold.at, Some(at(45)));
        // What was fetched to be judged stands there since it was fetched.
        let mut shown = RunStep { verdict: None, ..RunStep::default() };
        shown.stand(StepState::Started, at(1));
        shown.verdict = Some(StepVerdict { took: Duration::from_secs(3), checks: Vec::new() });
        shown.stand(StepState::Done, at(4));
        assert_eq!(shown.at, Some(at(4)));
    }
}
