//! One run on its way: it asks the pure course what is to be done, does it, and puts every result into the record before
//! it asks again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::approve::Approving;
use super::away::{Away, Waited};
use super::check::Watch;
use super::job::{Done, Orders, Step};
use super::kit::Kit;
use super::ledger::Lost;
use super::mask::Masks;
use super::needs::kept_tail;
use super::notify::Telling;
use super::stands::Looks;
use super::terminal::Terminal;
use super::windows::InForce;
use crate::domain::course::{Asks, Course, Do};
use crate::domain::procedure::{Doing, Input, Job, PlannedPart, ProcedurePlan};
use crate::domain::run::{Reason, RunStep, StepState};
use crate::domain::{InputName, Moment, Permit};
use crate::engine::clock::Clock;
use crate::engine::lock::Guard;
use crate::engine::transport::Asking;
use crate::port::act::RunNews;
use crate::port::procedure::{Decision, Evidence, Need};
use crate::port::{Event, Secret};
use crate::text::Foreign;

/// When the console is left, what was recorded last gets so long to reach the lock host.
const FLUSHED: Duration = Duration::from_millis(250);

/// What a run is told from outside.
#[derive(Debug)]
pub(super) enum Order {
    /// A person decided something.
    Decide(Decision),
    /// A person permitted more of it.
    Permit(Box<Permit<ProcedurePlan>>),
    /// Begin no further step until somebody goes on with it.
    Stop,
    /// The console is left: nothing more is done from here.
    Leave,
}

/// How a run stands, for those who want to begin another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    /// Something of it is under way, or begins by itself.
    Busy,
    /// It waits for a person.
    Waits,
    /// It has its verdict: that is recorded and told, and its lock is given back.
    Ends,
}

/// Something that was waited for.
pub(super) enum Came {
    Step(usize, Box<Done>),
    Secret(InputName, Result<Arc<Secret>, String>),
    Looked(usize, Vec<(String, Foreign)>),
    Host(usize, Waited),
}

/// One run.
pub(super) struct Task {
    pub(super) kit: Kit,
    pub(super) course: Course,
    pub(super) person: String,
    pub(super) ask: Option<mpsc::Sender<Asking>>,
    pub(super) masks: watch::Sender<Arc<Masks>>,
    pub(super) activity: watch::Sender<Activity>,
    /// What its steps do, by their numbers; nothing of a run that is only brought to its end.
    pub(super) planned: BTreeMap<usize, (Arc<PlannedPart>, Job)>,
    pub(super) later: Vec<Input>,
    pub(super) secrets: BTreeMap<InputName, Arc<Secret>>,
    pub(super) evidence: BTreeMap<usize, Evidence>,
    /// Steps whose units are being looked at: who is to decide about them sees that too.
    pub(super) looking: BTreeSet<usize>,
    pub(super) under_way: BTreeMap<usize, Orders>,
    pub(super) going: FuturesUnordered<BoxFuture<'static, Came>>,
    /// Steps that wait for a secret, and whether they are gone on with.
    pub(super) waiting: BTreeMap<usize, bool>,
    pub(super) asked: BTreeSet<InputName>,
    /// Secrets that can't be had: what could hold one of them is hidden.
    pub(super) denied: BTreeSet<InputName>,
    /// Steps of the way back whose hosts are waited for.
    pub(super) away: BTreeMap<usize, Away>,
    /// Steps at which only another login can look: why.
    pub(super) theirs: BTreeMap<usize, String>,
    pub(super) told: Option<Vec<Need>>,
    /// When the environment may be changed.
    pub(super) windows: InForce,
    /// Somebody else has it now.
    pub(super) taken: Option<String>,
    /// When it was taken up here: what was released by others before that, a person has seen.
    pub(super) seen: Timestamp,
    /// Why the lock of the environment is not the run's any more.
    lock: Option<watch::Receiver<Option<String>>>,
}

/// Comes back when the lock is seen to be lost: why.
async fn lost(lock: Option<&mut watch::Receiver<Option<String>>>) -> String {
    if let Some(lock) = lock {
        while lock.changed().await.is_ok() {
            if let Some(why) = lock.borrow_and_update().clone() {
                return why;
            }
        }
    }
    std::future::pending().await
}

