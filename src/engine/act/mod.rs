//! Doing what was permitted: a run is recorded with all its steps before anything is sent, each step is looked at
//! before and verified after, and whatever is not known for certain is unknown.

mod judge;
mod judge_containers;
mod judge_scale;
pub mod later;
mod ledger;
mod locked;
mod log;
mod looker;
mod order;
mod password;
mod place;
mod probes;
mod send;
mod step;
mod verified;
mod verify;
mod waits;
pub mod who;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::ledger::Ledger;
use self::order::Orders;
use crate::domain::host::BecomeRoot;
use crate::domain::permit::{DESPITE, How, Permit};
use crate::domain::plan::{Plan, PlannedStep};
use crate::domain::run::{RunState, RunStep};
use crate::domain::{Run, RunId};
use crate::engine::clock::{AnyClock, Clock};
use crate::engine::lock::is_wanted;
use crate::engine::store::{Store, fresh_run_id};
use crate::port::Event;
use crate::port::act::{RunNews, StoreState};
use crate::runtimes::shell::shown;
use crate::runtimes::systemd_change::as_root;

pub use locked::Others;
pub(in crate::engine) use password::Questions;
pub use password::Vault;
pub(in crate::engine) use place::{ANSWERS_WITHIN, last_line};
pub use place::{Place, Way};
pub(in crate::engine) use verified::{recalled, scope, verify};
pub(in crate::engine) use verify::Came;

/// How long the record of a run's end is waited for before the next change is refused.
const LAST_LINE: Duration = Duration::from_secs(2);

/// Who acts, and where it is recorded.
#[derive(Clone)]
pub struct Book {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The person: the name in their own file, else their login here.
    pub person: String,
    /// From where: `login@machine`.
    pub workstation: String,
}

/// The one place from which changes are made: one run at a time.
pub struct Desk {
    book: Option<Book>,
    events: mpsc::Sender<Event>,
    clock: AnyClock,
    running: Option<Running>,
}

struct Running {
    id: RunId,
    title: String,
    orders: Orders,
    task: JoinHandle<()>,
}

impl Desk {
    /// Without a book nothing can be recorded, so nothing is done.
    pub fn new(book: Option<Book>, events: mpsc::Sender<Event>, clock: AnyClock) -> Self {
        Self { book, events, clock, running: None }
    }

    /// The run that goes on, if one does: its headline.
    pub fn busy(&self) -> Option<&str> {
        self.running.as_ref().filter(|running| !running.task.is_finished()).map(|running| running.title.as_str())
    }

    /// Does what was permitted in `place`, or says why not.
    pub async fn execute(&mut self, permit: Permit, place: Option<Place>, lock: Option<Others>) {
        // Who heard of the end of a run may go on at once, although its task has a last line to go.
        if let Some(running) = self.running.as_mut().filter(|running| running.orders.over.is_cancelled())
            && tokio::time::timeout(LAST_LINE, &mut running.task).await.is_ok()
        {
            self.running = None;
        }
        if let Err(sentence) = self.begin(permit, place, lock) {
            let _ = self.events.send(Event::Run(RunNews::Refused(sentence))).await;
        }
    }

    /// Begins no further step of this run.
    pub fn stop(&self, id: &RunId) {
        if let Some(running) = self.running.as_ref().filter(|running| running.id == *id) {
            running.orders.stop.cancel();
        }
    }

    /// The console is left: what is known is recorded, no further step begins, and what is under way goes on at its
    /// host.
    pub async fn leave(&mut self, within: Duration) {
        let Some(mut running) = self.running.take() else { return };
        running.orders.leave.cancel();
        if tokio::time::timeout(within, &mut running.task).await.is_err() {
            running.task.abort();
        }
    }

    fn begin(&mut self, permit: Permit, place: Option<Place>, lock: Option<Others>) -> Result<(), String> {
        let (how, plan) = (permit.how(), permit.plan().clone());
        if let Some(title) = self.busy() {
            return Err(one_change(title));
        }
        let place = place.ok_or("No environment is open, so nothing was done.")?;
        fits(&plan, &place)?;
        // Where no procedure takes the lock, nobody is shown who has it.
        let lock = lock.filter(|_| is_wanted(&place.environment));
        let book = self.book.clone().ok_or("Nothing is recorded here, so nothing is changed.")?;
        if let StoreState::ReadOnly(why) = &*book.store.state().borrow() {
            return Err(format!("Nothing was done, because it can't be recorded: {why}"));
        }
        let now = self.clock.now().wall;
        let run = recorded(&plan, how, &book, now);
        let id = run.id.clone();
        let ledger =
            Ledger { run: id.clone(), store: book.store, events: self.events.clone(), clock: self.clock.clone() };
        let orders = Orders::default();
        let (told, title) = (orders.clone(), run.title.clone());
        let task = tokio::spawn(async move {
            if let Some(lock) = lock
                && let Err(sentence) = lock.allow(plan.impact.locked.as_deref(), &ledger.events, now).await
            {
                return drop(ledger.events.send(Event::Run(RunNews::Refused(sentence))).await);
            }
            if let Err(error) = ledger.begin(&run).await {
                let sentence = format!("Nothing was done, because it can't be recorded: {error}.");
                let _ = ledger.events.send(Event::Run(RunNews::Refused(sentence))).await;
                return;
            }
            order::run(place, ledger, &plan, &run.steps, &told).await;
        });
        self.running = Some(Running { id, title, orders, task });
        Ok(())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.task.abort();
        }
    }
}

/// The sentence for whoever wants to change something while something else is changed.
pub fn one_change(title: &str) -> String {
    format!("\"{title}\" is still under way: one change at a time. Wait for its end, or stop it.")
}

/// Whether a plan was made for the place it is to be done in.
fn fits(plan: &Plan, place: &Place) -> Result<(), String> {
    let environment = &place.environment;
    if plan.site != environment.site || plan.environment != environment.name {
        return Err(format!(
            "This was planned for {} of {}, but {} of {} is open now: nothing was done.",
            plan.environment, plan.site, environment.name, environment.site
        ));
    }
    for step in &plan.steps {
        let Some(host) = environment.host(&step.host) else {
            return Err(format!("{} is no host of this environment: nothing was done.", step.host));
        };
        if host.become_root == BecomeRoot::Never {
            return Err(format!("{} is only looked at (become = \"never\" in its site): nothing was done.", step.host));
        }
    }
    Ok(())
}

/// The run as it is recorded before anything is sent.
fn recorded(plan: &Plan, how: How, book: &Book, now: jiff::Timestamp) -> Run {
    Run {
        id: fresh_run_id(now),
        site: plan.site.clone(),
        environment: plan.environment.clone(),
        person: book.person.clone(),
        workstation: book.workstation.clone(),
        kind: plan.verb.word().into_owned(),
        title: plan.title(),
        confirmed: match &plan.impact.locked {
            Some(lock) => format!("{}{DESPITE}{}", how.word(), lock.told(now)),
            None => how.word().to_owned(),
        },
        begun: now,
        ended: None,
        state: RunState::Running,
        document: None,
        steps: plan.steps.iter().map(planned).collect(),
    }
}

fn planned(step: &PlannedStep) -> RunStep {
    RunStep {
        host: step.host.clone(),
        service: step.service.clone(),
        unit: step.unit.clone(),
        command: shown(&as_root(step.become_root, &step.command)),
        ..RunStep::default()
    }
}
