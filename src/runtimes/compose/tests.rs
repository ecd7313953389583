//! Answers of two versions of docker to what is asked here, recorded, and what else could come.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::domain::container::{ContainerState, Containers, Health};
use crate::domain::unit::{Active, Exit, Load};
use crate::domain::{UnitFacts, Verb};
use crate::runtimes::shell::shown;

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/docker/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

/// The containers of one service in an inspection, as the watch takes them.
fn of(found: &[Found], service: &str) -> Containers {
    let ours = |found: &&Found| found.project == "shop" && found.service == service && !found.one_off;
    Containers {
        all: found.iter().filter(ours).map(|found| found.container.clone()).collect(),
        ..Containers::default()
    }
}

fn facts_of(service: &str) -> UnitFacts {
    facts(of(&parse(&fixture("inspect-20.jsonl")), service))
}

#[test]
fn both_clients_say_the_same() {
    for client in ["20", "28"] {
        let list = listed(&fixture(&format!("list-{client}.txt")));
        assert_eq!(list.len(), 4, "a label with a line break is a line of its own, and no container");
        assert_eq!(
            list.iter().filter(|one| (one.project.as_str(), one.service.as_str()) == ("shop", "web")).count(),
            2
        );
        let found = parse(&fixture(&format!("inspect-{client}.jsonl")));
        assert_eq!(found.len(), 4);
        assert_eq!(found.iter().filter(|found| found.one_off).count(), 1);
        let web = of(&found, "web").all;
        let [web] = &web[..] else { panic!("{web:?}") };
        assert_eq!(
            (web.name.as_str(), web.state, web.health),
            ("shop_web_1", ContainerState::Running, Health::Unhealthy)
        );
        assert_eq!((web.health_said.plain(), web.image.plain()), ("no file".to_owned(), "shop/web:1.4.2".to_owned()));
        assert!(web.started.is_some() && web.finished.is_none() && web.created < web.started);
        assert_eq!(web.image_id.len(), 64);
        assert_eq!(parse_digests(&fixture(&format!("images-{client}.jsonl")))[&web.image_id].plain(), "");
        let stats = used(&fixture(&format!("stats-{client}.jsonl")));
        let of_web = stats.iter().find(|used| used.id == web.id).unwrap();
        assert!(of_web.memory.unwrap() > 500_000 && of_web.share.unwrap() > 100 && of_web.tasks == Some(2));
        assert!(stats.iter().filter(|used| used.id != web.id).all(|used| used.memory.is_none()));
    }
}

#[test]
fn a_service_is_told_as_a_unit_is() {
    let web = facts_of("web");
    assert_eq!((web.load, web.active, web.sub.plain()), (Load::Loaded, Active::Active, "running".to_owned()));
    assert_eq!((web.invocation.len(), web.containers.unwrap().versions()), (32, vec!["1.4.2".to_owned()]));
    let oom = facts_of("oom");
    assert_eq!((oom.active, oom.cause(), oom.exit), (Active::Failed, "out of memory".to_owned(), Exit::Killed(9)));
    assert!(oom.invocation.is_empty() && oom.inactive_enter.is_some());
    let none = facts_of("nothing");
    assert_eq!((none.load, none.active), (Load::NotFound, Active::Inactive));
    let unseen = facts(Containers::unseen("docker does not run"));
    assert_eq!((unseen.load, unseen.active), (Load::Unknown, Active::Unknown));
}

#[test]
fn another_run_of_any_container_is_another_invocation() {
    let mut containers = of(&parse(&fixture("inspect-20.jsonl")), "web");
    let one = facts(containers.clone()).invocation;
    let mut second = containers.all[0].clone();
    second.id = second.id.replace('b', "c");
    containers.all.push(second);
    let two = facts(containers.clone()).invocation;
    containers.all.reverse();
    assert_eq!(facts(containers.clone()).invocation, two, "the order says nothing");
    containers.all[0].started = containers.all[0].created;
    let three = facts(containers).invocation;
    assert!(one != two && two != three && one != three);
}

