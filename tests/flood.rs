//! A log that comes faster than anybody can read: the real program in a real pseudo-terminal, reading this machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/pty.rs"]
#[allow(unused_imports, reason = "shared with other tests, which use the rest")]
mod pty;

use std::fs;
use std::time::Duration;

use pty::{Launch, Pty, SOON, patient};

const SITE: &str = r#"
title = "Here"
[environments.dev.hosts]
box = { local = true, become = "never" }
[services.none]
hosts = "all"
units = "qd-no-such-unit.service"
expected = "stopped"
[logs.flood]
command = ["yes", "flood of lines"]
hosts = "box"
"#;

/// Within this a key is answered and the next frame is there, in a build that is not optimised, on a machine that does
/// something else as well.
const ANSWERED: Duration = Duration::from_secs(1);

/// How many lines the screen says there are.
fn lines(pty: &Pty) -> u64 {
    let screen = pty.screen();
    let count = screen.lines().find_map(|row| row.trim_start().split_once(" lines  ")).map(|(count, _)| count);
    count.and_then(|count| count.replace(',', "").parse().ok()).unwrap_or(0)
}

#[test]
fn keys_frames_and_the_end_come_however_fast_lines_come() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("quarterdeck/sites/here/site.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, SITE).unwrap();
    let mut pty = Launch::qd(&["here"])
        .variable("XDG_CONFIG_HOME", home.path())
        .variable("XDG_STATE_HOME", home.path().join("state"))
        .variable("XDG_DATA_HOME", home.path().join("data"))
        .folder(home.path())
        .size(120, 40)
        .start();
    pty.wait_for("Overview");
    pty.keys("3");
    pty.wait_until(SOON, "the link", |pty| pty.screen().contains("● box"));
    pty.keys("2");
    pty.wait_until(SOON, "the logs", |pty| pty.screen().contains("all levels"));
    pty.keys("O");
    pty.wait_until(SOON, "the logs of the site", |pty| pty.screen().contains("Logs of the site"));
    pty.send("flood\r");
    // More than comes at once, so that the flood is at its height.
    pty.wait_until(SOON, "the flood", |pty| lines(pty) > 50_000);
    // What is never silent is not being read for ever: its lines are of now.
    pty.wait_until(SOON, "it follows", |pty| !pty.screen().contains("flood reading"));
    for _ in 0..3 {
        let before = lines(&pty);
        pty.wait_until(patient(ANSWERED), "the next frame", |pty| lines(pty) > before);
        pty.keys("p");
        pty.wait_until(patient(ANSWERED), "it is held", |pty| pty.screen().contains("paused"));
        pty.keys("p");
        pty.wait_until(patient(ANSWERED), "it goes on", |pty| pty.screen().contains("following"));
    }
    pty.keys("3");
    pty.wait_until(patient(ANSWERED), "another screen", |pty| !pty.screen().contains("all levels"));
    pty.keys("q");
    assert_eq!(pty.wait_exit(patient(ANSWERED)).code(), 0);
}
