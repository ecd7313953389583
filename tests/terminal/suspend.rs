//! D6: stopped and continued, by the person, by a signal, and behind its back.

use super::*;

/// A shell with job control that has started us, and our process.
fn under_a_shell() -> (Pty, Pid) {
    let mut pty = Launch::program("bash", &["--norc", "--noprofile", "--noediting", "-i"])
        .variable("PS1", "$(echo ready)> ")
        .start();
    pty.wait_for("ready>");
    pty.send(format!("{} bare\n", env!("CARGO_BIN_EXE_qd"))).wait_drawn();
    let qd = *pty.children().first().expect("the shell has started it");
    (pty, qd)
}

fn wait_stopped(pty: &mut Pty, qd: Pid) {
    pty.wait_until(SOON, "the stop", |_| pty::state(qd) == 'T');
    pty.wait_until(SOON, "the prompt", |pty| pty.screen().contains("Stopped"));
    pty.wait_quiet(Duration::from_millis(60));
    assert_eq!(pty.modes(), Modes::NORMAL, "{pty:?}");
}

#[test]
fn d06_ctrl_z_and_the_stop_signal_give_the_terminal_back_and_fg_draws_everything() {
    for _ in 0..rounds(1) {
        let (mut pty, qd) = under_a_shell();
        let first = pty.screen();
        pty.send(CTRL_Z);
        wait_stopped(&mut pty, qd);
        pty.send("clear; fg\n");
        pty.wait_until(SOON, "the same screen", |pty| pty.mode(1049) && pty.screen() == first);
        assert!(!pty.modes().cooked);

        // The signal does the same as the key; the window has another size afterwards.
        pty.signal_to(qd, Signal::TSTP);
        wait_stopped(&mut pty, qd);
        pty.resize(100, 30).send("clear; fg\n");
        pty.wait_until(SOON, "the alternate screen", |pty| pty.mode(1049) && !pty.screen().contains("fg"));
        assert_alive(&mut pty);

        // Sent to the background it does not touch the terminal, but stops again.
        pty.send(CTRL_Z);
        wait_stopped(&mut pty, qd);
        pty.send("clear; bg\n");
        pty.wait_until(SOON, "the job in the background", |pty| pty.screen().contains('&'));
        pty.wait_until(SOON, "the second stop", |_| pty::state(qd) == 'T');
        pty.wait_quiet(Duration::from_millis(100));
        assert_eq!(pty.modes(), Modes::NORMAL, "{pty:?}");
        pty.send("fg\n");
        pty.wait_until(SOON, "the alternate screen", |pty| pty.mode(1049));
        assert_alive(&mut pty);

        // Killed while it is stopped.
        pty.send(CTRL_Z);
        wait_stopped(&mut pty, qd);
        pty.send("clear; kill %1; wait; echo over=$?\n").wait_for("over=");
        pty.wait_until(SOON, "its end", |_| matches!(pty::state(qd), '-' | 'Z'));
        pty.wait_quiet(Duration::from_millis(100));
        assert_eq!(pty.modes(), Modes::NORMAL, "{pty:?}");
    }
}

#[test]
fn d06_frozen_and_continued_it_draws_everything_in_the_new_size() {
    for _ in 0..rounds(1) {
        let mut pty = drawn();
        let first = pty.screen();
        pty.signal(Signal::STOP);
        pty.wait_until(SOON, "the stop", |pty| pty.state() == 'T');
        pty.resize(100, 30);
        let before = pty.written().len();
        pty.signal(Signal::CONT);
        pty.wait_until(SOON, "a frame", |pty| pty.written().len() > before && !pty.mode(2026));
        pty.wait_quiet(Duration::from_millis(100));
        let drawn = String::from_utf8_lossy(&pty.written()[before..]).into_owned();
        assert!(drawn.contains("\x1b[2J"), "everything is drawn anew: {drawn:?}");
        let top = |screen: &str| screen.lines().next().unwrap_or_default().trim_end().to_owned();
        assert_eq!(top(&pty.screen()), top(&first));
        assert!(!pty.modes().cooked);
        let exit = pty.signal(Signal::TERM).wait_exit(patient(SECOND));
        assert_eq!(exit.code(), 143);
        assert_restored(&pty);
    }
}

#[test]
fn d06_without_a_shell_behind_it_ctrl_z_does_nothing() {
    let mut pty = drawn();
    pty.send(CTRL_Z);
    assert_alive(&mut pty);
    assert_ne!(pty.state(), 'T');
    assert!(pty.modes().alternate);
}

#[test]
fn d06_continued_on_a_terminal_that_takes_nothing_it_waits_and_draws_when_it_can() {
    let mut pty = drawn();
    pty.signal(Signal::STOP);
    pty.wait_until(SOON, "the stop", |pty| pty.state() == 'T');
    pty.clog().signal(Signal::CONT);
    std::thread::sleep(SECOND);
    assert_ne!(pty.state(), 'Z');
    let before = pty.count(b"\x1b[?1049h");
    pty.wait_until(SOON, "the alternate screen", |pty| pty.count(b"\x1b[?1049h") > before);
    assert_alive(&mut pty);
    assert!(pty.modes().mouse && pty.modes().paste);
    assert_eq!(pty.signal(Signal::TERM).wait_exit(patient(SECOND)).code(), 143);
    assert_restored(&pty);
}