/// Shapes of newer daemons that this machine can't record.
#[test]
fn ports_digests_and_fields_that_nobody_knows_yet() {
    let id = "a".repeat(64);
    let line = format!(
        r#"{{"id":"{id}","name":"/shop-web-1","created":"2026-11-21T18:15:34.746540442Z","state":{{"Status":"running",
        "Running":true,"ExitCode":0,"StartedAt":"2026-11-21T18:15:35Z","FinishedAt":"0001-01-01T00:00:00Z","Extra":[1],
        "Health":{{"Status":"starting","FailingStreak":0,"Log":null}}}},"restarts":0,"image":"ghcr.example/shop/web:v2",
        "image_id":"sha256:{id}","project":"shop","service":"web","oneoff":null,"log_driver":"local","tty":false,
        "ports":{{"8000/tcp":[{{"HostIp":"0.0.0.0","HostPort":"80"}},{{"HostIp":"::","HostPort":"80"}}],"9000/udp":null}},
        "platform":{{"os":"linux"}}}}"#
    )
    .replace('\n', " ");
    let found = parse(line.as_bytes());
    let container = &found[0].container;
    let ports: Vec<String> = container.ports.iter().map(|port| port.plain()).collect();
    assert_eq!(ports, ["0.0.0.0:80 → 8000/tcp", "[::]:80 → 8000/tcp", "9000/udp"]);
    assert_eq!((container.health, container.finished), (Health::Starting, None));
    let image = format!(r#"{{"id":"sha256:{id}","digests":["ghcr.example/shop/web@sha256:{id}"]}}"#);
    assert!(parse_digests(image.as_bytes())[&id].plain().starts_with("ghcr.example/shop/web@sha256:aaa"));
}

#[test]
fn events_tell_of_which_service_something_happened() {
    for client in ["20", "28"] {
        let events = fixture(&format!("events-{client}.jsonl"));
        let all: Vec<Moved> = events.split(|byte| *byte == b'\n').filter_map(moved).collect();
        assert!(all.len() >= 2 && all.iter().all(|one| one.project == "shop"));
        assert_eq!((all[0].service.as_str(), all[0].action.as_str()), ("oom", "start"));
    }
    assert_eq!(moved(b"{}"), None);
    assert_eq!(moved(b"\xff"), None);
}

#[test]
fn a_change_names_each_container_and_is_not_cut_in_half() {
    let containers = of(&parse(&fixture("inspect-20.jsonl")), "web");
    let told = |verb, containers: &Containers| change(verb, None, containers).map(|argv| shown(&argv));
    assert_eq!(told(Verb::Restart, &containers).unwrap(), "env -u QD_LINK docker restart -- shop_web_1");
    assert_eq!(
        told(Verb::of_word("kill-hup").unwrap(), &containers).unwrap(),
        "env -u QD_LINK docker kill --signal SIGHUP -- shop_web_1"
    );
    assert_eq!(told(Verb::Start, &containers), Err(NoCommand::NoContainer), "it runs");
    assert_eq!(told(Verb::Stop, &Containers::default()), Err(NoCommand::NoContainer));
    assert_eq!(told(Verb::Stop, &Containers::unseen("x")), Err(NoCommand::Unseen("x".into())));
    for verb in [Verb::Reload, Verb::Enable, Verb::Disable, Verb::ResetFailed, Verb::DaemonReload] {
        assert_eq!(told(verb, &containers), Err(NoCommand::NotOfContainers(verb)));
    }
    let mut hostile = containers;
    hostile.all[0].name.clear();
    assert_eq!(told(Verb::Stop, &hostile), Err(NoCommand::NoName));
}

#[test]
fn only_whole_ids_become_arguments() {
    let id = "0".repeat(64);
    for bad in ["--help", "web", "$(id)", ""] {
        let argv = inspect(Reach::Direct, &[bad.to_owned(), id.clone()]).argv;
        assert_eq!(argv[argv.len() - 2..], ["--".to_owned(), id.clone()]);
        assert_eq!(logs(Reach::Direct, bad, 5).argv.last().unwrap(), "--");
    }
    assert_eq!(list(Reach::Sudo).argv[..4], ["sudo", "-n", "--", "docker"]);
}

#[test]
fn a_huge_answer_is_read_line_by_line() {
    let line = String::from_utf8(fixture("inspect-20.jsonl")).unwrap().lines().next().unwrap().to_owned();
    let many = vec![line.as_str(); 3000].join("\n") + "\n{\"id\":\"torn";
    assert_eq!(parse(many.as_bytes()).len(), 3000);
    let id = "f".repeat(64);
    assert_eq!(listed(format!("{id} a b\n").repeat(5000).as_bytes()).len(), 2000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_that_a_host_says_breaks_the_readers(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..3000) {
        let recorded = fixture("inspect-20.jsonl");
        let mut torn = recorded[..cut.min(recorded.len())].to_vec();
        torn.extend(&bytes);
        for answer in [&bytes, &torn] {
            for found in parse(answer) {
                prop_assert!(is_id(&found.container.id));
            }
            for one in listed(answer) {
                prop_assert!(is_id(&one.id));
            }
            used(answer);
            parse_digests(answer);
            moved(answer);
        }
    }

    #[test]
    fn a_name_is_either_harmless_or_none(name in "\\PC{0,40}") {
        let id = "a".repeat(64);
        let line = serde_json::json!({ "id": id, "name": format!("/{name}"), "state": {} }).to_string();
        let read = parse(line.as_bytes());
        let taken = &read[0].container.name;
        prop_assert!(taken.is_empty() || (*taken == name && !taken.starts_with('-') && taken.is_ascii() && !taken.contains(' ')));
    }
}
