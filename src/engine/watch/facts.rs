//! What a host says of itself: one bounded command on an interval that grows with the host's load.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

use super::manager::slower;
use super::news::News;
use crate::domain::HostFacts;
use crate::engine::transport::Connection;
use crate::port::End;
use crate::runtimes::host_facts::{Extent, command, parse};
use crate::text::Foreign;

/// Time between two readings on a host at ease.
const EVERY: Duration = Duration::from_secs(15);
/// Every how many readings the versions are read again.
const FULL_EVERY: u32 = 60;
/// Every how many readings the file systems are read: they fill slowly, and cost most of the processes.
const DISKS_EVERY: u32 = 3;
/// How many readings go without file systems after one in which they did not answer.
const WITHOUT_DISKS: u32 = 30;

/// What the reader of facts works with.
pub struct Reader<'a> {
    /// The host.
    pub host: &'a dyn Connection,
    /// Where news go.
    pub news: mpsc::Sender<News>,
    /// Changes when everything is to be read anew.
    pub refresh: watch::Receiver<u64>,
    /// Where the host's load for each of its cores is left for others.
    pub pressure: watch::Sender<f32>,
}

/// What is remembered from one reading to the next.
#[derive(Default)]
struct Known {
    system: Foreign,
    systemd: Option<u32>,
    disks: Vec<crate::domain::host::Disk>,
}

impl Reader<'_> {
    /// Reads until dropped.
    pub async fn keep(mut self) {
        let (mut round, mut without_disks, mut nice, mut known) = (0u32, 0u32, true, Known::default());
        loop {
            let began = Instant::now();
            let extent = if without_disks > 0 {
                Extent::NoDisks
            } else if round.is_multiple_of(FULL_EVERY) {
                Extent::Full
            } else if round.is_multiple_of(DISKS_EVERY) {
                Extent::Usual
            } else {
                Extent::NoDisks
            };
            let sent = Timestamp::now();
            let output = self.host.run(command(extent, nice)).await;
            let round_trip = began.elapsed();
            if output.end == End::NotFound && nice {
                nice = false;
                continue;
            }
            let answer = parse(&output.stdout);
            round += 1;
            without_disks = if answer.complete || answer.facts.uptime.is_none() {
                without_disks.saturating_sub(1)
            } else {
                // The answer broke off behind its first part: a file system hangs.
                WITHOUT_DISKS
            };
            if answer.facts.uptime.is_some() {
                let mut facts = answer.facts;
                facts.clock = answer.clock.filter(|_| output.succeeded()).map(|clock| clock.offset(sent, round_trip));
                known.fill(&mut facts, extent);
                let pressure = pressure(&facts);
                self.pressure.send_replace(pressure);
                self.news.send(News::Facts(Box::new(facts))).await.unwrap_or_default();
            }
            let next = began + slower(EVERY, *self.pressure.borrow());
            match timeout_at(next, self.refresh.changed()).await {
                Ok(Ok(())) => round = 0,
                Ok(Err(_)) => std::future::pending().await,
                Err(_elapsed) => {}
            }
        }
    }
}

impl Known {
    /// Adds what this reading was not asked for.
    fn fill(&mut self, facts: &mut HostFacts, extent: Extent) {
        if extent == Extent::Full {
            self.system = facts.system.clone();
            self.systemd = facts.systemd;
        } else {
            facts.system = self.system.clone();
            facts.systemd = self.systemd;
        }
        if extent == Extent::NoDisks {
            facts.disks = self.disks.clone();
        } else {
            self.disks = facts.disks.clone();
        }
    }
}

/// Load for each core.
fn pressure(facts: &HostFacts) -> f32 {
    let load = facts.load.map_or(0.0, |[one, ..]| one);
    let cores = u16::try_from(facts.cores.unwrap_or(1)).unwrap_or(u16::MAX).max(1);
    load / f32::from(cores)
}
