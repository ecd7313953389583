//! `qd restart|start|stop|reload|scale SERVICE…`: the same plan, the same steps and the same verdict as on the screen.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};

use super::{Exit, Reaching, Where, choose};
use crate::domain::permit::{Confirm, Demand, Permit};
use crate::domain::run::{RunState, RunStep, StepState};
use crate::domain::{Count, Environment, HostName, Link, Lock, Motion, Run, ServiceName, Verb};
use crate::engine::approach::Direct;
use crate::engine::clock::{AnyClock, Clock, RealClock};
use crate::engine::lock::is_wanted;
use crate::engine::store::{Sqlite, Store};
use crate::engine::tty_ask::{self, Paste};
use crate::engine::world::World;
use crate::port::act::{RunNews, StoreState};
use crate::port::event::{Question, QuestionKind};
use crate::port::procedure::ProcedureNews;
use crate::port::{Effect, Event, Secret};
use crate::state::planner::{Rules, Target, plan};
use crate::state::run_report::Listed;
use crate::state::{Fleet, plan_told};

/// Events that may wait: the world waits when it is full, nothing is dropped.
const EVENTS: usize = 1024;
/// How long the store may take to open.
const STORE_WITHIN: Duration = Duration::from_secs(10);
/// How long it may take to hear who has the lock, once the hosts were read.
const LOCK_WITHIN: Duration = Duration::from_secs(3);
/// Probes, and hosts that are not touched, get this long after those that are: only warnings come from them.
const OTHERS_WITHIN: Duration = Duration::from_secs(2);

/// What may be said.
#[derive(Debug, Args)]
pub struct Change {
    /// Services, by their names in the site.
    #[arg(required = true, value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Site: a name in your configuration or in ./sites, or a path; your default site if left out.
    #[arg(short = 'S', long, value_name = "SITE")]
    pub site: Option<String>,
    /// Environment of the site.
    #[arg(short, long, value_name = "ENV")]
    pub environment: Option<String>,
    /// Only on this host; may be given several times.
    #[arg(long, value_name = "HOST")]
    pub host: Vec<String>,
    /// So many steps at once at most; what needs another waits for it in any case.
    #[arg(long, value_name = "N", value_parser = super::run::together)]
    pub parallel: Option<usize>,
    /// Print the exact commands, host by host, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do it without asking; not enough where the environment is protected.
    #[arg(short, long, conflicts_with = "confirm")]
    pub yes: bool,
    /// Do it without asking, also where the environment is protected: the service's name when it is one, else the
    /// environment's.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Do it also while somebody has the lock of the environment, as a deploy has; without a terminal it is refused then.
    /// Who had it is recorded.
    #[arg(long)]
    pub despite_lock: bool,
    /// Print the run at its end as JSON, as `qd runs --json` does, or with --dry-run the plan; what goes on is told on
    /// standard error.
    #[arg(long)]
    pub json: bool,
    /// How long to wait for the hosts, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
}

/// What may be said of a scale.
#[derive(Debug, Args)]
pub struct Scale {
    /// How many containers shall run on each host, 1 to 100; to have none run is `qd stop`.
    #[arg(long, value_name = "N", value_parser = count)]
    pub to: Count,
    /// What every change has.
    #[command(flatten)]
    pub change: Change,
}

fn count(word: &str) -> Result<Count, String> {
    Count::read(word).map_err(|why| why.to_string())
}

/// Plans, asks, does, and tells.
pub fn run(verb: Verb, change: &Change, reach: &Reaching) -> Exit {
    super::output::begin_log();
    let prepared = match prepare(change, reach) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return choose::complain(Exit::Software, &format!("could not start: {error}")),
    };
    let exit = runtime.block_on(async { Session::begin(prepared, reach)?.change(verb, change).await });
    runtime.shutdown_timeout(Duration::from_millis(600));
    exit.unwrap_or_else(|exit| exit)
}

struct Prepared {
    environment: Arc<Environment>,
    targets: Vec<Target>,
    hosts: Vec<HostName>,
    read_only: Option<&'static str>,
    person: Option<String>,
}

