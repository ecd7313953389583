//! What the fleet makes of news, in the order in which news come in the field.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use super::*;
use crate::domain::host::{BecomeRoot, Host, Reach, Shell, SshAlias};
use crate::domain::probe::{Ask, Found, Probe};
use crate::domain::service::{Expected, Service, Tier};
use crate::domain::unit::{Active, Load};
use crate::domain::{EnvColour, EnvName, LinkFailure, SiteName, UnitFacts};

fn host(name: &str) -> Host {
    Host {
        name: HostName::new(name).unwrap(),
        reach: Reach::Ssh(SshAlias::new(name).unwrap()),
        tags: Vec::new(),
        become_root: BecomeRoot::Sudo,
        shell: Shell::Plain,
    }
}

fn service(name: &str, units: Vec<UnitPattern>, hosts: &[&str], needs: &[&str]) -> Service {
    Service {
        name: ServiceName::new(name).unwrap(),
        title: Default::default(),
        runtime: RuntimeKind::Systemd,
        units,
        user: false,
        compose: None,
        hosts: hosts.iter().map(|name| HostName::new(name).unwrap()).collect(),
        tier: Tier { rank: 1, name: "core".into() },
        depends_on: needs.iter().map(|name| ServiceName::new(name).unwrap()).collect(),
        expected: Expected::Running,
        version: None,
        max_unavailable: 1,
        metrics: Vec::new(),
        logs: Vec::new(),
        settle: std::time::Duration::from_secs(5),
        ready_within: None,
        links: Vec::new(),
        probes: Vec::new(),
    }
}

fn exact(unit: &str) -> Vec<UnitPattern> {
    vec![UnitPattern::Exact(name(unit))]
}

fn name(unit: &str) -> UnitName {
    UnitName::new(unit).unwrap()
}

fn fleet(services: Vec<Service>) -> Fleet {
    let environment = Environment {
        colour: EnvColour::Green,
        hosts: vec![host("app-1"), host("app-2")],
        services,
        trusted: true,
        read: Default::default(),
        ..Environment::new(SiteName::new("shop").unwrap(), EnvName::new("staging").unwrap())
    };
    Fleet::new(Arc::new(environment), Now::START)
}

fn up() -> HostEvent {
    HostEvent::Link(Link::Up { since: Moment::default(), round_trip: None, heard: Moment::default(), means: None })
}

fn lost() -> HostEvent {
    let retry_at = Moment(Duration::from_secs(9));
    HostEvent::Link(Link::Waiting { heard: None, retry_at, attempt: 1, why: LinkFailure::Silent })
}

fn facts(active: Active, invocation: &str) -> UnitFacts {
    UnitFacts { load: Load::Loaded, active, invocation: invocation.into(), ..UnitFacts::default() }
}

fn tell(fleet: &mut Fleet, host: &str, news: HostEvent, second: u64) {
    fleet.observe_host(&HostName::new(host).unwrap(), news, Now::START.after(Duration::from_secs(second)));
}

fn words(fleet: &Fleet) -> Vec<(String, State, String)> {
    let row = |row: &ServiceRow| (row.service.name.to_string(), row.verdict.state, row.verdict.why.clone());
    fleet.services.iter().map(row).collect()
}

#[test]
fn a_service_is_unknown_until_read_and_as_bad_as_its_worst_instance() {
    let mut fleet = fleet(vec![service("web", exact("web.service"), &["app-1", "app-2"], &[])]);
    assert_eq!(words(&fleet), [("web".into(), State::Unknown, "connecting".into())]);
    for host in ["app-1", "app-2"] {
        tell(&mut fleet, host, up(), 1);
        tell(&mut fleet, host, HostEvent::Units(vec![(name("web.service"), facts(Active::Active, "a"))]), 1);
    }
    assert_eq!(words(&fleet)[0].1, State::Up);
    tell(&mut fleet, "app-2", HostEvent::Unit(name("web.service"), Box::new(facts(Active::Failed, "a"))), 2);
    assert_eq!(words(&fleet)[0].1, State::Down);
}

#[test]
fn opening_is_no_change_and_a_move_is_one_row() {
    let mut fleet = fleet(vec![service("web", exact("web.service"), &["app-1"], &[])]);
    tell(&mut fleet, "app-1", up(), 1);
    tell(&mut fleet, "app-1", HostEvent::Units(vec![(name("web.service"), facts(Active::Active, "a"))]), 1);
    assert!(fleet.changes.is_empty(), "{:?}", fleet.changes);
    tell(&mut fleet, "app-1", HostEvent::Unit(name("web.service"), Box::new(facts(Active::Failed, "a"))), 2);
    let [Change { what: What::State { from: State::Up, to: State::Down, .. }, .. }] = fleet.changes.make_contiguous()
    else {
        panic!("{:?}", fleet.changes)
    };
}

