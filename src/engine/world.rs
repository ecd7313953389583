//! The world behind the loop: it does what effects ask for, and says what happened, as events.
//!
//! One environment is watched at a time. Each host has a supervisor; while its link is up a watcher runs beside
//! it; the probes run over all hosts. Letting go of an environment drops all of it before the next one begins.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, watch as latest};
use tokio_util::task::AbortOnDropHandle;

use super::act::{self, Book, Desk, Place, Vault, Way};
use super::approach::Approach;
use super::browser;
use super::channels::Post;
use super::choices;
use super::clock::{AnyClock, Clock};
use super::conduct::{Conductor, Stage};
use super::export;
use super::history;
use super::hosts::{self, Handshakes};
use super::jobs::{HostJobs, Jobs, WayHeld, way_here};
use super::keepsakes::Keepsakes;
use super::lock::{EnvironmentLock, telling};
use super::mirror::Mirror;
use super::pager::Pager;
use super::probe;
use super::questions::Questions;
use super::releases::Releases;
use super::site_files::SiteFiles;
use super::store::{self, Store};
use super::tail::{Outlet, Tails};
use super::transport::{Asker, Asking, Connection, Transport};
use super::watch::{Control, Wanted};
use super::watcher::Watcher;
use crate::domain::procedure::here;
use crate::domain::{Environment, HostName, Run, UnitName};
use crate::port::act::RunNews;
use crate::port::{Borrower, Effect, Errand, Event, ShellNews};

/// Questions on their way to the person. Bounded: whoever asks waits for a place.
const QUESTIONS: usize = 16;
/// Wishes for an attempt; a full queue holds the same wish already.
const RETRIES: usize = 4;
/// Runs that were found unfinished, on their way to a look at their hosts. They come once, all together.
const FOUND: usize = 1;
/// Notices that are on their way when the console is left get this long.
const DELIVERED_WITHIN: Duration = Duration::from_millis(100);
/// A run that goes on when the console is left gets this long to record what is known.
const RECORDED_WITHIN: Duration = Duration::from_millis(300);

/// Does effects and tells events.
pub struct World<A> {
    approach: A,
    attended: bool,
    clock: AnyClock,
    store: Option<Arc<dyn Store>>,
    /// Where rows of logs go, where they do not go the way of all events.
    lines: Option<mpsc::Sender<Event>>,
    /// The same of single hosts.
    logs_apart: BTreeMap<HostName, mpsc::Sender<Event>>,
    /// Whether journals are asked for units that match a pattern and are not loaded any more, and for which of these names.
    looks_back: Option<Vec<UnitName>>,
    person: String,
    /// How long notices may take that are on their way when it is left.
    delivers_within: Duration,
    /// For how long runs wait for a lock that somebody else has.
    waits_for_lock: Option<Duration>,
}

/// Everything that runs for one environment; dropping it ends it.
struct Watching {
    tails: Tails,
    hosts: BTreeMap<HostName, Watched>,
    probes: AbortOnDropHandle<()>,
    place: Place,
    /// What starts and follows commands.
    jobs: Arc<dyn Jobs>,
    /// The lock host's copy of runs: none in a drill, and none where the site names no lock host.
    mirror: Option<Mirror>,
    lock: Option<EnvironmentLock>,
    /// What brings notices to channels: in a drill nothing is sent.
    post: Post,
    /// Where people are asked; nowhere when nobody is there.
    ask: Option<mpsc::Sender<Asking>>,
    /// The way to this machine.
    _line: Option<WayHeld>,
    /// Looks at what earlier runs have left.
    looks: Vec<AbortOnDropHandle<()>>,
}

struct Watched {
    retry: mpsc::Sender<hosts::Control>,
    watcher: Watcher,
    supervisor: AbortOnDropHandle<()>,
}

impl Watching {
    /// Where procedures run.
    fn stage(&self) -> Stage {
        let (place, jobs) = (self.place.clone(), Arc::clone(&self.jobs));
        Stage {
            place,
            jobs,
            mirror: self.mirror.clone(),
            lock: self.lock.clone(),
            ask: self.ask.clone(),
            post: self.post.clone(),
        }
    }

