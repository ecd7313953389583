//! A run from its permit to its end: everything that happens is printed, and what it waits for is answered by flags, by
//! whoever sits at the terminal, or by nobody, in which case it is left open.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::told::{self, Teller};
use super::{Prepared, RunArgs, What};
use crate::cli::{Exit, Reaching, change, choose, output};
use crate::domain::permit::Confirm;
use crate::domain::procedure::HERE;
use crate::domain::run::{RunState, StepState};
use crate::domain::{HostName, InputName, Link, PartId, Run, RunId};
use crate::engine::approach::Direct;
use crate::engine::clock::{AnyClock, RealClock};
use crate::engine::store::{Sqlite, Store};
use crate::engine::world::World;
use crate::port::act::{RunNews, StoreState};
use crate::port::event::{HostEvent, Question, QuestionKind};
use crate::port::procedure::{Decision, Need, ProcedureNews, Told, secret_question};
use crate::port::{Effect, Event, Secret, ShellNews};
use crate::text::Foreign;

/// Events that may wait: the world waits when it is full, nothing is dropped.
const EVENTS: usize = 1024;
/// That a run of chosen parts is ended, among what was answered.
const END: &str = "end";
/// How long the store may take to open.
const STORE_WITHIN: Duration = Duration::from_secs(10);

