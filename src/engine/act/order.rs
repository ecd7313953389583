//! The steps of a run in their order: which may begin, how many at once, and what ends it.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use super::ledger::Ledger;
use super::place::Place;
use super::step::{Done, Step};
use crate::domain::Verb;
use crate::domain::plan::Plan;
use crate::domain::run::{RunStep, StepState};
use crate::engine::store::settle::outcome;

/// Why no further step begins.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Halt {
    /// A step did not end well.
    After(usize),
    /// A person stopped the run.
    Person,
    /// The console is being left.
    Leaving,
    /// The store takes no more records.
    Record(String),
}

/// What a run may be told from outside.
#[derive(Debug, Clone, Default)]
pub(super) struct Orders {
    /// Begin no further step.
    pub(super) stop: CancellationToken,
    /// The same, and do not wait for those under way either: they stay as they are recorded.
    pub(super) leave: CancellationToken,
    /// Nothing more comes of it but the record of its end.
    pub(super) over: CancellationToken,
}

/// Does all steps of a recorded run, in order. The first that does not end well stops the rest.
pub(super) async fn run(place: Place, ledger: Ledger, plan: &Plan, records: &[RunStep], orders: &Orders) {
    let mut states: BTreeMap<usize, StepState> = (0..plan.steps.len()).map(|at| (at, StepState::Planned)).collect();
    let mut going = FuturesUnordered::new();
    let mut halt: Option<Halt> = None;
    loop {
        if orders.leave.is_cancelled() {
            halt = Some(Halt::Leaving);
        } else if orders.stop.is_cancelled() {
            halt = halt.or(Some(Halt::Person));
        }
        while halt.is_none() && going.len() < plan.at_once.max(1) {
            let Some(next) = next(plan, &states) else { break };
            states.insert(next, StepState::Intent);
            going.push(begin(&place, &ledger, plan.verb, next, plan, records));
        }
        if going.is_empty() || halt == Some(Halt::Leaving) {
            break;
        }
        tokio::select! {
            Some((number, done)) = going.next() => {
                states.insert(number, done.state);
                if done.state != StepState::Verified {
                    halt = halt.or(Some(Halt::After(number)));
                }
                if let Err(why) = done.recording {
                    halt = Some(Halt::Record(why));
                }
            }
            () = orders.stop.cancelled(), if halt.is_none() => {}
            () = orders.leave.cancelled() => {}
        }
    }
    let in_flight = !going.is_empty();
    // Whatever is under way goes on at its host; its record says so.
    drop(going);
    orders.over.cancel();
    finish(&ledger, plan, records, &states, halt, in_flight).await;
}

async fn begin(
    place: &Place,
    ledger: &Ledger,
    verb: Verb,
    number: usize,
    plan: &Plan,
    records: &[RunStep],
) -> (usize, Done) {
    let (Some(planned), Some(record)) = (plan.steps.get(number), records.get(number)) else {
        return (number, Done { state: StepState::Skipped, recording: Ok(()) });
    };
    let step = Step {
        place: place.clone(),
        ledger: ledger.clone(),
        verb,
        number,
        planned: planned.clone(),
        record: record.clone(),
    };
    (number, step.run().await)
}

/// The first step that was not begun and for which everything before it is verified.
fn next(plan: &Plan, states: &BTreeMap<usize, StepState>) -> Option<usize> {
    let verified = |at: &usize| states.get(at) == Some(&StepState::Verified);
    let ready = |(at, step): &(usize, &crate::domain::plan::PlannedStep)| {
        states.get(at) == Some(&StepState::Planned) && step.after.iter().all(verified)
    };
    plan.steps.iter().enumerate().find(ready).map(|(at, _)| at)
}

/// Records what was never begun, and the end.
async fn finish(
    ledger: &Ledger,
    plan: &Plan,
    records: &[RunStep],
    states: &BTreeMap<usize, StepState>,
    halt: Option<Halt>,
    in_flight: bool,
) {
    let why = match &halt {
        Some(Halt::After(number)) => {
            let step = plan.steps.get(*number);
            let what = step.map(|step| match (&step.service, &step.unit) {
                (Some(service), _) => format!("{service} on {}", step.host),
                (None, Some(unit)) => format!("{unit} on {}", step.host),
                (None, None) => step.host.to_string(),
            });
            format!("not begun, because {} did not end well: it runs as before", what.unwrap_or_default())
        }
        Some(Halt::Person) => "not begun, because the run was stopped: it runs as before".to_owned(),
        Some(Halt::Leaving) => "not begun, because qd was left: it runs as before".to_owned(),
        Some(Halt::Record(_)) => "not begun, because nothing can be recorded: it runs as before".to_owned(),
        None => "not begun".to_owned(),
    };
    let mut stand: Vec<RunStep> = records.to_vec();
    for (number, step) in stand.iter_mut().enumerate() {
        step.state = states.get(&number).copied().unwrap_or(StepState::Skipped);
        if step.state == StepState::Planned {
            step.note = why.as_str().into();
            // What can't be recorded now is settled as skipped at the next start.
            let _ = ledger.commit(number, step, StepState::Skipped).await;
        }
    }
    if let Some(Halt::Record(why)) = &halt {
        ledger.trouble(format!("The run was stopped, because it can't be recorded any more: {why}.")).await;
    }
    if in_flight {
        // Not ended: at the next start what is under way now is looked at.
        return;
    }
    ledger.end(outcome(&stand)).await;
}
