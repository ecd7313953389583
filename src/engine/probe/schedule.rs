//! When each probe is asked: one heap of due times, one sleep, bounded askings, silence while a link is down.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::{Connections, Origin, Prober};
use crate::domain::probe::Vantage;
use crate::domain::{Environment, HostName, Probe, ProbeReport, ServiceName};
use crate::engine::transport::Connection;
use crate::port::Event;

/// Askings at once in all. More wait for their turn; their deadlines begin with it.
const AT_ONCE: usize = 64;
/// Askings at once through one host: they share its connection with everything else.
const AT_ONCE_PER_HOST: usize = 4;
/// Over how long the first askings are spread.
const SPREAD: Duration = Duration::from_millis(500);

/// Asks everything of an environment until it is dropped or nobody listens.
pub(super) async fn run(
    prober: Arc<Prober>,
    environment: Arc<Environment>,
    connections: Connections,
    events: mpsc::Sender<Event>,
) {
    let mut changes = FuturesUnordered::new();
    let mut schedule = Schedule::new(prober, environment);
    for (name, mut line) in connections {
        let connection = line.borrow_and_update().clone();
        if let Some(host) = schedule.host(&name) {
            schedule.connect(host, connection);
            changes.push(changed(host, line));
        }
    }
    loop {
        schedule.start_due();
        let next = schedule.next_due();
        let news = tokio::select! {
            biased;
            () = events.closed() => return,
            Some((host, connection, line)) = changes.next() => {
                if let Some(line) = line {
                    changes.push(changed(host, line));
                }
                schedule.link(host, connection)
            }
            Some(ended) = schedule.askings.join_next_with_id() => schedule.ended(ended).into_iter().collect(),
            () = until(next) => Vec::new(),
        };
        for event in news {
            if events.send(event).await.is_err() {
                return;
            }
        }
    }
}

type Line = watch::Receiver<Option<Arc<dyn Connection>>>;