/// The run of this name, or whose name ends so; `None` for a whole name that is not known on this machine: then it is
/// looked for on the lock host.
pub(super) async fn recorded(word: &str) -> Result<Option<Run>, Exit> {
    let places = output::here()?;
    let store = Sqlite::open(&places.data);
    let mut state = store.state();
    let _ = tokio::time::timeout(STORE_WITHIN, state.changed()).await;
    let found = store.find(word.to_owned()).await;
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

/// One call, with the world that it acts through.
pub(super) struct Session<'a> {
    pub(super) prepared: Prepared,
    pub(super) args: &'a RunArgs,
    pub(super) attended: bool,
    store: watch::Receiver<StoreState>,
    events: mpsc::Receiver<Event>,
    effects: mpsc::Sender<Effect>,
    world: JoinHandle<()>,
    signals: [(Signal, u8); 3],
    teller: Teller,
    run: Option<Run>,
    needs: Vec<Need>,
    /// What was answered by a flag or a person already, so that nothing is answered twice.
    answered: BTreeSet<String>,
    /// The parts that a flag has answered: what is asked again later is a question for a person.
    pub(super) flagged: BTreeSet<PartId>,
    stopping: bool,
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
            .signed(prepared.person.clone());
        let (told, events) = mpsc::channel(EVENTS);
        let (effects, wishes) = mpsc::channel(16);
        let first = vec![Effect::Watch(Arc::clone(&prepared.environment))];
        let world = tokio::spawn(world.run(told, wishes, first));
        let teller = Teller::new(args.json);
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
            flagged: BTreeSet::new(),
            stopping: false,
        })
    }

    pub(super) async fn run(mut self) -> Result<Exit, Exit> {
        let exit = self.whole().await;
        drop(self.effects);
        // What could not be told to the lock host any more is said here.
        let rest = async {
            while let Some(event) = self.events.recv().await {
                if let Event::Trouble(sentence) = event {
                    output::complain(&sentence);
                }
            }
            let _ = self.world.await;
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), rest).await;
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
                    output::print(&told::plan(&plan))?;
                }
                Some(self.permit(Confirm::new(plan)).await?)
            }
            None => None,
        };
        self.reach(hosts).await?;
        match (permit, &self.prepared.what) {
            (Some(permit), _) => self.send(Effect::Conduct(Box::new(permit))).await,
            (None, What::Resume(run)) => self.send(Effect::Resume(run.clone())).await,
            (None, What::New(_)) => {}
        }
        self.follow().await
    }

    async fn send(&self, effect: Effect) {
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
                Ok(Some(Event::Host(host, HostEvent::Link(link)))) => match link {
                    Link::Up { .. } | Link::Waiting { .. } | Link::Stopped { .. } => {
                        missing.retain(|name| *name != host)
                    }
                    Link::Connecting { .. } | Link::Asking { .. } => {}
                },
                Ok(Some(Event::Asked(question))) => self.question(question).await,
                Ok(Some(Event::Trouble(sentence))) => output::complain(&sentence),
                Ok(Some(_)) => {}
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
                _ = interrupt.recv() => {
                    match &self.run {
                        Some(run) if !self.stopping => {
                            self.stopping = true;
                            output::complain("no further step begins; those under way end by themselves. Once more leaves them.");
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
            Event::Asked(question) => self.question(question).await,
            Event::Trouble(sentence) => output::complain(&sentence),
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
                if is_new || self.args.json {
                    output::print(&self.teller.step(run, number, &step))?;
                }
                if let Some(known) = run.steps.get_mut(number) {
                    *known = *step;
                }
                return self.waits().await;
            }
            Event::Procedure(ProcedureNews::Past(_, past)) => self.teller.past = past,
            Event::Procedure(ProcedureNews::Output(id, piece)) => {
                if let Some(run) = self.run.as_ref().filter(|run| run.id == id) {
                    output::print(&self.teller.output(run, &piece))?;
                }
            }
            Event::Procedure(ProcedureNews::Needs(id, needs)) if self.run.as_ref().is_some_and(|run| run.id == id) => {
                self.needs = needs;
                self.forget();
                return self.waits().await;
            }
            Event::Shell(ShellNews::Ready(errand)) => self.lend(errand.program).await,
            Event::Run(RunNews::Ended(id, state)) => {
                let Some(run) = self.run.as_ref().filter(|run| run.id == id) else { return Ok(None) };
                output::print(&self.teller.ended(run, state.word()))?;
                return Ok(Some(match state {
                    RunState::Succeeded => Exit::Ok,
                    RunState::Stopped => Exit::Stopped,
                    RunState::Failed => Exit::Failed,
                    RunState::Running | RunState::Unknown => Exit::Unknown,
                }));
            }
            _ => {}
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

    /// What is waited for no more, and then again, wants an answer of its own.
    fn forget(&mut self) {
        let Some(run) = &self.run else { return };
        let open: BTreeSet<String> = self.needs.iter().map(|need| key(run, need)).collect();
        self.answered.retain(|answered| answered == END || open.contains(answered));
    }

    /// Answers what can be answered; `Some` when nobody can.
    async fn waits(&mut self) -> Result<Option<Exit>, Exit> {
        let Some(run) = self.run.clone() else { return Ok(None) };
        let whole = run.document.as_ref().is_some_and(|document| document.whole);
        let done = run.steps.iter().all(|step| matches!(step.state, StepState::Verified | StepState::Skipped));
        if !whole && done && self.needs.is_empty() && self.answered.insert(END.to_owned()) {
            self.send(Effect::Decide(run.id, Decision::Abort(String::new()))).await;
            return Ok(None);
        }
        for need in self.needs.clone() {
            let (words, flag) = told::need(&run, &need);
            if self.answered.contains(&key(&run, &need)) {
                continue;
            }
            let Some(decision) = self.decision(&run, &need, &words).await? else {
                output::print(&self.teller.need(&run.id, &words, &flag))?;
                if let Need::Failure(_, evidence) | Need::Unknown(_, evidence) = &need
                    && !self.args.json
                {
                    output::print(&told::evidence(evidence))?;
                }
                if matches!(need, Need::Terminal(_)) {
                    output::complain(&format!(
                        "{words}, and there is none here: nothing of it was begun. Go on with it at a terminal: {}",
                        self.resumption(&run.id)
                    ));
                    return Ok(Some(Exit::Waits));
                }
                output::complain(&format!(
                    "{words}, and nobody is there to say what becomes of it: {flag}. The run is left open; go on with one of \
                     these flags: {}",
                    self.resumption(&run.id)
                ));
                return Ok(Some(match need {
                    Need::Failure(..) => Exit::Failed,
                    Need::Unknown(..) => Exit::Unknown,
                    _ => Exit::Waits,
                }));
            };
            self.answered.insert(key(&run, &need));
            if let Some(effect) = decision {
                self.send(effect).await;
            }
        }
        Ok(None)
    }

    /// Answers what ssh, sudo or a secret asks for.
    async fn question(&mut self, question: Question) {
        let prompt = question.prompt.plain();
        let known = self.prepared.secrets.iter().find(|(name, _)| {
            InputName::new(name).is_ok_and(|name| {
                let bare = secret_question(&name, &Foreign::default()).plain();
                prompt == bare || prompt.starts_with(&format!("{} (", bare.trim_end_matches(':')))
            })
        });
        let answer = match (known, question.kind) {
            (Some((_, secret)), _) => Some(Secret::new(secret.expose().to_vec())),
            (None, _) if !self.attended => None,
            (None, QuestionKind::Secret | QuestionKind::Sudo) => {
                let words = format!("{}: {prompt} ", question.host);
                tokio::task::spawn_blocking(move || change::read_secret(&words)).await.ok().flatten()
            }
            (None, QuestionKind::HostKey | QuestionKind::Confirm) => {
                let typed = typed(format!("{}: {prompt}\nType yes to go on: ", question.host)).await;
                typed.filter(|typed| typed == "yes").map(|typed| Secret::new(typed.into_bytes()))
            }
        };
        self.send(Effect::Answer(question.id, answer)).await;
    }

    /// Lends the terminal to a program, and waits for its end. What a person types meanwhile is the program's, ctrl-c
    /// too, and the terminal is as it was afterwards.
    async fn lend(&mut self, program: Vec<std::ffi::OsString>) {
        let Some((first, rest)) = program.split_first() else { return };
        let looks = change::looks();
        let mut command = tokio::process::Command::new(first);
        command.args(rest);
        // The terminal itself, wherever our own input and output go.
        if let Some(terminal) = change::terminal()
            && let (Ok(input), Ok(output)) = (terminal.try_clone(), terminal.try_clone())
        {
            command.stdin(input).stdout(output).stderr(terminal);
        }
        let running = command.status().await;
        change::give_back(looks);
        let [(interrupt, _), ..] = &mut self.signals;
        while interrupt.recv().now_or_never().is_some() {}
        if let Err(error) = running {
            output::complain(&format!("what was to have the terminal could not be started: {error}"));
        }
    }

    /// The command that goes on with the run. What was named by its path is not found by its name.
    fn resumption(&self, run: &RunId) -> String {
        let mut words = vec!["qd", "run", "--resume", run.as_str()];
        let by_path = |word: &&str| word.contains('/') || word.ends_with(".md");
        let (procedure, site) = (self.args.procedure.as_deref(), self.args.site.as_deref());
        if procedure.filter(by_path).or(site.filter(by_path)).is_some() {
            words.extend(procedure.into_iter().chain(site));
        }
        crate::runtimes::shell::shown(&words.into_iter().map(str::to_owned).collect::<Vec<_>>())
    }

    fn left(&self, exit: Exit) -> Exit {
        if let Some(run) = &self.run {
            output::complain(&format!(
                "left in the middle: what was sent goes on at its hosts. Go on with: {}",
                self.resumption(&run.id)
            ));
        }
        exit
    }
}

/// By what one need is told from another, and one try of a step from the next.
fn key(run: &Run, need: &Need) -> String {
    let tries = match need {
        Need::Failure(number, _) | Need::Unknown(number, _) => run.steps.get(*number).map_or(0, |step| step.attempt),
        Need::Tick(_) | Need::Choose(_) | Need::Tell(_) | Need::Terminal(_) | Need::Paused => 0,
    };
    format!("{} {tries}", told::need(run, need).0)
}

pub(super) async fn typed(question: String) -> Option<String> {
    let read = tokio::task::spawn_blocking(move || change::read_line(&question)).await.ok().flatten();
    read.map(|typed| String::from_utf8_lossy(typed.expose()).into_owned())
}
