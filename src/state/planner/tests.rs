//! What is planned, and that no order a plan allows takes away more than it may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::host::{Host, Reach, Shell, SshAlias};
use crate::domain::service::{Expected, RuntimeKind, UnitPattern};
use crate::domain::unit::{Active, Load};
use crate::domain::verb::Signal;
use crate::domain::{EnvColour, EnvName, Environment, Link, LinkFailure, Moment, Now, Service, SiteName, UnitFacts};
use crate::port::event::HostEvent;

const OPEN: Rules = Rules { read_only: None, store: StoreState::Writable, locked: None };

fn host_name(word: &str) -> HostName {
    HostName::new(word).unwrap()
}

fn service_name(word: &str) -> ServiceName {
    ServiceName::new(word).unwrap()
}

fn unit_name(word: &str) -> UnitName {
    UnitName::new(word).unwrap()
}

fn host(name: &str) -> Host {
    Host {
        name: host_name(name),
        reach: Reach::Ssh(SshAlias::new(name).unwrap()),
        tags: Vec::new(),
        become_root: BecomeRoot::Sudo,
        shell: Shell::Plain,
    }
}

fn service(name: &str, hosts: &[&str], needs: &[&str]) -> Service {
    Service {
        name: service_name(name),
        title: Default::default(),
        runtime: RuntimeKind::Systemd,
        units: vec![UnitPattern::Exact(unit_name(&format!("{name}.service")))],
        user: false,
        compose: None,
        hosts: hosts.iter().map(|name| host_name(name)).collect(),
        tier: Tier { rank: 1, name: "core".into() },
        depends_on: needs.iter().map(|name| service_name(name)).collect(),
        expected: Expected::Running,
        version: None,
        max_unavailable: 1,
        metrics: Vec::new(),
        logs: Vec::new(),
        settle: Duration::from_secs(5),
        ready_within: None,
        links: Vec::new(),
        probes: Vec::new(),
    }
}

fn runs() -> UnitFacts {
    UnitFacts {
        load: Load::Loaded,
        active: Active::Active,
        file_state: "enabled".into(),
        invocation: "a".into(),
        main_pid: 7,
        can_start: Some(true),
        can_stop: Some(true),
        can_reload: Some(true),
        ..UnitFacts::default()
    }
}

fn down() -> UnitFacts {
    UnitFacts { active: Active::Failed, result: "exit-code".into(), main_pid: 0, ..runs() }
}

/// Every host is reached and every unit of every service runs there.
fn fleet_of(services: Vec<Service>, protected: bool) -> Fleet {
    let mut hosts: Vec<HostName> = services.iter().flat_map(|service| service.hosts.clone()).collect();
    hosts.sort();
    hosts.dedup();
    let environment = Environment {
        protected,
        colour: EnvColour::Red,
        hosts: hosts.iter().map(|name| host(name.as_str())).collect(),
        services,
        trusted: true,
        read: Default::default(),
        ..Environment::new(SiteName::new("shop").unwrap(), EnvName::new("production").unwrap())
    };
    let mut fleet = Fleet::new(Arc::new(environment), Now::START);
    for name in hosts {
        let up = Link::Up { since: Moment::default(), round_trip: None, heard: Moment::default(), means: None };
        fleet.observe_host(&name, HostEvent::Link(up), Now::START);
        let here = fleet.services.iter().flat_map(|row| &row.instances).filter(|one| one.host.as_ref() == Some(&name));
        let units = here.filter_map(|one| Some((one.unit.clone()?, runs()))).collect();
        fleet.observe_host(&name, HostEvent::Units(units), Now::START);
    }
    fleet
}

fn fleet(services: Vec<Service>) -> Fleet {
    fleet_of(services, false)
}

fn tell(fleet: &mut Fleet, host: &str, unit: &str, facts: UnitFacts) {
    let news = HostEvent::Unit(unit_name(unit), Box::new(facts));
    fleet.observe_host(&host_name(host), news, Now::START.after(Duration::from_secs(1)));
}

fn lose(fleet: &mut Fleet, host: &str) {
    let link =
        Link::Waiting { heard: None, retry_at: Moment(Duration::from_secs(9)), attempt: 1, why: LinkFailure::Silent };
    fleet.observe_host(&host_name(host), HostEvent::Link(link), Now::START.after(Duration::from_secs(2)));
}

