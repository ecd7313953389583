//! Keeps the containers of a host in view: read when `docker events` tells that something happened, and now and then
//! all the same; without the reader of events every few seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::lines::Lines;
use super::manager::slower;
use super::news::News;
use super::wanted::ComposeUnit;
use crate::domain::container::Containers;
use crate::domain::host::BecomeRoot;
use crate::domain::unit::Usage;
use crate::domain::{Compose, UnitName};
use crate::engine::containers::{Docker, Unread};
use crate::engine::transport::Connection;
use crate::runtimes::compose::{self, Reach, Used, facts, moved};

/// What happens at the same time is read once.
const TOGETHER: Duration = Duration::from_millis(50);
/// Shortest time between two readings.
const READ_EVERY: Duration = Duration::from_millis(700);
/// Read all the same after this long without an event.
const RECONCILE: Duration = Duration::from_secs(30);
/// Time between two readings without a reader of events.
const SWEEP: Duration = Duration::from_secs(5);
/// First wait before Docker is asked again when it did not answer, and the longest.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(15));
/// How long sweeps go on before a reader of events is tried again.
const NO_READER: Duration = Duration::from_secs(60);
/// Time between two readings of what containers use: each keeps Docker busy for a second or two.
const USAGE_EVERY: Duration = Duration::from_secs(10);

/// What the keeper of a host's containers works with.
pub struct Keeper<'a> {
    /// The host.
    pub host: &'a dyn Connection,
    /// The services whose containers are wanted.
    pub wanted: &'a [ComposeUnit],
    /// How a change becomes root there.
    pub become_root: BecomeRoot,
    /// Where news go.
    pub news: mpsc::Sender<News>,
    /// Changes when everything is to be read anew.
    pub refresh: watch::Receiver<u64>,
    /// Load of the host for each of its cores.
    pub pressure: watch::Receiver<f32>,
    /// The units on screen.
    pub shown: watch::Receiver<Vec<UnitName>>,
}

/// Which containers run and how they are asked for.
type Running = (Reach, BTreeMap<String, UnitName>);

impl Keeper<'_> {
    /// Keeps on until dropped.
    pub async fn keep(self) {
        let (running, now_running) = watch::channel(Running::default());
        let usage = usage(self.host, self.shown.clone(), now_running, self.news.clone(), self.pressure.clone());
        let state = State { keeper: self, running, docker: None, exits: BTreeMap::new() }.keep();
        futures_util::future::join(usage, state).await;
    }
}

struct State<'a> {
    keeper: Keeper<'a>,
    running: watch::Sender<Running>,
    docker: Option<Docker>,
    /// How containers died last, as their events told: Docker forgets it as soon as it starts them again.
    exits: BTreeMap<String, i32>,
}