#[test]
fn a_lost_link_is_one_row_and_what_moved_meanwhile_is_told_after_it() {
    let mut fleet = fleet(vec![service("web", exact("web.service"), &["app-1"], &[])]);
    tell(&mut fleet, "app-1", up(), 1);
    tell(&mut fleet, "app-1", HostEvent::Units(vec![(name("web.service"), facts(Active::Active, "a"))]), 1);
    tell(&mut fleet, "app-1", lost(), 5);
    tell(&mut fleet, "app-1", HostEvent::Link(Link::Connecting { since: Moment::default(), attempt: 2 }), 6);
    tell(&mut fleet, "app-1", lost(), 7);
    assert_eq!(words(&fleet)[0].1, State::Unknown);
    assert_eq!(fleet.changes.len(), 1);
    tell(&mut fleet, "app-1", up(), 9);
    assert_eq!(words(&fleet)[0], ("web".into(), State::Unknown, "not read yet".into()));
    tell(&mut fleet, "app-1", HostEvent::Units(vec![(name("web.service"), facts(Active::Inactive, "a"))]), 9);
    let kinds: Vec<_> = fleet.changes.iter().map(|change| std::mem::discriminant(&change.what)).collect();
    assert_eq!(kinds.len(), 3, "{:?}", fleet.changes);
    assert!(matches!(fleet.changes[1].what, What::LinkUp { .. }));
    assert!(matches!(fleet.changes[2].what, What::State { from: State::Up, to: State::Down, .. }));
}

#[test]
fn a_restart_that_ends_up_again_is_told_by_its_invocation() {
    let mut fleet = fleet(vec![service("web", exact("web.service"), &["app-1"], &[])]);
    tell(&mut fleet, "app-1", up(), 1);
    tell(&mut fleet, "app-1", HostEvent::Units(vec![(name("web.service"), facts(Active::Active, "a"))]), 1);
    tell(&mut fleet, "app-1", HostEvent::Unit(name("web.service"), Box::new(facts(Active::Active, "b"))), 2);
    assert!(matches!(fleet.changes[0].what, What::Restarted { .. }));
}

#[test]
fn three_restarts_in_five_minutes_are_a_loop_until_they_are_old() {
    let mut fleet = fleet(vec![service("web", exact("web.service"), &["app-1"], &[])]);
    tell(&mut fleet, "app-1", up(), 1);
    for count in 0..=3 {
        let news = UnitFacts { restarts: count, ..facts(Active::Active, "a") };
        tell(&mut fleet, "app-1", HostEvent::Units(vec![(name("web.service"), news)]), u64::from(count) * 10);
    }
    assert_eq!(words(&fleet)[0].1, State::CrashLooping);
    let calm = fleet.next_change(Moment(Duration::from_secs(30))).unwrap();
    assert_eq!(calm, Moment(Duration::from_secs(310)));
    fleet.wake(Now::START.after(calm.0));
    assert_eq!(words(&fleet)[0].1, State::Up);
}

#[test]
fn what_looped_before_somebody_started_it_anew_is_no_loop() {
    let mut fleet = fleet(vec![service("web", exact("web.service"), &["app-1"], &[])]);
    tell(&mut fleet, "app-1", up(), 1);
    for (at, restarts, invocation) in [(1, 0, "a"), (2, 3, "b"), (3, 0, "c")] {
        assert_eq!(words(&fleet)[0].1 == State::CrashLooping, at == 3, "before {at}");
        let news = UnitFacts { restarts, ..facts(Active::Active, invocation) };
        tell(&mut fleet, "app-1", HostEvent::Units(vec![(name("web.service"), news)]), at);
    }
    assert_eq!(words(&fleet)[0].1, State::Up);
}

#[test]
fn globs_catch_units_that_appear_later_and_let_go_of_those_that_vanish() {
    let glob = vec![UnitPattern::Glob("job-*.service".into())];
    let mut fleet = fleet(vec![service("jobs", glob, &["app-1"], &[])]);
    tell(&mut fleet, "app-1", up(), 1);
    tell(&mut fleet, "app-1", HostEvent::Units(Vec::new()), 1);
    assert_eq!(words(&fleet)[0].2, "no unit matches yet");
    tell(&mut fleet, "app-1", HostEvent::Unit(name("job-b.service"), Box::new(facts(Active::Active, "a"))), 2);
    assert_eq!(words(&fleet)[0].1, State::Up);
    tell(&mut fleet, "app-1", HostEvent::Units(Vec::new()), 3);
    assert_eq!(words(&fleet)[0].1, State::Unknown);
}

#[test]
fn what_stands_on_a_dead_service_is_degraded_but_not_what_stands_on_that() {
    let mut fleet = fleet(vec![
        service("db", exact("db.service"), &["app-1"], &[]),
        service("api", exact("api.service"), &["app-1"], &["db"]),
        service("web", exact("web.service"), &["app-1"], &["api"]),
    ]);
    tell(&mut fleet, "app-1", up(), 1);
    let list = vec![
        (name("db.service"), facts(Active::Failed, "a")),
        (name("api.service"), facts(Active::Active, "a")),
        (name("web.service"), facts(Active::Active, "a")),
    ];
    tell(&mut fleet, "app-1", HostEvent::Units(list), 1);
    let states: Vec<State> = words(&fleet).into_iter().map(|(_, state, _)| state).collect();
    assert_eq!(states, [State::Down, State::Degraded, State::Up]);
    assert_eq!(words(&fleet)[1].2, "needs db, which is down");
}