fn names(words: &[&str]) -> Vec<Target> {
    words.iter().map(|word| Target::Service(service_name(word))).collect()
}

fn steps(plan: &Plan) -> Vec<(String, Vec<usize>)> {
    let word = |step: &PlannedStep| match &step.service {
        Some(service) => format!("{service}@{}", step.host),
        None => step.host.to_string(),
    };
    plan.steps.iter().map(|step| (word(step), step.after.clone())).collect()
}

fn order_of(plan: &Plan) -> Vec<String> {
    steps(plan).into_iter().map(|(word, _)| word).collect()
}

const THREE: [&str; 3] = ["app-1", "app-2", "app-3"];

#[test]
fn a_service_rolls_one_host_at_a_time_and_its_plan_says_everything() {
    let fleet = fleet_of(vec![service("pricing", &THREE, &[]), service("web", &["app-1"], &["pricing"])], true);
    let plan = plan(&fleet, Verb::Restart, &names(&["pricing"]), &OPEN).unwrap();
    let want = [("pricing@app-1", vec![]), ("pricing@app-2", vec![0]), ("pricing@app-3", vec![1])];
    assert_eq!(steps(&plan), want.map(|(word, after)| (word.to_owned(), after)));
    assert_eq!(plan.title(), "restart pricing on 3 hosts");
    assert_eq!((plan.name.as_str(), plan.protected), ("pricing", true));
    assert_eq!(plan.impact.needed_by, [service_name("web")]);
    assert!(plan.impact.interrupted.is_empty() && plan.impact.warnings.is_empty(), "{:?}", plan.impact);
    let step = &plan.steps[0];
    assert_eq!(step.command.last().unwrap(), "pricing.service");
    assert_eq!((step.become_root, step.settle), (BecomeRoot::Sudo, Duration::from_secs(5)));
    assert_eq!(step.deadline, Duration::from_secs(90 + 180 + 15), "what systemd allows by itself, and the way there");
}

#[test]
fn what_a_unit_allows_itself_is_waited_for() {
    let mut fleet = fleet(vec![service("db", &["db-1"], &[])]);
    let long =
        UnitFacts { start_limit: Some(Duration::from_secs(600)), stop_limit: Some(Duration::from_secs(20)), ..runs() };
    tell(&mut fleet, "db-1", "db.service", long);
    let deadline = |verb| plan(&fleet, verb, &names(&["db"]), &OPEN).unwrap().steps[0].deadline.as_secs();
    assert_eq!(deadline(Verb::Restart), 655);
    assert_eq!(deadline(Verb::Stop), 55);
    assert_eq!(deadline(Verb::Kill(Signal::Hup)), 15);
}

#[test]
fn what_is_needed_comes_first_and_goes_last() {
    let services = vec![
        service("web", &["app-1"], &["api"]),
        service("api", &["app-1", "app-2"], &["db", "config"]),
        service("db", &["db-1"], &[]),
        service("config", &["app-1"], &["db"]),
        service("mail", &["app-2"], &[]),
    ];
    let fleet = fleet(services);
    let restart = plan(&fleet, Verb::Restart, &[Target::Everything], &OPEN).unwrap();
    let want = [
        ("db@db-1", vec![]),
        ("config@app-1", vec![0]),
        ("api@app-1", vec![1]),
        ("api@app-2", vec![2]),
        ("web@app-1", vec![3]),
        ("mail@app-2", vec![]),
    ];
    assert_eq!(steps(&restart), want.map(|(word, after)| (word.to_owned(), after)));
    assert_eq!((restart.title().as_str(), restart.name.as_str()), ("restart 5 services on 3 hosts", "production"));
    let stop = plan(&fleet, Verb::Stop, &[Target::Everything], &OPEN).unwrap();
    assert_eq!(order_of(&stop), ["web@app-1", "api@app-1", "api@app-2", "config@app-1", "db@db-1", "mail@app-2"]);
    assert_eq!(stop.steps[4].after, [3]);
    let ends = plan(&fleet, Verb::Restart, &names(&["web", "db"]), &OPEN).unwrap();
    let want = [("db@db-1", vec![]), ("web@app-1", vec![0])];
    assert_eq!(
        steps(&ends),
        want.map(|(word, after)| (word.to_owned(), after)),
        "also when what lies between is no target"
    );
    let enable = plan(&fleet, Verb::Disable, &[Target::Everything], &OPEN).unwrap();
    assert!(enable.steps.iter().all(|step| step.after.is_empty()), "files know no order");
}