impl State<'_> {
    async fn keep(mut self) {
        let mut wait = RETRY.0;
        loop {
            if !self.read().await {
                self.rest(Instant::now() + wait).await;
                wait = (wait * 2).min(RETRY.1);
                continue;
            }
            wait = RETRY.0;
            let reach = self.docker.as_ref().map(Docker::reach).unwrap_or_default();
            match Lines::start(self.keeper.host, compose::events(reach)).await {
                Ok(lines) => self.follow(lines).await,
                Err(end) => {
                    tracing::info!(%end, "no reader of docker events");
                    self.sweep(Instant::now() + NO_READER).await;
                }
            }
            // A reader that ends at once must not turn this into a whirl.
            self.rest(Instant::now() + RETRY.0).await;
        }
    }

    /// Reads whenever something happens, until the events end or Docker does not answer.
    async fn follow(&mut self, mut lines: Lines) {
        let mut due = Some(Instant::now());
        let mut last = Instant::now();
        loop {
            let reconcile = last + slower(RECONCILE, *self.keeper.pressure.borrow());
            tokio::select! {
                biased;
                line = lines.next() => match line {
                    Some(line) => if self.concerns(&line) {
                        let soon = (Instant::now() + TOGETHER).max(last + slower(READ_EVERY, *self.keeper.pressure.borrow()));
                        due = Some(due.map_or(soon, |due| due.min(soon)));
                    },
                    None => return,
                },
                changed = self.keeper.refresh.changed() => match changed {
                    Ok(()) => due = Some(Instant::now()),
                    Err(_) => std::future::pending().await,
                },
                () = sleep_until(due.unwrap_or(reconcile)) => {
                    if !self.read().await {
                        return;
                    }
                    last = Instant::now();
                    due = None;
                }
            }
        }
    }

    async fn sweep(&mut self, until: Instant) {
        while Instant::now() < until {
            let every = slower(SWEEP, *self.keeper.pressure.borrow());
            self.rest(Instant::now() + every).await;
            if !self.read().await {
                return;
            }
        }
    }

    /// Waits, unless everything is to be read anew.
    async fn rest(&mut self, until: Instant) {
        if matches!(timeout_at(until, self.keeper.refresh.changed()).await, Ok(Err(_))) {
            std::future::pending::<()>().await;
        }
    }

    fn concerns(&mut self, line: &[u8]) -> bool {
        let Some(moved) = moved(line) else { return true };
        let named = |unit: &ComposeUnit| unit.compose.project == moved.project && unit.compose.service == moved.service;
        let wanted = self.keeper.wanted.iter().any(named);
        if let Some(exit) = moved.exit.filter(|_| wanted && !moved.id.is_empty()) {
            self.exits.insert(moved.id, exit);
        }
        wanted
    }

    /// Says of containers that run again how they died before, and forgets those that are gone.
    fn remember(&mut self, all: &mut [Containers]) {
        for one in all.iter_mut().flat_map(|containers| &mut containers.all) {
            if let Some(exit) = self.exits.get(&one.id).filter(|_| one.runs() && one.restarts > 0) {
                one.exit_code = *exit;
            }
        }
        self.exits.retain(|id, _| all.iter().flat_map(|containers| &containers.all).any(|one| one.id == *id));
    }

    /// Reads all of them and tells it; whether Docker answered.
    async fn read(&mut self) -> bool {
        let wanted: Vec<&Compose> = self.keeper.wanted.iter().map(|unit| &unit.compose).collect();
        let become_root = self.keeper.become_root;
        let docker = self.docker.get_or_insert_with(|| Docker::new(become_root));
        let read = docker.read(self.keeper.host, &wanted).await;
        let reach = docker.reach();
        let (answered, all) = match read {
            Ok(mut all) => {
                self.remember(&mut all);
                (true, all)
            }
            Err(Unread { short, sentence, .. }) => {
                tracing::info!(%sentence, "containers not read");
                (false, vec![Containers { told: sentence, ..Containers::unseen(short) }; wanted.len()])
            }
        };
        let mut running = BTreeMap::new();
        let mut told = Vec::new();
        for (unit, containers) in self.keeper.wanted.iter().zip(all) {
            let runs = containers.all.iter().filter(|one| one.runs());
            running.extend(runs.map(|one| (one.id.clone(), unit.unit.clone())));
            told.push((unit.unit.clone(), facts(containers)));
        }
        self.running.send_if_modified(|known| {
            let new = (reach, running);
            let differs = *known != new;
            *known = new;
            differs
        });
        // A closed channel means that the watcher is being dropped, and this with it.
        self.keeper.news.send(News::Containers(told)).await.unwrap_or_default();
        answered
    }
}

/// Reads what the containers on screen use; rests while there are none.
async fn usage(
    host: &dyn Connection,
    mut shown: watch::Receiver<Vec<UnitName>>,
    mut running: watch::Receiver<Running>,
    news: mpsc::Sender<News>,
    pressure: watch::Receiver<f32>,
) {
    loop {
        let began = Instant::now();
        let on_screen = shown.borrow_and_update().clone();
        let (reach, all) = running.borrow_and_update().clone();
        let meant: BTreeMap<&String, &UnitName> = all.iter().filter(|(_, unit)| on_screen.contains(unit)).collect();
        let ids: Vec<String> = meant.keys().map(|id| (*id).clone()).collect();
        for some in ids.chunks(compose::AT_ONCE) {
            let output = host.run(compose::stats(reach, some)).await;
            let usage = of_units(&compose::used(&output.stdout), &all);
            if !usage.is_empty() {
                news.send(News::Usage(usage)).await.unwrap_or_default();
            }
        }
        if ids.is_empty() {
            tokio::select! {
                changed = shown.changed() => if changed.is_err() { std::future::pending::<()>().await },
                changed = running.changed() => if changed.is_err() { std::future::pending::<()>().await },
            }
            continue;
        }
        let next = began + slower(USAGE_EVERY, *pressure.borrow());
        sleep_until(next).await;
    }
}

/// The sum for each unit of what its containers use.
fn of_units(used: &[Used], units: &BTreeMap<String, UnitName>) -> Vec<(UnitName, Usage)> {
    let mut all: BTreeMap<&UnitName, Usage> = BTreeMap::new();
    let plus = |sum: Option<u64>, more: Option<u64>| match (sum, more) {
        (Some(sum), Some(more)) => Some(sum.saturating_add(more)),
        (sum, more) => sum.or(more),
    };
    for one in used {
        let Some(unit) = units.get(&one.id) else { continue };
        let sum = all.entry(unit).or_default();
        sum.memory = plus(sum.memory, one.memory);
        sum.tasks = plus(sum.tasks, one.tasks);
        sum.share = plus(sum.share.map(u64::from), one.share.map(u64::from)).and_then(|sum| u32::try_from(sum).ok());
    }
    all.into_iter().map(|(unit, usage)| (unit.clone(), usage)).collect()
}
