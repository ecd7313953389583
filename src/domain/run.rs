//! A run: one change as it is recorded, before it happens and again with its result.
//!
//! A step goes `planned → intent → started → done → verified`. Nothing is sent to a host before `intent` is in the
//! store, so whoever finds `intent` or `started` without an end knows that something may have happened: that is
//! `unknown`, never success and never failure, and is never repeated by itself.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

pub use super::decided::{Confirmed, Decided, Go, Overridden, REASON, WentBack, is_reason};
use super::name::{EnvName, HostName, PartId, ProcedureName, ServiceName, SiteName};
use super::procedure::Given;
use super::unit::UnitName;
use crate::text::Foreign;

/// The name of a run: a UUID of version 7 in its usual writing, so that records of several machines can be merged
/// and sort by time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct RunId(String);

impl RunId {
    /// Takes 36 characters, lower-case hexadecimal digits in groups of 8, 4, 4, 4 and 12.
    pub fn new(word: &str) -> Option<Self> {
        let groups: Vec<&str> = word.split('-').collect();
        let sized = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
        let digits = word.bytes().all(|b| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        (sized && digits).then(|| Self(word.to_owned()))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last eight digits, which differ from run to run: enough to tell runs apart on a screen.
    pub fn short(&self) -> &str {
        self.0.get(28..).unwrap_or(&self.0)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its name.
    pub id: RunId,
    /// The site.
    pub site: SiteName,
    /// The environment.
    pub environment: EnvName,
    /// Who confirmed it: the name in their own file, else their login here.
    pub person: String,
    /// From where: `login@machine`.
    pub workstation: String,
    /// What kind of run: the word of a verb.
    pub kind: String,
    /// Its headline: `restart pricing on 3 hosts`.
    pub title: String,
    /// How it was confirmed: the word of [`How`](super::permit::How).
    pub confirmed: String,
    /// When it was recorded, by this machine's clock.
    pub begun: Timestamp,
    /// When it ended, by this machine's clock.
    pub ended: Option<Timestamp>,
    /// How it stands.
    pub state: RunState,
    /// What it runs, if it runs a procedure.
    pub document: Option<RunDocument>,
    /// Its steps, in their order. A procedure's run has one for each part on each host, and they are never fewer
    /// later; what a person attests is a step `here`.
    pub steps: Vec<RunStep>,
}

/// The document that a run is bound to. Its text is kept by the store under the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDocument {
    /// Its name.
    pub name: ProcedureName,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub digest: String,
    /// Whether it is run as a whole, one part after the other, and ends with its last step. Otherwise a person chooses:
    /// steps are added as they are chosen, and the run goes on until a person ends it, with success when nothing in it
    /// was left undone.
    pub whole: bool,
    /// The inputs that were given; of a secret only its name.
    pub given: Vec<Given>,
    /// What was decided of the run as a whole while it went on.
    pub decided: Decided,
}

impl Run {
    /// How what it changes was confirmed, and by whom if that was not when it began: the later word counts.
    pub fn how_confirmed(&self) -> (&str, Option<&str>) {
        let later = self.document.as_ref().and_then(|document| document.decided.confirmed.as_ref());
        later.map_or((self.confirmed.as_str(), None), |later| (later.how.as_str(), Some(later.by.as_str())))
    }
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunState {
    /// It goes on, here or elsewhere.
    Running,
    /// Every step was verified.
    Succeeded,
    /// A step failed; those after it were not begun.
    Failed,
    /// A person stopped it; no further step was begun.
    Stopped,
    /// At least one step may or may not have happened.
    Unknown,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunStep {
    /// Where.
    pub host: HostName,
    /// Which service.
    pub service: Option<ServiceName>,
    /// Which unit.
    pub unit: Option<UnitName>,
    /// Which part of the procedure.
    pub part: Option<PartId>,
    /// How often it was tried; 0 before the first time.
    pub attempt: u32,
    /// The exact command as a shell would take it, with what makes it root. Secrets are masked.
    pub command: String,
    /// What a person edited it to, as it was typed; nothing when the document's command runs, or when what was typed holds
    /// a secret, which is not kept.
    pub edited: Option<String>,
    /// How it stands.
    pub state: StepState,
    /// When it came to stand so, by this machine's clock; of what is under way when its series of tries began.
    pub at: Option<Timestamp>,
    /// When it was begun first, whoever tried it once more since; nothing before that, and in older records.
    pub begun: Option<Timestamp>,
    /// `InvocationID` of the unit before it; empty when there was none.
    pub invocation_before: String,
    /// `InvocationID` of the unit after it; empty when there is none.
    pub invocation: String,
    /// Why it did not end well, for machines.
    pub reason: Option<Reason>,
    /// Its exit status.
    pub exit: Option<i32>,
    /// Who attested, chose, marked or skipped it: a person's name.
    pub by: Option<String>,
    /// What it gave: captured output, or the word that was chosen.
    pub value: Option<String>,
    /// Why it stands so, in one sentence; what a person noted.
    pub note: Foreign,
    /// What was looked at afterwards.
    pub verdict: Option<StepVerdict>,
}

impl Default for RunStep {
    /// A step on this machine of which nothing is known and that was not begun.
    fn default() -> Self {
        Self {
            host: super::procedure::here(),
            service: None,
            unit: None,
            part: None,
            attempt: 0,
            command: String::new(),
            edited: None,
            state: StepState::Planned,
            at: None,
            begun: None,
            invocation_before: String::new(),
            invocation: String::new(),
            reason: None,
            exit: None,
            by: None,
            value: None,
            note: Foreign::default(),
            verdict: None,
        }
    }
}

impl RunStep {
    /// Whether anything of it was sent or asked, whatever it stands as now.
    pub fn was_tried(&self) -> bool {
        self.attempt > 0 || self.exit.is_some() || self.verdict.is_some()
    }

    /// Whether anything of one that did not end well may have happened: not where it was refused, where nobody was there, or
    /// where it was cancelled while it waited for its turn, and it was tried no other time.
    pub fn may_have_happened(&self) -> bool {
        let sent = match self.reason {
            Some(Reason::Refused | Reason::Unreachable) => false,
            // What was never started has taken no time.
            Some(Reason::Cancelled) => self.verdict.is_some(),
            Some(Reason::NonZeroExit | Reason::Timeout | Reason::GuardFailed | Reason::Inconclusive) => true,
            None => self.state == StepState::Failed,
        };
        self.attempt > 1 || sent
    }

    /// Whether one that failed was not begun at its last try: its host was away or refused it before anything was done.
    pub fn was_not_begun(&self) -> bool {
        let refused = matches!(self.reason, Some(Reason::Refused | Reason::Unreachable));
        self.state == StepState::Failed && refused && self.exit.is_none()
    }

    /// Whether its command ended while nobody was at it: how long that took is not known, only when its end was found.
    pub fn has_ended_unseen(&self) -> bool {
        // What is only looked at, without a command, may truly take no time.
        self.exit.is_some()
            && self.state.is_final()
            && self.verdict.as_ref().is_some_and(|verdict| verdict.took.is_zero())
    }

    /// Whether it was tried, did not end well, and was then given up.
    pub fn is_given_up(&self) -> bool {
        self.state == StepState::Skipped && self.was_tried()
    }
}

impl Run {
    /// Takes in what was decided of it since.
    pub fn decide(&mut self, newer: &Decided) {
        if let Some(document) = &mut self.document {
            document.decided.merge(newer);
        }
    }

    /// Whether its way back was begun: of its ordinary steps none begins any more.
    pub fn rolls_back(&self) -> bool {
        self.document.as_ref().is_some_and(|document| document.decided.rolls_back)
    }

    /// Whether it has ended, and what it had done was taken back, or there was nothing to take back.
    pub fn is_rolled_back(&self) -> bool {
        // Of an older record: the way back stands behind everything else.
        let is_last_well = || self.steps.last().is_some_and(|last| last.state == StepState::Verified);
        let is_back = match self.went_back() {
            Some(WentBack::Whole | WentBack::Needless) => true,
            Some(WentBack::Short) => false,
            None => is_last_well(),
        };
        self.rolls_back() && is_back && matches!(self.state, RunState::Failed | RunState::Stopped)
    }

    /// Whether it was rolled back, and its way back found that there was nothing to take back.
    pub fn had_nothing_to_take_back(&self) -> bool {
        self.is_rolled_back() && self.went_back() == Some(WentBack::Needless)
    }

    fn went_back(&self) -> Option<WentBack> {
        self.document.as_ref().and_then(|document| document.decided.went_back)
    }

    /// How it stands or ended, in words for a person: its state, and what that alone would hide: that it was rolled back,
    /// that steps failed in it and were given up, that items of its gate were waived.
    pub fn verdict_told(&self) -> String {
        let rolls_back = self.rolls_back();
        let given_up = self.steps.iter().filter(|step| step.is_given_up()).count();
        let waived = self.steps.iter().filter(|step| step.state == StepState::Waived).count();
        match self.state {
            RunState::Running if rolls_back => "rolling back".to_owned(),
            RunState::Failed | RunState::Stopped if self.had_nothing_to_take_back() => {
                "rolled back, nothing to take back".to_owned()
            }
            RunState::Failed | RunState::Stopped if self.is_rolled_back() => "rolled back".to_owned(),
            RunState::Failed | RunState::Stopped if rolls_back => format!("{}, not rolled back", self.state.word()),
            RunState::Succeeded if given_up > 0 => format!("succeeded, {given_up} failed"),
            RunState::Succeeded if waived > 0 => format!("succeeded, {waived} waived"),
            RunState::Running | RunState::Succeeded | RunState::Failed | RunState::Stopped | RunState::Unknown => {
                self.state.word().to_owned()
            }
        }
    }
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepState {
    /// Nothing was sent.
    Planned,
    /// It is about to be sent: from here on it may happen.
    Intent,
    /// The host has taken it.
    Started,
    /// The command has ended well; its effect is not verified yet.
    Done,
    /// It did what it should.
    Verified,
    /// It failed, or did not do what it should.
    Failed,
    /// It is not done: it was never sent, because a step before it did not end well or a person stopped the run; or it
    /// was sent, did not end well, and was given up, which [`RunStep::was_tried`] says.
    Skipped,
    /// An item of a gate that somebody waived who may: it did not pass, and the gate lets the run go ahead all the same.
    Waived,
    /// It may or may not have happened.
    Unknown,
}

/// Why a step did not end well: one word each, for machines. Error, inconclusive and no data are never a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Its command left with another status than 0, or a signal ended it.
    NonZeroExit,
    /// It took longer than it may.
    Timeout,
    /// The host could not be reached, and nothing was sent.
    Unreachable,
    /// The host, the site, or a rule refused it.
    Refused,
    /// A person ended it.
    Cancelled,
    /// A guard tripped.
    GuardFailed,
    /// What came back proves nothing.
    Inconclusive,
}

macro_rules! words {
    ($kind:ident { $($variant:ident $word:literal)* }) => {
        impl $kind {
            /// All, in their order.
            pub const ALL: &[$kind] = &[$($kind::$variant),*];

            /// Its word, on screens and in the store.
            pub fn word(self) -> &'static str {
                match self { $($kind::$variant => $word),* }
            }

            /// The state of this word.
            pub fn of_word(word: &str) -> Option<Self> {
                match word { $($word => Some($kind::$variant),)* _ => None }
            }
        }
    };
}

words!(RunState { Running "running" Succeeded "succeeded" Failed "failed" Stopped "stopped" Unknown "unknown" });
words!(StepState {
    Planned "planned" Intent "intent" Started "started" Done "done" Verified "verified" Failed "failed"
    Skipped "skipped" Waived "waived" Unknown "unknown"
});

words!(Reason {
    NonZeroExit "non-zero-exit" Timeout "timeout" Unreachable "unreachable" Refused "refused" Cancelled "cancelled"
    GuardFailed "guard-failed" Inconclusive "inconclusive"
});

impl RunStep {
    /// Why it did not end well, in a word: what has no status of its own, such as a fact, did not exit with one.
    pub fn why_word(&self) -> Option<&'static str> {
        let reason = self.reason?;
        Some(if reason == Reason::NonZeroExit && self.exit.is_none() { "did not pass" } else { reason.word() })
    }
}

impl StepState {
    /// Whether it stands in nobody's way: it was verified, skipped or waived.
    pub fn lets_go_on(self) -> bool {
        matches!(self, StepState::Verified | StepState::Skipped | StepState::Waived)
    }

    /// Whether nothing more will come of it.
    pub fn is_final(self) -> bool {
        match self {
            StepState::Verified | StepState::Failed | StepState::Skipped | StepState::Waived | StepState::Unknown => {
                true
            }
            StepState::Planned | StepState::Intent | StepState::Started | StepState::Done => false,
        }
    }
}

/// What was looked at after a step, and what was found.
#[derive(Debug, Clone, PartialEq)]
pub struct StepVerdict {
    /// From the command to the last look; zero when that is not known, because it ended while nobody was at it.
    pub took: Duration,
    /// What was looked at, in the order in which it was.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What: `active`, `same invocation for 5 s`, `probe ready`, `errors in its log`.
    pub name: String,
    /// Whether it was as it should be.
    pub finding: Finding,
    /// What was seen.
    pub told: Foreign,
}

/// Whether something was as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finding {
    /// It was.
    Good,
    /// It was not.
    Bad,
    /// It could not be seen.
    Unknown,
}

words!(WentBack { Whole "whole" Needless "needless" Short "short" });

words!(Go { Unasked "unasked" Waits "waits" Given "given" });

words!(Finding { Good "good" Bad "bad" Unknown "unknown" });

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_uuids_are_names_of_runs() {
        let id = RunId::new("01939a2e-77aa-7c11-8f3e-0123456789ab").unwrap();
        assert_eq!(id.short(), "456789ab");
        for bad in ["", "01939a2e", "01939A2E-77aa-7c11-8f3e-0123456789ab", "01939a2e-77aa-7c11-8f3e-0123456789a;"] {
            assert!(RunId::new(bad).is_none(), "{bad}");
        }
    }

