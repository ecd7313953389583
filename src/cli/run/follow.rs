//! A run from its permit to its end: everything that happens is printed, and what it waits for is answered by flags, by
//! whoever sits at the terminal, or by nobody, in which case it is left open.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::standing::Standing;
use super::times::{Times, Watch};
use super::told::{self, Teller};
use super::{Prepared, RunArgs, What};
use crate::cli::{Exit, Reaching, change, choose, output};
use crate::domain::permit::Confirm;
use crate::domain::procedure::HERE;
use crate::domain::run::{RunState, StepState};
use crate::domain::{HostName, InputName, Link, PartId, Run, RunId};
use crate::engine::approach::Direct;
use crate::engine::clock::{AnyClock, RealClock};
use crate::engine::store::{Document, Sqlite, Store};
use crate::engine::world::World;
use crate::port::act::{RunNews, StoreState};
use crate::port::event::HostEvent;
use crate::port::procedure::{Decision, Need, ProcedureNews, Told};
use crate::port::{Effect, Event, Secret, ShellNews};
use crate::text::Foreign;

/// Events that may wait: the world waits when it is full, nothing is dropped.
const EVENTS: usize = 1024;
/// How long notices to channels may take when the run has ended: three tries of ten seconds, and the time between.
const DELIVERED_WITHIN: Duration = Duration::from_secs(60);
/// How long the store may take to open.
const STORE_WITHIN: Duration = Duration::from_secs(10);

/// What opening the store came across, as that others could read it: told by whoever opens it first.
pub(super) fn tell_of(store: &Sqlite) {
    store.told().borrow().iter().for_each(|sentence| output::complain(sentence));
}

/// The run of this name, or whose name ends so; `None` for a whole name that is not known on this machine: then it is
/// looked for on the lock host.
pub(super) async fn recorded(word: &str) -> Result<Option<Run>, Exit> {
    let places = output::here()?;
    let store = Sqlite::open(&places.data);
    let mut state = store.state();
    let _ = tokio::time::timeout(STORE_WITHIN, state.changed()).await;
    let found = store.find(word.to_owned()).await;
    tell_of(&store);
    let found = found.map_err(|error| choose::complain(Exit::Unavailable, &error.to_string()))?;
    match found.as_slice() {
        [only] => Ok(Some(only.clone())),
        [] if RunId::new(word).is_some() => Ok(None),
        [] => Err(choose::complain(
            Exit::Usage,
            &format!(
                "there is no run {word} on this machine: qd runs lists them. One of another workstation is named in full."
            ),
        )),
        several => {
            Err(choose::complain(Exit::Usage, &format!("{} runs end in {word}: say more of it.", several.len())))
        }
    }
}

/// A document as it is recorded.
pub(super) async fn document(digest: &str) -> Result<Option<Document>, Exit> {
    let places = output::here()?;
    let store = Sqlite::open(&places.data);
    let mut state = store.state();
    let _ = tokio::time::timeout(STORE_WITHIN, state.changed()).await;
    let kept = store.document(digest.to_owned()).await;
    tell_of(&store);
    kept.map_err(|error| choose::complain(Exit::Unavailable, &error.to_string()))
}

/// What is decided about something that a run waits for.
pub(super) enum Decided {
    /// This is sent.
    Send(Effect),
    /// This is sent, and these parts are done before the question is asked again.
    More(Effect, BTreeSet<PartId>),
    /// A shell on this host, and then the question again.
    Shell(HostName),
    /// Nobody decides it: the run is left open.
    Nobody,
}

/// How often it is looked what takes longer than it should.
const LOOK: Duration = Duration::from_secs(1);

/// One call, with the world that it acts through.
pub(super) struct Session<'a> {
    pub(super) prepared: Prepared,
    pub(super) args: &'a RunArgs,
    pub(super) attended: bool,
    store: watch::Receiver<StoreState>,
    pub(super) events: mpsc::Receiver<Event>,
    effects: mpsc::Sender<Effect>,
    world: JoinHandle<()>,
    pub(super) signals: [(Signal, u8); 3],
    pub(super) teller: Teller,
    pub(super) run: Option<Run>,
    pub(super) needs: Vec<Need>,
    /// What was answered by a flag or a person already, so that nothing is answered twice.
    pub(super) answered: BTreeSet<String>,
    /// The rest of the run as it was shown last: what is confirmed anew and is the same is not shown again.
    pub(super) shown_rest: Option<String>,
    /// The parts that a flag has answered: what is asked again later is a question for a person.
    pub(super) flagged: BTreeSet<PartId>,
    /// The answer that was sent last and of which nothing was heard yet.
    pub(super) pending: Option<String>,
    /// Answers that were refused: what a flag says is not said again.
    pub(super) refused: BTreeSet<String>,
    /// What is done before a question is asked again, and whether any of it was begun.
    pub(super) meanwhile: Option<(BTreeSet<PartId>, bool)>,
    /// Whether a shell has the terminal, or is about to.
    pub(super) lent: bool,
    /// How often steps were tried again by a flag.
    pub(super) retried: BTreeMap<usize, u32>,
    /// Whether the way back was run by a flag.
    pub(super) rolled: bool,
    /// Evidence that was shown.
    pub(super) shown: BTreeSet<String>,
    pub(super) watch: Watch,
    /// When the end of the run was recorded.
    pub(super) over: Option<jiff::Timestamp>,
    pub(super) stopping: bool,
    /// What is heard of the services.
    pub(super) standing: Standing,
}

