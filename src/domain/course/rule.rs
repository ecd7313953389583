//! What of a planned part decides its place in the course.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::name::{InputName, PartId, RoleName};
use crate::domain::procedure::{Danger, Doing, OnError, PlannedPart, Role, Shifts, Terms};
use crate::domain::run::{Reason, RunStep};

/// Who it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// Nobody: it is done by itself.
    Nobody,
    /// A person attests it.
    Tick,
    /// A person chooses one of these words.
    Choose(Vec<String>),
    /// A person tells these.
    Tell(Vec<InputName>),
    /// A person lends the terminal.
    Terminal,
}

/// One part.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Which.
    pub part: PartId,
    /// Who it waits for.
    pub asks: Asks,
    /// What the section around it is for.
    pub role: Role,
    /// The section.
    pub section: Option<usize>,
    /// How many parts of its section may be under way at once.
    pub together: usize,
    /// How many of its steps may be under way at once.
    pub at_once: usize,
    /// Whether it only reads.
    pub reads: bool,
    /// What must hold for it.
    pub when: Terms,
    /// What happens by itself when it did not end well.
    pub on_error: OnError,
    /// How often it is tried again by itself.
    pub retries: u32,
    /// Whether what does it tries that often within one try: what asks something does.
    pub asks_again: bool,
    /// Whether a try of unknown end may be repeated.
    pub idempotent: bool,
    /// Whether it sends something to its host by itself.
    pub sends: bool,
    /// Whether it is a command, which ends with a status of its own.
    pub commands: bool,
    /// How long an answer counts.
    pub expires: Option<Duration>,
    /// Of a gate: how old what was checked may be when something behind the gate begins.
    pub fresh: Option<Duration>,
    /// Whether a person judges what it fetched.
    pub judged: bool,
    /// The role whose people may waive it.
    pub waiver: Option<RoleName>,
    /// Whether it stands beside the order of a whole run, because a person chose it there: it undoes another part, or is
    /// of the way back.
    pub aside: bool,
    /// The variable that takes what it prints.
    pub capture: Option<InputName>,
    /// Its steps, by their numbers.
    pub steps: Vec<usize>,
    /// Of a guarded shift: which steps send traffic back, to which weight, and when one of which steps did not pass.
    pub backs: BTreeMap<usize, (u32, Vec<usize>)>,
    /// Of a step the others of the same part that must have been verified before it begins.
    pub needs: BTreeMap<usize, Vec<usize>>,
}

impl Rule {
    /// The rule of a planned part whose jobs have these numbers, in their order; `None` for a job that has no step.
    pub fn of(part: &PlannedPart, numbers: &[Option<usize>]) -> Self {
        let options = &part.options;
        Self {
            part: part.part.clone(),
            asks: asks(part),
            role: part.role,
            section: part.section,
            together: part.together.max(1),
            at_once: part.at_once.max(1),
            reads: reads(part),
            when: options.when.clone(),
            // A gate is there to stop.
            on_error: match (part.role, options.on_error) {
                (Role::Gate, OnError::Skip) => OnError::Ask,
                // What did not pass is not gone on with to the next weight.
                (_, OnError::Skip) if options.guarded.is_some() => OnError::Ask,
                // Nor does a way back wait for a notice that could not be delivered.
                (Role::Rollback, OnError::Ask) if matches!(part.doing, Doing::Notify(..)) => OnError::Skip,
                (_, on_error) => on_error,
            },
            retries: if options.guarded.is_some() { 0 } else { options.retries },
            asks_again: matches!(part.doing, Doing::Check(..) | Doing::Fact(_) | Doing::Approve(_)),
            idempotent: options.idempotent || reads(part),
            sends: sends(part),
            commands: matches!(part.doing, Doing::Run(..)),
            expires: options.expires,
            fresh: fresh(part),
            judged: is_judged(part),
            waiver: options.waiver.clone().filter(|_| part.role == Role::Gate),
            aside: false,
            capture: options.capture.clone(),
            steps: numbers.iter().copied().flatten().collect(),
            backs: backs(part, numbers),
            needs: needs(part, numbers),
        }
    }

