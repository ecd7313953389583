//! The console calls a person who is not looking: bell, title, notices of the desktop, on the real program.

use super::*;

const PUT_ASIDE: &[u8] = b"\x1b[22;2t";
const GIVEN_BACK: &[u8] = b"\x1b[23;2t";
const TITLE: &str = "\x1b]2;qd · here dev\x1b\\";
const WAITS: &str = "\x1b]2;qd · here dev · 1 run waits\x1b\\";
const LOST_FOCUS: &[u8] = b"\x1b[O";

/// A document that ends well or not, after it has waited for the file `go`.
fn document(last: &str) -> String {
    format!(
        "# Sleep\n\n```sh {{#wait host=box danger=read timeout=60s}}\nuntil [ -e go ]; do sleep 0.1; done\n{last}\n```\n"
    )
}

/// A console on this machine with a run that goes on, and its screen in front.
fn running(settings: &str, last: &str, more: &[(&str, &str)]) -> (tempfile::TempDir, Pty) {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = home.path().join("quarterdeck").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    let place = home.path().display();
    let document = document(last).replace("[ -e go ]", &format!("[ -e {place}/go ]"));
    write("config.toml", settings);
    write("sites/here/procedures/sleep.md", &document);
    write(
        "sites/here/site.toml",
        "[environments.dev.hosts]\nbox = { local = true, become = 'never' }\n[services.none]\nhosts = 'all'\n\
         units = 'qd-no-such-unit.service'\nexpected = 'stopped'\n",
    );
    let mut launch = Launch::qd(&["here", "-e", "dev"])
        .variable("HOME", home.path())
        .variable("XDG_CONFIG_HOME", home.path())
        .variable("XDG_STATE_HOME", home.path().join("state"))
        .variable("XDG_DATA_HOME", home.path().join("data"))
        .without("TMUX")
        .folder(home.path())
        .size(110, 30);
    for (name, value) in more {
        launch = launch.variable(name, *value);
    }
    let mut pty = launch.start();
    pty.wait_for("Overview").keys("3");
    pty.wait_until(SOON, "the link", |pty| pty.screen().contains("reached by this machine"));
    pty.keys("4").wait_for("Sleep").keys("enter").wait_for("until");
    pty.keys("R").wait_for("Press enter to begin").keys("enter");
    pty.wait_until(SOON, "the run", |pty| !pty.screen().contains("begin") && !pty.screen().contains("not begun"));
    (home, pty)
}

fn go(home: &tempfile::TempDir) {
    std::fs::write(home.path().join("go"), "").unwrap();
}

fn bells(pty: &Pty) -> usize {
    pty::sequences::bells(pty.written())
}

fn assert_closed_list(pty: &Pty) {
    assert_eq!(pty::sequences::outside(pty.written()), [""; 0]);
}

#[test]
fn whoever_is_elsewhere_is_called_when_a_run_needs_somebody_and_the_title_counts_it() {
    let (home, mut pty) = running("", "exit 3", &[]);
    assert_eq!((pty.count(PUT_ASIDE), pty.count(TITLE.as_bytes()) > 0), (1, true), "{pty:?}");
    pty.send(LOST_FOCUS);
    go(&home);
    pty.wait_until(SOON, "the title", |pty| pty.count(WAITS.as_bytes()) == 1);
    pty.wait_quiet(Duration::from_millis(200));
    assert_eq!(bells(&pty), 1, "{pty:?}");
    assert_eq!(pty.count(b"\x1b]9;") + pty.count(b"\x1b]777;"), 0, "no desktop unless it is set: {pty:?}");
    pty.keys("q q");
    pty.wait_for("Leave in the middle of a run").keys("y");
    pty.wait_exit(SOON);
    assert_eq!(pty.count(GIVEN_BACK), 1, "{pty:?}");
    assert_restored(&pty);
    assert_closed_list(&pty);
}

#[test]
fn whoever_looks_is_not_called() {
    let (home, mut pty) = running("[notices]\nbell = 'always'\n", "exit 3", &[]);
    go(&home);
    pty.wait_until(SOON, "the title", |pty| pty.count(WAITS.as_bytes()) == 1);
    pty.wait_quiet(Duration::from_millis(200));
    assert_eq!(bells(&pty), 0, "{pty:?}");
}

#[test]
fn an_end_is_a_notice_of_the_desktop_where_that_is_wanted_also_through_tmux() {
    let settings = "[notices]\nbell = 'never'\ntitle = false\ndesktop = 'osc777'\n";
    let (home, mut pty) = running(settings, "true", &[]);
    // Another screen is in front.
    pty.keys("1").wait_for("goes on");
    go(&home);
    pty.wait_until(SOON, "the notice", |pty| pty.count(b"\x1b]777;notify;Quarterdeck;here dev: run ") == 1);
    pty.wait_quiet(Duration::from_millis(200));
    assert_eq!((bells(&pty), pty.count(b"\x1b]2;"), pty.count(PUT_ASIDE)), (0, 0, 0), "{pty:?}");
    assert_closed_list(&pty);
    pty.signal(Signal::TERM).wait_exit(patient(SECOND));
    assert_eq!(pty.count(GIVEN_BACK), 0, "{pty:?}");

    let settings = "[notices]\nbell = 'always'\ndesktop = 'osc9'\ntmux = true\n";
    let (home, mut pty) = running(settings, "true", &[("TMUX", "/tmp/tmux-0/default,1,0")]);
    pty.send(LOST_FOCUS);
    go(&home);
    pty.wait_until(SOON, "the notice", |pty| pty.count(b"\x1bPtmux;\x1b\x1b]9;qd: here dev: run ") == 1);
    pty.wait_until(SOON, "the bell", |pty| bells(pty) == 1);
}

#[test]
fn a_shell_gets_the_title_that_the_window_had_and_so_does_what_comes_after_a_stop() {
    let (home, mut pty) = running("", "true", &[("SHELL", "/bin/sh"), ("PS1", "$ ")]);
    pty.keys("3 s");
    pty.wait_until(SOON, "the title given back", |pty| pty.count(GIVEN_BACK) == 1);
    // What is typed before the shell is there is for nobody.
    pty.wait_until(SOON, "the shell's prompt", |pty| pty.screen().lines().any(|line| line.trim_end() == "$"));
    pty.send("exit\r");
    pty.wait_until(SOON, "our title again", |pty| pty.count(PUT_ASIDE) == 2 && pty.modes().alternate);
    go(&home);
    pty.signal(Signal::TERM).wait_exit(patient(SECOND));
    assert_eq!((pty.count(PUT_ASIDE), pty.count(GIVEN_BACK)), (2, 2), "{pty:?}");
}

#[test]
fn a_terminal_that_would_print_them_gets_no_texts() {
    let (home, mut pty) = running("[notices]\ndesktop = 'osc9'\n", "exit 3", &[("TERM", "linux")]);
    pty.send(LOST_FOCUS);
    go(&home);
    pty.wait_until(SOON, "the bell", |pty| bells(pty) == 1);
    assert_eq!((pty.count(b"\x1b]"), pty.count(PUT_ASIDE)), (0, 0), "{pty:?}");
}
