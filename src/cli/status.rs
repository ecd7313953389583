//! `qd status`: the same as the screen, once, for people, cron and CI.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::sync::mpsc;

use super::{Exit, Reaching, Where, choose};
use crate::domain::{Environment, Link, State};
use crate::engine::approach::Direct;
use crate::engine::clock::{AnyClock, Clock, RealClock};
use crate::engine::world::World;
use crate::port::{Effect, Event};
use crate::state::Fleet;
use crate::state::report::{Report, worst};

/// Events that may wait: the world waits when it is full, nothing is dropped.
const EVENTS: usize = 1024;

/// What may be said.
#[derive(Debug, Args)]
pub struct Status {
    /// Which site and environment.
    #[command(flatten)]
    pub place: Where,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// How long to wait for hosts and probes, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
}

/// Looks once and prints what it saw.
pub fn run(status: &Status, reach: &Reaching) -> Exit {
    super::output::begin_log();
    let prepared = choose::look(&status.place)
        .and_then(|found| choose::one_environment(found.one()?, status.place.environment.as_deref()));
    let environment = match prepared {
        Ok(environment) => environment,
        Err(exit) => return exit,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return choose::complain(Exit::Software, &format!("could not start: {error}")),
    };
    let world = World::new(Direct::new(reach.ssh_config.clone()), false, AnyClock::Real(RealClock));
    let fleet = runtime.block_on(watch(world, environment, Duration::from_secs(status.timeout)));
    runtime.shutdown_timeout(Duration::from_millis(600));
    let report = Report::of(&fleet, RealClock.now());
    let text = if status.json { serde_json::to_string_pretty(&report).unwrap_or_default() } else { report.text() };
    if let Err(exit) = super::output::print(&format!("{text}\n")) {
        return exit;
    }
    match worst(&fleet) {
        State::Up | State::Stopped => Exit::Ok,
        State::Starting | State::Degraded => Exit::Degraded,
        State::Down | State::CrashLooping => Exit::Down,
        State::Unknown => Exit::Unknown,
    }
}

/// Watches until everything has been heard once, or the time is over.
async fn watch(world: World<Direct>, environment: Arc<Environment>, patience: Duration) -> Fleet {
    let clock = RealClock;
    let (told, mut events) = mpsc::channel(EVENTS);
    let (effects, wishes) = mpsc::channel(1);
    let mut fleet = Fleet::new(Arc::clone(&environment), clock.now());
    let running = tokio::spawn(world.run(told, wishes, vec![Effect::Watch(environment)]));
    let deadline = tokio::time::Instant::now() + patience;
    while !is_settled(&fleet) {
        match tokio::time::timeout_at(deadline, events.recv()).await {
            Ok(Some(Event::Host(host, news))) => fleet.observe_host(&host, news, clock.now()),
            Ok(Some(Event::Probe { service, host, probe, report })) => {
                fleet.observe_probe(&service, host.as_ref(), &probe, report, clock.now());
            }
            Ok(Some(Event::Trouble(sentence))) => {
                choose::complain(Exit::Unknown, &sentence);
                break;
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    drop(effects);
    drop(events);
    // It ends by itself when nobody wants anything any more; what it holds is ours to end.
    let _ = tokio::time::timeout(Duration::from_secs(2), running).await;
    fleet.wake(clock.now());
    fleet
}

/// Whether every host was read or has failed, and every probe that can be asked has answered.
pub(super) fn is_settled(fleet: &Fleet) -> bool {
    let hosts = fleet.hosts.iter().all(|row| match &row.link {
        Link::Up { .. } => fleet.is_read(row),
        Link::Waiting { .. } | Link::Stopped { .. } => true,
        Link::Connecting { .. } | Link::Asking { .. } => false,
    });
    let probes = fleet.services.iter().all(|row| {
        let here = row.probes.values().all(|state| state.last.is_some());
        let there = row
            .host_probes
            .iter()
            .all(|((host, _), state)| state.last.is_some() || fleet.host(host).is_none_or(|host| !host.link.is_up()));
        here && there
    });
    hosts && probes
}