/// The command of a job as it is recorded: as a shell would take it.
pub(super) fn command(job: &Job) -> String {
    let text = job.script.text.trim_end();
    match (&job.script.with, &job.script.get) {
        (None, Some(get)) => format!("{text}\n# and then, to see whether it is so:\n{}", get.trim_end()),
        (Some(with), _) => format!("{with} <<'QUERY'\n{text}\nQUERY"),
        (None, None) => text.to_owned(),
    }
}

impl Task {
    pub(super) fn new(
        kit: Kit,
        course: Course,
        person: String,
        ask: Option<mpsc::Sender<Asking>>,
        masks: watch::Sender<Arc<Masks>>,
        activity: watch::Sender<Activity>,
        plans: &[ProcedurePlan],
    ) -> Self {
        let mut task = Self {
            windows: InForce::of(&kit.place.environment),
            seen: kit.place.clock.now().wall,
            lock: kit.guard.as_ref().map(Guard::lost),
            kit,
            course,
            person,
            ask,
            masks,
            activity,
            planned: BTreeMap::new(),
            later: Vec::new(),
            secrets: BTreeMap::new(),
            evidence: BTreeMap::new(),
            looking: BTreeSet::new(),
            under_way: BTreeMap::new(),
            going: FuturesUnordered::new(),
            waiting: BTreeMap::new(),
            asked: BTreeSet::new(),
            denied: BTreeSet::new(),
            away: BTreeMap::new(),
            theirs: BTreeMap::new(),
            told: None,
            taken: None,
        };
        plans.iter().for_each(|plan| task.learn(plan));
        task
    }

    /// Learns what the steps of a plan do.
    pub(super) fn learn(&mut self, plan: &ProcedurePlan) {
        for part in &plan.parts {
            let shared = Arc::new(part.clone());
            for (job, number) in part.jobs.iter().zip(self.course.numbers(part)) {
                if let Some(number) = number {
                    self.planned.insert(number, (Arc::clone(&shared), job.clone()));
                }
            }
        }
        for input in &plan.later {
            if !self.later.iter().any(|known| known.name == input.name) {
                self.later.push(input.clone());
            }
        }
    }

