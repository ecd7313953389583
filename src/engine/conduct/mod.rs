//! Runs of procedures: begins what was permitted, hands decisions to the run that they are about, takes over runs that
//! nobody is at. Each run is a task of its own.
//!
//! What is done next is decided by the pure course (`domain::course`); this room only does it, through jobs that outlive
//! the link and the console, and records every result before it asks what is next.

mod anew;
mod approve;
mod away;
mod captured;
mod check;
mod claim;
mod clocks;
mod deadman;
mod dump;
mod ending;
mod evidence;
mod examine;
mod fact;
mod figures;
mod follow;
mod guard;
mod job;
mod kit;
mod known;
mod ledger;
mod left;
mod look;
mod mask;
mod mirroring;
mod needs;
mod notify;
mod orders;
mod output;
mod overtaken;
mod release;
mod resume;
mod secrets;
mod shift;
mod stands;
mod task;
mod terminal;
mod theirs;
mod waited;
mod windows;
mod writing;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

pub use self::claim::SILENT;
pub use self::clocks::apart;

use self::claim::Claim;
use self::kit::Kit;
use self::ledger::{Ledger, Lost};
use self::mask::Masks;
use self::mirroring::Mirroring;
use self::task::{Activity, Order, Task};
use crate::domain::course::Course;
use crate::domain::lock::Holder;
use crate::domain::permit::How;
use crate::domain::procedure::{Job, PlannedPart, Procedure, ProcedurePlan, Purpose};
use crate::domain::run::{Decided, Go, RunDocument, RunState, RunStep};
use crate::domain::{Permit, Run, RunId};
use crate::engine::act::{Book, Place, one_change};
use crate::engine::channels::{About, Cover, Herald, Post};
use crate::engine::clock::{AnyClock, Clock};
use crate::engine::jobs::Jobs;
use crate::engine::lock::{EnvironmentLock, Guard};
use crate::engine::mirror::{Mirror, MirrorError};
use crate::engine::store::{Document, FIRST_TOKEN, Who, fresh_run_id};
use crate::engine::transport::Asking;
use crate::port::Event;
use crate::port::act::{RunNews, StoreState};
use crate::port::procedure::{Decision, ProcedureNews};

/// Decisions on their way to a run. Whoever decides waits for a place; a run takes them at once.
const ORDERS: usize = 16;

/// Where runs are done.
#[derive(Clone)]
pub struct Stage {
    /// The environment, the ways to its hosts, what asks probes.
    pub place: Place,
    /// What starts and follows commands.
    pub jobs: Arc<dyn Jobs>,
    /// The lock host's copy; `None` where the environment has no lock host.
    pub mirror: Option<Mirror>,
    /// The environment's lock, on the same host.
    pub lock: Option<EnvironmentLock>,
    /// Where people are asked; `None` when nobody is there.
    pub ask: Option<mpsc::Sender<Asking>>,
    /// What brings notices to the team's channels.
    pub post: Post,
}

/// A run that is recorded and can be gone on with.
struct Begun {
    run: Run,
    course: Course,
    token: u64,
    /// What its steps do, newer plans behind older ones; nothing of one that is only brought to its end.
    plans: Vec<ProcedurePlan>,
    /// When it was taken over; nothing of one that begins.
    taken: Option<jiff::Timestamp>,
}

/// Where a run comes from.
enum Source {
    /// It is new, and of this document.
    New(Box<Begun>, Arc<Procedure>),
    /// Nobody is at it; with a reason it is only ended.
    Left(Option<String>),
}

/// All runs of procedures of this console.
pub struct Conductor {
    book: Option<Book>,
    events: mpsc::Sender<Event>,
    clock: AnyClock,
    runs: BTreeMap<RunId, Conducted>,
}

/// A run that has its verdict gets this long to give the lock back and to be told of, when the console is left: the lock
/// host may take [`runtimes::lock`](crate::runtimes::lock)'s 15 seconds for one of its two answers.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

struct Conducted {
    title: String,
    orders: mpsc::Sender<Order>,
    activity: watch::Receiver<Activity>,
    task: JoinHandle<()>,
}

impl Conducted {
    fn lives(&self) -> bool {
        !self.task.is_finished()
    }

    fn is_busy(&self) -> bool {
        self.lives() && *self.activity.borrow() == Activity::Busy
    }
}

impl Conductor {
    /// Without a book nothing can be recorded, so nothing is done.
    pub fn new(book: Option<Book>, events: mpsc::Sender<Event>, clock: AnyClock) -> Self {
        Self { book, events, clock, runs: BTreeMap::new() }
    }

    /// The run of which something is under way, if there is one: its headline.
    pub fn busy(&self) -> Option<&str> {
        self.runs.values().find(|run| run.is_busy()).map(|run| run.title.as_str())
    }