#[test]
fn the_instance_that_is_down_is_tried_first() {
    let mut fleet = fleet(vec![service("pricing", &THREE, &[])]);
    tell(&mut fleet, "app-2", "pricing.service", down());
    let plan = plan(&fleet, Verb::Restart, &names(&["pricing"]), &OPEN).unwrap();
    assert_eq!(order_of(&plan), ["pricing@app-2", "pricing@app-1", "pricing@app-3"]);
    assert_eq!(
        plan.impact.warnings,
        ["Only 2 of 3 instances of pricing serve now.", "pricing on app-2 does not run: this starts it."]
    );
}

#[test]
fn a_host_that_is_not_reached_is_left_out_with_a_sentence_and_never_queued() {
    let mut fleet = fleet(vec![service("pricing", &THREE, &[])]);
    lose(&mut fleet, "app-2");
    let some = plan(&fleet, Verb::Restart, &names(&["pricing"]), &OPEN).unwrap();
    assert_eq!(order_of(&some), ["pricing@app-1", "pricing@app-3"]);
    let left = LeftOut { what: "pricing on app-2".into(), why: "app-2 is not reached (silent)".into() };
    assert_eq!(some.impact.left_out, [left]);
    let alone = [Target::On(service_name("pricing"), host_name("app-2"))];
    let refusal = plan(&fleet, Verb::Restart, &alone, &OPEN).unwrap_err();
    assert_eq!(refusal.to_string(), "nothing to do: pricing on app-2: app-2 is not reached (silent)");
    assert!(applicable(&fleet, Verb::Restart, &alone, &OPEN).unwrap_err().starts_with("app-2 is not reached"));
}

#[test]
fn nothing_is_planned_that_may_not_be_done_or_could_not_be_recorded() {
    let fleet = fleet(vec![service("pricing", &THREE, &[])]);
    let reads = Rules { read_only: Some("qd was started with --read-only"), ..OPEN };
    let full = Rules { store: StoreState::ReadOnly("the disk is full".into()), ..OPEN };
    for (rules, sentence) in [
        (reads, "read-only: qd was started with --read-only"),
        (full, "nothing can be recorded, so nothing is changed: the disk is full"),
    ] {
        for verb in Verb::ALL {
            assert_eq!(plan(&fleet, verb, &[Target::Everything], &rules).unwrap_err().to_string(), sentence);
            assert_eq!(applicable(&fleet, verb, &[Target::Everything], &rules).unwrap_err(), sentence);
        }
    }
}

#[test]
fn a_group_means_neither_jobs_nor_what_should_rest_but_a_name_does() {
    let job = Service { expected: Expected::Oneshot, ..service("backup", &["db-1"], &[]) };
    let spare = Service { expected: Expected::Stopped, ..service("spare", &["db-1"], &[]) };
    let page = Service { runtime: RuntimeKind::Http, units: Vec::new(), ..service("page", &["db-1"], &[]) };
    let mut fleet = fleet(vec![service("db", &["db-1"], &[]), job, spare, page]);
    let rests = UnitFacts { active: Active::Inactive, main_pid: 0, ..runs() };
    tell(&mut fleet, "db-1", "backup.service", UnitFacts { oneshot: true, ..rests.clone() });
    tell(&mut fleet, "db-1", "spare.service", rests);
    let group = plan(&fleet, Verb::Restart, &[Target::Tier(Tier { rank: 1, name: "core".into() })], &OPEN).unwrap();
    assert_eq!(order_of(&group), ["db@db-1"]);
    assert_eq!(group.impact.left_out.len(), 3);
    let start = plan(&fleet, Verb::Start, &names(&["backup", "spare"]), &OPEN).unwrap();
    assert_eq!(order_of(&start), ["backup@db-1", "spare@db-1"]);
    assert_eq!(start.impact.warnings, ["spare on db-1 is not expected to run."]);
    let why = applicable(&fleet, Verb::Restart, &names(&["page"]), &OPEN).unwrap_err();
    assert_eq!(why, "only its probes are known: it has no unit");
}

