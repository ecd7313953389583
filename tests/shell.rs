//! A shell on a host from inside the console: over the connection that is there, on the person's own terminal, and back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/console.rs"]
mod console;
#[path = "common/pty.rs"]
#[allow(unused_imports, reason = "shared with other tests, which use the rest")]
mod pty;
#[path = "common/scene.rs"]
mod scene;
#[path = "common/sshd.rs"]
mod sshd;

use std::fs;
use std::time::Duration;

use console::Console;
use pty::{Launch, Modes, Pty, SOON};
use quarterdeck::app::Setup;
use quarterdeck::domain::Link;
use quarterdeck::engine::signals::Notice;
use quarterdeck::port::event::HostEvent;
use quarterdeck::port::{Borrower, Effect, Errand, Event, ShellEnd, ShellNews};
use rustix::process::Signal;
use sshd::Sshd;

/// What stands for a full screen of ours: the name of the first screen's tab.
const OURS: &str = "Overview";

/// A person with a site of one host, in front of the console.
struct Desk {
    home: tempfile::TempDir,
    pty: Pty,
}

/// Opens the console on one host, and waits until that is connected.
fn desk(host: &str, arguments: &[&str], shell: &str) -> Desk {
    desk_with("", host, arguments, shell)
}

/// The same with more in the site file.
fn desk_with(more: &str, host: &str, arguments: &[&str], shell: &str) -> Desk {
    let home = tempfile::tempdir().unwrap();
    let site = format!(
        "title = 'Here'\n[environments.dev.hosts]\nbox = {{ {host} }}\n[services.none]\nhosts = 'all'\n\
         units = 'qd-no-such-unit.service'\nexpected = 'stopped'\n{more}"
    );
    let file = home.path().join("quarterdeck/sites/here/site.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, site).unwrap();
    let mut pty = Launch::qd(arguments)
        .variable("XDG_CONFIG_HOME", home.path())
        .variable("XDG_STATE_HOME", home.path().join("state"))
        .variable("XDG_DATA_HOME", home.path().join("data"))
        .variable("SHELL", shell)
        .folder(home.path())
        .size(100, 30)
        .start();
    pty.wait_for(OURS);
    pty.keys("3");
    pty.wait_until(SOON, "the link", |pty| pty.screen().contains("● box"));
    pty.wait_quiet(Duration::from_millis(200));
    Desk { home, pty }
}

fn over_ssh(sshd: &Sshd, more: &[&str]) -> Desk {
    let config = sshd.path("config").display().to_string();
    let arguments: Vec<&str> = ["--ssh-config", &config].into_iter().chain(more.iter().copied()).collect();
    desk("ssh = 'box'", &arguments, "/bin/sh")
}

/// Ours again, whole and in its modes.
fn assert_back(pty: &mut Pty, says: &str) {
    pty.wait_until(SOON, says, |pty| pty.mode(1049) && pty.screen().contains(says));
    pty.wait_until(SOON, "our screen", |pty| pty.mode(1049) && pty.screen().contains(OURS));
    let modes = pty.modes();
    let ours =
        Modes { cooked: false, alternate: true, cursor_hidden: true, paste: true, focus: true, mouse: true, ..modes };
    assert_eq!(modes, ours, "{pty:?}");
    assert!(!modes.application && !modes.held, "{pty:?}");
    // Keys are ours again.
    pty.keys("1");
    pty.wait_until(SOON, "the overview", |pty| pty.screen().contains("SERVICE"));
    pty.keys("3");
}

/// Opens the shell, and waits until it waits for input.
fn open(pty: &mut Pty) {
    let before = pty.count(b"A shell on box");
    pty.keys("s").wait_until(SOON, "the screen given back", |pty| {
        !pty.mode(1049) && pty.count(b"A shell on box") > before && pty.written().ends_with(b"# ")
    });
    pty.wait_quiet(Duration::from_millis(300));
}

fn leave(mut pty: Pty) {
    pty.keys("q");
    assert_eq!(pty.wait_exit(SOON).code(), 0, "{pty:?}");
    assert_eq!(pty.modes(), Modes::NORMAL, "{pty:?}");
}

#[test]
fn a_shell_runs_over_the_connection_that_is_there_and_the_console_comes_back() {
    let sshd = Sshd::start("");
    let Desk { mut pty, home: _home } = over_ssh(&sshd, &[]);
    let logins = || fs::read_to_string(sshd.path("log")).unwrap().matches("Accepted publickey").count();
    let before = logins();
    open(&mut pty);
    pty.send("echo here=$((6*7)); tty\n").wait_for("here=42");
    pty.wait_for("/dev/pts");
    assert!(!pty.screen().contains(OURS), "{}", pty.screen());
    // These keys are the shell's.
    pty.send("sleep 600\n").read_during(Duration::from_millis(300));
    pty.send("\x03").read_during(Duration::from_millis(200));
    pty.send("echo alive=$((1+1))\n").wait_for("alive=2").send("exit\n");
    assert_back(&mut pty, "The shell on box ended after");
    assert_eq!(logins(), before, "no login of its own");
    // And once more, with the word about how it ended.
    open(&mut pty);
    pty.send("exit 3\n");
    assert_back(&mut pty, ", exit 3.");
    leave(pty);
}

#[test]
fn what_a_shell_leaves_behind_is_mended() {
    let Desk { mut pty, home: _home } = desk("local = true", &[], "/bin/bash");
    open(&mut pty);
    // Raw, on the alternate screen, half a sequence, other characters, a scrolling region, the mouse, application keys.
    pty.send("stty raw -echo; printf '\\033[?1049h\\033[?1003h\\033[?1h\\033=\\033[3;5r\\033(0\\033[31;7m\\033]0;never ended'; kill -9 $$\n");
    assert_back(&mut pty, "The shell on box was ended by SIGKILL");
    // A resize meanwhile is not missed either.
    open(&mut pty);
    pty.resize(120, 40);
    pty.send("exit\n");
    assert_back(&mut pty, "The shell on box ended");
    assert_eq!(pty.screen().lines().count(), 40, "{}", pty.screen());
    leave(pty);
}

#[test]
fn keys_and_stops_inside_the_shell_are_its_own() {
    let Desk { mut pty, home: _home } = desk("local = true", &[], "/bin/bash");
    let qd = pty.pid();
    open(&mut pty);
    pty.send("sleep 600\n").read_during(Duration::from_millis(300));
    pty.send("\x1a").wait_for("Stopped");
    assert_ne!(pty::state(qd), 'T', "ctrl-z stopped a job of the shell, not the console");
    pty.send("kill %1; echo still=$((1+2))\n").wait_for("still=3");
    pty.signal(Signal::INT).signal(Signal::TSTP);
    pty.read_during(Duration::from_millis(1500));
    assert!(pty.state() != 'Z' && pty.state() != 'T', "{pty:?}");
    // A shell that stops itself would wait for ever.
    pty.send("kill -STOP $$\n").read_during(Duration::from_millis(400));
    pty.send("echo on=$((2+3))\n").wait_for("on=5").send("exit\n");
    assert_back(&mut pty, "The shell on box ended");
    leave(pty);
}

#[test]
fn the_end_of_the_console_is_the_end_of_the_shell() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let Desk { mut pty, home: _home } = desk("local = true", &[], "/bin/bash");
        open(&mut pty);
        pty.send("stty -echo; echo pid=$$.\n").wait_until(SOON, "its number", |pty| pty.screen().contains("pid="));
        pty.wait_until(SOON, "its number", |pty| number_after(&pty.screen(), "pid=").is_some());
        let shell = number_after(&pty.screen(), "pid=").unwrap();
        pty.signal(signal);
        assert_eq!(pty.wait_exit(SOON).code(), code, "{pty:?}");
        assert_eq!(pty.modes(), Modes::NORMAL, "{pty:?}");
        sshd::until("the end of the shell", SOON, || has_ended(shell));
    }
    // Killed in a way that leaves no time for anything.
    let Desk { mut pty, home: _home } = desk("local = true", &[], "/bin/bash");
    open(&mut pty);
    pty.send("echo pid=$$.\n").wait_until(SOON, "its number", |pty| number_after(&pty.screen(), "pid=").is_some());
    let shell = number_after(&pty.screen(), "pid=").unwrap();
    pty.signal(Signal::KILL).wait_exit(SOON);
    sshd::until("the end of the shell", SOON, || has_ended(shell));
}

