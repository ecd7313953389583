//! Services of the simulated fleet live, log, fail and restart as systemd would have it.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::domain::host::{BecomeRoot, Host, Reach, Shell};
use crate::domain::service::{Expected, RuntimeKind, Service, Tier, UnitPattern};
use crate::domain::{EnvColour, EnvName, HostName, ServiceName, SiteName, UnitName};

fn environment() -> Environment {
    let host = HostName::new("app-1").unwrap();
    let service = Service {
        name: ServiceName::new("web").unwrap(),
        title: "Web".into(),
        runtime: RuntimeKind::Systemd,
        units: vec![UnitPattern::Exact(UnitName::new("web.service").unwrap())],
        user: false,
        compose: None,
        hosts: vec![host.clone()],
        tier: Tier { rank: 1, name: "core".into() },
        depends_on: Vec::new(),
        expected: Expected::Running,
        version: None,
        max_unavailable: 1,
        metrics: Vec::new(),
        logs: Vec::new(),
        settle: std::time::Duration::from_secs(5),
        ready_within: None,
        links: Vec::new(),
        probes: Vec::new(),
    };
    Environment {
        colour: EnvColour::Blue,
        hosts: vec![Host {
            name: host,
            reach: Reach::Local,
            tags: Vec::new(),
            become_root: BecomeRoot::Sudo,
            shell: Shell::Plain,
        }],
        services: vec![service],
        trusted: true,
        read: Default::default(),
        ..Environment::new(SiteName::new("shop").unwrap(), EnvName::new("drill").unwrap())
    }
}

fn sim(script: &str) -> Sim {
    Sim::new(&environment(), Scenario::parse(&format!("title='t'\nseed=1\n{script}")).unwrap(), Now::START)
}

fn states(sim: &mut Sim, seconds: u64) -> Vec<String> {
    let mut seen = vec![sim.unit("app-1", "web.service").unwrap().sub.to_owned()];
    for tenth in 0..seconds * 10 {
        sim.advance(Moment(Duration::from_millis(tenth * 100)));
        let sub = sim.unit("app-1", "web.service").unwrap().sub.to_owned();
        if seen.last() != Some(&sub) {
            seen.push(sub);
        }
    }
    seen
}

#[test]
fn a_process_that_dies_is_restarted_and_says_so_in_the_journal() {
    let mut sim = sim("[[at]]\nsecond=1\nhost='app-1'\nunit='web.service'\ndo='exit'\nstatus=3");
    assert_eq!(states(&mut sim, 8), ["running", "auto-restart", "start", "running"]);
    let unit = sim.unit("app-1", "web.service").unwrap();
    assert_eq!((unit.restarts, unit.active), (1, "active"));
    let lines: Vec<String> = sim.machines()["app-1"]
        .journal
        .entries()
        .filter(|entry| entry.by_manager && entry.realtime > 0)
        .map(|entry| String::from_utf8_lossy(&entry.message).into_owned())
        .collect();
    assert!(lines[0].contains("code=exited, status=3/FAILURE"), "{lines:?}");
}

#[test]
fn a_loop_ends_at_the_start_limit() {
    let mut sim = sim("[[at]]\nsecond=1\nhost='app-1'\nunit='web.service'\ndo='loop'\nstatus=1\nlives=0.1");
    let web = sim.unit_mut("app-1", "web.service").unwrap();
    (web.behaviour.restart_after, web.behaviour.start_takes) = (Duration::from_millis(100), Duration::from_millis(50));
    assert_eq!(states(&mut sim, 20).last().unwrap(), "failed");
    assert_eq!(sim.unit("app-1", "web.service").unwrap().result, "start-limit-hit");
}

#[test]
fn the_same_seed_gives_the_same_drill() {
    let script = "[[at]]\nsecond=2\nhost='app-1'\nunit='web.service'\ndo='signal'\nsignal=9";
    let run = |step: u64| {
        let mut sim = sim(script);
        for n in 1..=(600 / step) {
            sim.advance(Moment(Duration::from_millis(n * step * 100)));
        }
        format!("{:?}", sim.machines())
    };
    assert_eq!(run(1), run(60));
}

#[test]
fn a_stop_by_hand_stays_stopped() {
    let mut sim = sim("[[at]]\nsecond=1\nhost='app-1'\nunit='web.service'\ndo='stop'");
    assert_eq!(states(&mut sim, 10), ["running", "dead"]);
}
