//! Words of runs as a person says them; the words of the store are for scripts.

use super::clean;
use crate::domain::Run;
use crate::domain::permit::DESPITE;
use crate::domain::run::{Reason, RunStep, StepState};

/// How what a run changes was confirmed, and by whom.
pub(super) fn confirmed_of(run: &Run) -> String {
    match run.how_confirmed() {
        (how, None) => confirmed(how),
        (how, Some(by)) => format!("{} by {}", confirmed(how), clean(by)),
    }
}

/// How a run was confirmed.
pub(super) fn confirmed(word: &str) -> String {
    if let Some((how, lock)) = word.split_once(DESPITE) {
        return format!("{}{DESPITE}{}", confirmed(how), clean(lock));
    }
    match word {
        "unasked" => "nobody was asked, it only reads".to_owned(),
        "yes" => "confirmed with y".to_owned(),
        "typed" => "confirmed by typing the name".to_owned(),
        "flag-yes" => "confirmed with --yes".to_owned(),
        "flag-name" => "confirmed with --confirm and the name".to_owned(),
        other => format!("confirmed: {}", clean(other)),
    }
}

/// How a step stands.
pub fn state(step: &RunStep) -> &'static str {
    match step.state {
        StepState::Planned => "not begun",
        StepState::Intent => "about to be sent",
        StepState::Started if step.part.is_some() => "running",
        StepState::Started => "sent",
        StepState::Done => "ended well, not verified",
        StepState::Verified if step.by.is_some() => "attested",
        StepState::Verified if step.part.is_some() => "done",
        StepState::Verified => "verified",
        StepState::Failed => "failed",
        StepState::Skipped if step.is_given_up() => "failed, then skipped",
        StepState::Skipped => "skipped",
        StepState::Waived => "waived",
        StepState::Unknown => "unknown",
    }
}

/// Why a step did not end well.
pub(super) fn reason(step: &RunStep) -> Option<String> {
    Some(match (step.reason?, step.exit) {
        (Reason::NonZeroExit, Some(status)) => format!("its command left with status {status}"),
        // A check or a fact has no command.
        (Reason::NonZeroExit, None) if step.command.is_empty() => "it is not as it must be".to_owned(),
        (Reason::NonZeroExit, None) => "a signal ended its command".to_owned(),
        (Reason::Timeout, _) => "it took longer than it may".to_owned(),
        (Reason::Unreachable, _) => "its host could not be reached, nothing was sent".to_owned(),
        (Reason::Refused, _) => "it was refused".to_owned(),
        (Reason::Cancelled, _) => "a person ended it".to_owned(),
        (Reason::GuardFailed, _) => "its guard tripped".to_owned(),
        (Reason::Inconclusive, _) => "what came back proves nothing".to_owned(),
    })
}
