//! The drill as a person meets it: the real program in a real pseudo-terminal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/pty.rs"]
#[allow(unused_imports, reason = "shared with other tests, which use the rest")]
mod pty;

use std::time::{Duration, Instant};

use pty::Launch;

/// Longest wait for what must come on a busy machine.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_calm_drill_shows_everything_up_and_says_drill_on_every_screen() {
    let mut pty = Launch::qd(&["drill", "--scenario", "calm"]).size(120, 40).start();
    pty.wait_until(LONG, "all services up", |pty| pty.screen().contains("24 up"));
    for key in ["1", "2", "3", "?"] {
        pty.send(key);
        pty.wait_quiet(Duration::from_millis(300));
        let screen = pty.screen();
        let band = screen.lines().next().unwrap_or_default();
        assert!(band.contains("PRODUCTION") && band.contains("DRILL"), "after {key}: {screen}");
    }
    pty.send("\x1b");
    pty.wait_quiet(Duration::from_millis(300));
    pty.send("q");
    assert_eq!(pty.wait_exit(LONG).code(), 0);
}

#[test]
fn trouble_comes_to_the_screen_by_itself_and_the_failing_row_says_why() {
    let mut pty = Launch::qd(&["drill", "--scenario", "payments-failing"]).size(120, 40).start();
    pty.wait_until(LONG, "redis loops", |pty| {
        pty.screen().lines().any(|line| line.contains("redis") && line.contains("crash-looping"))
    });
    pty.wait_until(LONG, "the change is told", |pty| {
        pty.send("5");
        pty.wait_quiet(Duration::from_millis(200));
        pty.screen().lines().any(|line| line.contains("redis") && line.contains("crash-looping"))
    });
    pty.send("q");
    assert_eq!(pty.wait_exit(LONG).code(), 0);
}

#[test]
fn a_drill_without_a_terminal_says_so_and_writes_no_escape() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_qd"))
        .arg("drill")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(69));
    assert!(output.stdout.is_empty());
    assert!(!output.stderr.contains(&0x1b));
}

#[test]
fn a_wrong_scenario_is_named_with_those_there_are() {
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_qd")).args(["drill", "--scenario", "no-such"]).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("payments-failing") && said.contains("calm"), "{said}");
}

/// Presses a key until this holds: once, and once more where nothing came of it for as long as a busy machine may take.
fn press(pty: &mut pty::Pty, key: &str, what: &str, mut holds: impl FnMut(&pty::Pty) -> bool) {
    let mut pressed: Option<Instant> = None;
    pty.wait_until(LONG * 2, what, |pty| {
        if holds(pty) {
            return true;
        }
        if pressed.is_none_or(|at| at.elapsed() > LONG / 4) {
            pressed = Some(Instant::now());
            pty.send(key);
        }
        false
    });
}

/// Answers a question that is on the screen, when the console can know that it was.
fn answer(pty: &mut pty::Pty, text: &str) {
    pty.read_during(Duration::from_secs(2));
    pty.send(text);
}

/// The title of the details: what is under the cursor of the first page.
fn under_cursor(pty: &pty::Pty) -> String {
    let screen = pty.screen();
    let title = screen.lines().find(|line| line.contains("╭─")).and_then(|line| line.rsplit("╭─").next());
    title.unwrap_or_default().trim_matches(['─', '╮', ' ']).to_owned()
}