    async fn end(self) {
        self.probes.abort();
        self.tails.close().await;
        for watched in self.hosts.into_values() {
            watched.supervisor.abort();
            // What comes back is that it was aborted, which is what was asked for.
            let _ = watched.supervisor.await;
        }
    }

    fn order(&self, host: &HostName, order: Control) {
        if let Some(watched) = self.hosts.get(host) {
            watched.watcher.order(order);
        }
    }

    fn retry(&self, host: &HostName) {
        if let Some(watched) = self.hosts.get(host) {
            // A full queue holds the same order already.
            let _ = watched.retry.try_send(hosts::Control::RetryNow);
        }
    }

    /// What opens a shell on a host; nothing while it is not connected.
    fn shell(&self, host: &HostName) -> Option<ShellNews> {
        let connection = self.hosts.get(host)?.watcher.connection.borrow().clone()?;
        Some(match connection.shell() {
            Ok((program, said)) => ShellNews::Ready(Errand { whose: Borrower::Shell(host.clone()), program, said }),
            Err(sentence) => ShellNews::Refused(sentence),
        })
    }

    fn refresh(&self) {
        for host in self.hosts.keys() {
            self.order(host, Control::Refresh);
        }
    }

    /// Each host reads what its units on screen use; one that has none on screen reads nothing.
    fn read_usage(&self, units: &[(HostName, UnitName)]) {
        for (host, watched) in &self.hosts {
            let own: Vec<UnitName> =
                units.iter().filter(|(name, _)| name == host).map(|(_, unit)| unit.clone()).collect();
            if *watched.watcher.on_screen.borrow() != own {
                watched.watcher.on_screen.send_replace(own.clone());
                watched.watcher.order(Control::Usage(own));
            }
        }
    }
}

impl<A: Approach> World<A> {
    /// A world that is entered by `approach`. `attended` says whether a person can be asked questions.
    pub fn new(approach: A, attended: bool, clock: AnyClock) -> Self {
        Self {
            approach,
            attended,
            clock,
            store: None,
            lines: None,
            logs_apart: BTreeMap::new(),
            looks_back: None,
            person: act::who::login(),
            delivers_within: DELIVERED_WITHIN,
            waits_for_lock: None,
        }
    }

    /// The same with all that is read of logs on a channel of its own, so that nothing waits behind it.
    #[must_use]
    pub fn telling_lines(mut self, lines: mpsc::Sender<Event>) -> Self {
        self.lines = Some(lines);
        self
    }

    /// The same with the logs of these hosts on channels of their own, so that one host can be held back alone.
    #[must_use]
    pub fn logs_apart(mut self, channels: BTreeMap<HostName, mpsc::Sender<Event>>) -> Self {
        self.logs_apart = channels;
        self
    }

    /// The same that asks each journal once for units that match a pattern or have one of these names, also those that ended.
    #[must_use]
    pub fn looking_back(mut self, names: Vec<UnitName>) -> Self {
        self.looks_back = Some(names);
        self
    }

    /// The same with more time for notices that are on their way when it is left.
    #[must_use]
    pub fn delivering_within(mut self, within: Duration) -> Self {
        self.delivers_within = within;
        self
    }

    /// The same whose runs wait so long for a lock that somebody else has.
    #[must_use]
    pub fn waiting_for_lock(mut self, within: Option<Duration>) -> Self {
        self.waits_for_lock = within;
        self
    }