/// Everything that the files say, and the mistakes of the command line.
fn prepare(change: &Change, reach: &Reaching) -> Result<Prepared, Exit> {
    let found = choose::look(&Where { site: change.site.clone(), environment: change.environment.clone() })?;
    let site = found.site.ok_or_else(|| {
        let names: Vec<&str> = found.sites.iter().map(|site| site.name.as_str()).collect();
        choose::complain(Exit::Usage, &format!("which site? Name one with -S: {}.", names.join(", ")))
    })?;
    let environment = choose::one_environment(&site, change.environment.as_deref())?;
    let usage = |text: String| choose::complain(Exit::Usage, &text);
    let mut names: Vec<ServiceName> = Vec::new();
    for word in &change.services {
        let known = environment.services.iter().find(|service| service.name.as_str() == word);
        let known = known.ok_or_else(|| {
            let all: Vec<&str> = environment.services.iter().map(|service| service.name.as_str()).collect();
            usage(format!("{} of {} has no service {word:?}; it has {}.", environment.name, site.name, all.join(", ")))
        })?;
        names.push(known.name.clone());
    }
    let mut hosts: Vec<HostName> = Vec::new();
    for word in &change.host {
        let known = environment.hosts.iter().find(|host| host.name.as_str() == word);
        let known = known.ok_or_else(|| {
            let all: Vec<&str> = environment.hosts.iter().map(|host| host.name.as_str()).collect();
            usage(format!("{} of {} has no host {word:?}; it has {}.", environment.name, site.name, all.join(", ")))
        })?;
        hosts.push(known.name.clone());
    }
    let targets = names.iter().flat_map(|name| match hosts.as_slice() {
        [] => vec![Target::Service(name.clone())],
        hosts => hosts.iter().map(|host| Target::On(name.clone(), host.clone())).collect(),
    });
    let targets = targets.collect();
    let touched = environment.services.iter().filter(|service| names.contains(&service.name));
    let mut touched: Vec<HostName> = touched.flat_map(|service| service.hosts.iter().cloned()).collect();
    touched.retain(|host| hosts.is_empty() || hosts.contains(host));
    let read_only = match (reach.read_only, found.user.read_only) {
        (true, _) => Some("qd was started with --read-only"),
        (false, true) => Some("your configuration says read_only = true"),
        (false, false) => None,
    };
    Ok(Prepared { environment, targets, hosts: touched, read_only, person: found.user.name })
}

/// One call, with the world that it acts through.
struct Session {
    prepared: Prepared,
    /// Whether somebody sits at a terminal.
    attended: bool,
    store: watch::Receiver<StoreState>,
    /// Who has the lock, once that was told.
    lock: Option<Option<Box<Lock>>>,
    events: mpsc::Receiver<Event>,
    effects: mpsc::Sender<Effect>,
    world: tokio::task::JoinHandle<()>,
    interrupted: Signal,
    terminated: Signal,
}

impl Session {
    fn begin(prepared: Prepared, reach: &Reaching) -> Result<Self, Exit> {
        let attended = terminal().is_some();
        let places = super::output::here()?;
        let store = Arc::new(Sqlite::open(&places.data));
        let state = store.state();
        let listen =
            |kind| signal(kind).map_err(|error| choose::complain(Exit::Software, &format!("signals: {error}")));
        let (interrupted, terminated) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        let world = World::new(Direct::new(reach.ssh_config.clone()), attended, AnyClock::Real(RealClock))
            .keeping(store)
            .signed(prepared.person.clone());
        let (told, events) = mpsc::channel(EVENTS);
        let (effects, wishes) = mpsc::channel(16);
        let first = vec![Effect::Watch(Arc::clone(&prepared.environment))];
        let world = tokio::spawn(world.run(told, wishes, first));
        Ok(Self { prepared, attended, store: state, lock: None, events, effects, world, interrupted, terminated })
    }