    /// The runs that go on here.
    pub fn own(&self) -> Vec<RunId> {
        self.runs.iter().filter(|(_, run)| run.lives()).map(|(id, _)| id.clone()).collect()
    }

    /// A run that goes on here, busy or waiting for somebody: its headline.
    pub fn open(&self) -> Option<&str> {
        self.runs.values().find(|run| run.lives()).map(|run| run.title.as_str())
    }

    /// Does what was permitted: a new run, or more of one that goes on here. `other` is a change of another kind that is
    /// under way.
    pub async fn conduct(&mut self, permit: Permit<ProcedurePlan>, stage: Option<Stage>, other: Option<&str>) {
        if let Err(sentence) = self.begin(permit, stage, other).await {
            let _ = self.events.send(Event::Run(RunNews::Refused(sentence))).await;
        }
    }

    async fn begin(
        &mut self,
        permit: Permit<ProcedurePlan>,
        stage: Option<Stage>,
        other: Option<&str>,
    ) -> Result<(), String> {
        let stage = stage.ok_or("No environment is open, so nothing was done.")?;
        fits(permit.plan(), &stage)?;
        anew::is_current(permit.plan(), &stage.place).await?;
        let own = permit.plan().run.clone();
        let elsewhere = self.runs.iter().filter(|(id, _)| own.as_ref() != Some(*id)).find(|(_, run)| run.is_busy());
        if let Some(title) = other.or(elsewhere.map(|(_, run)| run.title.as_str())).filter(|_| changes(permit.plan())) {
            return Err(one_change(title));
        }
        if let Some(id) = own {
            let known = self.runs.get(&id).filter(|run| run.lives());
            let run = known.ok_or("That run does not go on here: take it over first, or begin a new one.")?;
            return run.orders.send(Order::Permit(Box::new(permit))).await.map_err(|_| "The run has ended.".to_owned());
        }
        let book = self.writable()?;
        let (plan, now) = (permit.plan(), self.clock.now().wall);
        let mut course = Course::new(plan.whole, plan.given.clone(), Vec::new());
        course.permit(plan, fresh)?;
        let run = recorded(plan, permit.how().word(), &book, now, course.steps().to_vec());
        let document = stage.place.environment.procedure(&plan.procedure).cloned();
        let document = document.filter(|document| document.digest == plan.digest);
        let document = document.ok_or_else(|| {
            format!("{} is not the document any more that this was planned from: plan it anew.", plan.procedure)
        })?;
        let (id, title) = (run.id.clone(), run.title.clone());
        let begun = Begun { run, course, token: FIRST_TOKEN, plans: vec![plan.clone()], taken: None };
        self.spawn(stage, book, id, title, Source::New(Box::new(begun), document));
        Ok(())
    }

    fn writable(&self) -> Result<Book, String> {
        let book = self.book.clone().ok_or("Nothing is recorded here, so nothing is done.")?;
        if let StoreState::ReadOnly(why) = &*book.store.state().borrow() {
            return Err(format!("Nothing was done, because it can't be recorded: {why}"));
        }
        Ok(book)
    }

