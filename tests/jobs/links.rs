//! Jobs over links that are lost.

use std::time::Duration;

use quarterdeck::engine::jobs::{Began, Jobs, Offsets, Seen};
use quarterdeck::engine::transport::Stream;
use tokio::sync::mpsc;

use crate::bare::Bare;
use crate::kit::{Console, key, left_on, lines, mark, name, order, printing, ran};
use crate::lab::{Lab, repetitions, report};
use crate::reach::sh;

/// E4: the link is cut for a while; the step goes on, and everything of it is there afterwards.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn e4_a_cut_does_not_touch_the_step() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    let times = repetitions(1, 20);
    for _ in 0..times {
        let console = Console::new(lab.ssh_config(), &["db-1", "db-1-plain"]).await;
        let (root, plain, mark) = (key(), key(), mark());
        let text = printing(1000, "0.4", &mark);
        assert_eq!(console.jobs.begin(name("db-1"), order(&root, &text)).await, Began::Started);
        let other = text.replace(&mark, &format!("{mark}-2"));
        assert_eq!(console.jobs.begin(name("db-1-plain"), order(&plain, &other)).await, Began::Started);
        let cutting = async {
            tokio::time::sleep(Duration::from_millis(500 + fastrand::u64(..1500))).await;
            tokio::task::block_in_place(|| lab.fault("db-1", "cut"));
            tokio::time::sleep(Duration::from_secs(12)).await;
            tokio::task::block_in_place(|| lab.fault("db-1", "heal"));
        };
        let (one, two, ()) = tokio::join!(console.follow("db-1", &root), console.follow("db-1-plain", &plain), cutting);
        for (out, _, seen) in [one, two] {
            assert!(matches!(&seen, Seen::Ended(ended) if ended.exit == Some(0)), "{seen:?}");
            assert_eq!(String::from_utf8_lossy(&out), lines(1000));
        }
        assert_eq!((ran(&lab, "db-1", &mark), ran(&lab, "db-1", &format!("{mark}-2"))), (1, 1));
        console.jobs.clear(name("db-1"), root.run.clone()).await.unwrap();
        console.jobs.clear(name("db-1-plain"), plain.run.clone()).await.unwrap();
        assert_eq!(left_on(&lab, "db-1", &root), "");
    }
    report("E4", times, times, "link cut for 12 s while two steps print 1,000 lines");
}

/// The master here and the sshd there are killed while 1,000 lines flow.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn every_line_comes_once_over_killed_connections() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1", "app-2"]);
    let bare = Bare::start(&lab, &["app-2"]);
    let times = repetitions(1, 50);
    for _ in 0..times {
        for alias in ["app-1", "app-1-oper", "app-1-plain", "bare-app-2-plain"] {
            let host = if alias.starts_with("bare-app-2") { "app-2" } else { "app-1" };
            let console = Console::new(bare.config.clone(), &[alias]).await;
            let (key, mark) = (key(), mark());
            let text = printing(1000, "0.2", &mark);
            assert_eq!(console.jobs.begin(name(alias), order(&key, &text)).await, Began::Started);
            let breaking = async {
                for round in 0..4 {
                    tokio::time::sleep(Duration::from_millis(200 + fastrand::u64(..900))).await;
                    tokio::task::block_in_place(|| {
                        if round % 2 == 0 || host == "app-2" {
                            for pid in console.ways.masters() {
                                let _ = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
                            }
                        } else {
                            lab.fault(host, "kill-sshd-children");
                        }
                    });
                }
            };
            let ((out, _, seen), ()) = tokio::join!(console.follow(alias, &key), breaking);
            assert!(matches!(&seen, Seen::Ended(ended) if ended.exit == Some(0)), "{alias} {seen:?}");
            assert_eq!(String::from_utf8_lossy(&out), lines(1000), "{alias}");
            assert_eq!(ran(&lab, host, &mark), 1, "{alias}");
            console.jobs.clear(name(alias), key.run.clone()).await.unwrap();
            assert_eq!(left_on(&lab, host, &key), "", "{alias}");
        }
    }
    report("jobs", times * 4, times * 4, "master and sshd killed four times while 1,000 lines flow: each line once");
}