/// Resolves with the connection that took the place of the last one; without a line when there will be no other.
async fn changed(host: usize, mut line: Line) -> (usize, Option<Arc<dyn Connection>>, Option<Line>) {
    match line.changed().await {
        Ok(()) => {
            let connection = line.borrow_and_update().clone();
            (host, connection, Some(line))
        }
        Err(_) => (host, None, None),
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// One probe of one instance.
struct Slot {
    service: ServiceName,
    /// `None` for a probe that is asked from here, once for the whole service.
    host: Option<usize>,
    probe: Arc<Probe>,
    /// When it is to be asked next; the heap holds this too, and older entries that count no more.
    due: Option<Instant>,
    begun: Instant,
    asking: Option<AbortHandle>,
    /// Whether an answer was reported that a loss of the link makes old.
    answered: bool,
}

/// A host as far as probes go.
struct Host {
    name: HostName,
    connection: Option<Arc<dyn Connection>>,
    /// How many connections there were: answers that came through an earlier one count no more.
    epoch: u64,
    askings: usize,
}

/// What an asking brings back.
struct Asked {
    epoch: u64,
    report: ProbeReport,
    /// Whether the connection it went through was gone by then.
    link_gone: bool,
}

struct Schedule {
    prober: Arc<Prober>,
    environment: Arc<Environment>,
    hosts: Vec<Host>,
    slots: Vec<Slot>,
    due: BinaryHeap<Reverse<(Instant, usize)>>,
    /// Due, and waiting for a place. At most one entry per slot.
    waiting: VecDeque<usize>,
    askings: JoinSet<Asked>,
    running: HashMap<Id, usize>,
    random: fastrand::Rng,
}

impl Schedule {
    fn new(prober: Arc<Prober>, environment: Arc<Environment>) -> Self {
        let hosts = environment
            .hosts
            .iter()
            .map(|host| Host { name: host.name.clone(), connection: None, epoch: 0, askings: 0 })
            .collect();
        let seed = format!("{}/{}", environment.site, environment.name);
        let seed = seed.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let mut schedule = Self {
            prober,
            environment: Arc::clone(&environment),
            hosts,
            slots: Vec::new(),
            due: BinaryHeap::new(),
            waiting: VecDeque::new(),
            askings: JoinSet::new(),
            running: HashMap::new(),
            random: fastrand::Rng::with_seed(seed),
        };
        for service in &environment.services {
            for probe in &service.probes {
                let probe = Arc::new(probe.clone());
                match probe.from {
                    Vantage::Here => schedule.add(&service.name, None, &probe),
                    Vantage::Host => {
                        for name in &service.hosts {
                            if let Some(host) = schedule.host(name) {
                                schedule.add(&service.name, Some(host), &probe);
                            }
                        }
                    }
                }
            }
        }
        schedule
    }

    fn host(&self, name: &HostName) -> Option<usize> {
        self.hosts.iter().position(|host| host.name == *name)
    }

    /// A probe from here is asked at once; one from a host when the link comes up.
    fn add(&mut self, service: &ServiceName, host: Option<usize>, probe: &Arc<Probe>) {
        let (service, probe) = (service.clone(), Arc::clone(probe));
        let (due, begun) = (None, Instant::now());
        self.slots.push(Slot { service, host, probe, due, begun, asking: None, answered: false });
        if host.is_none() {
            self.ask_soon(self.slots.len() - 1);
        }
    }

    /// Spreads first askings, so that neither this machine nor a host gets them all in one moment.
    fn ask_soon(&mut self, slot: usize) {
        let most = self.slots.get(slot).map_or(SPREAD, |slot| SPREAD.min(slot.probe.interval));
        let wait = most.mul_f64(self.random.f64());
        self.ask_at(slot, Instant::now() + wait);
    }

    fn ask_at(&mut self, index: usize, due: Instant) {
        if let Some(slot) = self.slots.get_mut(index) {
            slot.due = Some(due);
            self.due.push(Reverse((due, index)));
        }
    }

    /// When the next probe is due that is not waiting already.
    fn next_due(&mut self) -> Option<Instant> {
        while let Some(Reverse((due, index))) = self.due.peek().copied() {
            if self.slots.get(index).is_some_and(|slot| slot.due == Some(due)) {
                return Some(due);
            }
            self.due.pop();
        }
        None
    }

    /// Starts what is due as far as there are places.
    fn start_due(&mut self) {
        let now = Instant::now();
        while self.next_due().is_some_and(|due| due <= now) {
            if let Some(Reverse((_, index))) = self.due.pop() {
                if let Some(slot) = self.slots.get_mut(index) {
                    slot.due = None;
                }
                if !self.waiting.contains(&index) {
                    self.waiting.push_back(index);
                }
            }
        }
        let mut held = VecDeque::new();
        while let Some(index) = self.waiting.pop_front() {
            if self.askings.len() >= AT_ONCE {
                held.push_back(index);
                break;
            }
            if !self.start(index) {
                held.push_back(index);
            }
        }
        held.append(&mut self.waiting);
        self.waiting = held;
    }

    /// Starts one asking; `false` when it has to wait for a place.
    fn start(&mut self, index: usize) -> bool {
        let Some(slot) = self.slots.get_mut(index) else { return true };
        if slot.asking.is_some() {
            return false;
        }
        let host = slot.host.and_then(|host| self.hosts.get_mut(host));
        let (from, epoch) = match host {
            None => (Origin::Here, 0),
            Some(host) => match &host.connection {
                // The link was lost while it waited; it is asked again when the link is back.
                None => return true,
                Some(_) if host.askings >= AT_ONCE_PER_HOST => return false,
                Some(connection) => {
                    host.askings += 1;
                    (Origin::Host(Arc::clone(connection)), host.epoch)
                }
            },
        };
        slot.begun = Instant::now();
        let (prober, environment, probe) =
            (Arc::clone(&self.prober), Arc::clone(&self.environment), Arc::clone(&slot.probe));
        let asking = self.askings.spawn(async move {
            let report = prober.ask(&environment.site, environment.trusted, &probe, from.clone()).await;
            let link_gone = match &from {
                Origin::Here => false,
                Origin::Host(connection) => connection.gone().now_or_never().is_some(),
            };
            Asked { epoch, report, link_gone }
        });
        self.running.insert(asking.id(), index);
        slot.asking = Some(asking);
        true
    }

    /// An asking ended: its place is free, and the probe's next turn is known.
    fn ended(&mut self, ended: Result<(Id, Asked), JoinError>) -> Option<Event> {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let index = self.running.remove(&id)?;
        let slot = self.slots.get_mut(index)?;
        slot.asking = None;
        let next = (slot.begun + slot.probe.interval).max(Instant::now());
        let mut current = true;
        if let Some(host) = slot.host.and_then(|host| self.hosts.get_mut(host)) {
            host.askings = host.askings.saturating_sub(1);
            current = host.connection.is_some();
            if let Ok((_, asked)) = &ended {
                current &= asked.epoch == host.epoch && !asked.link_gone;
            }
        }
        let report = match ended {
            Ok((_, asked)) => current.then_some(asked.report),
            Err(error) if error.is_cancelled() => None,
            Err(error) => {
                tracing::error!(%error, probe = %slot.probe.name, "an asking broke");
                Some(self.prober.error("the asking itself broke: this is a mistake in qd, and its log has more"))
            }
        };
        // With a due time already there, the link came back meanwhile and has set it.
        let lacks_turn = slot.due.is_none() && current;
        slot.answered |= report.is_some();
        let event = report.and_then(|report| self.event(index, report));
        if lacks_turn {
            self.ask_at(index, next);
        }
        event
    }

    /// The link of a host changed: askings through the old connection are given up. After a loss each probe
    /// says so once and then falls silent, so that what it said before turns stale by age.
    fn link(&mut self, index: usize, connection: Option<Arc<dyn Connection>>) -> Vec<Event> {
        let lost = connection.is_none();
        self.connect(index, connection);
        if !lost {
            return Vec::new();
        }
        let told: Vec<_> =
            self.slots_of(index).filter(|slot| self.slots.get(*slot).is_some_and(|s| s.answered)).collect();
        let mut news = Vec::new();
        for index in told {
            if let Some(slot) = self.slots.get_mut(index) {
                slot.answered = false;
            }
            news.extend(self.event(index, self.prober.error("host not connected")));
        }
        news
    }

    /// Takes a new connection, or its absence, for what is asked from now on.
    fn connect(&mut self, index: usize, connection: Option<Arc<dyn Connection>>) {
        let Some(host) = self.hosts.get_mut(index) else { return };
        host.epoch += 1;
        let up = connection.is_some();
        host.connection = connection;
        self.waiting.retain(|slot| self.slots.get(*slot).is_some_and(|slot| slot.host != Some(index)));
        for slot in self.slots_of(index).collect::<Vec<_>>() {
            if let Some(slot) = self.slots.get_mut(slot) {
                slot.due = None;
                if let Some(asking) = &slot.asking {
                    asking.abort();
                }
            }
            if up {
                self.ask_soon(slot);
            }
        }
    }

    fn slots_of(&self, host: usize) -> impl Iterator<Item = usize> {
        self.slots.iter().enumerate().filter(move |(_, slot)| slot.host == Some(host)).map(|(index, _)| index)
    }

    fn event(&self, slot: usize, report: ProbeReport) -> Option<Event> {
        let slot = self.slots.get(slot)?;
        let host = slot.host.and_then(|host| self.hosts.get(host)).map(|host| host.name.clone());
        Some(Event::Probe { service: slot.service.clone(), host, probe: slot.probe.name.clone(), report })
    }
}