    async fn change(mut self, verb: Verb, change: &Change) -> Result<Exit, Exit> {
        let fleet = self.look(Duration::from_secs(change.timeout)).await?;
        // It says at first that it is being opened.
        let _ = tokio::time::timeout(STORE_WITHIN, self.store.changed()).await;
        let rules = match change.dry_run {
            true => Rules { read_only: None, store: StoreState::Writable, locked: None },
            false => Rules { read_only: self.prepared.read_only, store: self.store.borrow().clone(), locked: None },
        };
        let rules = Rules { locked: self.locked().await, ..rules };
        let mut planned = plan(&fleet, verb, &self.prepared.targets, &rules)
            .map_err(|refusal| choose::complain(Exit::Refused, &refusal.to_string()))?;
        planned.at_once = change.parallel.unwrap_or(planned.at_once);
        if change.dry_run && change.json {
            super::output::print(&format!("{:#}\n", plan_told::json(&planned)))?;
        } else {
            plan_told::plan(&planned, RealClock.now().wall).iter().try_for_each(|line| say(line, change.json))?;
        }
        if change.dry_run {
            self.end().await;
            return Ok(Exit::Ok);
        }
        let confirm = Confirm::new(planned);
        let confirm = if change.despite_lock { confirm.despite_lock() } else { confirm };
        let permit = self.permit(confirm, change).await?;
        let _ = self.effects.send(Effect::Execute(Box::new(permit))).await;
        let exit = self.follow(verb, change.json).await;
        self.end().await;
        exit
    }

    /// Who has the lock of the environment; nobody when that is not known in time: it is asked again when it begins.
    async fn locked(&mut self) -> Option<Box<Lock>> {
        let until = tokio::time::Instant::now() + LOCK_WITHIN;
        while self.lock.is_none() && is_wanted(&self.prepared.environment) {
            match tokio::time::timeout_at(until, self.events.recv()).await {
                Ok(Some(Event::Procedure(ProcedureNews::Lock(lock)))) => self.lock = Some(lock),
                Ok(Some(Event::Asked(question))) => self.ask(question).await,
                Ok(Some(Event::Trouble(sentence))) => super::output::complain(&sentence),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return None,
            }
        }
        self.lock.clone().flatten().filter(|lock| !lock.may_be_taken(None))
    }

    /// Waits until the hosts that are touched were read, or have failed.
    async fn look(&mut self, patience: Duration) -> Result<Fleet, Exit> {
        let clock = RealClock;
        let mut fleet = Fleet::new(Arc::clone(&self.prepared.environment), clock.now());
        let deadline = tokio::time::Instant::now() + patience;
        let mut until = deadline;
        let mut near = false;
        loop {
            let settled = |host: &crate::state::HostRow| match &host.link {
                Link::Up { .. } => fleet.is_read(host),
                Link::Waiting { .. } | Link::Stopped { .. } => true,
                Link::Connecting { .. } | Link::Asking { .. } => false,
            };
            if super::status::is_settled(&fleet) {
                return Ok(fleet);
            }
            let touched = fleet.hosts.iter().filter(|row| self.prepared.hosts.contains(&row.host.name));
            if !near && touched.into_iter().all(settled) {
                near = true;
                until = deadline.min(tokio::time::Instant::now() + OTHERS_WITHIN);
            }
            tokio::select! {
                event = tokio::time::timeout_at(until, self.events.recv()) => match event {
                    Ok(Some(Event::Asked(question))) => self.ask(question).await,
                    Ok(Some(Event::Trouble(sentence))) => super::output::complain(&sentence),
                    Ok(Some(Event::Procedure(ProcedureNews::Lock(lock)))) => self.lock = Some(lock),
                    Ok(Some(Event::Host(host, news))) => fleet.observe_host(&host, news, clock.now()),
                    Ok(Some(Event::Probe { service, host, probe, report })) => {
                        fleet.observe_probe(&service, host.as_ref(), &probe, report, clock.now());
                    }
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => return Ok(fleet),
                },
                _ = self.interrupted.recv() => return Err(Exit::Signal(2)),
                _ = self.terminated.recv() => return Err(Exit::Signal(15)),
            }
        }
    }