    /// Starts the task of a run: of a new one, which is recorded first, or of one that is taken over.
    fn spawn(&mut self, stage: Stage, book: Book, id: RunId, title: String, source: Source) {
        let (masks, masked) = watch::channel(Arc::new(Masks::default()));
        let (active, activity) = watch::channel(Activity::Busy);
        let (orders, ordered) = mpsc::channel(ORDERS);
        let mut ledger = Ledger {
            run: id.clone(),
            store: Arc::clone(&book.store),
            events: self.events.clone(),
            clock: self.clock.clone(),
            masks: masked,
            mirror: None,
            herald: None,
        };
        let is_new = matches!(source, Source::New(..));
        let task = tokio::spawn(async move {
            let begun = match source {
                Source::New(mut begun, document) => match ready(&stage, &book, &mut begun).await {
                    Ok(()) => record(&ledger, &begun.run, &document).await.map(|()| *begun),
                    Err(sentence) => Err(sentence),
                },
                Source::Left(ends) => {
                    let (events, clock) = (ledger.events.clone(), ledger.clock.clone());
                    let claim = Claim { stage: stage.clone(), book: book.clone(), events, clock };
                    claim.take(&ledger.run, ends.as_deref()).await
                }
            };
            let begun = match begun {
                Ok(begun) => begun,
                Err(sentence) if !is_new => {
                    // It is read where the run is taken up: a row of the screen is too short for it.
                    let told = ProcedureNews::NotTaken(ledger.run.clone(), sentence.clone());
                    ledger.send(Event::Procedure(told)).await;
                    return ledger.send(Event::Run(RunNews::Refused(sentence))).await;
                }
                Err(sentence) => return ledger.send(Event::Run(RunNews::Refused(sentence))).await,
            };
            if let Some(mirror) = stage.mirror.clone() {
                let who = Who { person: book.person.clone(), workstation: book.workstation.clone() };
                let at = begun.taken.unwrap_or(ledger.clock.now().wall);
                let (mirroring, sent) = Mirroring::begin(mirror, &begun.run, begun.token, who, at).await;
                ledger.mirror = Some(mirroring);
                match sent {
                    // That somebody else has it is noticed at once.
                    Ok(()) | Err(MirrorError::Taken { .. }) => {}
                    Err(why) => {
                        let what = "Until then no step begins that changes anything; what only reads goes on.";
                        ledger.trouble(format!("Others can't see this run: {why}. {what}")).await;
                    }
                }
            }
            ledger.tell_past(&begun.run).await;
            let guard = guard(&stage, &begun.run, &book, !is_new);
            let (run, cover) = (Arc::new(begun.run.clone()), cover(&ledger, &begun.plans));
            let about = About { run, clock: ledger.clock.clone(), cover };
            ledger.herald = Herald::of(about.clone(), is_new, &stage.post, ledger.report());
            let (place, jobs, post) = (stage.place, stage.jobs, stage.post);
            let kit = Kit { place, jobs, ledger, token: begun.token, guard, fence: None, post, about };
            Task::new(kit, begun.course, book.person, stage.ask, masks, active, &begun.plans).run(ordered).await;
        });
        self.runs.retain(|_, run| run.lives());
        self.runs.insert(id, Conducted { title, orders, activity, task });
    }

    /// Hands a decision to its run. `stage` is where a run is ended that nobody is at.
    pub async fn decide(&mut self, id: RunId, decision: Decision, stage: Option<Stage>, other: Option<&str>) {
        let known = self.runs.get(&id).filter(|run| run.lives());
        let Some(run) = known else {
            if let (Decision::Abort(why), Some(stage)) = (&decision, stage) {
                return self.end_left(id, why.clone(), stage).await;
            }
            let sentence = "That run does not go on here: take it over first.".to_owned();
            return drop(self.events.send(Event::Trouble(sentence)).await);
        };
        let ends = matches!(decision, Decision::Pause | Decision::Cancel(_) | Decision::Abort(_) | Decision::End(_));
        let elsewhere = self.runs.iter().filter(|(other, _)| **other != id).find(|(_, run)| run.is_busy());
        if let Some(title) = other.or(elsewhere.map(|(_, run)| run.title.as_str())).filter(|_| !ends) {
            let sentence = format!("\"{title}\" is under way: one change at a time. Decide this when it has ended.");
            return drop(self.events.send(Event::Trouble(sentence)).await);
        }
        // A run that has just ended needs no decision.
        let _ = run.orders.send(Order::Decide(decision)).await;
    }

    /// Begins no further step of this run.
    pub async fn stop(&self, id: &RunId) {
        if let Some(run) = self.runs.get(id) {
            let _ = run.orders.send(Order::Stop).await;
        }
    }

    /// The console is left: nothing more begins from here, and what is under way goes on at its hosts.
    pub async fn leave(&mut self, within: Duration) {
        let until = tokio::time::Instant::now() + within;
        let runs = std::mem::take(&mut self.runs);
        for run in runs.values() {
            let _ = run.orders.try_send(Order::Leave);
        }
        for mut run in runs.into_values() {
            if tokio::time::timeout_at(until, &mut run.task).await.is_ok() {
                continue;
            }
            let ends = *run.activity.borrow() == Activity::Ends;
            if !ends || tokio::time::timeout_at(until + ENDS_WITHIN, &mut run.task).await.is_err() {
                run.task.abort();
            }
        }
    }
}

impl Drop for Conductor {
    fn drop(&mut self) {
        self.runs.values().for_each(|run| run.task.abort());
    }
}

/// What keeps others from changing the environment while this run does, where its procedure asks for that.
fn guard(stage: &Stage, run: &Run, book: &Book, was_before: bool) -> Option<Guard> {
    let document = run.document.as_ref()?;
    let locks = stage.place.environment.procedure(&document.name).is_some_and(|document| document.header.lock);
    let lock = stage.lock.clone().filter(|_| locks)?;
    let holder = Holder {
        person: book.person.clone(),
        workstation: book.workstation.clone(),
        run: Some(run.id.clone()),
        message: run.title.clone(),
        since: Some(stage.place.clock.now().wall),
    };
    Some(Guard::begin(lock, holder, stage.place.clock.clone(), was_before))
}

