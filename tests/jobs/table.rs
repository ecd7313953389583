//! The truth table of what is seen (FAULTS 5.5), one row after the other, on real hosts.

use std::time::Duration;

use quarterdeck::domain::run::Reason;
use quarterdeck::engine::jobs::{Began, JobKey, Jobs, Seen};

use crate::kit::{Console, as_root, key, left_on, mark, name, order, ran};
use crate::lab::{Lab, report};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn of_many_who_begin_from_two_consoles_one_does() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    for alias in ["app-2", "app-2-plain"] {
        let one = Console::new(lab.ssh_config(), &[alias]).await;
        let two = Console::new(lab.ssh_config(), &[alias]).await;
        let (key, mark) = (key(), mark());
        let text = format!("echo ran >>{mark}");
        let all = (0..40).map(|at| {
            let console = if at % 2 == 0 { &one } else { &two };
            console.jobs.begin(name(alias), order(&key, &text))
        });
        let all = futures_util::future::join_all(all).await;
        let count = |what: &Began| all.iter().filter(|began| *began == what).count();
        assert_eq!((count(&Began::Started), count(&Began::Before)), (1, 39), "{all:?}");
        two.ended(alias, &key).await;
        assert_eq!(ran(&lab, "app-2", &mark), 1);
        one.jobs.clear(name(alias), key.run.clone()).await.unwrap();
        assert_eq!(left_on(&lab, "app-2", &key), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn who_was_overtaken_becomes_a_viewer() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    let old = Console::new(lab.ssh_config(), &["app-2"]).await;
    let new = Console::new(lab.ssh_config(), &["app-2"]).await;
    let first = key();
    assert_eq!(old.jobs.begin(name("app-2"), order(&first, "true")).await, Began::Started);
    old.ended("app-2", &first).await;
    let second = JobKey { step: 2, ..first.clone() };
    let mut taken = order(&second, "true");
    taken.token = 2;
    assert_eq!(new.jobs.begin(name("app-2"), taken).await, Began::Started);
    assert_eq!(old.look("app-2", &first).await, Seen::Superseded(2));
    assert!(matches!(new.look("app-2", &first).await, Seen::Ended(_)));
    let third = JobKey { step: 3, ..first.clone() };
    let began = old.jobs.begin(name("app-2"), order(&third, "touch /tmp/qdt-late")).await;
    assert!(matches!(&began, Began::Not(Reason::Refused, why) if why.contains("token 2")), "{began:?}");
    new.ended("app-2", &second).await;
    new.jobs.clear(name("app-2"), first.run.clone()).await.unwrap();
    // Clearing up does not let the old one in again.
    let began = old.jobs.begin(name("app-2"), order(&third, "touch /tmp/qdt-late")).await;
    assert!(matches!(&began, Began::Not(Reason::Refused, _)), "{began:?}");
    assert!(!lab.try_on("app-2", &["test", "-e", "/tmp/qdt-late"]).status.success());
    lab.on("app-2", &["rm", "-rf", "/var/lib/quarterdeck"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn another_login_sees_that_it_was_begun_and_begins_nothing() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    let console = Console::new(lab.ssh_config(), &["app-2-plain", "app-2-oper"]).await;
    let key = key();
    assert_eq!(console.jobs.begin(name("app-2-plain"), order(&key, "sleep 1")).await, Began::Started);
    let seen = console.look("app-2-oper", &key).await;
    assert!(matches!(&seen, Seen::Theirs { why, .. } if why.starts_with("plain began it")), "{seen:?}");
    assert_eq!(console.jobs.begin(name("app-2-oper"), order(&key, "sleep 1")).await, Began::Before);
    console.ended("app-2-plain", &key).await;
    console.jobs.clear(name("app-2-plain"), key.run.clone()).await.unwrap();
    // What one login began through sudo, another that may be root sees through sudo.
    let key = crate::kit::key();
    let other = Console::new(lab.ssh_config(), &["app-2-ops"]).await;
    let make = as_root("app-2-oper", &key, "echo seen");
    assert_eq!(console.jobs.begin(name("app-2-oper"), make).await, Began::Started);
    let (out, _, seen) = other.follow("app-2-ops", &key).await;
    assert!(out == b"seen\n" && matches!(seen, Seen::Ended(_)), "{seen:?}");
    other.jobs.clear(name("app-2-ops"), key.run.clone()).await.unwrap();
    lab.on("app-2", &["sh", "-c", "rm -rf /var/tmp/quarterdeck-jobs"]);
    assert_eq!(left_on(&lab, "app-2", &key), "");
}

/// E5: the host is booted while a step runs.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn e5_a_boot_leaves_it_unknown_and_nothing_begins_again() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    for (alias, how) in [("db-1", "reboot --wait"), ("db-1-plain", "hard-reset --wait")] {
        let console = Console::new(lab.ssh_config(), &[alias]).await;
        let (key, mark) = (key(), "/var/lib/qdt-e5");
        let text =
            format!("echo ran >>{}; trap '' TERM; sleep 100", if alias == "db-1" { mark } else { "\"$HOME\"/qdt-e5" });
        assert_eq!(console.jobs.begin(name(alias), order(&key, &text)).await, Began::Started);
        let following = console.follow(alias, &key);
        let booting = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            tokio::task::block_in_place(|| lab.fault("db-1", how));
        };
        let ((_, _, seen), ()) = tokio::join!(following, booting);
        // A reboot in good order ends it with a signal first, and that is known then.
        let known = |seen: &Seen| match seen {
            Seen::Vanished(why) => why.contains("booted"),
            Seen::Ended(ended) => ended.signal.is_some() && how.starts_with("reboot"),
            Seen::Running | Seen::Never | Seen::Superseded(_) | Seen::Unasked(_) | Seen::Theirs { .. } => false,
        };
        assert!(known(&seen), "{seen:?}");
        assert_eq!(console.jobs.begin(name(alias), order(&key, &text)).await, Began::Before);
        assert!(known(&console.look(alias, &key).await));
        let at = if alias == "db-1" { mark } else { "/home/plain/qdt-e5" };
        assert_eq!(ran(&lab, "db-1", at), 1);
        assert_eq!(console.jobs.clear(name(alias), key.run.clone()).await, Ok(0));
        assert_eq!(left_on(&lab, "db-1", &key), "");
    }
    report("E5", 2, 2, "a job whose host is booted: unknown or ended by a signal, and begun by nobody again");
}