    fn run(state: RunState, rolls_back: bool, steps: Vec<RunStep>) -> Run {
        let decided = Decided { rolls_back, ..Decided::default() };
        let name = ProcedureName::new("x").unwrap();
        Run {
            id: RunId::new("01939a2e-77aa-7c11-8f3e-0123456789ab").unwrap(),
            site: SiteName::new("shop").unwrap(),
            environment: EnvName::new("lab").unwrap(),
            person: "ada".into(),
            workstation: "ada@desk".into(),
            kind: "runbook".into(),
            title: "X".into(),
            confirmed: "yes".into(),
            begun: Timestamp::UNIX_EPOCH,
            ended: None,
            state,
            document: Some(RunDocument { name, digest: String::new(), whole: true, given: Vec::new(), decided }),
            steps,
        }
    }

    #[test]
    fn a_verdict_hides_neither_a_way_back_nor_a_failure_that_was_given_up() {
        let step = |state, attempt| RunStep { state, attempt, ..RunStep::default() };
        let (well, never) = (step(StepState::Verified, 1), step(StepState::Skipped, 0));
        let (failed, given_up) = (step(StepState::Failed, 1), step(StepState::Skipped, 1));
        assert!(given_up.is_given_up() && !never.is_given_up() && !failed.is_given_up());
        let told =
            |state, back, steps: &[&RunStep]| run(state, back, steps.iter().copied().cloned().collect()).verdict_told();
        assert_eq!(told(RunState::Succeeded, false, &[&well, &never]), "succeeded");
        assert_eq!(told(RunState::Succeeded, false, &[&well, &given_up]), "succeeded, 1 failed");
        assert_eq!(told(RunState::Failed, true, &[&failed, &never, &well]), "rolled back");
        assert_eq!(told(RunState::Failed, true, &[&failed, &never, &failed]), "failed, not rolled back");
        assert_eq!(told(RunState::Failed, false, &[&failed, &never]), "failed");
    }

    #[test]
    fn what_a_way_back_came_to_counts_and_not_which_of_its_steps_is_the_last() {
        let step = |state, attempt| RunStep { state, attempt, ..RunStep::default() };
        let (well, never) = (step(StepState::Verified, 1), step(StepState::Skipped, 0));
        let told = |last: &RunStep, went_back| {
            let mut run = run(RunState::Failed, true, vec![step(StepState::Failed, 1), last.clone()]);
            run.decide(&Decided { went_back, ..Decided::default() });
            run.verdict_told()
        };
        assert_eq!(told(&never, Some(WentBack::Needless)), "rolled back, nothing to take back");
        assert_eq!(told(&never, Some(WentBack::Whole)), "rolled back");
        assert_eq!(told(&well, Some(WentBack::Short)), "failed, not rolled back");
        // Older records say nothing of it.
        assert_eq!((told(&well, None), told(&never, None)), ("rolled back".into(), "failed, not rolled back".into()));
    }

    #[test]
    fn states_are_found_by_their_words() {
        for state in StepState::ALL {
            assert_eq!(StepState::of_word(state.word()), Some(*state));
        }
        for state in RunState::ALL {
            assert_eq!(RunState::of_word(state.word()), Some(*state));
        }
    }
}