impl<'a> Session<'a> {
    pub(super) fn begin(prepared: Prepared, args: &'a RunArgs, reach: &Reaching) -> Result<Self, Exit> {
        let attended = change::terminal().is_some();
        let places = output::here()?;
        let store = Arc::new(Sqlite::open(&places.data));
        let state = store.state();
        let listen = |kind, number| {
            let listening = signal(kind).map(|signal| (signal, number));
            listening.map_err(|error| choose::complain(Exit::Software, &format!("signals: {error}")))
        };
        let signals = [
            listen(SignalKind::interrupt(), 2)?,
            listen(SignalKind::terminate(), 15)?,
            listen(SignalKind::hangup(), 1)?,
        ];
        // Secrets of files are answered without anybody at a terminal.
        let asks = attended || !prepared.secrets.is_empty();
        let world = World::new(Direct::new(reach.ssh_config.clone()), asks, AnyClock::Real(RealClock))
            .keeping(store)
            .delivering_within(DELIVERED_WITHIN)
            .waiting_for_lock(args.wait_lock)
            .signed(prepared.person.clone());
        let (told, events) = mpsc::channel(EVENTS);
        let (effects, wishes) = mpsc::channel(16);
        let first = vec![Effect::Watch(Arc::clone(&prepared.environment))];
        let world = tokio::spawn(world.run(told, wishes, first));
        let teller = Teller::new(args.json);
        let standing = Standing::new(Arc::clone(&prepared.environment));
        Ok(Self {
            prepared,
            args,
            attended,
            store: state,
            events,
            effects,
            world,
            signals,
            teller,
            run: None,
            needs: Vec::new(),
            answered: BTreeSet::new(),
            shown_rest: None,
            flagged: BTreeSet::new(),
            pending: None,
            refused: BTreeSet::new(),
            meanwhile: None,
            lent: false,
            retried: BTreeMap::new(),
            rolled: false,
            shown: BTreeSet::new(),
            watch: Watch::default(),
            over: None,
            stopping: false,
            standing,
        })
    }

    pub(super) async fn run(mut self) -> Result<Exit, Exit> {
        let exit = self.whole().await;
        let is_signal = matches!(exit, Ok(Exit::Signal(_)));
        let Self { effects, mut events, mut world, mut signals, teller, .. } = self;
        drop(effects);
        // Notices that are on their way are waited for, unless somebody does not want to wait.
        let [(interrupt, _), (terminate, _), (hangup, _)] = &mut signals;
        let mut ended = false;
        while !is_signal && !ended {
            let event = tokio::select! {
                biased;
                event = events.recv() => event,
                _ = &mut world => {
                    ended = true;
                    continue;
                }
                _ = interrupt.recv() => None,
                _ = terminate.recv() => None,
                _ = hangup.recv() => None,
            };
            match event {
                Some(event) => last(&teller, event)?,
                None => break,
            }
        }
        while let Ok(event) = events.try_recv() {
            last(&teller, event)?;
        }
        // What could not be told to the lock host any more is said here.
        let rest = async {
            while let Some(event) = events.recv().await {
                if let Event::Trouble(sentence)
                | Event::Procedure(ProcedureNews::Trouble(_, sentence) | ProcedureNews::Denied(_, sentence)) = event
                {
                    output::complain(&sentence);
                }
            }
            let _ = world.await;
        };
        if !ended {
            let _ = tokio::time::timeout(Duration::from_secs(2), rest).await;
        }
        exit
    }