#[test]
fn what_is_bound_goes_along_and_what_only_wants_it_stays() {
    let mut fleet = fleet(vec![service("db", &["db-1"], &[]), service("cache", &["db-1"], &["db"])]);
    let bound = UnitFacts {
        goes_with: vec!["cache.service".into(), "exporter.service".into(), "old.service".into()],
        needed_by: vec!["multi-user.target".into()],
        ..runs()
    };
    tell(&mut fleet, "db-1", "db.service", bound);
    tell(&mut fleet, "db-1", "cache.service", UnitFacts { goes_with: vec!["cache-warm.service".into()], ..runs() });
    tell(&mut fleet, "db-1", "old.service", UnitFacts { active: Active::Inactive, ..runs() });
    let plan = plan(&fleet, Verb::Restart, &names(&["db"]), &OPEN).unwrap();
    let also: Vec<String> = plan.impact.also.iter().map(|(host, unit)| format!("{host} {}", unit.plain())).collect();
    assert_eq!(also, ["db-1 cache-warm.service", "db-1 cache.service", "db-1 exporter.service"]);
    assert_eq!(plan.impact.interrupted, [service_name("db"), service_name("cache")]);
    let both = super::plan(&fleet, Verb::Restart, &names(&["db", "cache"]), &OPEN).unwrap();
    assert!(both.impact.also.iter().all(|(_, unit)| unit.plain() != "cache.service"), "{:?}", both.impact.also);
    let start = super::plan(&fleet, Verb::Reload, &names(&["db"]), &OPEN).unwrap();
    assert!(start.impact.also.is_empty() && start.impact.interrupted.is_empty());
}

#[test]
fn stopping_what_has_other_instances_interrupts_nothing() {
    let fleet = fleet(vec![service("pricing", &THREE, &[])]);
    let one = [Target::Instance(service_name("pricing"), Some(host_name("app-1")), Some(unit_name("pricing.service")))];
    let plan = plan(&fleet, Verb::Stop, &one, &OPEN).unwrap();
    assert_eq!(plan.title(), "stop pricing on app-1");
    assert!(plan.impact.interrupted.is_empty());
    let all = super::plan(&fleet, Verb::Stop, &names(&["pricing"]), &OPEN).unwrap();
    assert_eq!(all.impact.interrupted, [service_name("pricing")]);
}

#[test]
fn each_verb_says_why_it_does_not_apply() {
    let mut fleet = fleet(vec![service("db", &["db-1"], &[])]);
    let with = |verb: Verb, facts: UnitFacts| {
        tell(&mut fleet, "db-1", "db.service", facts);
        applicable(&fleet, verb, &names(&["db"]), &OPEN).err().unwrap_or_default()
    };
    let mut why = with;
    let rests = || UnitFacts { active: Active::Inactive, main_pid: 0, ..runs() };
    assert_eq!(why(Verb::Start, runs()), "it runs already");
    assert_eq!(why(Verb::Start, UnitFacts { load: Load::Masked, ..rests() }), "it is masked");
    assert_eq!(
        why(Verb::Start, UnitFacts { can_start: Some(false), ..rests() }),
        "its unit file lets nobody start it by hand"
    );
    assert_eq!(why(Verb::Restart, UnitFacts { load: Load::NotFound, ..rests() }), "there is no such unit");
    assert_eq!(
        why(Verb::Restart, UnitFacts { oneshot: true, ..rests() }),
        "it runs to its end and is done: start runs it again"
    );
    assert_eq!(why(Verb::Restart, rests()), "");
    assert_eq!(why(Verb::Stop, rests()), "it does not run");
    assert_eq!(why(Verb::Stop, UnitFacts { load: Load::Masked, ..runs() }), "", "what runs can be stopped");
    let again = UnitFacts { active: Active::Activating, sub: "auto-restart".into(), ..rests() };
    assert_eq!(why(Verb::Stop, again), "", "what falls over again and again can be stopped");
    assert_eq!(
        why(Verb::Reload, UnitFacts { can_reload: Some(false), ..runs() }),
        "it can't reload: its unit file has no ExecReload"
    );
    assert_eq!(why(Verb::Reload, rests()), "it does not run");
    assert_eq!(why(Verb::Enable, runs()), "it is enabled already");
    assert_eq!(
        why(Verb::Disable, UnitFacts { file_state: "static".into(), ..runs() }),
        "its unit file does not say for what: it has no [Install]"
    );
    assert_eq!(why(Verb::Disable, runs()), "");
    assert_eq!(why(Verb::ResetFailed, runs()), "it has not failed");
    assert_eq!(why(Verb::ResetFailed, down()), "");
    assert_eq!(why(Verb::Kill(Signal::Hup), rests()), "no process of it runs");
    assert_eq!(why(Verb::Kill(Signal::Hup), runs()), "");
    assert_eq!(why(Verb::DaemonReload, rests()), "");
}

