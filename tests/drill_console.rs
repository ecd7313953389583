//! The drill as a person meets it: the real program in a real pseudo-terminal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/pty.rs"]
#[allow(unused_imports, reason = "shared with other tests, which use the rest")]
mod pty;

use std::time::Duration;

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