    async fn whole(&mut self) -> Result<Exit, Exit> {
        let _ = tokio::time::timeout(STORE_WITHIN, self.store.wait_for(|state| *state == StoreState::Writable)).await;
        let hosts: Vec<HostName> = match &self.prepared.what {
            What::New(plan) => plan.hosts().into_iter().filter(|host| host.as_str() != HERE).cloned().collect(),
            What::Resume(_) => Vec::new(),
        };
        // What is done is told there first.
        let hosts = hosts.into_iter().chain(self.prepared.environment.lock_host.clone()).collect();
        let new = match &self.prepared.what {
            What::New(plan) => Some((**plan).clone()),
            What::Resume(_) => None,
        };
        let permit = match new {
            Some(plan) => {
                if !self.args.json {
                    let decided = &self.prepared.decided;
                    output::print(&told::plan(&plan, &self.prepared, (decided, &BTreeMap::new())))?;
                    output::print("\n")?;
                }
                self.trust().await?;
                Some(self.permit(Confirm::new(plan)).await?.ok_or(Exit::Refused)?)
            }
            None => {
                self.trust().await?;
                None
            }
        };
        self.reach(hosts).await?;
        self.watch = Watch::default();
        match (permit, &self.prepared.what) {
            (Some(permit), _) => self.send(Effect::Conduct(Box::new(permit))).await,
            (None, What::Resume(run)) => self.send(Effect::Resume(run.clone())).await,
            (None, What::New(_)) => {}
        }
        self.follow().await
    }

    pub(super) async fn send(&self, effect: Effect) {
        // The world may be gone; then its events end too.
        let _ = self.effects.send(effect).await;
    }