#[test]
fn a_host_that_is_only_looked_at_and_units_of_our_own_are_left_alone() {
    let mut ours = service("ours", &["db-1"], &[]);
    ours.units = vec![UnitPattern::Exact(unit_name("qd-0193-1.service"))];
    let mut fleet = fleet(vec![service("db", &["db-1"], &[]), ours]);
    let refusal = plan(&fleet, Verb::Stop, &names(&["ours"]), &OPEN).unwrap_err();
    assert!(refusal.to_string().contains("console's own"), "{refusal}");
    fleet.hosts[0].host.become_root = BecomeRoot::Never;
    let why = applicable(&fleet, Verb::Restart, &names(&["db"]), &OPEN).unwrap_err();
    assert_eq!(why, "db-1 is only looked at (become_root = \"never\")");
}

#[test]
fn each_manager_is_reloaded_once() {
    let user = Service { user: true, ..service("agent", &["app-1"], &[]) };
    let fleet = fleet(vec![service("a", &["app-1", "app-2"], &[]), service("b", &["app-1"], &[]), user]);
    let targets = [Target::Everything, Target::Host(host_name("app-2"))];
    let plan = plan(&fleet, Verb::DaemonReload, &targets, &OPEN).unwrap();
    let where_to: Vec<(String, bool)> = plan.steps.iter().map(|step| (step.host.to_string(), step.user)).collect();
    assert_eq!(where_to, [("app-1".into(), false), ("app-2".into(), false), ("app-1".into(), true)]);
    assert_eq!((plan.title().as_str(), plan.name.as_str()), ("daemon-reload on 2 hosts", "production"));
    assert!(plan.steps.iter().all(|step| step.service.is_none() && step.unit.is_none()));
}

#[test]
fn of_many_reasons_the_most_frequent_is_told_with_its_count() {
    let page = Service { runtime: RuntimeKind::Http, units: Vec::new(), ..service("page", &["app-1"], &[]) };
    let fleet = fleet(vec![page, service("pricing", &THREE, &[])]);
    let why = applicable(&fleet, Verb::Start, &[Target::Everything], &OPEN).unwrap_err();
    assert_eq!(why, "3 of 4: it runs already");
}

#[test]
fn a_plan_that_would_be_another_now_says_what_has_changed() {
    let services = || vec![service("pricing", &THREE, &[]), service("web", &["app-1"], &["pricing"])];
    let targets = names(&["pricing"]);
    let changed = |change: &dyn Fn(&mut Fleet)| {
        let mut fleet = fleet(services());
        let first = plan(&fleet, Verb::Restart, &targets, &OPEN).unwrap();
        let witness = Witness::of(&fleet, &first);
        change(&mut fleet);
        witness.changed(&fleet, &first, &plan(&fleet, Verb::Restart, &targets, &OPEN)).unwrap_or_default()
    };
    assert_eq!(changed(&|_| {}), "");
    assert_eq!(changed(&|fleet| lose(fleet, "app-2")), "app-2 is not reached any more.");
    let anew = UnitFacts { invocation: "b".into(), ..runs() };
    let told = changed(&|fleet| tell(fleet, "app-3", "pricing.service", anew.clone()));
    assert_eq!(told, "pricing.service on app-3 was started anew meanwhile.");
    let told = changed(&|fleet| tell(fleet, "app-3", "pricing.service", down()));
    assert_eq!(told, "pricing.service on app-3 does not run any more.");
    let told = changed(&|fleet| THREE.iter().for_each(|host| lose(fleet, host)));
    assert!(
        told.starts_with("It can't be done any more: nothing to do: pricing on app-1: app-1 is not reached (silent)"),
        "{told}"
    );
    let more = UnitFacts { main_pid: 9, status_text: "busy".into(), ..runs() };
    assert_eq!(changed(&|fleet| tell(fleet, "app-3", "pricing.service", more.clone())), "", "what does not matter");
}