/// Without a place for a reader it is asked for again and again, and nothing is lost either; whoever reads slowly holds
/// it up and nobody else.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn without_a_place_and_with_a_slow_reader_nothing_is_lost() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    let console = Console::new(lab.ssh_config(), &["db-1"]).await;
    let connection = console.lines[&name("db-1")].borrow().clone().unwrap();
    let mut readers: Vec<Stream> = Vec::new();
    while let Ok(stream) = connection.stream(sh("while echo; do sleep 1; done")).await {
        readers.push(stream);
    }
    assert!(!readers.is_empty());
    let first = key();
    let text = "seq 1 20000; sleep 1; seq 1 20000 >&2";
    assert_eq!(console.jobs.begin(name("db-1"), order(&first, text)).await, Began::Started);
    let (out, _, seen) = console.follow("db-1", &first).await;
    let want: String = (1..=20000).map(|n| format!("{n}\n")).collect();
    assert!(matches!(seen, Seen::Ended(_)) && out == want.repeat(2).as_bytes());
    drop(readers);

    let (second, size) = (key(), 20 << 20);
    let text = format!("head -c {size} /dev/zero | tr '\\0' x");
    assert_eq!(console.jobs.begin(name("db-1"), order(&second, &text)).await, Began::Started);
    let (output, mut came) = mpsc::channel(1);
    let following = console.jobs.follow(name("db-1"), second.clone(), Offsets::default(), output);
    let slowly = async {
        let mut length = 0;
        while let Some(piece) = came.recv().await {
            assert_eq!(piece.offset, length);
            length += piece.bytes.len() as u64;
            if length < 1 << 20 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        length
    };
    let beside = async {
        for _ in 0..3 {
            assert!(matches!(console.look("db-1", &second).await, Seen::Running | Seen::Ended(_)));
        }
    };
    let (seen, length, ()) = tokio::join!(following, slowly, beside);
    assert!(matches!(seen, Seen::Ended(_)) && length == size, "{seen:?} {length}");
    for key in [first, second] {
        console.jobs.clear(name("db-1"), key.run).await.unwrap();
    }
}

/// A login's job has no systemd that keeps it: it lives on when the session that started it ends.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn a_logins_job_outlives_its_session_and_the_warden() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    let key = key();
    {
        let console = Console::new(lab.ssh_config(), &["db-1-plain"]).await;
        let make = order(&key, "sleep 26; echo alive");
        assert_eq!(console.jobs.begin(name("db-1-plain"), make).await, Began::Started);
        tokio::task::block_in_place(|| lab.fault("db-1", "cut"));
    }
    // The warden ends what it finds after twenty seconds of silence, and then the connection.
    tokio::time::sleep(Duration::from_secs(23)).await;
    tokio::task::block_in_place(|| lab.fault("db-1", "heal"));
    let console = Console::new(lab.ssh_config(), &["db-1-plain"]).await;
    let (out, _, seen) = console.follow("db-1-plain", &key).await;
    assert!(out == b"alive\n" && matches!(&seen, Seen::Ended(ended) if ended.exit == Some(0)), "{seen:?}");
    console.jobs.clear(name("db-1-plain"), key.run.clone()).await.unwrap();
    assert_eq!(left_on(&lab, "db-1", &key), "");
}

/// A2: what is sent to a host that is cut off was certainly not sent.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn a2_a_host_that_is_silent_gets_nothing() {
    let lab = Lab::get();
    let _held = lab.hold(&["db-1"]);
    let console = Console::new(lab.ssh_config(), &["db-1"]).await;
    tokio::task::block_in_place(|| lab.fault("db-1", "cut"));
    let (key, begun) = (key(), std::time::Instant::now());
    let began = console.jobs.begin(name("db-1"), order(&key, "true")).await;
    assert!(matches!(&began, Began::Not(quarterdeck::domain::run::Reason::Unreachable, _)), "{began:?}");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(matches!(console.look("db-1", &key).await, Seen::Unasked(_)));
    tokio::task::block_in_place(|| lab.fault("db-1", "heal"));
    let mut line = console.lines[&name("db-1")].clone();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _ = tokio::time::timeout(Duration::from_secs(30), line.wait_for(Option::is_some)).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let _ = tokio::time::timeout(Duration::from_secs(30), line.wait_for(Option::is_some)).await;
    assert_eq!(console.look("db-1", &key).await, Seen::Never, "nothing arrives late");
}