/// A deploy in a calm drill, up to the question for its go: the version is chosen, its gate judged and passed.
fn at_its_go(version: &str) -> pty::Pty {
    let mut pty = Launch::qd(&["drill", "--scenario", "calm"]).size(120, 40).start();
    pty.wait_until(LONG, "all services up", |pty| pty.screen().contains("24 up"));
    press(&mut pty, "7", "the versions", |pty| pty.screen().contains("v2.30.6"));
    let procedure = under_cursor(&pty);
    pty.send("\r");
    pty.wait_until(LONG * 2, "one of them is under the cursor", |pty| under_cursor(pty) != procedure);
    let wanted = format!("{version} tag");
    for _ in 0..8 {
        let before = under_cursor(&pty);
        if before.starts_with(&wanted) {
            break;
        }
        press(&mut pty, "j", "the cursor is on the next one", |pty| under_cursor(pty) != before);
    }
    assert!(under_cursor(&pty).starts_with(&wanted), "{}", pty.screen());
    pty.send("\r");
    pty.wait_until(LONG, "everything that is not a person's is judged", |pty| {
        let screen = pty.screen();
        screen.contains("2 wait for you") && (screen.contains("20 of 22") || screen.contains("19 of 22"))
    });
    if version != "v2.31.0" {
        // Staging runs another one: whoever plays is a lead, and lets that pass.
        pty.wait_until(LONG, "staging fails", |pty| pty.screen().contains("1 fails"));
        press(&mut pty, "W", "why is asked for", |pty| pty.screen().contains("Waive: "));
        answer(&mut pty, "it is only a drill\r");
        pty.wait_until(LONG, "it is waived", |pty| pty.screen().contains("1 waived"));
    }
    press(&mut pty, " ", "the migrations are to be judged", |pty| pty.screen().contains("Judge: "));
    assert!(pty.screen().contains("simulated"), "{}", pty.screen());
    // What comes before the console knows that the question was on the screen says nothing.
    press(&mut pty, "\r", "one item is left", |pty| pty.screen().contains("1 waits for you"));
    press(&mut pty, " ", "what was seen is asked for", |pty| pty.screen().contains("what did you see?"));
    answer(&mut pty, "all as they were\r");
    pty.wait_until(LONG, "the gate is passed", |pty| pty.screen().contains("The gate is passed"));
    pty.send("\r");
    pty.wait_until(LONG, "its go is asked for", |pty| pty.screen().contains("type production"));
    answer(&mut pty, "production\r");
    pty
}

/// The row of the pages.
fn pages(pty: &pty::Pty) -> String {
    pty.screen().lines().find(|line| line.contains("1 What")).unwrap_or_default().to_owned()
}

#[test]
#[ignore = "takes minutes; run with --ignored"]
fn a_deploy_that_goes_well_is_recorded_as_good() {
    let mut pty = at_its_go("v2.31.0");
    pty.wait_until(LONG, "the page of the run comes by itself", |pty| pages(pty).contains("4 Run running"));
    pty.wait_until(LONG * 8, "its verification", |pty| pages(pty).contains("4 Run done"));
    pty.wait_until(LONG * 2, "its verdict", |pty| pages(pty).contains("6 Verdict good"));
    assert!(pty.screen().contains("it is recorded as a release"), "{}", pty.screen());
    pty.send("q");
    assert_eq!(pty.wait_exit(LONG).code(), 0);
}

#[test]
#[ignore = "takes minutes; run with --ignored"]
fn a_deploy_that_does_not_build_goes_back_by_itself_and_is_recorded_so() {
    let mut pty = at_its_go("v2.30.6");
    pty.wait_until(LONG, "the page of the run comes by itself", |pty| pages(pty).contains("4 Run running"));
    pty.wait_until(LONG, "it fails and goes back by itself", |pty| pages(pty).contains("rolling back"));
    pty.wait_until(LONG * 4, "its verdict", |pty| pages(pty).contains("6 Verdict rolled back"));
    assert!(pty.screen().contains("DRILL"), "{}", pty.screen());
    pty.send("q");
    assert_eq!(pty.wait_exit(LONG).code(), 0);
}

#[test]
#[ignore = "takes minutes; run with --ignored"]
fn a_deploy_whose_guard_trips_goes_back_by_itself_and_keeps_its_waiver() {
    let mut pty = at_its_go("v2.30.5");
    pty.wait_until(LONG * 4, "its guard trips", |pty| pages(pty).contains("rolling back"));
    pty.wait_until(LONG * 4, "its verdict", |pty| pages(pty).contains("6 Verdict rolled back"));
    assert!(pty.screen().contains("it is only a drill"), "{}", pty.screen());
    pty.send("q");
    assert_eq!(pty.wait_exit(LONG).code(), 0);
}
