//! What the units on screen use: read on an interval, for systemd sends no signal of it.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

use super::bus::Bus;
use super::manager::slower;
use super::news::News;
use crate::domain::UnitName;
use crate::domain::unit::Usage;
use crate::engine::transport::Connection;
use crate::runtimes::systemd::{Scope, has_usage};
use crate::runtimes::systemd_show::{Ask, parse, show};

/// Time between two readings on a host at ease.
const EVERY: Duration = Duration::from_secs(3);
/// Units that are read at the same time.
const READS: usize = 16;
/// What is read of each.
const PROPERTIES: [&str; 3] = ["MemoryCurrent", "CPUUsageNSec", "TasksCurrent"];

/// What the reader of usage works with.
pub struct Reader<'a> {
    /// The host.
    pub host: &'a dyn Connection,
    /// The units on screen, with their managers.
    pub units: watch::Receiver<Vec<(Scope, UnitName)>>,
    /// The live buses of the system's manager and the user's.
    pub buses: [watch::Receiver<Option<Bus>>; 2],
    /// Where news go.
    pub news: mpsc::Sender<News>,
    /// Load of the host for each of its cores.
    pub pressure: watch::Receiver<f32>,
}

impl Reader<'_> {
    /// Reads until dropped; rests while nothing is on screen.
    pub async fn keep(mut self) {
        loop {
            let units = self.units.borrow_and_update().clone();
            let began = Instant::now();
            if units.is_empty() {
                if self.units.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                continue;
            }
            let mut all = Vec::new();
            for (scope, bus) in [Scope::System, Scope::User].into_iter().zip(&self.buses) {
                let of_scope = units.iter().filter(|(of, name)| *of == scope && has_usage(name));
                let names: Vec<UnitName> = of_scope.map(|(_, name)| name.clone()).collect();
                if names.is_empty() {
                    continue;
                }
                let bus = bus.borrow().clone();
                all.extend(match bus {
                    Some(bus) => by_bus(&bus, names).await,
                    None => self.by_command(scope, &names).await,
                });
            }
            if !all.is_empty() {
                self.news.send(News::Usage(all)).await.unwrap_or_default();
            }
            let next = began + slower(EVERY, *self.pressure.borrow());
            if matches!(timeout_at(next, self.units.changed()).await, Ok(Err(_))) {
                std::future::pending::<()>().await;
            }
        }
    }

    async fn by_command(&self, scope: Scope, names: &[UnitName]) -> Vec<(UnitName, Usage)> {
        let output = self.host.run(show(scope, names, Ask::Usage)).await;
        if !output.succeeded() {
            return Vec::new();
        }
        let read = parse(&output.stdout, names).unwrap_or_default();
        read.into_iter().map(|(name, properties)| (name, properties.usage())).collect()
    }
}

async fn by_bus(bus: &Bus, names: Vec<UnitName>) -> Vec<(UnitName, Usage)> {
    let read = stream::iter(names).map(|name| async move {
        let gets = PROPERTIES.map(|property| bus.get(&name, property));
        let mut all = crate::runtimes::systemd_props::Properties::default();
        for read in futures_util::future::join_all(gets).await {
            all.merge(read.ok()?);
        }
        Some((name.clone(), all.usage()))
    });
    read.buffer_unordered(READS).filter_map(std::future::ready).collect().await
}