    /// Does it until it has ended, or is left.
    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            if self.advance().await {
                break;
            }
            if let Some(by) = self.taken.take() {
                let by = self.kit.ledger.owner().await.unwrap_or(by);
                let sentence = format!("{by} has taken this run over: from here it is only looked at.");
                self.kit.ledger.needs(Vec::new()).await;
                self.kit.ledger.send(Event::Run(RunNews::Refused(sentence))).await;
                break;
            }
            self.tell_needs().await;
            let expires = self.expires();
            let clock = self.kit.place.clock.clone();
            let ledger = self.kit.ledger.clone();
            tokio::select! {
                biased;
                () = ledger.taken() => self.taken = Some("somebody else".to_owned()),
                order = orders.recv() => match order {
                    Some(Order::Leave) | None => {
                        self.leave().await;
                        return;
                    }
                    Some(order) => self.order(order).await,
                },
                Some(came) = self.going.next() => self.came(came).await,
                why = lost(self.lock.as_mut()) => self.lost_lock(&why).await,
                () = clock.until(expires.unwrap_or(Moment(std::time::Duration::MAX))), if expires.is_some() => {}
            }
        }
        self.activity.send_replace(Activity::Waits);
    }

    /// What is under way goes on at its hosts. A run of chosen parts in which nothing is left to do has ended.
    async fn leave(&mut self) {
        if !self.course.is_going() && self.course.is_chosen() && self.course.is_done() {
            self.course.halt("qd was left");
            self.advance().await;
        }
        self.kit.ledger.flushed(FLUSHED).await;
    }

    /// When the next answer stops counting, or a window opens or closes.
    fn expires(&self) -> Option<Moment> {
        let now = self.kit.place.clock.now();
        let at = [self.course.expires_at(), self.windows.turns_at(now.wall)].into_iter().flatten().min()?;
        let left = std::time::Duration::try_from(at.duration_since(now.wall)).unwrap_or_default();
        Some(now.mono.after(left))
    }

    /// Does everything that is to be done now: whether the run has ended with it.
    async fn advance(&mut self) -> bool {
        loop {
            self.look_at_windows().await;
            self.settle_theirs().await;
            let orders = self.course.next(self.kit.place.clock.now().wall);
            if orders.is_empty() || self.taken.is_some() {
                break;
            }
            for order in orders {
                match order {
                    Do::Begin(number) => self.begin(number, false).await,
                    Do::Adopt(number) => self.begin(number, true).await,
                    Do::Skip(number, why) => {
                        let mut step = self.step(number);
                        step.note = why.into();
                        self.record(number, step, StepState::Skipped).await;
                    }
                    Do::Reopen(number) => {
                        let mut step = self.step(number);
                        step.note = match step.by.take() {
                            None if self.course.sends_back(number) => {
                                "may be needed once more: a weight is judged again".to_owned()
                            }
                            Some(by) => format!("asked again: the answer of {by} counted for its time only"),
                            None => "checked again: what it found counts for its time only".to_owned(),
                        }
                        .into();
                        (step.value, step.reason, step.exit) = (None, None, None);
                        self.evidence.remove(&number);
                        self.record(number, step, StepState::Planned).await;
                    }
                    Do::TurnBack(number) => self.turn_back(number).await,
                    Do::End(state) => {
                        self.end(state).await;
                        return true;
                    }
                }
            }
        }
        false
    }

    pub(super) fn step(&self, number: usize) -> RunStep {
        self.course.steps().get(number).cloned().unwrap_or_default()
    }

    /// Records what a person or the document decided about a step that is not under way: whether that could be.
    pub(super) async fn record(&mut self, number: usize, mut step: RunStep, state: StepState) -> bool {
        match self.kit.ledger.commit(number, &mut step, state).await {
            Ok(()) => {
                self.course.set(number, step, true);
                true
            }
            Err(lost) => {
                self.course.set(number, step, true);
                self.lost(lost).await;
                false
            }
        }
    }

    /// Nothing more begins when nothing can be recorded.
    async fn lost(&mut self, lost: Lost) {
        match lost {
            Lost::Taken(by) => self.taken = Some(by),
            Lost::Unrecorded(why) => {
                self.course.pause();
                let sentence =
                    format!("The run is paused, because nothing more can be recorded: {why}. Then continue it.");
                self.kit.ledger.trouble(sentence).await;
            }
        }
    }

    /// Begins a step, or goes on with one that was begun before, as soon as what must be masked is known.
    pub(super) async fn begin(&mut self, number: usize, adopt: bool) {
        let missing = self.missing_secrets(number, adopt);
        if missing.is_empty() {
            return self.start(number, adopt).await;
        }
        self.waiting.insert(number, adopt);
        for name in missing {
            self.fetch(name).await;
        }
    }

    /// A step fails before anything is sent.
    pub(super) async fn refuse(&mut self, number: usize, why: String) {
        let mut step = self.step(number);
        (step.reason, step.note) = (Some(Reason::Refused), why.into());
        self.evidence.insert(number, Evidence { reason: step.reason, ..Evidence::default() });
        self.record(number, step, StepState::Failed).await;
    }

    pub(super) async fn start(&mut self, number: usize, adopt: bool) {
        let record = self.step(number);
        let hidden = self.hidden();
        let orders = Orders::default();
        let planned = self.planned.get(&number).cloned();
        let rule = self.course.rule(number).cloned();
        let kit = self.kit.clone();
        let (Some((part, job)), Some(rule)) = (planned, rule) else {
            if !adopt {
                return self.refuse(number, "What it does is not known here.".to_owned()).await;
            }
            let step = Step {
                kit,
                number,
                what: None,
                record,
                orders: orders.clone(),
                captured: Vec::new(),
                secrets: Vec::new(),
                looks: Looks::default(),
                hidden,
                takes_back: false,
            };
            return self.push(number, orders, async move { step.run(true).await }.boxed());
        };
        let work = match &part.doing {
            Doing::Check(..) | Doing::Hold(..) | Doing::Fact(_) | Doing::Approve(_) => {
                let captured = match self.captured(&job, &record.host) {
                    Ok(captured) => captured,
                    Err(why) => return self.refuse(number, why).await,
                };
                let approving = matches!(part.doing, Doing::Approve(_)).then(|| self.approving());
                let watch = Watch { kit, number, part, rule, record, orders: orders.clone(), captured, approving };
                async move { watch.run(adopt).await }.boxed()
            }
            Doing::Run(..) if rule.asks == Asks::Terminal => {
                let captured = match self.captured(&job, &record.host) {
                    Ok(captured) => captured,
                    Err(why) => return self.refuse(number, why).await,
                };
                let terminal = Terminal { kit, number, job, record, orders: orders.clone(), captured };
                async move { terminal.run(adopt).await }.boxed()
            }
            Doing::Run(..) | Doing::Request(..) | Doing::Restart(_) | Doing::Shift(..) => {
                let captured = match self.captured(&job, &record.host) {
                    Ok(captured) => captured,
                    Err(_) if adopt => Vec::new(),
                    Err(why) => return self.refuse(number, why).await,
                };
                let of = |name: &InputName| Some((name.clone(), Arc::clone(self.secrets.get(name)?)));
                let mut secrets: Vec<_> = job.script.secrets.iter().filter_map(of).collect();
                // A value that holds a secret goes the way of secrets: it lies on no disk.
                let masks = Arc::clone(&self.masks.borrow());
                let (secret, captured): (Vec<_>, Vec<_>) =
                    captured.into_iter().partition(|(_, value)| masks.touches(value));
                secrets
                    .extend(secret.into_iter().map(|(name, value)| (name, Arc::new(Secret::new(value.into_bytes())))));
                let what = Some((part, job, rule));
                let step = Step {
                    kit,
                    number,
                    what,
                    record,
                    orders: orders.clone(),
                    captured,
                    secrets,
                    looks: Looks::default(),
                    hidden,
                    takes_back: self.course.takes_back(number),
                };
                async move { step.run(adopt).await }.boxed()
            }
            Doing::Notify(channel, words) => {
                let text = self.words(words, &job, &record.host);
                let channel = channel.clone();
                let telling = Telling { kit, number, channel, text, record, orders: orders.clone() };
                async move { telling.run(adopt).await }.boxed()
            }
            Doing::Ask | Doing::Prompt(_) | Doing::Decide(_) | Doing::Call(..) => {
                return self.refuse(number, "This is nothing that the console does by itself.".to_owned()).await;
            }
        };
        self.push(number, orders, work);
    }

    /// The run as it stands, for those who approve it.
    fn approving(&self) -> Approving {
        Approving {
            run: self.as_it_stands(),
            planned: self.planned.values().cloned().collect(),
            back: self.course.way_back().cloned(),
            own: (self.person.clone(), crate::engine::act::who::workstation()),
        }
    }

    fn push(&mut self, number: usize, orders: Orders, work: BoxFuture<'static, Done>) {
        self.under_way.insert(number, orders);
        self.going.push(work.map(move |done| Came::Step(number, Box::new(done))).boxed());
    }

    async fn came(&mut self, came: Came) {
        match came {
            Came::Step(number, done) => {
                self.under_way.remove(&number);
                let Done { record, lost, mut evidence, put_off } = *done;
                if let Some(put_off) = put_off {
                    return self.put_off(number, record, put_off).await;
                }
                self.away.remove(&number);
                let stuck = matches!(record.state, StepState::Failed | StepState::Unknown);
                if stuck && evidence.output.is_empty() {
                    evidence.output = kept_tail(&self.kit.ledger, number, record.attempt).await;
                }
                self.evidence.insert(number, evidence);
                self.course.set(number, record, true);
                if let Some(lost) = lost {
                    self.lost(lost).await;
                }
                if stuck {
                    self.look(number);
                }
            }
            Came::Secret(name, fetched) => self.secret(name, fetched).await,
            Came::Host(number, waited) => self.waited(number, waited).await,
            Came::Looked(number, looked) => {
                self.looking.remove(&number);
                let hidden = self.hidden().is_some();
                let masks = if hidden { Arc::new(Masks::everything()) } else { Arc::clone(&self.masks.borrow()) };
                if let Some(evidence) = self.evidence.get_mut(&number) {
                    let masked = looked.into_iter().map(|(title, text)| (title, masks.mask(text.raw()).into()));
                    evidence.looked.extend(masked);
                }
            }
        }
    }
}
