//! E14: cancelling before, during and after a step; time that is over.

use std::time::{Duration, Instant};

use quarterdeck::engine::jobs::{Began, Cancelled, Jobs, Seen};

use crate::bare::Bare;
use crate::kit::{Console, as_root, key, left_on, name, order};
use crate::lab::{Lab, repetitions, report};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn e14_cancelling_ends_all_of_it_and_says_so() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1", "app-2"]);
    let bare = Bare::start(&lab, &["app-2"]);
    for (alias, host) in
        [("app-1", "app-1"), ("app-1-oper", "app-1"), ("app-1-plain", "app-1"), ("bare-app-2-plain", "app-2")]
    {
        let console = Console::new(bare.config.clone(), &[alias]).await;
        let (key, root) = (key(), !alias.ends_with("plain"));
        let make = |text: &str| if root { as_root(alias, &key, text) } else { order(&key, text) };
        // Before.
        let before = console.jobs.cancel(name(alias), key.clone()).await;
        assert!(matches!(&before, Cancelled::Gone(ended) if ended.exit.is_none() && ended.cancelled), "{before:?}");
        // During, with children that do not listen and one in a session of its own.
        let deaf = if repetitions(0, 1) == 1 || alias == "app-1" || alias == "bare-app-2-plain" {
            "trap '' TERM; "
        } else {
            ""
        };
        let text = format!("{deaf}sleep 333 & setsid sleep 333 & sleep 333");
        assert_eq!(console.jobs.begin(name(alias), make(&text)).await, Began::Started, "{alias}");
        let begun = Instant::now();
        let during = console.jobs.cancel(name(alias), key.clone()).await;
        assert!(matches!(&during, Cancelled::Gone(ended) if ended.cancelled), "{alias} {during:?}");
        assert!(begun.elapsed() < Duration::from_secs(30));
        assert!(!lab.try_on(host, &["pgrep", "-fx", "sleep 333"]).status.success(), "{alias}: something lives on");
        // After.
        let after = console.jobs.cancel(name(alias), key.clone()).await;
        assert!(matches!(&after, Cancelled::Before(ended) if ended.cancelled), "{after:?}");
        assert!(matches!(console.look(alias, &key).await, Seen::Ended(ended) if ended.cancelled));
        console.jobs.clear(name(alias), key.run.clone()).await.unwrap();
        assert_eq!(left_on(&lab, host, &key), "", "{alias}");
    }
    report("E14", 4, 4, "a job is cancelled before, during and after it: as root, with sudo, without, without systemd");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn time_is_counted_on_the_host() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    for alias in ["app-1", "app-1-plain"] {
        let console = Console::new(lab.ssh_config(), &[alias]).await;
        let key = key();
        let mut make = order(&key, "echo early; sleep 444; echo late");
        make.timeout = Duration::from_secs(2);
        assert_eq!(console.jobs.begin(name(alias), make).await, Began::Started);
        // Nobody watches.
        tokio::time::sleep(Duration::from_secs(4)).await;
        let (out, _, seen) = console.follow(alias, &key).await;
        assert!(matches!(&seen, Seen::Ended(ended) if ended.timed_out && !ended.cancelled), "{seen:?}");
        assert_eq!(out, b"early\n");
        assert!(!lab.try_on("app-1", &["pgrep", "-fx", "sleep 444"]).status.success());
        console.jobs.clear(name(alias), key.run.clone()).await.unwrap();
        assert_eq!(left_on(&lab, "app-1", &key), "");
    }
}
