//! Probes by command, here and on a host, and the trust they need.

use std::time::Duration;

use quarterdeck::domain::LinkFailure;
use quarterdeck::domain::probe::{Ask, Found};
use quarterdeck::engine::probe::Origin;
use quarterdeck::port::{End, Output};

use super::servers::Wire;
use super::{ask_from, assert_answer, lines, probe, prober, site};

const TIMEOUT: Duration = Duration::from_millis(1500);

fn command(argv: &[&str], exits: &[i32]) -> Ask {
    Ask::Command { argv: argv.iter().map(|&word| word.to_owned()).collect(), exits: exits.to_vec() }
}

fn shell(script: &str) -> Ask {
    command(&["sh", "-c", script], &[0])
}

fn alive(mark: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let mut lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    lines.any(|line| String::from_utf8_lossy(&line).contains(mark))
}

#[tokio::test]
async fn the_status_decides_and_the_words_are_kept() {
    let ask = |ask| async move { ask_from(&prober(), ask, TIMEOUT, Origin::Here).await };
    let report = ask(shell("echo fine")).await;
    assert_answer(&report, Found::Pass, "sh → status 0");
    assert_eq!(lines(&report), ["status: status 0"]);
    let report = ask(shell("echo '2 of 3 replicas' >&2; exit 2")).await;
    assert_answer(&report, Found::Fail, "sh → status 2, expected 0");
    assert_eq!(lines(&report), ["!status: status 2, expected 0", "!says: 2 of 3 replicas"]);
    let report = ask(command(&["sh", "-c", "exit 2"], &[0, 2])).await;
    assert_eq!(report.found, Found::Pass);
    let report = ask(shell("kill -TERM $$")).await;
    assert_answer(&report, Found::Fail, "sh → status 143, expected 0");
    let report = ask(command(&["printf", "%s|", "a b", "$HOME", "'\"\\"], &[9])).await;
    assert_eq!(lines(&report)[1], r#"!says: a b|$HOME|'"\|"#, "its words arrive as they are");
    let report = ask(command(&["no-such-program-here"], &[0])).await;
    assert_answer(&report, Found::Error, "→ no such program on this machine");
    let report = ask(shell("cat; echo end")).await;
    assert_eq!(report.found, Found::Pass, "its input is empty, not ours");
}

#[tokio::test]
async fn nothing_of_it_is_left_after_the_deadline() {
    let mark = format!("31{:05}", std::process::id() % 100_000);
    let script = format!("trap '' TERM HUP; sleep {mark} & sleep {mark}");
    let report = ask_from(&prober(), shell(&script), TIMEOUT, Origin::Here).await;
    assert_answer(&report, Found::Fail, "sh → no result within 1500 ms");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!alive(&mark), "something of it lives on");

    // The same when whoever asks goes away.
    let asking = tokio::spawn(async move { ask_from(&prober(), shell(&script), TIMEOUT, Origin::Here).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(alive(&mark));
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!alive(&mark), "something of it lives on");
}

#[tokio::test]
async fn what_it_leaves_behind_keeps_no_answer_waiting_and_much_output_is_cut() {
    let mark = format!("32{:05}", std::process::id() % 100_000);
    let report = ask_from(&prober(), shell(&format!("sleep {mark} & exit 0")), TIMEOUT, Origin::Here).await;
    assert_eq!(report.found, Found::Pass);
    assert!(report.latency.unwrap() < TIMEOUT);
    assert_eq!(lines(&report)[1], "output: something it left behind kept its output open");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!alive(&mark), "what it left behind lives on");

    let report = ask_from(&prober(), shell("head -c 3000000 /dev/zero; exit 1"), TIMEOUT, Origin::Here).await;
    assert_answer(&report, Found::Fail, "status 1, expected 0");
    assert!(report.details[1].found.raw().len() <= 240);
}

#[tokio::test]
async fn on_a_host_it_goes_through_the_connection() {
    let ends = [
        (End::Exited(0), Found::Pass, "check → status 0"),
        (End::Exited(1), Found::Fail, "check → status 1, expected 0"),
        (End::Exited(126), Found::Error, "check → not allowed to run (status 126)"),
        (End::NotFound, Found::Error, "check → no such program on the host"),
        (End::TimedOut(TIMEOUT), Found::Fail, "check → no result within 1500 ms"),
        (End::NotStarted("no channel".into()), Found::Error, "check → not started: no channel"),
        (End::LinkLost(LinkFailure::Silent), Found::Error, "check → link lost before its result: host fell silent"),
    ];
    for (end, found, words) in ends {
        let output = Output { stdout: b"out".to_vec(), stderr: Vec::new(), cut: 0, end, left_behind: false };
        let wire = Wire::saying(output);
        let ask = command(&["/opt/shop/check", "--all"], &[0]);
        let report = ask_from(&prober(), ask, TIMEOUT, Origin::Host(wire.clone())).await;
        assert_answer(&report, found, words);
        let commands = wire.commands.lock().unwrap();
        assert_eq!(commands.len(), 1);
        assert_eq!(commands[0].argv, ["/opt/shop/check", "--all"]);
        assert_eq!(commands[0].deadline, TIMEOUT);
    }
}

#[tokio::test]
async fn a_site_that_is_not_trusted_runs_nothing() {
    let marker = tempfile::tempdir().unwrap();
    let file = marker.path().join("ran");
    let ask = shell(&format!("touch {}", file.display()));
    let wire = Wire::new();
    for from in [Origin::Here, Origin::Host(wire.clone())] {
        let report = prober().ask(&site(), false, &probe(ask.clone(), TIMEOUT), from).await;
        assert_answer(&report, Found::Error, "not trusted to run commands: read it, then `qd trust` it");
        assert_eq!(report.latency, None);
    }
    assert!(!file.exists() && wire.commands.lock().unwrap().is_empty());
}

/// Runs itself again, kills that with a signal that can't be caught, and looks for what it had started.
#[tokio::test]
async fn nothing_of_it_is_left_when_we_are_killed() {
    const MARK: &str = "QD_TEST_KILLED_MARK";
    if let Ok(mark) = std::env::var(MARK) {
        let script = format!("trap '' TERM; sleep {mark} & sleep {mark}");
        prober().ask(&site(), true, &probe(shell(&script), Duration::from_secs(60)), Origin::Here).await;
        return;
    }
    // Killed at once, and when all of it has run for a while.
    for (round, wait) in [0, 0, 0, 300].into_iter().enumerate() {
        let mark = format!("33{round}{:05}", std::process::id() % 100_000);
        let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
        child.args(["command::nothing_of_it_is_left_when_we_are_killed", "--exact"]).env(MARK, &mark);
        let mut child = child.stdout(std::process::Stdio::null()).spawn().unwrap();
        while !alive(&format!("sleep\0{mark}")) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(wait)).await;
        child.kill().await.unwrap();
        let begun = std::time::Instant::now();
        while alive(&mark) {
            assert!(begun.elapsed() < Duration::from_secs(3), "something of it lives on");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