#[test]
fn failed_units_that_the_site_does_not_name_are_told_apart() {
    let mut fleet = fleet(vec![service("web", exact("web.service"), &["app-1"], &[])]);
    tell(&mut fleet, "app-1", up(), 1);
    let list =
        vec![(name("web.service"), facts(Active::Failed, "a")), (name("cron.service"), facts(Active::Failed, "a"))];
    tell(&mut fleet, "app-1", HostEvent::Units(list), 1);
    let names: Vec<&str> = fleet.unnamed_failures(&fleet.hosts[0]).map(|(unit, _)| unit.as_str()).collect();
    assert_eq!(names, ["cron.service"]);
}

#[test]
fn a_probe_from_here_speaks_for_the_whole_service() {
    let mut web = service("web", exact("web.service"), &["app-1"], &[]);
    web.probes.push(Probe {
        name: ProbeName::new("public").unwrap(),
        ask: Ask::Tcp { host: "shop.example".into(), port: 443 },
        from: Vantage::Here,
        interval: Duration::from_secs(10),
        timeout: Duration::from_secs(5),
        rise: 1,
        fall: 1,
    });
    let mut fleet = fleet(vec![web]);
    tell(&mut fleet, "app-1", up(), 1);
    tell(&mut fleet, "app-1", HostEvent::Units(vec![(name("web.service"), facts(Active::Active, "a"))]), 1);
    assert_eq!(words(&fleet)[0], ("web".into(), State::Unknown, "public: no answer yet".into()));
    let mut answer = |found, second| {
        let at = Now::START.after(Duration::from_secs(second));
        let report = ProbeReport {
            found,
            summary: "shop.example:443 refused".into(),
            details: Vec::new(),
            latency: None,
            certificate_days: None,
            at: at.wall,
            asked: at.mono,
        };
        let (service, probe) = (ServiceName::new("web").unwrap(), ProbeName::new("public").unwrap());
        fleet.observe_probe(&service, None, &probe, report, at);
        words(&fleet)[0].clone()
    };
    assert_eq!(answer(Found::Fail, 2), ("web".into(), State::Degraded, "shop.example:443 refused".into()));
    assert_eq!(answer(Found::Pass, 3).1, State::Up);
}

#[test]
fn memory_that_trembles_by_less_than_two_percent_stands_still() {
    let mut fleet = fleet(vec![service("web", exact("web.service"), &["app-1"], &[])]);
    tell(&mut fleet, "app-1", up(), 1);
    tell(&mut fleet, "app-1", HostEvent::Units(vec![(name("web.service"), facts(Active::Active, "a"))]), 1);
    let mut read = |memory, second| {
        let usage = crate::domain::unit::Usage { memory: Some(memory), ..Default::default() };
        tell(&mut fleet, "app-1", HostEvent::Usage(vec![(name("web.service"), usage)]), second);
        fleet.hosts[0].units[&name("web.service")].usage.and_then(|(usage, _)| usage.memory)
    };
    assert_eq!(read(1_000_000, 2), Some(1_000_000));
    assert_eq!(read(1_015_000, 4), Some(1_000_000));
    assert_eq!(read(985_000, 6), Some(1_000_000));
    assert_eq!(read(1_020_000, 8), Some(1_020_000));
}

#[test]
fn how_long_it_is_so_counts_from_when_it_was_seen_to_begin() {
    let mut fleet = fleet(vec![service("web", exact("web.service"), &["app-1"], &[])]);
    tell(&mut fleet, "app-1", up(), 1);
    let active = UnitFacts { active_enter: Some(Now::START.wall), ..facts(Active::Active, "a") };
    tell(&mut fleet, "app-1", HostEvent::Units(vec![(name("web.service"), active)]), 2);
    assert_eq!(fleet.services[0].verdict.since, Some(Now::START.wall), "what is up is up since its start");
    let lost_at = Now::START.after(Duration::from_secs(600)).wall;
    tell(&mut fleet, "app-1", lost(), 600);
    assert_eq!(fleet.services[0].verdict.state, State::Unknown);
    assert_eq!(fleet.services[0].verdict.since, Some(lost_at), "unknown since the link was lost, not since the start");
    fleet.wake(Now::START.after(Duration::from_secs(700)));
    assert_eq!(fleet.services[0].verdict.since, Some(lost_at));
}

#[test]
fn what_was_so_before_anybody_looked_has_no_beginning() {
    let mut fleet = fleet(vec![service("web", exact("web.service"), &["app-1"], &[])]);
    tell(&mut fleet, "app-1", up(), 1);
    let gone = UnitFacts { load: Load::NotFound, active_enter: Some(Now::START.wall), ..facts(Active::Active, "a") };
    tell(&mut fleet, "app-1", HostEvent::Units(vec![(name("web.service"), gone)]), 2);
    assert_eq!(fleet.services[0].verdict.state, State::Degraded, "it runs without its file");
    assert_eq!(fleet.services[0].verdict.since, None);
}
