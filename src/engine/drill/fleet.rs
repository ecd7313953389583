//! The living fleet: one task owns the simulation, lets it go on by a clock, and tells who listens.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::machine::Machine;
use super::scenario::Happening;
use super::sim::{News, Sim};
use crate::domain::verb::Signal;
use crate::domain::{Moment, Now, Verb};

/// News kept for a listener that is slow; one that falls further behind reads everything anew.
const NEWS: usize = 1024;
/// Orders that may wait; whoever gives one waits for its place.
const ORDERS: usize = 32;

/// How the fleet looks at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The hosts.
    pub machines: BTreeMap<String, Arc<Machine>>,
    /// Wall time of the drill in microseconds since 1970, when this was taken.
    pub wall: u64,
}

#[derive(Debug)]
enum Order {
    /// A host does something with a unit.
    Verb { verb: Verb, host: String, unit: String, done: oneshot::Sender<bool> },
    /// Something happens, after as many seconds as it says.
    Happen(Vec<Happening>),
}

/// How a drill knows the time.
#[derive(Debug, Clone)]
pub enum Pace {
    /// As on the wall.
    Real,
    /// As somebody says: the time since the drill began.
    Held(watch::Receiver<Moment>),
}

/// A handle on the living fleet. The fleet ends when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Fleet {
    snapshot: watch::Receiver<Snapshot>,
    news: broadcast::Sender<News>,
    orders: mpsc::Sender<Order>,
    began: tokio::time::Instant,
    epoch: u64,
    pace: Pace,
}

impl Fleet {
    /// Lets a simulation live from now on.
    pub fn start(sim: Sim, pace: Pace) -> Self {
        let (tell, snapshot) = watch::channel(snapshot_of(&sim));
        let (news, _) = broadcast::channel(NEWS);
        let (orders, given) = mpsc::channel(ORDERS);
        let (began, epoch) = (tokio::time::Instant::now(), sim.wall());
        tokio::spawn(live(sim, pace.clone(), began, tell, news.clone(), given));
        Self { snapshot, news, orders, began, epoch, pace }
    }

    /// What the clocks of its hosts say: microseconds since 1970.
    pub fn wall(&self) -> u64 {
        let since = match &self.pace {
            Pace::Real => self.began.elapsed(),
            Pace::Held(clock) => clock.borrow().0,
        };
        self.epoch + u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }

    /// How it looks now.
    pub fn now(&self) -> Snapshot {
        self.snapshot.borrow().clone()
    }

    /// One host as it looks now.
    pub fn machine(&self, host: &str) -> Option<Arc<Machine>> {
        self.snapshot.borrow().machines.get(host).cloned()
    }

    /// What happens from now on.
    pub fn news(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// Waits until the host can or can't be reached.
    pub async fn linked(&self, host: &str, linked: bool) {
        let mut snapshot = self.snapshot.clone();
        let as_wanted = |now: &Snapshot| now.machines.get(host).is_some_and(|machine| machine.linked == linked);
        // An end of the fleet is an end of the wait.
        let _ = snapshot.wait_for(as_wanted).await;
    }

    /// Waits until a host is as wanted, or the fleet ends.
    pub async fn until(&self, host: &str, as_wanted: impl Fn(&Machine) -> bool) {
        let mut snapshot = self.snapshot.clone();
        let _ = snapshot.wait_for(|now| now.machines.get(host).is_none_or(|machine| as_wanted(machine))).await;
    }

    /// Tells a host to do something with a unit. False when there is no such unit.
    pub async fn order(&self, verb: Verb, host: &str, unit: &str) -> bool {
        let (done, answer) = oneshot::channel();
        let order = Order::Verb { verb, host: host.to_owned(), unit: unit.to_owned(), done };
        self.orders.send(order).await.is_ok() && answer.await.unwrap_or(false)
    }
}

impl Fleet {
    /// Lets something happen, each after as many seconds as it says.
    pub(super) async fn happen(&self, all: Vec<Happening>) {
        // The fleet may have ended.
        let _ = self.orders.send(Order::Happen(all)).await;
    }
}

async fn live(
    mut sim: Sim,
    mut pace: Pace,
    began: tokio::time::Instant,
    tell: watch::Sender<Snapshot>,
    news: broadcast::Sender<News>,
    mut orders: mpsc::Receiver<Order>,
) {
    loop {
        let now = match &mut pace {
            Pace::Real => Moment(began.elapsed()),
            Pace::Held(clock) => *clock.borrow_and_update(),
        };
        publish(&mut sim, now, &tell, &news);
        let order = tokio::select! {
            order = orders.recv() => order,
            () = until(sim.next(), began, &mut pace) => continue,
        };
        let (verb, host, unit, done) = match order {
            None => return,
            Some(Order::Happen(all)) => {
                sim.will(all);
                continue;
            }
            Some(Order::Verb { verb, host, unit, done }) => (verb, host, unit, done),
        };
        let known = match verb {
            Verb::Start => sim.start(&host, &unit),
            Verb::Stop => sim.stop(&host, &unit),
            Verb::Restart => sim.restart(&host, &unit),
            Verb::Reload | Verb::Kill(Signal::Hup) => sim.reload(&host, &unit),
            Verb::Enable => sim.enable(&host, &unit, true),
            Verb::Disable => sim.enable(&host, &unit, false),
            Verb::ResetFailed => sim.forget_failure(&host, &unit),
            Verb::DaemonReload => true,
            Verb::Kill(signal) => sim.kill(&host, &unit, signal),
            // Its units are those of systemd.
            Verb::Scale(_) => false,
        };
        publish(&mut sim, now, &tell, &news);
        // Whoever gave the order may have gone.
        let _ = done.send(known);
    }
}

async fn until(next: Option<Moment>, began: tokio::time::Instant, pace: &mut Pace) {
    match pace {
        Pace::Real => match next {
            Some(Moment(at)) => tokio::time::sleep_until(began + at).await,
            None => std::future::pending().await,
        },
        Pace::Held(clock) => {
            if clock.changed().await.is_err() {
                std::future::pending().await
            }
        }
    }
}

fn publish(sim: &mut Sim, now: Moment, tell: &watch::Sender<Snapshot>, news: &broadcast::Sender<News>) {
    let happened = sim.advance(now);
    tell.send_replace(snapshot_of(sim));
    for piece in happened {
        // Nobody may be listening.
        let _ = news.send(piece);
    }
}

fn snapshot_of(sim: &Sim) -> Snapshot {
    Snapshot { machines: sim.machines().clone(), wall: sim.wall() }
}

/// Both clocks at the beginning of a drill with a held clock: the same on every machine.
pub const HELD_START: Now = Now::START;
