//! E1 to E3: the program, or what begins a job on its host, is killed at each point of the way.

use std::process::{Command, Stdio};

use quarterdeck::engine::jobs::{Began, JobKey, Jobs, Seen};

use crate::kit::{Console, as_root, key, left_on, mark, name, order, ran};
use crate::lab::{Lab, repetitions, report};

/// What the killed program was told, in its environment.
const ORDER: &str = "QD_TEST_JOB";

/// The program that is killed: it begins the job that it was told of, and follows it. In an ordinary run it was told
/// of none.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn child_of_the_failpoints() {
    let Ok(told) = std::env::var(ORDER) else { return };
    let words: Vec<&str> = told.split(' ').collect();
    let [alias, run, mark] = words.as_slice() else { panic!("{told}") };
    let key = JobKey { run: quarterdeck::domain::RunId::new(run).unwrap(), step: 1, attempt: 1 };
    let console = Console::new(Lab::get().ssh_config(), &[alias]).await;
    let began = console.jobs.begin(name(alias), make(alias, &key, mark)).await;
    println!("{began:?}");
    let _ = console.follow(alias, &key).await;
}

fn make(alias: &str, key: &JobKey, mark: &str) -> quarterdeck::engine::jobs::Order {
    let text = format!("echo ran >>{mark}; chmod 666 {mark}; echo out; sleep 0.3");
    if alias.ends_with("plain") { order(key, &text) } else { as_root(alias, key, &text) }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn e1_to_e3_whoever_comes_next_goes_on_where_it_stood() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let times = repetitions(1, 3);
    for alias in ["app-1", "app-1-oper", "app-1-plain"] {
        let next = Console::new(lab.ssh_config(), &[alias]).await;
        for fault in ["abort-before", "abort-sent", "abort-result", "claimed", "ready", "started"] {
            for _ in 0..times {
                let (key, mark) = (key(), mark());
                let mut child = Command::new(std::env::current_exe().unwrap())
                    .args(["--include-ignored", "--exact", "failpoints::child_of_the_failpoints"])
                    .env(ORDER, format!("{alias} {} {mark}", key.run))
                    .env("QD_FAULT_JOBS", fault)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                let status = tokio::task::block_in_place(|| child.wait()).unwrap();
                assert_eq!(status.success(), !fault.starts_with("abort"), "{alias} {fault}");
                // The next one looks first, as the table says.
                let seen = next.look(alias, &key).await;
                let as_expected = match fault {
                    "abort-before" | "claimed" | "ready" => seen == Seen::Never,
                    "abort-result" => matches!(seen, Seen::Ended(_)),
                    _ => matches!(seen, Seen::Running | Seen::Ended(_)),
                };
                assert!(as_expected, "{alias} {fault}: {seen:?}");
                let began = next.jobs.begin(name(alias), make(alias, &key, &mark)).await;
                let want = if seen == Seen::Never { Began::Started } else { Began::Before };
                assert_eq!(began, want, "{alias} {fault}");
                let (out, _, seen) = next.follow(alias, &key).await;
                assert!(out == b"out\n" && matches!(&seen, Seen::Ended(ended) if ended.exit == Some(0)), "{seen:?}");
                assert_eq!(ran(&lab, "app-1", &mark), 1, "{alias} {fault}");
                next.jobs.clear(name(alias), key.run.clone()).await.unwrap();
                assert_eq!(left_on(&lab, "app-1", &key), "", "{alias} {fault}");
            }
        }
    }
    report(
        "E1-E3",
        times * 18,
        times * 18,
        "killed at six points of the way, three logins: each step ran exactly once",
    );
}
