//! Services that are containers, on real Docker: what happens to them is seen as it happens, what can't be seen is
//! unknown, and a change is proven by the containers themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, unused_imports, reason = "this file uses a part of the modules it shares")]

#[path = "../common/lab.rs"]
mod lab;
#[path = "../common/pty.rs"]
mod pty;

mod kit;
mod logs;
mod scale;

use std::time::Duration;

use kit::Project;
use lab::Lab;
use pty::patient;

/// Longer than this nobody shall look at something that is not so any more.
const SEEN: Duration = Duration::from_secs(3);

#[test]
#[ignore = "needs the lab: run tests/run"]
fn what_happens_to_containers_is_seen_as_it_happens() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let project = Project::new(&lab, "qdt-seen");
    let mut screen = project.console("lab");
    for (service, word) in [("web", "up"), ("sick", "up"), ("job", "up"), ("absent", "down")] {
        screen.shows(service, word, "", patient(SEEN * 4));
    }
    screen.says("no container");

    project.docker(&["kill", &project.container("web", 2)]);
    screen.shows("web", "degraded", "1 of 2 run", patient(SEEN));
    project.docker(&["start", &project.container("web", 2)]);
    screen.shows("web", "up", "", patient(SEEN));

    project.docker(&["exec", &project.container("sick", 1), "rm", "/tmp/well"]);
    screen.shows("sick", "degraded", "unhealthy", patient(SEEN * 2));
    project.docker(&["exec", &project.container("sick", 1), "touch", "/tmp/well"]);
    screen.shows("sick", "up", "", patient(SEEN * 2));

    project.compose(&["up", "-d", "oom"]);
    screen.shows("oom", "down", "out of memory", patient(SEEN));
    project.compose(&["up", "-d", "loop"]);
    screen.shows("loop", "crash-loop", "exit 3", patient(SEEN * 4));

    project.docker(&["pause", &project.container("web", 1)]);
    screen.shows("web", "degraded", "paused", patient(SEEN));
    project.docker(&["unpause", &project.container("web", 1)]);
    screen.shows("web", "up", "", patient(SEEN));

    // What can't be seen is not green, and comes back by itself.
    lab.containers(&["stop"]);
    screen.shows("web", "unknown", "docker does not run", patient(SEEN));
    lab.containers(&["start"]);
    screen.shows("web", "up", "", patient(Duration::from_secs(20)));
    screen.quits();
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_restart_by_key_is_verified_by_the_containers_themselves() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let project = Project::new(&lab, "qdt-keys");
    let mut screen = project.console("lab");
    screen.shows("web", "up", "", patient(SEEN * 4));
    let before = project.runs("web");
    screen.chooses("web");
    screen.keys("r");
    screen.says("docker restart -- ");
    screen.keys("y");
    screen.says("verified");
    let after = project.runs("web");
    assert_eq!((before.len(), after.len()), (2, 2));
    assert!(after.iter().all(|run| !before.contains(run)), "each container runs anew: {before:?} {after:?}");
    screen.quits();
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn changes_from_the_command_line_say_what_came_of_them() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let project = Project::new(&lab, "qdt-line");
    let stopped = project.qd("stop", "lab", &["web", "--yes"]);
    assert_eq!(stopped.code, 0, "{stopped:?}");
    assert!(project.runs("web").is_empty());
    let again = project.qd("stop", "lab", &["web", "--yes"]);
    assert!(again.code != 0 && (again.out + &again.err).contains("it does not run"));
    // By a login that may use docker through sudo only.
    let started = project.qd("start", "ops", &["web", "--yes"]);
    assert_eq!(started.code, 0, "{started:?}");
    assert_eq!(project.runs("web").len(), 2);
    // One that ends at once is no restart that went well.
    project.compose(&["up", "-d", "loop"]);
    let looping = project.qd("restart", "lab", &["loop", "--yes"]);
    assert_eq!(looping.code, 2, "{looping:?}");
    assert!(looping.out.contains("docker starts it again") || looping.out.contains("started it again"), "{looping:?}");
    let reload = project.qd("reload", "lab", &["web", "--yes"]);
    assert!((reload.out + &reload.err).contains("can't be told to reload"));
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn docker_that_may_not_be_asked_is_unknown_and_says_what_to_do() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let project = Project::new(&lab, "qdt-may");
    let told = |environment: &str| {
        let ran = project.status(environment);
        let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let services = report["services"].as_array().unwrap().clone();
        let web = services.into_iter().find(|service| service["name"] == "web").unwrap();
        (web["state"].as_str().unwrap().to_owned(), web["why"].as_str().unwrap().to_owned())
    };
    assert_eq!(told("plain"), ("unknown".to_owned(), "login may not use docker".to_owned()));
    assert_eq!(told("lab").0, "up");
    assert_eq!(told("ops").0, "up", "by sudo, which asks for nothing there");
    assert_eq!(told("oper"), ("unknown".to_owned(), "login may not use docker".to_owned()));
}