    /// The permit, by the flags or by a person at the terminal.
    async fn permit(&mut self, confirm: Confirm, change: &Change) -> Result<Permit, Exit> {
        let insisted = confirm.plan().impact.locked.is_some() && !change.despite_lock;
        if insisted && (change.yes || change.confirm.is_some() || !self.attended) {
            let text = format!(
                "{} was not begun: the environment is locked, as the plan says. --despite-lock does it all the same.",
                confirm.plan().title()
            );
            return Err(choose::complain(Exit::Refused, &text));
        }
        let wanted = match confirm.demand() {
            Demand::Nothing | Demand::Yes => "--yes".to_owned(),
            Demand::Name(name) => format!("--confirm {name}"),
        };
        let why = format!(
            "{} was not confirmed: {} needs {wanted}. Nothing was done.",
            confirm.plan().title(),
            confirm.plan().environment
        );
        if change.yes || change.confirm.is_some() || !self.attended {
            let permit = confirm.by_flags(change.yes, change.confirm.as_deref());
            return permit.map_err(|_| choose::complain(Exit::Refused, &why));
        }
        let question = match confirm.demand() {
            Demand::Nothing | Demand::Yes => "Type y to do it: ".to_owned(),
            Demand::Name(name) if insisted => {
                format!("The environment is locked. Type {name} to do it all the same: ")
            }
            Demand::Name(name) => format!("This environment is protected. Type {name} to do it: "),
        };
        let typed = self.type_line(question, false).await?;
        let typed = typed.map(|secret| String::from_utf8_lossy(secret.expose()).into_owned()).unwrap_or_default();
        confirm.answer(&typed).map_err(|_| choose::complain(Exit::Refused, "not confirmed: nothing was done"))
    }

    /// Tells how the run goes on until it has ended.
    async fn follow(&mut self, verb: Verb, json: bool) -> Result<Exit, Exit> {
        let mut run: Option<Run> = None;
        let mut stopping = false;
        loop {
            let event = tokio::select! {
                event = self.events.recv() => event,
                _ = self.interrupted.recv() => {
                    match &run {
                        Some(run) if !stopping => {
                            stopping = true;
                            super::output::complain(
                                "no further step begins; those under way end by themselves. Once more leaves them.",
                            );
                            let _ = self.effects.send(Effect::StopRun(run.id.clone())).await;
                            continue;
                        }
                        Some(_) | None => return Ok(left(run.as_ref(), 2)),
                    }
                }
                _ = self.terminated.recv() => return Ok(left(run.as_ref(), 15)),
            };
            match event {
                None => return Ok(choose::complain(Exit::Software, "the engine ended before the run did")),
                Some(Event::Asked(question)) => self.ask(question).await,
                Some(Event::Trouble(sentence)) => super::output::complain(&sentence),
                Some(Event::Run(RunNews::Refused(sentence))) => return Ok(choose::complain(Exit::Refused, &sentence)),
                Some(Event::Run(RunNews::Begun(begun))) => {
                    if run.is_none() && begun.state == RunState::Running {
                        say(&format!("run {} begins", begun.id), json)?;
                        run = Some(*begun);
                    }
                }
                Some(Event::Run(RunNews::Step(id, number, step))) => {
                    let Some(run) = run.as_mut().filter(|run| run.id == id) else { continue };
                    let all = run.steps.len();
                    // What a step waits for is told on the screen; here each of its states is one line.
                    let is_new = run.steps.get(number).is_none_or(|known| known.state != step.state);
                    if let Some(line) = plan_told::step(number, all, &step).filter(|_| is_new) {
                        say(&line, json)?;
                    }
                    let moved = is_new && verb == Verb::Restart && all > 1 && step.state.is_final();
                    if let Some(known) = run.steps.get_mut(number) {
                        *known = *step;
                    }
                    if moved {
                        say(&format!("    {}", Motion::of(&run.steps).words()), json)?;
                    }
                }
                Some(Event::Run(RunNews::Ended(id, state))) => {
                    let Some(run) = run.as_mut().filter(|run| run.id == id) else { continue };
                    (run.state, run.ended) = (state, run.steps.iter().filter_map(|step| step.at).max());
                    let lines = plan_told::end(&run.title, state, &run.steps);
                    lines.iter().try_for_each(|line| say(line, json))?;
                    if verb == Verb::Restart {
                        say(&format!("  {}", Motion::of(&run.steps).words()), json)?;
                    }
                    if json {
                        super::output::print(&super::runs::json(&Listed::of(
                            std::slice::from_ref(run),
                            &Default::default(),
                        ))?)?;
                    }
                    return Ok(match state {
                        RunState::Succeeded => Exit::Ok,
                        RunState::Stopped => Exit::Stopped,
                        RunState::Failed => Exit::Failed,
                        RunState::Running | RunState::Unknown => Exit::Unknown,
                    });
                }
                Some(_) => {}
            }
        }
    }