#[derive(Debug, Clone)]
struct Shape {
    /// For each service: how many hosts, how many may be away, which earlier services it needs.
    services: Vec<(usize, u32, Vec<usize>)>,
    chosen: Vec<bool>,
    verb: Verb,
    picks: Vec<usize>,
}

fn shape() -> impl Strategy<Value = Shape> {
    let one = (1usize..5, 0u32..4, prop::collection::vec(0usize..8, 0..3));
    let verb = prop::sample::select(vec![Verb::Restart, Verb::Stop, Verb::Reload, Verb::Kill(Signal::Hup)]);
    let picks = prop::collection::vec(0usize..1000, 400);
    (prop::collection::vec(one, 1..8), prop::collection::vec(any::<bool>(), 8), verb, picks)
        .prop_map(|(services, chosen, verb, picks)| Shape { services, chosen, verb, picks })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Steps begin and end in any order that the plan allows, failing never, and nothing is ever away that should not be.
    #[test]
    fn no_order_that_a_plan_allows_breaks_its_promises(shape in shape()) {
        let word = |n: usize| format!("s{n}");
        let services: Vec<Service> = shape.services.iter().enumerate().map(|(n, (hosts, away, needs))| {
            let hosts: Vec<String> = (0..*hosts).map(|h| format!("h{h}")).collect();
            let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
            let needs: Vec<String> = needs.iter().filter(|need| **need < n).map(|need| word(*need)).collect();
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            Service { max_unavailable: *away, ..service(&word(n), &hosts, &needs) }
        }).collect();
        let fleet = fleet(services.iter().rev().cloned().collect());
        let targets: Vec<Target> = (0..services.len()).filter(|n| shape.chosen[*n]).map(|n| Target::Service(service_name(&word(n)))).collect();
        let Ok(plan) = plan(&fleet, shape.verb, &targets, &OPEN) else {
            prop_assert!(targets.is_empty());
            return Ok(());
        };
        let wanted: usize = services.iter().enumerate().filter(|(n, _)| shape.chosen[*n]).map(|(_, s)| s.hosts.len()).sum();
        prop_assert_eq!(plan.steps.len(), wanted);
        for (place, step) in plan.steps.iter().enumerate() {
            prop_assert!(step.after.iter().all(|before| *before < place));
        }
        let mut state = vec![0u8; plan.steps.len()];
        let mut picks = shape.picks.iter().cycle();
        while state.iter().any(|s| *s < 2) {
            let can_move: Vec<usize> = (0..state.len()).filter(|n| match state[*n] {
                0 => plan.steps[*n].after.iter().all(|before| state[*before] == 2),
                other => other == 1,
            }).collect();
            prop_assert!(!can_move.is_empty(), "nothing can go on");
            let chosen = can_move[picks.next().unwrap() % can_move.len()];
            state[chosen] += 1;
            if state[chosen] != 1 {
                continue;
            }
            let name = plan.steps[chosen].service.clone().unwrap();
            let of = |name: &ServiceName| (0..state.len()).filter(|n| plan.steps[*n].service.as_ref() == Some(name)).collect::<Vec<_>>();
            let away = of(&name).iter().filter(|n| state[**n] == 1).count();
            let allowed = fleet.service(&name).unwrap().service.max_unavailable.max(1) as usize;
            prop_assert!(away <= allowed, "{away} of {name} away, {allowed} allowed");
            for other in &services {
                let first = if shape.verb.goes_down() {
                    order::needs(&fleet, &other.name).contains(&&name)
                } else {
                    order::needs(&fleet, &name).contains(&&other.name)
                };
                if first {
                    prop_assert!(of(&other.name).iter().all(|n| state[*n] == 2), "{name} began before {}", other.name);
                }
            }
        }
    }
}
