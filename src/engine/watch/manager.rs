//! Keeps one systemd manager in view: by push while there is a bus, by sweeps while there is none.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::bus::{self, Bus, BusError};
use super::news::News;
use super::push;
use super::sweep::{SweepError, Sweeper};
use super::units::Units;
use super::wanted::Selection;
use crate::domain::link::Means;
use crate::engine::transport::Connection;
use crate::runtimes::systemd::Scope;

/// Time between two sweeps on a host at ease.
const SWEEP: Duration = Duration::from_secs(5);
/// First wait before a bus is tried again, and the longest.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// A host without a bridge is asked again after this long: somebody may install it.
const RETRY_MISSING: Duration = Duration::from_secs(600);
/// A host that systemd does not run is looked at again after this long.
const NO_SYSTEMD: Duration = Duration::from_secs(60);
/// A session that lasted this long was a good one: the next is tried at once.
const GOOD: Duration = Duration::from_secs(20);

/// What the keepers of a host share.
pub struct Keeper<'a> {
    /// The host.
    pub host: &'a dyn Connection,
    /// Whose manager.
    pub scope: Scope,
    /// What is wanted of it.
    pub selection: &'a Selection,
    /// Where news go.
    pub news: mpsc::Sender<News>,
    /// Where the live bus is left for others to use; `None` while there is none.
    pub bus: watch::Sender<Option<Bus>>,
    /// Changes when everything is to be read anew.
    pub refresh: watch::Receiver<u64>,
    /// Load of the host for each of its cores: how much slower than usual to go.
    pub pressure: watch::Receiver<f32>,
}

/// However sick a host is, it is not asked more seldom than this many times the usual wait.
const SLOWEST: f32 = 6.0;

/// How much longer than usual to wait on a host under this load.
pub fn slower(usual: Duration, pressure: f32) -> Duration {
    usual.mul_f32(pressure.clamp(1.0, SLOWEST))
}

impl Keeper<'_> {
    /// Keeps on until dropped.
    pub async fn keep(mut self) {
        let mut wait = RETRY.0;
        loop {
            let began = Instant::now();
            let (why, was_open) = self.push().await;
            tracing::info!(scope = self.scope.word(), %why, "no push");
            if was_open && began.elapsed() >= GOOD {
                wait = RETRY.0;
                continue;
            }
            let next = if why == BusError::NoBridge { RETRY_MISSING } else { wait };
            self.sweep_until(Instant::now() + jittered(next), &why.to_string()).await;
            wait = (wait * 2).min(RETRY.1);
        }
    }

    async fn push(&mut self) -> (BusError, bool) {
        match bus::open(self.host, self.scope).await {
            Ok(opened) => {
                self.bus.send_replace(Some(opened.bus.clone()));
                let units = Units::new(self.selection.clone());
                let why = push::run(opened, units, &self.news, &mut self.refresh).await;
                self.bus.send_replace(None);
                (why, true)
            }
            Err(why) => (why, false),
        }
    }

    async fn sweep_until(&mut self, until: Instant, because: &str) {
        let mut sweeper = Sweeper::new(self.host, self.scope, self.selection);
        loop {
            let began = Instant::now();
            // In whole seconds: it is told, and what is told should not change all the time.
            let every = Duration::from_secs(slower(SWEEP, *self.pressure.borrow()).as_secs());
            let mut rest = every;
            let means = match sweeper.sweep().await {
                Ok(units) => {
                    self.tell(News::Full(self.scope, units)).await;
                    Means::Sweep { every, because: because.to_owned() }
                }
                Err(SweepError::NoSystemd) if self.scope == Scope::System => {
                    rest = NO_SYSTEMD;
                    Means::None
                }
                Err(error) => Means::Sweep { every, because: format!("{because}; and {error}") },
            };
            self.tell(News::Means(self.scope, means)).await;
            let next = began + rest;
            if next >= until {
                sleep_until(until).await;
                return;
            }
            match timeout_at(next, self.refresh.changed()).await {
                Ok(Ok(())) => sweeper.anew(),
                Ok(Err(_)) => return sleep_until(until).await,
                Err(_elapsed) => {}
            }
        }
    }

    async fn tell(&self, news: News) {
        // A closed channel means that the watcher is being dropped, and this with it.
        self.news.send(news).await.unwrap_or_default();
    }
}

/// Up to a quarter more, so that a fleet does not come back in step.
fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(1.0 + fastrand::f64() / 4.0)
}
