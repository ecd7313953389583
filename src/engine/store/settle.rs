//! What becomes of a run whose program died: what is known stays, what was not sent is skipped, the rest is unknown.

use jiff::Timestamp;

use crate::domain::Run;
use crate::domain::run::{RunState, RunStep, StepState};
use crate::text::Foreign;

/// The run as it is to be recorded, and the places of the steps that stand otherwise than before.
pub fn settled(mut run: Run, now: Timestamp) -> (Run, Vec<usize>) {
    let mut moved = Vec::new();
    for (number, step) in run.steps.iter_mut().enumerate() {
        let (state, why) = match step.state {
            StepState::Planned => (StepState::Skipped, "It was never sent: qd ended before its turn."),
            StepState::Intent => (
                StepState::Unknown,
                "qd ended as this was about to be sent: it may or may not have happened. Look before you repeat it.",
            ),
            StepState::Started => (
                StepState::Unknown,
                "The host had taken this when qd ended: how it ended is not known. Look before you repeat it.",
            ),
            StepState::Done => {
                (StepState::Unknown, "The command had ended well when qd ended, but its effect was not verified.")
            }
            StepState::Verified | StepState::Failed | StepState::Skipped | StepState::Waived | StepState::Unknown => {
                continue;
            }
        };
        step.note = with(why, &step.note);
        step.state = state;
        step.at = Some(now);
        moved.push(number);
    }
    run.state = outcome(&run.steps);
    run.ended = Some(now);
    (run, moved)
}

/// How a run stands of which no step goes on.
pub fn outcome(steps: &[RunStep]) -> RunState {
    let any = |state| steps.iter().any(|step| step.state == state);
    if steps.iter().any(|step| !step.state.is_final()) || any(StepState::Unknown) {
        RunState::Unknown
    } else if any(StepState::Failed) {
        RunState::Failed
    } else if any(StepState::Skipped) {
        RunState::Stopped
    } else {
        RunState::Succeeded
    }
}

/// What a person must know of a run that was settled, in one line.
pub fn sentence(run: &Run) -> String {
    let count = |states: &[StepState]| run.steps.iter().filter(|step| states.contains(&step.state)).count();
    let done = count(&[StepState::Verified]);
    let failed = count(&[StepState::Failed]);
    let unknown = count(&[StepState::Unknown]);
    let not = count(&[StepState::Skipped]);
    let waived = count(&[StepState::Waived]);
    let mut parts = vec![format!("{done} done")];
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    if waived > 0 {
        parts.push(format!("{waived} waived"));
    }
    parts.push(format!("{not} not sent"));
    parts.push(format!("{unknown} unknown"));
    let title = Foreign::from(run.title.as_str()).plain();
    format!("qd ended in the middle of \"{title}\" ({}): {}.", run.id.short(), parts.join(", "))
}

fn with(why: &str, before: &Foreign) -> Foreign {
    if before.is_empty() {
        return why.into();
    }
    [why.as_bytes(), b" Before that: ", before.raw()].concat().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::{EnvName, HostName, SiteName};

    fn run(states: &[StepState]) -> Run {
        let step = |state: &StepState| RunStep {
            host: HostName::new("app-1").unwrap(),
            service: None,
            unit: None,
            command: "systemctl restart a.service".into(),
            state: *state,
            at: None,
            invocation_before: String::new(),
            invocation: String::new(),
            note: Foreign::default(),
            verdict: None,
            ..RunStep::default()
        };
        Run {
            id: crate::engine::store::fresh_run_id(Timestamp::UNIX_EPOCH),
            site: SiteName::new("shop").unwrap(),
            environment: EnvName::new("lab").unwrap(),
            person: "ada".into(),
            workstation: "ada@desk".into(),
            kind: "restart".into(),
            title: "restart a on 4 hosts".into(),
            confirmed: "yes".into(),
            begun: Timestamp::UNIX_EPOCH,
            ended: None,
            state: RunState::Running,
            document: None,
            steps: states.iter().map(step).collect(),
        }
    }

    #[test]
    fn nothing_that_may_have_happened_is_called_done_or_failed() {
        use StepState::{Done, Failed, Intent, Planned, Skipped, Started, Unknown, Verified};
        let (settled, moved) = settled(run(&[Verified, Intent, Started, Done, Planned]), Timestamp::UNIX_EPOCH);
        let states: Vec<StepState> = settled.steps.iter().map(|step| step.state).collect();
        assert_eq!(states, [Verified, Unknown, Unknown, Unknown, Skipped]);
        assert_eq!(moved, [1, 2, 3, 4]);
        assert_eq!(settled.state, RunState::Unknown);
        assert!(sentence(&settled).ends_with("1 done, 1 not sent, 3 unknown."), "{}", sentence(&settled));
        for (states, outcome) in [
            (&[Verified, Verified][..], RunState::Succeeded),
            (&[Verified, Failed, Planned], RunState::Failed),
            (&[Verified, Planned], RunState::Stopped),
            (&[Failed, Started], RunState::Unknown),
            (&[Skipped, Unknown], RunState::Unknown),
        ] {
            assert_eq!(super::settled(run(states), Timestamp::UNIX_EPOCH).0.state, outcome, "{states:?}");
        }
    }
}
