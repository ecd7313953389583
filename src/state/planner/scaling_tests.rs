//! What is told before a service is scaled, and who is left out.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::*;
use crate::domain::container::{Composer, Container, ContainerState, Made};
use crate::domain::host::{BecomeRoot, Host, Reach, Shell, SshAlias};
use crate::domain::service::{Expected, RuntimeKind, Tier, UnitPattern};
use crate::domain::{
    Compose, EnvName, Environment, HostFacts, HostName, Link, Moment, Now, Service, ServiceName, SiteName,
};
use crate::port::act::StoreState;
use crate::port::event::HostEvent;
use crate::state::planner::plan;

const OPEN: Rules = Rules { read_only: None, store: StoreState::Writable, locked: None };

fn web(scale: Option<u32>) -> Compose {
    Compose { scale, ..Compose::new("shop", "web").unwrap() }
}

fn container(number: u32, state: ContainerState) -> Container {
    Container {
        id: number.to_string().repeat(64),
        name: format!("shop-web-{number}"),
        state,
        made: Made { folder: "/opt/shop".into(), files: "compose.yml".into(), ..Made::default() },
        ..Container::default()
    }
}

fn runs(number: u32) -> Container {
    container(number, ContainerState::Running)
}

/// A fleet of one service with these containers on its one host.
fn fleet(compose: Compose, all: Vec<Container>) -> Fleet {
    let host = HostName::new("app-1").unwrap();
    let unit = compose.unit().unwrap();
    let service = Service {
        name: ServiceName::new("web").unwrap(),
        title: Default::default(),
        runtime: RuntimeKind::Compose,
        units: vec![UnitPattern::Exact(unit.clone())],
        user: false,
        logs: Vec::new(),
        compose: Some(compose),
        hosts: vec![host.clone()],
        tier: Tier { rank: 1, name: "core".into() },
        depends_on: Vec::new(),
        expected: Expected::Running,
        version: None,
        max_unavailable: 1,
        metrics: Vec::new(),
        settle: std::time::Duration::from_secs(5),
        ready_within: None,
        links: Vec::new(),
        probes: Vec::new(),
    };
    let named = Host {
        name: host.clone(),
        reach: Reach::Ssh(SshAlias::new("app-1").unwrap()),
        tags: Vec::new(),
        become_root: BecomeRoot::Sudo,
        shell: Shell::Plain,
    };
    let environment = Environment {
        hosts: vec![named],
        services: vec![service],
        trusted: true,
        ..Environment::new(SiteName::new("shop").unwrap(), EnvName::new("lab").unwrap())
    };
    let mut fleet = Fleet::new(Arc::new(environment), Now::START);
    let up = Link::Up { since: Moment::default(), round_trip: None, heard: Moment::default(), means: None };
    fleet.observe_host(&host, HostEvent::Link(up), Now::START);
    let known = Containers { all, composer: Some(Composer::Plugin), ..Containers::default() };
    fleet.observe_host(&host, HostEvent::Units(vec![(unit, compose::facts(known))]), Now::START);
    fleet
}

fn to(number: u32) -> Verb {
    Verb::Scale(Count::new(number).unwrap())
}

fn all() -> [Target; 1] {
    [Target::Service(ServiceName::new("web").unwrap())]
}

fn told(fleet: &Fleet, number: u32) -> Vec<String> {
    plan(fleet, to(number), &all(), &OPEN).unwrap().impact.warnings
}

#[test]
fn what_runs_already_or_does_not_run_is_not_scaled() {
    let two = fleet(web(Some(2)), vec![runs(1), runs(2)]);
    assert_eq!(scalable(&two, &all(), &OPEN), Ok(()));
    assert_eq!(applicable(&two, to(2), &all(), &OPEN), Err("2 run already".to_owned()));
    assert_eq!(scaled(&two, &all()), [Scaled { what: "web on app-1".to_owned(), running: 2, expected: Some(2) }]);
    let plan = plan(&two, to(3), &all(), &OPEN).unwrap();
    assert_eq!(plan.title(), "scale web on app-1 to 3");
    assert!(plan.steps[0].command.join(" ").ends_with("--scale web=3 web"));
    let rests = fleet(web(None), vec![container(1, ContainerState::Exited)]);
    assert_eq!(scalable(&rests, &all(), &OPEN), Err("it does not run: start it first".to_owned()));
    assert!(scaled(&rests, &all()).is_empty());
    // One of two that has ended is none that runs: to scale to one removes it, to two starts it.
    let half = fleet(web(None), vec![runs(1), container(2, ContainerState::Exited)]);
    assert_eq!(applicable(&half, to(1), &all(), &OPEN), Ok(()));
    assert_eq!(applicable(&half, to(2), &all(), &OPEN), Ok(()));
}

#[test]
fn fewer_say_what_goes_away_and_more_what_they_take() {
    let fewer = told(&fleet(web(Some(2)), vec![runs(1), runs(2)]), 1);
    assert_eq!(fewer.len(), 2, "{fewer:?}");
    assert!(fewer[0].starts_with("1 of 2 containers of web on app-1 goes away"), "{fewer:?}");
    assert!(fewer[1].ends_with("with 1 it will count as degraded."), "{fewer:?}");
    let mut published = runs(1);
    published.ports = vec!["0.0.0.0:80 → 8000/tcp".into()];
    let files = Compose { folder: Some("/opt/shop".to_owned()), files: vec!["other.yml".to_owned()], ..web(None) };
    let mut one = fleet(files, vec![published]);
    let more = told(&one, 2);
    assert_eq!(more.len(), 3, "{more:?}");
    assert!(more[0].contains("as they are on app-1 now") && more[1].contains("/opt/shop/compose.yml"), "{more:?}");
    assert!(more[2].contains("publishes 0.0.0.0:80"), "{more:?}");
    // Of memory only where both are known.
    let (host, unit) = (HostName::new("app-1").unwrap(), web(None).unit().unwrap());
    let usage = crate::domain::unit::Usage { memory: Some(300 << 20), ..Default::default() };
    one.observe_host(&host, HostEvent::Usage(vec![(unit, usage)]), Now::START);
    let memory = |one: &Fleet, number| told(one, number).into_iter().find(|text| text.contains("free"));
    assert_eq!(memory(&one, 2), None);
    let facts = HostFacts { memory: Some((2 << 30, 500 << 20)), ..HostFacts::default() };
    one.observe_host(&host, HostEvent::Facts(Box::new(facts)), Now::START);
    assert_eq!(
        memory(&one, 2).unwrap(),
        "web on app-1 uses about 300 MiB for each container: this takes 300 MiB of the 500 MiB that are free on app-1."
    );
    assert!(memory(&one, 3).unwrap().contains("takes 600 MiB more than the 500 MiB"));
}
