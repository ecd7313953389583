//! Each way in which a job is started and kept: as root, through sudo, as a login, with and without systemd.

use std::time::Duration;

use quarterdeck::domain::run::Reason;
use quarterdeck::engine::jobs::{Began, JobKey, Jobs, Seen, way_here};
use quarterdeck::engine::transport::{LocalTransport, Spawner};

use crate::bare::Bare;
use crate::kit::{Console, as_root, key, left_on, name, order};
use crate::lab::{Lab, report};

const TEXT: &str = "id -un\necho bad >&2\necho \"$HOME\"\n[ -z \"${QD_LINK+x}\" ] || echo marked\nexit 3";

/// Runs one job to its end in every detail, and clears up.
async fn one(lab: &Lab, console: &Console, alias: &str, host: &str, root: bool, login: &str, home: &str) {
    let key = key();
    let make = || {
        let mut order = if root { as_root(alias, &key, TEXT) } else { order(&key, TEXT) };
        order.split = true;
        order
    };
    assert_eq!(console.look(alias, &key).await, Seen::Never, "{alias}");
    assert_eq!(console.jobs.begin(name(alias), make()).await, Began::Started, "{alias}");
    assert_eq!(console.jobs.begin(name(alias), make()).await, Began::Before, "{alias}");
    let (out, err, seen) = console.follow(alias, &key).await;
    assert_eq!(String::from_utf8_lossy(&out), format!("{login}\n{home}\n"), "{alias}");
    assert_eq!(err, b"bad\n", "{alias}");
    let Seen::Ended(ended) = seen else { panic!("{alias}: {seen:?}") };
    assert_eq!((ended.exit, ended.signal, ended.wrote.output, ended.wrote.error), (Some(3), None, out.len() as u64, 4));
    assert_eq!(console.jobs.begin(name(alias), make()).await, Began::Before, "{alias}");
    assert_eq!(console.jobs.clear(name(alias), key.run.clone()).await, Ok(0), "{alias}");
    assert_eq!(left_on(lab, host, &key), "", "{alias}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn each_login_runs_jobs_and_leaves_nothing() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    let console = Console::new(lab.ssh_config(), &["app-2", "app-2-ops", "app-2-oper", "app-2-plain"]).await;
    one(&lab, &console, "app-2", "app-2", true, "root", "/root").await;
    one(&lab, &console, "app-2-ops", "app-2", true, "root", "/root").await;
    one(&lab, &console, "app-2-oper", "app-2", true, "root", "/root").await;
    one(&lab, &console, "app-2-oper", "app-2", false, "oper", "/home/oper").await;
    one(&lab, &console, "app-2-plain", "app-2", false, "plain", "/home/plain").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn a_host_without_systemd_runs_them_too() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    let bare = Bare::start(&lab, &["app-2"]);
    let console = Console::new(bare.config.clone(), &["bare-app-2", "bare-app-2-oper", "bare-app-2-plain"]).await;
    one(&lab, &console, "bare-app-2", "app-2", true, "root", "/root").await;
    one(&lab, &console, "bare-app-2-oper", "app-2", true, "root", "/root").await;
    one(&lab, &console, "bare-app-2-plain", "app-2", false, "plain", "/home/plain").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn a_job_of_root_is_a_unit_that_ends_with_all_of_it() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    for alias in ["app-2", "app-2-oper"] {
        let console = Console::new(lab.ssh_config(), &[alias]).await;
        let key = key();
        assert_eq!(console.jobs.begin(name(alias), as_root(alias, &key, "sleep 60")).await, Began::Started);
        let unit = format!("qd-{key}.service");
        assert_eq!(lab.property("app-2", &unit, "ActiveState"), "active");
        assert_eq!(lab.property("app-2", &unit, "KillMode"), "control-group");
        assert_ne!(lab.property("app-2", &unit, "RuntimeMaxUSec"), "infinity");
        assert_eq!(console.jobs.clear(name(alias), key.run.clone()).await, Ok(1), "what runs is left alone");
        assert_eq!(console.look(alias, &key).await, Seen::Running);
        // Somebody else ends it: that is a signal, and no cancelling of ours.
        lab.on("app-2", &["systemctl", "stop", &unit]);
        let ended = console.ended(alias, &key).await;
        assert_eq!((ended.exit, ended.signal, ended.cancelled), (None, Some(15), false));
        console.jobs.clear(name(alias), key.run.clone()).await.unwrap();
        assert_eq!(left_on(&lab, "app-2", &key), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn a_step_of_a_login_begins_behind_one_of_root_in_the_same_run() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    let alias = "app-2-oper";
    let console = Console::new(lab.ssh_config(), &[alias]).await;
    let (before, first) = (key(), key());
    let second = JobKey { step: 2, ..first.clone() };
    // Where a login's step has run before, root shows its token to every login, in a file of its own.
    assert_eq!(console.jobs.begin(name(alias), order(&before, "true")).await, Began::Started);
    assert_eq!(console.ended(alias, &before).await.exit, Some(0));
    assert_eq!(console.jobs.begin(name(alias), as_root(alias, &first, "true")).await, Began::Started);
    assert_eq!(console.ended(alias, &first).await.exit, Some(0));
    assert_eq!(console.jobs.begin(name(alias), order(&second, "id -un")).await, Began::Started);
    assert_eq!(console.ended(alias, &second).await.exit, Some(0));
    for key in [before, first] {
        assert_eq!(console.jobs.clear(name(alias), key.run.clone()).await, Ok(0));
        assert_eq!(left_on(&lab, "app-2", &key), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn a_login_that_may_not_is_told_so_and_nothing_runs() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let console = Console::new(lab.ssh_config(), &["app-1-plain"]).await;
    let key = key();
    let mut wanted = order(&key, "touch /tmp/qdt-never");
    wanted.become_root = Some(quarterdeck::domain::BecomeRoot::AlreadyRoot);
    let began = console.jobs.begin(name("app-1-plain"), wanted).await;
    assert!(matches!(&began, Began::Not(Reason::Refused, why) if why.contains("it is plain")), "{began:?}");
    let mut wanted = order(&key, "touch /tmp/qdt-never");
    wanted.become_root = Some(quarterdeck::domain::BecomeRoot::Sudo);
    let began = console.jobs.begin(name("app-1-plain"), wanted).await;
    assert!(matches!(&began, Began::Not(Reason::Refused, _)), "{began:?}");
    assert_eq!(console.look("app-1-plain", &key).await, Seen::Never);
    assert!(!lab.try_on("app-1", &["test", "-e", "/tmp/qdt-never"]).status.success());
}

/// A18.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn a18_what_holds_the_output_does_not_hold_up_the_end() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    let console = Console::new(lab.ssh_config(), &["app-2", "app-2-plain"]).await;
    for alias in ["app-2", "app-2-plain"] {
        let key = key();
        let begun = std::time::Instant::now();
        let make = order(&key, "sleep 31 &\necho done");
        assert_eq!(console.jobs.begin(name(alias), make).await, Began::Started);
        let (out, _, seen) = console.follow(alias, &key).await;
        assert!(matches!(&seen, Seen::Ended(ended) if ended.left_behind && ended.exit == Some(0)), "{seen:?}");
        assert_eq!(out, b"done\n");
        assert!(begun.elapsed() < Duration::from_secs(6), "{alias}: {:?}", begun.elapsed());
        let left = lab.try_on("app-2", &["pgrep", "-fx", "sleep 31"]).status;
        assert!(left.success(), "what was left behind goes on");
        lab.on("app-2", &["pkill", "-fx", "sleep 31"]);
        console.jobs.clear(name(alias), key.run.clone()).await.unwrap();
        assert_eq!(left_on(&lab, "app-2", &key), "");
    }
    report("A18", 2, 2, "a step that leaves a process behind with its output ends at once, and the process goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_here_is_one_of_this_machine() {
    use quarterdeck::engine::jobs::HostJobs;
    let folder = tempfile::tempdir().unwrap();
    let transport = LocalTransport::new(Spawner::start().unwrap());
    let (way, _held) = way_here(&transport).await.unwrap();
    let here = quarterdeck::domain::procedure::here();
    let mut environment = crate::kit::environment(Vec::new());
    environment.state_directory = folder.path().join("state").display().to_string();
    let vault = quarterdeck::engine::act::Vault::new(None);
    let jobs = HostJobs::new(std::sync::Arc::new(environment), [(here.clone(), way)].into(), vault);
    let key = key();
    assert_eq!(jobs.begin(here.clone(), order(&key, "echo here; exit 5")).await, Began::Started);
    let (output, mut came) = tokio::sync::mpsc::channel(8);
    let seen = jobs.follow(here.clone(), key.clone(), Default::default(), output).await;
    assert!(matches!(&seen, Seen::Ended(ended) if ended.exit == Some(5)), "{seen:?}");
    assert_eq!(came.recv().await.unwrap().bytes, b"here\n");
    assert_eq!(jobs.clear(here.clone(), key.run).await, Ok(0));

    // What writes without an end is ended before it fills the disk, and says so where it wrote.
    let key = self::key();
    let floods = "yes | head -c 270000000; sleep 60";
    assert_eq!(jobs.begin(here.clone(), order(&key, floods)).await, Began::Started);
    let out = walk(folder.path(), "out").unwrap();
    let mut seen = jobs.look(here.clone(), key.clone()).await;
    for _ in 0..60 {
        if seen != Seen::Running {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        seen = jobs.look(here.clone(), key.clone()).await;
    }
    let told = |ended: &quarterdeck::engine::jobs::Ended| (ended.exit, ended.signal, ended.cancelled, ended.timed_out);
    assert!(matches!(&seen, Seen::Ended(ended) if told(ended) == (None, Some(25), false, false)), "{seen:?}");
    let text = std::fs::read(&out).unwrap();
    let end = String::from_utf8_lossy(&text[text.len() - 80..]).into_owned();
    assert!(end.ends_with("qd: its output grew beyond 256 MiB, so everything of it was ended.\n"), "{end}");
    assert_eq!(jobs.clear(here, key.run).await, Ok(0));
}

/// The first file of this name below a folder.
fn walk(folder: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| match entry.path() {
        path if path.is_dir() => walk(&path, name),
        path => path.file_name().is_some_and(|own| own == name).then_some(path),
    })
}