    /// Asks whoever sits at the terminal.
    async fn ask(&mut self, question: Question) {
        let prompt = question.prompt.plain();
        let answer = match question.kind {
            QuestionKind::Secret | QuestionKind::Input | QuestionKind::Sudo => {
                self.type_line(format!("{}: {prompt} ", question.host), true).await
            }
            QuestionKind::HostKey | QuestionKind::Confirm => {
                let typed = self.type_line(format!("{}: {prompt}\nType yes to go on: ", question.host), false).await;
                typed.map(|typed| typed.filter(|typed| typed.expose() == b"yes"))
            }
        };
        let _ = self.effects.send(Effect::Answer(question.id, answer.ok().flatten())).await;
    }

    /// Reads a line from the terminal; a secret without showing it. Ctrl-c gives none.
    async fn type_line(&mut self, prompt: String, secret: bool) -> Result<Option<Secret>, Exit> {
        let looks = looks();
        let reading =
            tokio::task::spawn_blocking(move || if secret { read_secret(&prompt) } else { read_line(&prompt) });
        tokio::select! {
            typed = reading => Ok(typed.ok().flatten().filter(|typed| !typed.expose().is_empty())),
            _ = self.interrupted.recv() => {
                give_back(looks);
                Ok(None)
            }
            _ = self.terminated.recv() => {
                give_back(looks);
                Err(Exit::Signal(15))
            }
        }
    }

    /// Lets the world record what is known.
    async fn end(self) {
        drop(self.effects);
        drop(self.events);
        let _ = tokio::time::timeout(Duration::from_secs(2), self.world).await;
    }
}

/// A line about what goes on; beside the result where that is JSON.
fn say(line: &str, json: bool) -> Result<(), Exit> {
    if json {
        super::output::complain(line);
        return Ok(());
    }
    super::output::print(&format!("{line}\n"))
}

/// What a person is told who leaves in the middle.
fn left(run: Option<&Run>, signal: u8) -> Exit {
    if let Some(run) = run {
        let sent = |step: &RunStep| matches!(step.state, StepState::Intent | StepState::Started | StepState::Done);
        let sent = run.steps.iter().any(sent);
        let later = if sent { "; qd looks at it at its next start" } else { "" };
        let told = format!("{}{later}", super::output::left_behind(sent));
        super::output::complain(&format!("left in the middle of \"{}\": {told}", run.title));
    }
    Exit::Signal(signal)
}

/// The terminal with its looks as they are.
pub(super) fn looks() -> Option<(Termios, std::fs::File)> {
    terminal().and_then(|terminal| Some((tcgetattr(&terminal).ok()?, terminal)))
}

/// Gives the terminal its looks back, which whoever reads a secret has changed.
pub(super) fn give_back(looks: Option<(Termios, std::fs::File)>) {
    if let Some((looks, mut terminal)) = looks {
        let _ = tcsetattr(&terminal, OptionalActions::Now, &looks);
        if std::env::var_os("TERM").is_some_and(|term| term != "dumb") {
            tty_ask::unmark(Some(&terminal));
        }
        let _ = terminal.write_all(b"\n");
    }
}

pub(super) fn terminal() -> Option<std::fs::File> {
    std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty").ok()
}

/// Reads from the terminal itself: what is piped in confirms nothing, and neither does what was typed before or pasted.
pub(super) fn read_line(prompt: &str) -> Option<Secret> {
    tty_ask::line(prompt, Paste::Refused).ok().flatten().map(without_return)
}

/// The same for a value, which may well be pasted.
pub(super) fn read_value(prompt: &str) -> Option<Secret> {
    tty_ask::line(prompt, Paste::Fits).ok().flatten().map(without_return)
}

fn without_return(line: Secret) -> Secret {
    match line.expose().strip_suffix(b"\r") {
        Some(own) => Secret::new(own.to_vec()),
        None => line,
    }
}

pub(super) fn read_secret(prompt: &str) -> Option<Secret> {
    tty_ask::unseen(prompt).ok().flatten()
}