    /// Waits until the environment is open, and until its hosts that are needed are up or have failed.
    async fn reach(&mut self, mut missing: Vec<HostName>) -> Result<(), Exit> {
        let until = tokio::time::Instant::now() + Duration::from_secs(self.args.timeout);
        let mut open = false;
        while !open || !missing.is_empty() {
            match tokio::time::timeout_at(until, self.events.recv()).await {
                Ok(Some(Event::Opened(_))) => open = true,
                Ok(Some(Event::Host(host, HostEvent::Link(link)))) => {
                    match &link {
                        Link::Up { .. } | Link::Waiting { .. } | Link::Stopped { .. } => {
                            missing.retain(|name| *name != host)
                        }
                        Link::Connecting { .. } | Link::Asking { .. } => {}
                    }
                    self.standing.observe(Event::Host(host, HostEvent::Link(link)));
                }
                Ok(Some(Event::Asked(question))) => self.question(question).await?,
                Ok(Some(Event::Trouble(sentence))) => output::complain(&sentence),
                Ok(Some(event)) => self.standing.observe(event),
                Ok(None) | Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    async fn follow(&mut self) -> Result<Exit, Exit> {
        loop {
            let [(interrupt, _), (terminate, _), (hangup, _)] = &mut self.signals;
            let event = tokio::select! {
                event = self.events.recv() => event,
                () = tokio::time::sleep(LOOK) => {
                    self.late()?;
                    continue;
                }
                _ = interrupt.recv() => {
                    match &self.run {
                        Some(run) if !self.stopping => {
                            self.stopping = true;
                            output::complain("no further step begins; what is under way comes to its end first. Once more leaves it behind.");
                            let stop = Effect::StopRun(run.id.clone());
                            self.send(stop).await;
                            continue;
                        }
                        Some(_) | None => return Ok(self.left(Exit::Signal(2))),
                    }
                }
                _ = terminate.recv() => return Ok(self.left(Exit::Signal(15))),
                _ = hangup.recv() => return Ok(self.left(Exit::Signal(1))),
            };
            let Some(event) = event else {
                return Ok(choose::complain(Exit::Software, "the engine ended before the run did"));
            };
            if let Some(exit) = self.event(event).await? {
                return Ok(exit);
            }
        }
    }

    async fn event(&mut self, event: Event) -> Result<Option<Exit>, Exit> {
        match event {
            Event::Asked(question) => self.question(question).await?,
            Event::Trouble(sentence)
            | Event::Procedure(ProcedureNews::Trouble(_, sentence) | ProcedureNews::Denied(_, sentence)) => {
                output::complain(&sentence);
                return self.not_taken().await;
            }
            Event::Run(RunNews::Refused(sentence)) if self.pending.is_some() => {
                output::complain(&sentence);
                self.meanwhile = None;
                return self.not_taken().await;
            }
            Event::Run(RunNews::Refused(sentence)) => return Ok(Some(choose::complain(Exit::Refused, &sentence))),
            Event::Procedure(ProcedureNews::Changed(_, lines)) => {
                for line in lines {
                    output::complain(&Foreign::from(line).plain());
                }
            }
            Event::Run(RunNews::Begun(begun)) if self.run.is_none() && self.is_meant(&begun) => {
                output::print(&self.teller.begun(&begun))?;
                let id = begun.id.clone();
                self.run = Some(*begun);
                self.tell_secrets(id).await;
            }
            Event::Run(RunNews::Step(id, number, step)) => {
                let Some(run) = self.run.as_mut().filter(|run| run.id == id) else { return Ok(None) };
                // Steps that are chosen later stand behind the others.
                while run.steps.len() <= number {
                    run.steps.push((*step).clone());
                }
                let known = run.steps.get(number);
                // The note of what is under way says whether its host can be reached.
                let is_new = known.is_none_or(|known| {
                    (known.state, known.attempt) != (step.state, step.attempt)
                        || (!step.state.is_final() && known.note != step.note)
                });
                let usual = step.part.as_ref().and_then(|part| self.prepared.times.on(part, &step.host));
                let goes_on = known.is_some_and(|known| (known.state, known.attempt) == (step.state, step.attempt));
                let is_said = is_new && self.says(number, &step, goes_on);
                let Some(run) = self.run.as_mut() else { return Ok(None) };
                if is_said || self.args.json {
                    output::print(&self.teller.step(run, number, &step, usual))?;
                }
                self.watch.step(number, &step);
                self.pending = None;
                if let Some((parts, begun)) = &mut self.meanwhile
                    && step.part.as_ref().is_some_and(|part| parts.contains(part))
                {
                    *begun |= step.state != StepState::Planned;
                }
                let moved = is_new && step.service.is_some() && step.state.is_final();
                if let Some(known) = run.steps.get_mut(number) {
                    *known = *step;
                }
                if moved {
                    self.tell_moved()?;
                }
                return self.waits().await;
            }
            Event::Run(RunNews::Decided(id, decided)) => {
                if let Some(run) = self.run.as_mut().filter(|run| run.id == id) {
                    run.decide(&decided);
                }
            }
            Event::Procedure(ProcedureNews::Past(_, past)) => self.prepared.times = Times::of_past(past),
            Event::Procedure(ProcedureNews::Output(id, piece)) => {
                if let Some(run) = self.run.as_ref().filter(|run| run.id == id) {
                    output::print(&self.teller.output(run, &piece))?;
                }
            }
            Event::Procedure(ProcedureNews::Needs(id, needs)) if self.run.as_ref().is_some_and(|run| run.id == id) => {
                self.needs = needs;
                self.pending = None;
                self.forget();
                return self.waits().await;
            }
            Event::Procedure(ProcedureNews::Notice(run, told)) => self.teller.notice(&run, &told)?,
            Event::Procedure(ProcedureNews::Awaited(awaited)) => self.teller.awaited(&awaited)?,
            Event::Shell(ShellNews::Ready(errand)) => {
                self.lend(errand.program).await;
                self.lent = false;
                return self.waits().await;
            }
            Event::Shell(ShellNews::Refused(sentence)) => {
                output::complain(&sentence);
                self.lent = false;
                return self.waits().await;
            }
            Event::Procedure(ProcedureNews::Over(_, at)) => self.over = Some(at),
            Event::Run(RunNews::Ended(id, state)) => {
                let Some(run) = self.run.as_ref().filter(|run| run.id == id) else { return Ok(None) };
                let (took, budget, motion) = (self.took(run), self.budget(run), self.motion(run));
                output::print(&self.teller.ended(run, state, took, budget, &motion))?;
                if state != RunState::Succeeded {
                    self.tell_standing().await?;
                }
                return Ok(Some(match state {
                    RunState::Succeeded => Exit::Ok,
                    RunState::Stopped => Exit::Stopped,
                    RunState::Failed => Exit::Failed,
                    RunState::Running | RunState::Unknown => Exit::Unknown,
                }));
            }
            event => self.standing.observe(event),
        }
        Ok(None)
    }

    fn is_meant(&self, run: &Run) -> bool {
        let running = run.state == RunState::Running;
        running
            && match &self.prepared.what {
                What::New(plan) => run.document.as_ref().is_some_and(|document| document.digest == plan.digest),
                What::Resume(id) => run.id == *id,
            }
    }

    async fn tell_secrets(&mut self, run: RunId) {
        let secrets = std::mem::take(&mut self.prepared.secrets);
        let mut told = Vec::new();
        for (name, secret) in secrets {
            if let Ok(name) = InputName::new(&name) {
                told.push((name, Told::Secret(Secret::new(secret.expose().to_vec()))));
            }
            self.prepared.secrets.insert(name, secret);
        }
        let given = self.args.resume.as_ref().map(|_| self.args.input.clone()).unwrap_or_default();
        for word in given {
            if let Some((name, value)) = word.split_once('=')
                && let Ok(name) = InputName::new(name)
            {
                told.push((name, Told::Open(value.to_owned())));
            }
        }
        if !told.is_empty() {
            self.send(Effect::Decide(run, Decision::Tell(told))).await;
        }
    }
}

/// What is heard when the run is over for this console.
fn last(teller: &Teller, event: Event) -> Result<(), Exit> {
    match event {
        Event::Procedure(ProcedureNews::Notice(run, told)) => teller.notice(&run, &told),
        Event::Trouble(sentence)
        | Event::Procedure(ProcedureNews::Trouble(_, sentence) | ProcedureNews::Denied(_, sentence)) => {
            output::complain(&sentence);
            Ok(())
        }
        _ => Ok(()),
    }
}
