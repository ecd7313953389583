//! Watching systemd on real hosts: what the watcher says must be what systemd says, whatever happens between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "each test file uses its part of it")]
#[path = "common/lab.rs"]
mod lab;
#[path = "common/watching.rs"]
mod watching;

use std::time::{Duration, Instant};

use lab::Lab;
use quarterdeck::domain::link::Means;
use quarterdeck::domain::unit::{Active, Exit, Load};
use quarterdeck::engine::watch::Control;
use watching::{Watching, Ways, unit, wanted};

const ROOM: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the lab: run tests/run"]
async fn all_states_of_three_hosts_within_two_seconds() {
    let lab = Lab::get();
    let _held = lab.share(&["app-1", "app-2", "db-1"]);
    let ways = Ways::new(&lab);
    let begin = Instant::now();
    let patterns: [(&str, &[&str]); 3] = [
        ("app-1", &["pakashop-*", "nginx.service"]),
        ("app-2", &["pakashop-*"]),
        ("db-1", &["postgresql.service", "redis.service", "meilisearch.service"]),
    ];
    let mut watchings: Vec<Watching> =
        patterns.iter().map(|(host, units)| ways.watch(host, wanted(host, units, &[]))).collect();
    let mut units = 0;
    for (watching, least) in watchings.iter_mut().zip([11, 11, 3]) {
        watching.until(ROOM, "all units", |seen| seen.full > 0 && seen.units.len() >= least).await;
        units += watching.seen.units.values().filter(|facts| facts.active == Active::Active).count();
    }
    let took = begin.elapsed();
    assert!(units >= 25, "{units} units of 25 run");
    assert!(took < Duration::from_secs(2), "took {took:?}");
    for watching in &mut watchings {
        watching.until(ROOM, "push", |seen| seen.means == Some(Means::Push)).await;
        watching.until(ROOM, "facts", |seen| seen.facts.is_some()).await;
        let facts = watching.seen.facts.clone().unwrap();
        assert_eq!((facts.systemd, facts.cores.is_some()), (Some(252), true));
        let clock = facts.clock.unwrap();
        assert!(clock.millis.abs() <= clock.error + 5, "one machine has one clock: {clock:?}");
        assert!(facts.disks.iter().any(|disk| disk.mount.raw() == b"/"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the lab: run tests/run"]
async fn a_change_is_told_within_milliseconds() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    let ways = Ways::new(&lab);
    let mut watching = ways.watch("app-2", wanted("app-2", &["pakashop-pricing.service"], &[]));
    watching.until(ROOM, "push", |seen| seen.full > 0 && seen.means == Some(Means::Push)).await;
    let mut delays = Vec::new();
    for _ in 0..lab::repetitions(10, 100) {
        let before = watching.seen.unit("pakashop-pricing.service").invocation.clone();
        // Forgives the number of starts as well, of which systemd allows only a few in a row.
        lab.on("app-2", &["systemctl", "reset-failed", "pakashop-pricing.service"]);
        lab.on("app-2", &["systemctl", "restart", "pakashop-pricing.service"]);
        watching
            .until(ROOM, "the new invocation", |seen| {
                let facts = seen.unit("pakashop-pricing.service");
                facts.invocation != before && facts.active == Active::Active
            })
            .await;
        let (at, facts) = watching.seen.when("pakashop-pricing.service");
        let since = at.duration_since(facts.active_enter.unwrap());
        delays.push(since.as_millis());
    }
    delays.sort_unstable();
    let p95 = delays[delays.len() * 95 / 100];
    println!("from ActiveEnterTimestamp to the event: {delays:?} ms");
    assert!(p95 < 100, "{delays:?}");
}

/// R25: changes of every kind, with cuts of the link between them; afterwards the watcher and `systemctl show` agree.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the lab: run tests/run"]
async fn r25_after_every_change_the_watcher_is_right() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    let ways = Ways::new(&lab);
    let mut watching = ways.watch("app-2", wanted("app-2", &["pakashop-*"], &[]));
    watching.until(ROOM, "all units", |seen| seen.full > 0 && seen.units.len() >= 11).await;
    let units: Vec<String> = watching.seen.units.keys().map(ToString::to_string).collect();
    let mut random = fastrand::Rng::with_seed(25);
    let changes = lab::repetitions(200, 1000);
    let every = changes / 10;
    let (mut compared, mut slowest) = (0, Duration::ZERO);
    for change in 1..=changes {
        let name = random.choice(&units).unwrap();
        let verb = *random.choice(&["start", "stop", "restart", "kill", "restart"]).unwrap();
        let output = match verb {
            "kill" => lab.try_on("app-2", &["systemctl", "kill", "-s", "KILL", name]),
            verb => lab.try_on("app-2", &["systemctl", "--no-block", verb, name]),
        };
        assert!(output.status.success() || verb == "kill", "{verb} {name}: {output:?}");
        // In the middle of each part the link is cut, so that changes happen before, during and after.
        // A half-open link is noticed by its silence, which alone takes about ten seconds.
        let (fault, within) = match (change - 1) / every {
            0 | 3 | 6 => ("reset", 15),
            2 | 5 | 8 => ("kill-sshd-children", 15),
            4 => ("cut now", 40),
            _ => ("", 5),
        };
        if change % every == every / 2 && !fault.is_empty() {
            lab.fault("app-2", fault);
        }
        if change % every == 0 {
            settle(&lab, "app-2", &units).await;
            let begin = Instant::now();
            agree(&lab, "app-2", &units, &mut watching, Duration::from_secs(within)).await;
            slowest = slowest.max(begin.elapsed());
            compared += 1;
        }
    }
    println!("{changes} changes, {compared} comparisons, slowest after {slowest:?}, {} links", watching.seen.links);
    assert!(watching.seen.links > 3, "the link was cut");
    lab::report("R25", changes, changes, &format!("10 comparisons, slowest right after {} ms", slowest.as_millis()));
    for name in &units {
        lab.on("app-2", &["systemctl", "reset-failed", name]);
        lab.on("app-2", &["systemctl", "start", name]);
    }
}

/// Waits until the units of the host rest: no job, none on its way.
async fn settle(lab: &Lab, host: &str, units: &[String]) {
    for _ in 0..100 {
        let jobs = lab.on(host, &["systemctl", "list-jobs", "--no-legend"]);
        let states = show(lab, host, units);
        let moving = |state: &[String; 4]| state[0].ends_with("ing");
        if (jobs.trim().is_empty() || jobs.contains("No jobs")) && !states.iter().any(moving) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the units of {host} never rest");
}

/// `ActiveState`, `SubState`, `InvocationID`, `NRestarts` of each, as systemd has them.
fn show(lab: &Lab, host: &str, units: &[String]) -> Vec<[String; 4]> {
    const ORDER: [&str; 4] = ["ActiveState", "SubState", "InvocationID", "NRestarts"];
    let mut argv = vec!["systemctl", "show", "-p", "ActiveState,SubState,InvocationID,NRestarts", "--"];
    argv.extend(units.iter().map(String::as_str));
    let said = lab.on(host, &argv);
    let block = |block: &str| {
        let value = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_default().to_owned()
        };
        ORDER.map(value)
    };
    said.trim().split("\n\n").map(block).collect()
}

async fn agree(lab: &Lab, host: &str, units: &[String], watching: &mut Watching, within: Duration) {
    let truth = show(lab, host, units);
    let begin = Instant::now();
    loop {
        let told: Vec<[String; 4]> = units
            .iter()
            .map(|name| {
                let facts = watching.seen.unit(name);
                let active = format!("{:?}", facts.active).to_lowercase();
                [active, facts.sub.plain(), facts.invocation.clone(), facts.restarts.to_string()]
            })
            .collect();
        if told == truth && watching.seen.up {
            return;
        }
        let differing: Vec<_> = units
            .iter()
            .zip(told.iter().zip(&truth))
            .filter(|(_, (told, truth))| told != truth)
            .map(|(name, (told, truth))| format!("{name}: told {told:?}, is {truth:?}"))
            .collect();
        assert!(begin.elapsed() < within, "after {within:?} they differ: {differing:#?}");
        watching.step(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the lab: run tests/run"]
async fn units_come_fail_and_go() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    let ways = Ways::new(&lab);
    let mut watching = ways.watch("db-1", wanted("db-1", &["qdtest-*", "redis.service", "nothere.service"], &[]));
    watching.until(ROOM, "push", |seen| seen.full > 0 && seen.means == Some(Means::Push)).await;
    assert_eq!(watching.seen.unit("nothere.service").load, Load::NotFound, "a name that is no unit stays on screen");

    // A unit that a pattern matches appears, and goes for good.
    lab.on("db-1", &["systemd-run", "-q", "--unit=qdtest-late", "sleep", "600"]);
    let begin = Instant::now();
    watching
        .until(ROOM, "the late unit", |seen| seen.has("qdtest-late.service", |facts| facts.active == Active::Active))
        .await;
    assert!(begin.elapsed() < Duration::from_millis(1500), "{:?}", begin.elapsed());
    lab.on("db-1", &["systemctl", "stop", "qdtest-late.service"]);
    watching.until(ROOM, "the late unit gone", |seen| !seen.has("qdtest-late.service", |_| true)).await;

    // Another name of a unit has that unit's state.
    lab.on("db-1", &["ln", "-sf", "redis.service", "/etc/systemd/system/qdtest-alias.service"]);
    lab.on("db-1", &["systemctl", "daemon-reload"]);
    let mut by_alias = ways.watch("db-1", wanted("db-1", &["qdtest-alias.service", "qdtest-*"], &[]));
    by_alias.until(ROOM, "push", |seen| seen.full > 0 && seen.means == Some(Means::Push)).await;
    assert_eq!(by_alias.seen.unit("qdtest-alias.service").active, Active::Active);

    // A stopped unit that was named stays.
    lab.on("db-1", &["systemctl", "stop", "redis.service"]);
    watching.until(ROOM, "stopped", |seen| seen.unit("redis.service").active == Active::Inactive).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    watching.step(Duration::ZERO).await;
    assert_eq!(watching.seen.unit("redis.service").active, Active::Inactive);
    let stopped = |seen: &watching::Seen| seen.unit("qdtest-alias.service").active == Active::Inactive;
    by_alias.until(ROOM, "stopped under its other name", stopped).await;
    assert_eq!(by_alias.seen.units.len(), 1, "found by name and by pattern, and told once");
    drop(by_alias);
    lab.on("db-1", &["rm", "/etc/systemd/system/qdtest-alias.service"]);
    lab.on("db-1", &["systemctl", "daemon-reload"]);
    lab.on("db-1", &["systemctl", "start", "redis.service"]);
    watching.until(ROOM, "started", |seen| seen.unit("redis.service").active == Active::Active).await;

    // One that the site does not name fails, says why, and goes when it is forgiven.
    let script = "echo starting; echo '<3>db: connection refused' >&2; echo bye; exit 7";
    lab.try_on("db-1", &["systemd-run", "-q", "--unit=stranger", "sh", "-c", script]);
    watching
        .until(ROOM, "the stranger's failure", |seen| {
            seen.has("stranger.service", |facts| facts.active == Active::Failed)
        })
        .await;
    assert_eq!(watching.seen.unit("stranger.service").exit, Exit::Exited(7));
    watching.until(ROOM, "its last error", |seen| seen.errors.contains_key(&unit("stranger.service"))).await;
    let line = watching.seen.errors[&unit("stranger.service")].clone().unwrap();
    assert_eq!((line.message.raw(), line.priority), (&b"db: connection refused"[..], 3));
    lab.on("db-1", &["systemctl", "reset-failed", "stranger.service"]);
    watching.until(ROOM, "the stranger gone", |seen| !seen.has("stranger.service", |_| true)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the lab: run tests/run"]
async fn a_bus_that_dies_is_opened_again() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    let ways = Ways::new(&lab);
    let mut watching = ways.watch("db-1", wanted("db-1", &["redis.service", "postgresql.service"], &[]));
    watching.until(ROOM, "push", |seen| seen.means == Some(Means::Push)).await;
    lab.on("db-1", &["sh", "-c", "kill -9 $(pidof systemd-stdio-bridge)"]);
    lab.on("db-1", &["systemctl", "stop", "redis.service"]);
    watching
        .until(ROOM, "a sweep or a new bus that knows", |seen| seen.unit("redis.service").active == Active::Inactive)
        .await;
    watching.until(ROOM, "push again", |seen| seen.means == Some(Means::Push)).await;
    lab.on("db-1", &["systemctl", "start", "redis.service"]);
    watching.until(ROOM, "told by push", |seen| seen.unit("redis.service").active == Active::Active).await;
    assert_eq!(watching.seen.links, 1, "the link itself stayed");

    // The manager is executed anew: its subscriptions may be gone, ours are made again.
    lab.on("db-1", &["systemctl", "daemon-reexec"]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    lab.on("db-1", &["systemctl", "stop", "redis.service"]);
    let begin = Instant::now();
    watching
        .until(ROOM, "told after the new start", |seen| seen.unit("redis.service").active == Active::Inactive)
        .await;
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    lab.on("db-1", &["systemctl", "start", "redis.service"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the lab: run tests/run"]
async fn without_a_bridge_it_sweeps_and_says_why() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    let ways = Ways::new(&lab);
    let hostile = "bad\nId=redis.service\nActiveState=failed\n\nId=evil.service\n";
    lab.try_on("db-1", &["systemctl", "stop", "qdtest-hostile"]);
    lab.on(
        "db-1",
        &["systemd-run", "-q", "--unit=qdtest-hostile", &format!("--description={hostile}"), "sleep", "600"],
    );
    let mut push = ways.watch("db-1", wanted("db-1", &["qdtest-*", "redis.service", "lab-tick.*"], &[]));
    push.until(ROOM, "push", |seen| seen.means == Some(Means::Push) && seen.full > 0).await;
    let mut watching =
        ways.watch_without_bridge("db-1", wanted("db-1", &["qdtest-*", "redis.service", "lab-tick.*"], &[]));
    watching.until(ROOM, "a sweep", |seen| seen.full > 0 && seen.means.is_some()).await;
    let Some(Means::Sweep { every, because }) = watching.seen.means.clone() else {
        panic!("{:?}", watching.seen.means)
    };
    assert!(every >= ROOM && because == "the host has no systemd-stdio-bridge", "{every:?} {because}");
    assert!(!watching.seen.has("evil.service", |_| true));
    // Both ways say the same, up to the fractions of a second and the description that systemctl will not print.
    assert_eq!(
        push.seen.units.keys().collect::<Vec<_>>(),
        watching.seen.units.keys().collect::<Vec<_>>(),
        "both see the same units"
    );
    for (name, by_push) in &push.seen.units {
        let by_sweep = watching.seen.unit(name.as_str());
        assert_eq!(by_push.active, by_sweep.active, "{name}");
        assert_eq!(
            (&by_push.sub, &by_push.result, &by_push.invocation),
            (&by_sweep.sub, &by_sweep.result, &by_sweep.invocation)
        );
        assert_eq!(by_push.active_enter.map(|at| at.as_second()), by_sweep.active_enter.map(|at| at.as_second()));
        assert_eq!(
            (&by_push.needs, &by_push.fragment, &by_push.socket),
            (&by_sweep.needs, &by_sweep.fragment, &by_sweep.socket)
        );
        assert_eq!(
            (by_push.main_pid, by_push.exit, by_push.oneshot),
            (by_sweep.main_pid, by_sweep.exit, by_sweep.oneshot)
        );
        let next = |facts: &quarterdeck::domain::UnitFacts| facts.timer.as_ref()?.next.map(|at| at.as_second());
        let apart = next(by_push).unwrap_or(0) - next(by_sweep).unwrap_or(0);
        assert!(apart.abs() <= 1, "{name}: {apart}");
    }
    assert!(push.seen.unit("lab-tick.timer").timer.as_ref().unwrap().next.is_some());
    lab.on("db-1", &["systemctl", "stop", "redis.service"]);
    // On a busy machine the next sweep may be half a minute away.
    watching.tell(Control::Refresh).await;
    watching.until(ROOM, "the stop", |seen| seen.unit("redis.service").active == Active::Inactive).await;
    lab.on("db-1", &["systemctl", "start", "redis.service"]);
    lab.on("db-1", &["systemctl", "stop", "qdtest-hostile"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the lab: run tests/run"]
async fn usage_and_details_on_demand() {
    let lab = Lab::get();
    let _held = lab.share(&["app-1"]);
    let ways = Ways::new(&lab);
    for bridge in [true, false] {
        let wanted = wanted("app-1", &["nginx.service", "pakashop-search.service"], &[]);
        let mut watching =
            if bridge { ways.watch("app-1", wanted) } else { ways.watch_without_bridge("app-1", wanted) };
        watching.until(ROOM, "all units", |seen| seen.full > 0).await;
        assert!(watching.seen.usage.is_empty(), "nothing is read for what is not on screen");
        watching.tell(Control::Usage(vec![unit("nginx.service")])).await;
        watching.until(ROOM, "usage", |seen| !seen.usage.is_empty()).await;
        let usage = watching.seen.usage[&unit("nginx.service")];
        assert_eq!(watching.seen.usage.len(), 1);
        assert!(usage.tasks.is_some_and(|tasks| tasks > 0) && usage.memory.is_some_and(|memory| memory > 1 << 20));
        assert!(usage.cpu.is_some_and(|cpu| cpu > Duration::ZERO));
        watching.tell(Control::Detail(unit("nginx.service"))).await;
        watching.tell(Control::Detail(unit("nothere.service"))).await;
        watching.until(ROOM, "details", |seen| seen.details.len() == 2).await;
        let detail = &watching.seen.details[&unit("nginx.service")];
        let file = detail.file.clone().unwrap();
        assert!(String::from_utf8_lossy(file.raw()).contains("ExecStart="));
        assert!(!detail.log.clone().unwrap().is_empty());
        let missing = &watching.seen.details[&unit("nothere.service")];
        assert!(missing.file.clone().unwrap_err().starts_with("systemctl cat nothere.service left with status 1"));
        assert_eq!(missing.log, Ok(Vec::new()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the lab: run tests/run"]
async fn an_ordinary_user_sees_states_and_is_told_what_he_may_not_see() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let ways = Ways::new(&lab);
    let mut watching = ways.watch("app-1-plain", wanted("app-1", &["nginx.service"], &[]));
    watching.until(ROOM, "push", |seen| seen.means == Some(Means::Push) && seen.full > 0).await;
    assert_eq!(watching.seen.unit("nginx.service").active, Active::Active);
    watching.tell(Control::Detail(unit("nginx.service"))).await;
    watching.until(ROOM, "the detail", |seen| !seen.details.is_empty()).await;
    let detail = &watching.seen.details[&unit("nginx.service")];
    assert!(detail.file.is_ok());
    assert!(detail.log.clone().unwrap_err().starts_with("this login may not read the journal"));
    lab.on("app-1", &["systemctl", "kill", "-s", "KILL", "nginx.service"]);
    watching.until(ROOM, "the restart", |seen| seen.unit("nginx.service").restarts > 0).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    watching.step(Duration::ZERO).await;
    assert!(watching.seen.errors.is_empty(), "nothing is said of a log that can't be read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the lab: run tests/run"]
async fn units_of_the_users_own_manager() {
    const SOCKET: &str = "[Socket]\nListenStream=%t/bus\n";
    const SERVICE: &str = "[Unit]\nRequires=dbus.socket\n[Service]\nType=notify\n\
        ExecStart=/usr/bin/dbus-daemon --session --address=systemd: --nofork --nopidfile --systemd-activation\n";
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let ways = Ways::new(&lab);
    let alias = "app-1-oper";
    let oper = |command: &str| {
        let output = lab.ssh(alias, command);
        assert!(output.status.success(), "{command}: {output:?}");
    };
    let watched = || wanted("app-1", &["nginx.service"], &["mine-*"]);

    // As the host is, the user has a manager and no bus.
    let mut watching = ways.watch(alias, watched());
    come_and_go(&mut watching, &oper, "mine-swept", Duration::from_secs(20)).await;
    let Some(Means::Sweep { because, .. }) = &watching.seen.means else { panic!("{:?}", watching.seen.means) };
    assert!(because.starts_with("for the user's own units: systemd-stdio-bridge left with status 1"), "{because}");

    let mut watching = ways.watch_without_bridge(alias, watched());
    come_and_go(&mut watching, &oper, "mine-all-swept", Duration::from_secs(20)).await;

    // With a bus of the user's own, as most hosts with a desktop or containers have it.
    lab.on("app-1", &["mkdir", "-p", "/etc/systemd/user"]);
    for (file, text) in [("dbus.socket", SOCKET), ("dbus.service", SERVICE)] {
        let at = format!("/etc/systemd/user/{file}");
        lab.on("app-1", &["sh", "-c", "printf %s \"$2\" >\"$1\"", "sh", &at, text]);
    }
    oper("systemctl --user daemon-reload && systemctl --user start dbus.socket dbus.service");
    let mut watching = ways.watch(alias, watched());
    come_and_go(&mut watching, &oper, "mine-pushed", Duration::from_secs(5)).await;
    assert_eq!(watching.seen.means, Some(Means::Push));
    oper("systemctl --user stop dbus.socket dbus.service");
    lab.on("app-1", &["rm", "-r", "/etc/systemd/user"]);
    oper("systemctl --user daemon-reload");
}

/// A unit of the user's own is started and stopped, and meanwhile the system's units are there as before.
async fn come_and_go(watching: &mut Watching, oper: &impl Fn(&str), name: &str, within: Duration) {
    watching.until(within, "the system's units", |seen| seen.full > 0 && seen.means.is_some()).await;
    oper(&format!("systemd-run --user -q --unit={name} sleep 600"));
    let full = format!("{name}.service");
    // On a busy machine the next sweep may be half a minute away.
    watching.tell(Control::Refresh).await;
    watching.until(within, "the user's unit", |seen| seen.has(&full, |facts| facts.active == Active::Active)).await;
    assert_eq!(watching.seen.unit("nginx.service").active, Active::Active);
    oper(&format!("systemctl --user stop {name}"));
    watching.tell(Control::Refresh).await;
    watching.until(within, "the user's unit gone", |seen| !seen.has(&full, |_| true)).await;
    assert_eq!(watching.seen.unit("nginx.service").active, Active::Active);
}

/// What watching costs a host that is at ease: processor time of all that is new on it, and processes started.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the lab: run tests/run"]
async fn watching_costs_a_host_little() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let ways = Ways::new(&lab);
    let span = Duration::from_secs(lab::repetitions(20, 60) as u64);
    let (quiet, by_itself) = spent(&lab, "app-1", span).await;
    let mut watching = ways.watch("app-1", wanted("app-1", &["pakashop-*", "nginx.service"], &[]));
    watching.until(ROOM, "all units", |seen| seen.full > 0 && seen.facts.is_some()).await;
    let on_screen = watching.seen.units.keys().cloned().collect();
    watching.tell(Control::Usage(on_screen)).await;
    watching.step(Duration::from_secs(2)).await;
    let (watched, started) = spent(&lab, "app-1", span).await;
    let share = (watched - quiet).max(0.0) * 100.0;
    let started = started - by_itself;
    println!("{share:.2} % of a core ({watched:.4} less {quiet:.4}), {started:.2} processes started a second");
    assert!(share < 2.0, "{share:.2} % of a core");
    assert!(started < 1.0, "{started:.2} processes a second");
}

/// Share of a core that the host used over `span`, and the processes that were started on it each second.
async fn spent(lab: &Lab, host: &str, span: Duration) -> (f64, f64) {
    let read = || {
        // A new process takes the next number of the host's own namespace: the shell's, then that of its child.
        let said = lab.on(host, &["sh", "-c", "sh -c 'echo $$'; exit 0"]);
        (processor_time(lab, host), said.trim().parse::<f64>().unwrap())
    };
    let (begin, first) = read();
    tokio::time::sleep(span).await;
    let (end, last) = read();
    // The second reading starts a few of its own before it counts.
    let own = 3.0;
    ((end - begin) / span.as_secs_f64(), (last - first - own).max(0.0) / span.as_secs_f64())
}

/// Seconds of processor time of everything that ever ran on a host, as its control group counts them.
fn processor_time(lab: &Lab, host: &str) -> f64 {
    let name = std::fs::read_to_string(lab.dir().join("name")).unwrap();
    let group = format!("quarterdeck-lab/{}/host-{host}", name.trim());
    if let Ok(nanos) = std::fs::read_to_string(format!("/sys/fs/cgroup/cpuacct/{group}/cpuacct.usage")) {
        return nanos.trim().parse::<f64>().unwrap() / 1e9;
    }
    let stat = std::fs::read_to_string(format!("/sys/fs/cgroup/{group}/cpu.stat")).expect("the host's control group");
    let micros = stat.lines().find_map(|line| line.strip_prefix("usage_usec ")).expect("its processor time");
    micros.parse::<f64>().unwrap() / 1e6
}