/// Whether a process is gone, or only waits for the system to take note of its end.
fn has_ended(process: i32) -> bool {
    matches!(pty::state(rustix::process::Pid::from_raw(process).unwrap()), 'Z' | '-')
}

/// The number that stands behind a word and before a full stop.
fn number_after(screen: &str, word: &str) -> Option<i32> {
    screen.split(word).skip(1).find_map(|rest| rest.split_once('.')?.0.parse().ok())
}

#[test]
fn a_lost_link_ends_the_shell_and_a_refused_session_is_told() {
    let mut sshd = Sshd::start("");
    let Desk { mut pty, home: _home } = over_ssh(&sshd, &[]);
    open(&mut pty);
    pty.send("echo ready=$((3*3))\n").wait_for("ready=9");
    for pid in sshd.connections() {
        let _ = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
    }
    assert_back(&mut pty, "The shell on box ended after");
    leave(pty);

    // A host with one session, which a slow command has: there is none left for a shell.
    sshd.serve("MaxSessions 1");
    let config = sshd.path("config").display().to_string();
    let slow = "[services.none.probes.slow]\ncommand = ['sleep', '60']\ntimeout = '50s'\ninterval = '51s'\n";
    let Desk { mut pty, home: _home } = desk_with(slow, "ssh = 'box'", &["--ssh-config", &config], "/bin/sh");
    sshd::until("the slow command", SOON, || {
        pty.read_during(Duration::from_millis(50));
        fs::read_dir("/proc").unwrap().filter_map(Result::ok).any(|process| {
            let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
            line.starts_with(b"sleep\x0060\x00")
        })
    });
    pty.keys("s");
    assert_back(&mut pty, "MaxSessions");
    leave(pty);
}