    /// Whether a step that failed is tried again by itself: so often as the document says, and only after an end that
    /// another try may mend. A change that something else ended, as a host does that is being booted, is for a person:
    /// how far it came is not known.
    pub fn tries_again(&self, step: &RunStep) -> bool {
        let mends = match step.reason {
            Some(Reason::NonZeroExit | Reason::Timeout | Reason::Unreachable) => true,
            Some(Reason::Refused | Reason::Cancelled | Reason::GuardFailed | Reason::Inconclusive) | None => false,
        };
        let cut = self.commands && !self.idempotent && step.reason == Some(Reason::NonZeroExit) && step.exit.is_none();
        mends
            && !cut
            && !self.asks_again
            && step.by.is_none()
            && step.attempt <= self.retries
            && self.asks == Asks::Nobody
    }

    /// Whether a person gives its answer: a tick, a choice, or the judgement of what was fetched.
    pub(super) fn is_answered(&self) -> bool {
        matches!(self.asks, Asks::Tick | Asks::Choose(_)) || self.judged
    }

    /// Whether it is the same gate as another part's.
    pub(super) fn same_gate(&self, other: &Rule) -> bool {
        self.role == Role::Gate && other.role == Role::Gate
    }
}

/// What the jobs of a part wait for, by the numbers of their steps.
fn needs(part: &PlannedPart, numbers: &[Option<usize>]) -> BTreeMap<usize, Vec<usize>> {
    let number = |at: &usize| numbers.get(*at).copied().flatten();
    let of = |(job, own): (&crate::domain::procedure::Job, &Option<usize>)| {
        let after = &job.change.as_ref()?.after;
        Some(((*own)?, after.iter().filter_map(number).collect::<Vec<usize>>()))
    };
    part.jobs.iter().zip(numbers).filter_map(of).filter(|(_, needs)| !needs.is_empty()).collect()
}

/// What sends traffic back, by the numbers of the steps.
fn backs(part: &PlannedPart, numbers: &[Option<usize>]) -> BTreeMap<usize, (u32, Vec<usize>)> {
    let number = |at: &usize| numbers.get(*at).copied().flatten();
    let of = |(job, own): (&crate::domain::procedure::Job, &Option<usize>)| match job.script.shifts.as_ref()? {
        Shifts::Back(to, of) => Some(((*own)?, (*to, of.iter().filter_map(number).collect()))),
        Shifts::Judged(_) => None,
    };
    part.jobs.iter().zip(numbers).filter_map(of).collect()
}

/// What a gate has checked counts so long unless its part says otherwise.
const FRESH: Duration = Duration::from_secs(60);

/// Approvals are counted once more whenever something behind the gate begins.
const AT_ONCE: Duration = Duration::from_millis(1);

/// Whether its evidence is fetched by the console and judged by a person.
fn is_judged(part: &PlannedPart) -> bool {
    part.role == Role::Gate && part.options.evidence && asks(part) == Asks::Nobody
}

/// A gate's checked items are checked once more when they are older than this. What changes something never is, and to
/// wait once more proves nothing unless the document says so.
fn fresh(part: &PlannedPart) -> Option<Duration> {
    if part.role == Role::Gate && matches!(part.doing, Doing::Approve(_)) {
        // What was approved may be another plan a moment later: it is always asked once more.
        return Some(AT_ONCE);
    }
    let checked = part.role == Role::Gate && asks(part) == Asks::Nobody && reads(part) && !is_judged(part);
    let usual = Some(FRESH).filter(|_| !matches!(part.doing, Doing::Hold(..)));
    part.options.expires.or(usual).filter(|_| checked)
}

/// Whether it only looks. Telling somebody changes nothing that runs, but is not the same twice.
fn reads(part: &PlannedPart) -> bool {
    part.danger == Danger::Read && !matches!(part.doing, Doing::Notify(..))
}

fn sends(part: &PlannedPart) -> bool {
    let sends = matches!(part.doing, Doing::Run(..) | Doing::Request(..) | Doing::Restart(_) | Doing::Shift(..));
    sends && asks(part) == Asks::Nobody
}

fn asks(part: &PlannedPart) -> Asks {
    if part.kind == "ask" {
        return Asks::Tick;
    }
    match &part.doing {
        Doing::Ask => Asks::Tick,
        Doing::Prompt(names) => Asks::Tell(names.clone()),
        Doing::Decide(ways) => Asks::Choose(ways.iter().map(|way| way.word.clone()).collect()),
        Doing::Run(..) if part.options.terminal => Asks::Terminal,
        Doing::Run(..)
        | Doing::Request(..)
        | Doing::Check(..)
        | Doing::Fact(_)
        | Doing::Approve(_)
        | Doing::Hold(..)
        | Doing::Restart(_)
        | Doing::Shift(..)
        | Doing::Notify(..)
        | Doing::Call(..) => Asks::Nobody,
    }
}