/// Looks at all that a new run needs before it is recorded.
async fn ready(stage: &Stage, book: &Book, begun: &mut Begun) -> Result<(), String> {
    if left::is_free(stage, book, begun).await? {
        // What was confirmed before the wait is confirmed anew before anything is changed.
        begun.course.wait_for_word();
        let by_hand = [How::Yes, How::Typed].iter().any(|how| how.word() == begun.run.confirmed);
        if by_hand && !begun.plans.iter().all(|plan| plan.whole) {
            return Err(
                "The lock is free now. Nothing was begun: what was confirmed before it was waited for counts no more. Begin \
                 it again."
                    .to_owned(),
            );
        }
    }
    for plan in &begun.plans {
        if let Some(sentence) = clocks::apart(plan, stage.mirror.as_ref(), &stage.place.clock).await {
            return Err(sentence);
        }
    }
    anew::meant(begun, &stage.place.environment).await
}

/// Whether a plan touches any host, or only wants a person's word.
fn changes(plan: &ProcedurePlan) -> bool {
    plan.danger() > crate::domain::procedure::Danger::Read
}

/// Covers secrets in what channels are told of a run; while it wants some and none is known, nothing is told as it is.
fn cover(ledger: &Ledger, plans: &[ProcedurePlan]) -> Cover {
    let masks = ledger.masks.clone();
    let later = plans.iter().flat_map(|plan| &plan.later).any(|input| input.secret);
    let jobs = plans.iter().flat_map(|plan| &plan.parts).flat_map(|part| &part.jobs);
    let wants = later || jobs.into_iter().any(|job| !job.script.secrets.is_empty());
    Arc::new(move |text| {
        let masks = masks.borrow();
        (!wants || !masks.is_empty()).then(|| masks.text(text))
    })
}

/// Whether a plan was made for the place it is to be done in.
fn fits(plan: &ProcedurePlan, stage: &Stage) -> Result<(), String> {
    let environment = &stage.place.environment;
    if plan.site != environment.site || plan.environment != environment.name {
        return Err(format!(
            "This was planned for {} of {}, but {} of {} is open now: nothing was done.",
            plan.environment, plan.site, environment.name, environment.site
        ));
    }
    if !environment.trusted {
        return Err(format!(
            "{} is not trusted to run commands: read it, then `qd trust` it. Nothing was done.",
            environment.site
        ));
    }
    for host in plan.hosts() {
        if host.as_str() != crate::domain::procedure::HERE && environment.host(host).is_none() {
            return Err(format!("{host} is no host of this environment: nothing was done."));
        }
    }
    Ok(())
}

/// The record of a step that is new.
fn fresh(part: &PlannedPart, job: &Job) -> RunStep {
    let change = job.change.as_ref();
    RunStep {
        host: job.host.clone(),
        service: change.and_then(|change| change.service.clone()),
        unit: change.and_then(|change| change.unit.clone()),
        part: Some(part.part.clone()),
        command: task::command(job),
        edited: part.edited.clone(),
        ..RunStep::default()
    }
}

/// The run as it is recorded before anything is sent.
fn recorded(plan: &ProcedurePlan, how: &str, book: &Book, now: jiff::Timestamp, steps: Vec<RunStep>) -> Run {
    let title = match plan.parts.as_slice() {
        _ if !plan.whole && plan.purpose == Purpose::Rollback => format!("{}: the way back", plan.title),
        [only] if !plan.whole => format!("{}: {}", plan.title, only.title.plain()),
        _ => plan.title.clone(),
    };
    Run {
        id: fresh_run_id(now),
        site: plan.site.clone(),
        environment: plan.environment.clone(),
        person: book.person.clone(),
        workstation: book.workstation.clone(),
        kind: plan.kind.word().to_owned(),
        title,
        confirmed: how.to_owned(),
        begun: now,
        ended: None,
        state: RunState::Running,
        document: Some(RunDocument {
            name: plan.procedure.clone(),
            digest: plan.digest.clone(),
            whole: plan.whole,
            given: plan.given.clone(),
            decided: Decided {
                go: if plan.purpose == Purpose::Judge && plan.whole { Go::Waits } else { Go::Unasked },
                ..Decided::default()
            },
        }),
        steps,
    }
}

async fn record(ledger: &Ledger, run: &Run, document: &Procedure) -> Result<(), String> {
    let sentence = |why: String| format!("Nothing was done, because it can't be recorded: {why}");
    let kept = Document::of(run, document);
    ledger.store.keep_document(kept, run.begun).await.map_err(|error| sentence(error.to_string()))?;
    match ledger.begin(run).await {
        Ok(()) => Ok(()),
        Err(Lost::Taken(by)) => Err(sentence(format!("{by} has it"))),
        Err(Lost::Unrecorded(why)) => Err(sentence(why)),
    }
}