#[test]
fn a_console_that_may_only_look_opens_no_shell() {
    let Desk { mut pty, home: _home } = desk("local = true", &["--read-only"], "/bin/bash");
    pty.keys("s").wait_for("the console is read-only");
    assert!(pty.mode(1049));
    leave(pty);
}

fn headless(setup: Setup) -> Console {
    let mut console = Console::begin("02:12:05", (120, 40), setup);
    console.keys("esc");
    console.say(Event::Opened(std::sync::Arc::new(scene::production())));
    let now = console.now();
    scene::first_second(now).into_iter().for_each(|event| console.say(event));
    console.keys("/").types("backend").keys("enter");
    console.asked();
    console
}

fn setup() -> Setup {
    Setup { sites: vec![scene::site()], ..Setup::default() }
}

fn errand() -> Errand {
    Errand { whose: Borrower::Shell(scene::host_name("app-1")), program: vec!["ssh".into()], said: None }
}

#[test]
fn news_are_taken_in_while_the_shell_has_the_screen() {
    let mut console = headless(setup());
    console.keys("s");
    assert!(console.asked().contains(&Effect::Shell(scene::host_name("app-1"))));
    assert_eq!(console.0.shown().lent.len(), 1);
    // What is typed now is not for the console, be it ever so early.
    console.keys("q");
    console.say(Event::Shell(ShellNews::Ready(errand())));
    console.keys("q ctrl-c ctrl-c");
    let frames = console.0.shown().frames;
    let lost = Link::Connecting { since: console.now().mono, attempt: 2 };
    console.say(Event::Host(scene::host_name("db-1"), HostEvent::Link(lost)));
    for notice in [Notice::Stop(2), Notice::Suspend, Notice::Continued, Notice::Resized] {
        console.0.notice(notice);
    }
    console.pass(Duration::from_secs(185));
    assert_eq!(console.0.shown().frames, frames, "nothing is drawn over the shell");
    assert!(console.0.ended().is_none());
    console.0.shell_ends(ShellEnd::Left(1));
    assert!(console.screen().contains("The shell on app-1 ended after 3m, exit 1."), "{}", console.screen());
    assert!(console.row(0).contains("db-1 connecting"), "{}", console.row(0));
    // And it is stopped by what asks for the end.
    console.keys("s");
    console.say(Event::Shell(ShellNews::Ready(errand())));
    console.0.notice(Notice::Stop(15));
    assert!(console.0.ended().is_some());
}