    /// The same with a store: without one nothing is changed on any host.
    #[must_use]
    pub fn keeping(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// The same with another name for the person in its records than their login.
    #[must_use]
    pub fn signed(mut self, person: Option<String>) -> Self {
        self.person = person.unwrap_or(self.person);
        self
    }

    /// Does the `first` effects, then runs until no more can come.
    pub async fn run(mut self, events: mpsc::Sender<Event>, mut effects: mpsc::Receiver<Effect>, first: Vec<Effect>) {
        let mut first = first.into_iter();
        let (ask, mut asked) = mpsc::channel::<Asking>(QUESTIONS);
        let mut questions = Questions::new(events.clone());
        let mut pager = Pager::default();
        let keepsakes = Keepsakes::new(self.store.clone(), events.clone());
        let mut watching: Option<Watching> = None;
        let mut here: Option<Arc<Environment>> = None;
        let (tell_found, mut found) = mpsc::channel::<Vec<Run>>(FOUND);
        let mut unfinished: Vec<Run> = Vec::new();
        let _telling = self.store.clone().map(|store| {
            let telling = store::tell(store, events.clone(), self.clock.clone(), tell_found);
            AbortOnDropHandle::new(tokio::spawn(telling))
        });
        let workstation = act::who::workstation();
        let book = self.store.clone().map(|store| Book { store, person: self.person.clone(), workstation });
        let mut conductor = Conductor::new(book.clone(), events.clone(), self.clock.clone());
        let mut desk = Desk::new(book, events.clone(), self.clock.clone());
        loop {
            let effect = tokio::select! {
                biased;
                effect = next(&mut first, &mut effects) => effect,
                Some(asking) = asked.recv() => {
                    questions.take(asking).await;
                    continue;
                }
                Some(runs) = found.recv() => {
                    unfinished.extend(runs);
                    self.look_later(watching.as_mut(), &mut unfinished, &events);
                    continue;
                }
            };
            match effect {
                None => break,
                Some(Effect::Watch(environment)) => {
                    if let Some(title) = desk.busy().or(conductor.open()) {
                        let sentence = format!(
                            "\"{title}\" is still under way, so {} stays open: wait for its end, or stop it.",
                            here.as_ref().map_or("its environment", |here| here.name.as_str())
                        );
                        let _ = events.send(Event::Trouble(sentence)).await;
                        continue;
                    }
                    tracing::info!(site = %environment.site, environment = %environment.name, "watching");
                    if let Some(before) = watching.take() {
                        // Its notices go on beside what comes next.
                        before.end().await;
                    }
                    // The core may be gone; then effects end too.
                    match self.approach.enter(environment).await {
                        Ok((environment, transport)) => {
                            let _ = events.send(Event::Opened(Arc::clone(&environment))).await;
                            // Without a way to this machine what is to run here says so.
                            let line = way_here(&*transport).await.ok().filter(|_| transport.jobs().is_none());
                            let mut begun = self.watch(&environment, &transport, &events, &ask, line);
                            let offering = tokio::spawn(conductor.offering(&begun.stage()));
                            begun.looks.push(AbortOnDropHandle::new(offering));
                            let lock =
                                telling(begun.lock.clone(), environment.clone(), events.clone(), self.clock.clone());
                            begun.looks.push(AbortOnDropHandle::new(tokio::spawn(lock)));
                            watching = Some(begun);
                            here = Some(environment);
                            self.look_later(watching.as_mut(), &mut unfinished, &events);
                        }
                        Err(sentence) => drop(events.send(Event::Trouble(sentence)).await),
                    }
                }
                Some(Effect::RetryNow(host)) => watching.iter().for_each(|watching| watching.retry(&host)),
                Some(Effect::Refresh) => watching.iter().for_each(Watching::refresh),
                Some(Effect::ReadUsage(units)) => watching.iter().for_each(|watching| watching.read_usage(&units)),
                Some(Effect::ReadDetail(host, unit)) => {
                    watching.iter().for_each(|watching| watching.order(&host, Control::Detail(unit.clone())));
                }
                Some(Effect::Tail(wish)) => {
                    if let Some(watching) = &mut watching {
                        watching.tails.begin(wish);
                    }
                }
                Some(Effect::EndTail) => watching.iter_mut().for_each(|watching| watching.tails.end()),
                Some(Effect::ReadFields(host, cursor)) => {
                    if let Some(watching) = &mut watching {
                        watching.tails.read_fields(host, cursor);
                    }
                }
                Some(Effect::ReadPage(wish)) => {
                    if let Some(watching) = &mut watching {
                        watching.tails.read_page(wish);
                    }
                }
                Some(Effect::Answer(id, answer)) => questions.answer(id, answer),
                Some(Effect::ReadHistory(most)) => {
                    if let (Some(store), Some(here)) = (&self.store, &here) {
                        let mirror = watching.as_ref().and_then(|watching| watching.mirror.clone());
                        history::tell((Arc::clone(store), Arc::clone(here)), most, mirror, events.clone());
                    }
                }
                Some(Effect::ReadReleases(wish)) => {
                    if let Some(Watching { place, mirror, .. }) = &watching {
                        let known = Releases::of(&place.environment, self.store.clone(), mirror.as_ref());
                        known.answer(wish, place, events.clone(), self.clock.now().wall);
                    }
                }
                Some(Effect::ListChoices(argv)) => {
                    if let Some(Watching { place, .. }) = &watching {
                        choices::answer(argv, Arc::clone(&place.environment), events.clone());
                    }
                }
                Some(Effect::Export(export)) => {
                    export::begin(export, events.clone(), self.clock.now().wall);
                }
                Some(Effect::Keepsake(site, wish)) => keepsakes.take(site, wish).await,
                Some(Effect::Page(export, at)) => pager.begin(export, at, events.clone()),
                Some(Effect::Execute(permit)) => {
                    if let Some(title) = conductor.busy() {
                        let _ = events.send(Event::Run(RunNews::Refused(act::one_change(title)))).await;
                        continue;
                    }
                    let place = watching.as_ref().map(|watching| watching.place.clone());
                    let lock = watching.as_ref().and_then(|watching| watching.lock.clone());
                    desk.execute(*permit, place, lock.map(|lock| act::Others { lock, own: conductor.own() })).await;
                }
                Some(Effect::StopRun(id)) => {
                    desk.stop(&id);
                    conductor.stop(&id).await;
                }
                Some(Effect::Conduct(permit)) => {
                    let stage = watching.as_ref().map(Watching::stage);
                    conductor.conduct(*permit, stage, desk.busy()).await;
                }
                Some(Effect::Decide(run, decision)) => {
                    let stage = watching.as_ref().map(Watching::stage);
                    conductor.decide(run, decision, stage, desk.busy()).await;
                }
                Some(Effect::Preview(plan)) => {
                    conductor.preview(&plan, watching.as_ref().map(Watching::stage).as_ref());
                }
                Some(Effect::Resume(run)) => {
                    let stage = watching.as_ref().map(Watching::stage);
                    conductor.resume(run, stage, desk.busy()).await;
                }
                Some(Effect::ReadRun(run)) => conductor.read_run(run).await,
                Some(Effect::Follow(wish)) => conductor.follow(wish, watching.as_ref().map(Watching::stage)).await,
                Some(Effect::OpenLink(url)) => {
                    let told = events.clone();
                    drop(tokio::spawn(async move {
                        let _ = told.send(Event::Link(browser::open(url).await)).await;
                    }));
                }
                Some(Effect::Shell(host)) => {
                    let opened = watching.as_ref().and_then(|watching| watching.shell(&host));
                    let opened = opened.unwrap_or_else(|| ShellNews::Refused(format!("{host} is not connected.")));
                    let _ = events.send(Event::Shell(opened)).await;
                }
                // The loop keeps these for itself.
                Some(
                    Effect::Copy(_)
                    | Effect::Mouse(_)
                    | Effect::Title(_)
                    | Effect::Call(_)
                    | Effect::Redraw
                    | Effect::Suspend
                    | Effect::Quit,
                ) => {}
            }
        }
        tokio::join!(desk.leave(RECORDED_WITHIN), conductor.leave(RECORDED_WITHIN));
        if let Some(before) = watching.take() {
            before.post.drain(self.delivers_within).await;
            before.end().await;
        }
    }

    /// Looks at the hosts of runs that were found unfinished, if they are of the environment that is watched.
    fn look_later(&self, watching: Option<&mut Watching>, unfinished: &mut Vec<Run>, events: &mpsc::Sender<Event>) {
        let (Some(watching), Some(store)) = (watching, &self.store) else { return };
        let here = Arc::clone(&watching.place.environment);
        let of_here = |run: &mut Run| run.site == here.site && run.environment == here.name;
        for run in unfinished.extract_if(.., of_here) {
            let looking = act::later::look(run, watching.place.clone(), Arc::clone(store), events.clone());
            watching.looks.push(AbortOnDropHandle::new(tokio::spawn(looking)));
        }
    }

    fn watch(
        &self,
        environment: &Arc<Environment>,
        transport: &Arc<dyn Transport>,
        events: &mpsc::Sender<Event>,
        ask: &mpsc::Sender<Asking>,
        line: Option<(Way, WayHeld)>,
    ) -> Watching {
        let handshakes = Handshakes::default();
        let mut hosts = BTreeMap::new();
        let mut connections = probe::Connections::new();
        let mut ways = BTreeMap::new();
        for host in &environment.hosts {
            let name = host.name.clone();
            let asker = if self.attended { Asker::new(name.clone(), ask.clone()) } else { Asker::nobody(name.clone()) };
            let watcher = Watcher::new();
            connections.insert(name.clone(), watcher.connection.subscribe());
            let way = watcher.way();
            ways.insert(name.clone(), way);
            let wanted = Wanted { in_journal: self.looks_back.clone(), ..Wanted::of(environment, &name) };
            let (retry, retries) = mpsc::channel(RETRIES);
            let (told, place) = (events.clone(), watcher.clone());
            let on_up = move |connection: Arc<dyn Connection>| {
                place.clone().run(connection, wanted.clone(), told.clone()).boxed()
            };
            let supervision = hosts::Supervision {
                host: host.clone(),
                transport: Arc::clone(transport),
                asker,
                handshakes: handshakes.clone(),
                backoff: hosts::Backoff::default(),
                clock: self.clock.clone(),
                control: retries,
                report: events.clone(),
            };
            let supervisor = AbortOnDropHandle::new(tokio::spawn(hosts::supervise(supervision, on_up)));
            hosts.insert(name, Watched { retry, watcher, supervisor });
        }
        let locked = environment.lock_host.as_ref().and_then(|host| connections.get(host)).cloned();
        // A lock host to which there is no way is one that never answers.
        let locked = locked.unwrap_or_else(|| latest::Sender::new(None).subscribe());
        let lock = EnvironmentLock::of(environment, locked.clone()).filter(|_| transport.jobs().is_none());
        let lock = match self.waits_for_lock {
            Some(within) => lock.map(|lock| lock.patient(within, events.clone())),
            None => lock,
        };
        let mirror = Mirror::of(environment, locked).filter(|_| transport.jobs().is_none());
        let lines = self.lines.as_ref().unwrap_or(events).clone();
        let outlet = Outlet::new(lines).with(self.logs_apart.clone());
        let tails = Tails::new(Arc::clone(environment), connections.clone(), outlet);
        let asking = probe::probe_all(Arc::clone(environment), connections, events.clone(), self.clock.clone());
        let (clock, ask) = (self.clock.clone(), self.attended.then(|| ask.clone()));
        let vault = Vault::new(ask.clone());
        let (way, line) = line.unzip();
        let mut all = ways.clone();
        all.extend(way.map(|way| (here(), way)));
        let jobs =
            transport.jobs().unwrap_or_else(|| Arc::new(HostJobs::new(Arc::clone(environment), all, vault.clone())));
        let place = Place {
            environment: Arc::clone(environment),
            ways,
            vault,
            prober: Arc::new(probe::Prober::new(Arc::new(move || clock.now()))),
            outside: transport.outside(),
            clock: self.clock.clone(),
            files: SiteFiles::default(),
            looker: None,
            // In a drill another environment is what the drill says it is.
            beyond: transport.jobs().is_none().then(|| Arc::clone(transport)),
        }
        .with_looker();
        // Of files that are not trusted nobody is told anything.
        let channels = if environment.trusted { Arc::clone(&environment.channels) } else { Arc::default() };
        let rehearses = channels.drill || transport.jobs().is_some();
        let post = Post::new(channels, Arc::clone(&place.prober), rehearses);
        let probes = AbortOnDropHandle::new(tokio::spawn(asking));
        Watching { tails, hosts, probes, place, jobs, mirror, lock, post, ask, _line: line, looks: Vec::new() }
    }
}

async fn next(first: &mut std::vec::IntoIter<Effect>, effects: &mut mpsc::Receiver<Effect>) -> Option<Effect> {
    match first.next() {
        Some(effect) => Some(effect),
        None => effects.recv().await,
    }
}
