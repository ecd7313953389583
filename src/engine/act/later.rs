//! Runs that were found unfinished at the start: what can still be known of their steps once their hosts are up.
//! Nothing is sent again, and what was unknown stays so; it only gets a sentence that helps a person to decide.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::judge::{Course, words};
use super::ledger::Ledger;
use super::place::Place;
use crate::domain::run::{RunStep, StepState};
use crate::domain::unit::UnitFacts;
use crate::domain::{Environment, Run, Verb};
use crate::engine::clock::Clock;
use crate::engine::store::Store;
use crate::port::Event;
use crate::runtimes::systemd::Scope;
use crate::runtimes::systemd_look::Look;

/// A host that is not up by then is not looked at any more.
const COMES_UP_WITHIN: Duration = Duration::from_secs(600);

/// Looks at the units of all steps of a settled run that are unknown.
pub async fn look(run: Run, place: Place, store: Arc<dyn Store>, events: mpsc::Sender<Event>) {
    let Some(verb) = Verb::of_word(&run.kind) else { return };
    let ledger = Ledger { run: run.id.clone(), store, events, clock: place.clock.clone() };
    let all = run.steps.into_iter().enumerate().filter(|(_, step)| step.state == StepState::Unknown);
    let looks = all.map(|(number, step)| look_at(&place, &ledger, verb, number, step));
    futures_util::future::join_all(looks).await;
}

async fn look_at(place: &Place, ledger: &Ledger, verb: Verb, number: usize, mut step: RunStep) {
    let Some(unit) = step.unit.clone() else { return };
    let scope = if is_of_the_login(&place.environment, &step) { Scope::User } else { Scope::System };
    let until = place.clock.now().mono.after(COMES_UP_WITHIN);
    let Ok(look) = place.look(&step.host, &unit, scope, until).await else { return };
    let sentence = sentence(verb, &step, &look);
    step.note = [step.note.raw(), b" ", sentence.as_bytes()].concat().into();
    step.invocation = look.facts.invocation;
    // It is told even if it can't be recorded.
    let _ = ledger.commit(number, &mut step, StepState::Unknown).await;
}

fn is_of_the_login(environment: &Environment, step: &RunStep) -> bool {
    step.service.as_ref().and_then(|name| environment.service(name)).is_some_and(|service| service.user)
}

/// What a look says about a step that may have happened.
fn sentence(verb: Verb, step: &RunStep, look: &Look) -> String {
    let facts = UnitFacts { invocation: step.invocation_before.clone(), ..UnitFacts::default() };
    let course = Course::new(verb, Look { facts, ..Look::default() });
    let at = |at: Option<jiff::Timestamp>| at.map(|at| at.strftime(" at %H:%M:%S UTC").to_string()).unwrap_or_default();
    let state = words(look);
    match verb {
        Verb::Start | Verb::Restart if step.invocation_before.is_empty() => format!("Looked at now: it is {state}."),
        Verb::Start | Verb::Restart if course.is_new(look) => {
            format!(
                "Looked at now: it was started anew{}, after this was sent; it is {state}.",
                at(look.facts.active_enter)
            )
        }
        Verb::Start | Verb::Restart => {
            format!(
                "Looked at now: it still is the same run as before; it is {state}{}.",
                since(look.facts.active_enter)
            )
        }
        Verb::Stop if !look.facts.active.runs() => {
            format!("Looked at now: it does not run; it ended{}.", at(look.facts.inactive_enter))
        }
        Verb::Stop => format!("Looked at now: it is {state}{}.", since(look.facts.active_enter)),
        Verb::Enable | Verb::Disable => {
            format!("Looked at now: its unit file is {}.", look.facts.file_state.plain())
        }
        Verb::Reload | Verb::ResetFailed | Verb::DaemonReload | Verb::Kill(_) => {
            format!("Looked at now: it is {state}.")
        }
        Verb::Scale(count) => match &look.facts.containers {
            Some(containers) => {
                format!("Looked at now: {} of its containers run, {count} were wanted.", containers.running())
            }
            None => format!("Looked at now: it is {state}."),
        },
    }
}

fn since(at: Option<jiff::Timestamp>) -> String {
    at.map(|at| at.strftime(" since %H:%M:%S UTC").to_string()).unwrap_or_default()
}