#[test]
fn a_key_that_ended_the_program_is_not_taken_for_ours_when_its_signal_is_heard_of_late() {
    let mut console = headless(setup());
    console.keys("s");
    console.say(Event::Shell(ShellNews::Ready(errand())));
    console.0.shell_ends(ShellEnd::Killed(3));
    for notice in [Notice::Stop(3), Notice::Stop(2), Notice::Suspend] {
        console.0.notice(notice);
    }
    assert!(console.0.ended().is_none());
    assert_eq!(console.0.shown().suspended, 0);
    assert!(console.screen().contains("The shell on app-1 was ended by SIGQUIT"), "{}", console.screen());
    // Later it is no key that makes it: no key makes a signal while the terminal is ours.
    console.pass(Duration::from_secs(2));
    console.0.notice(Notice::Stop(3));
    assert!(console.0.ended().is_some());
}

#[test]
fn without_a_shell_the_console_comes_back_and_says_why() {
    let mut console = headless(setup());
    console.keys("s");
    console.say(Event::Shell(ShellNews::Refused("app-1 is not connected.".to_owned())));
    assert!(console.screen().contains("app-1 is not connected."), "{}", console.screen());
    console.keys("s");
    console.pass(Duration::from_secs(6));
    assert!(console.screen().contains("No shell: the way to the host was not found in time."), "{}", console.screen());
    // The answer that comes too late opens nothing.
    console.say(Event::Shell(ShellNews::Ready(errand())));
    assert_eq!(console.0.shown().errand, None);

    let mut drill = headless(Setup { drill: Some("a night".to_owned()), ..setup() });
    drill.keys("s");
    assert!(drill.screen().contains("a drill has no hosts to log in to"), "{}", drill.screen());
}

#[test]
fn the_pager_has_the_terminal_and_a_private_file_until_it_ends() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let runtime = home.path().join("run");
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
    let mut pty = Launch::qd(&["drill", "--scenario", "calm"])
        .variable("XDG_CONFIG_HOME", home.path())
        .variable("XDG_STATE_HOME", home.path().join("state"))
        .variable("XDG_DATA_HOME", home.path().join("data"))
        .variable("XDG_RUNTIME_DIR", &runtime)
        .variable("PAGER", "sh -c 'echo secure=$LESSSECURE; ls -l \"$1\"; wc -l <\"$1\"; read x' pager")
        .folder(home.path())
        .size(100, 30)
        .start();
    pty.wait_for(OURS);
    pty.keys("2");
    pty.wait_until(SOON, "lines", |pty| pty.screen().contains("following") && pty.screen().contains(" info "));
    pty.keys("o").wait_for("secure=1");
    pty.wait_for("-rw------- ");
    let files = || -> usize {
        let folders = fs::read_dir(runtime.join("qd")).unwrap().flatten().filter(|entry| entry.path().is_dir());
        let all = folders.flat_map(|folder| fs::read_dir(folder.path()).unwrap().flatten());
        all.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "log")).count()
    };
    assert_eq!(files(), 1);
    pty.wait_quiet(Duration::from_millis(200));
    pty.send("\n");
    assert_back(&mut pty, "The pager showed");
    assert_eq!(files(), 0);
    // Keys that end the pager by a signal leave the console as it is.
    pty.keys("2");
    for key in ["\x1c", "\x03", "\x1c"] {
        let before = pty.count(b"secure=1");
        pty.keys("o").wait_until(SOON, "the pager", |pty| pty.count(b"secure=1") > before && !pty.mode(1049));
        pty.wait_quiet(Duration::from_millis(200));
        pty.send(key).wait_until(SOON, "our screen", |pty| pty.mode(1049) && pty.screen().contains(OURS));
        pty.read_during(Duration::from_millis(1200));
        assert!(pty.state() != 'Z' && pty.mode(1049), "{pty:?}");
        assert_eq!(files(), 0);
    }
    leave(pty);
}
