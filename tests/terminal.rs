//! The faults of the terminal, D1 to D11, on the real program in a real pseudo-terminal.
//!
//! A few repetitions by default; `QD_LONG=1` makes the full number of them. Times that we promise are asserted
//! at three times their figure, because the machine of a test may be busy.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/pty.rs"]
mod pty;

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use pty::{Launch, Modes, Pty, SOON, new_pty, open_end, patient};
use rustix::process::{Pid, Signal};

/// Ctrl-alt-shift-F12, on which the fault of `QD_FAULT` strikes.
const STRIKE: &[u8] = b"\x1b[24;8~";
const LEAVE: &[u8] = b"\x1b[?1049l";
const CTRL_L: &[u8] = b"\x0c";
const CTRL_Z: &[u8] = b"\x1a";
const SECOND: Duration = Duration::from_secs(1);

fn long() -> bool {
    std::env::var_os("QD_LONG").is_some_and(|value| value == "1")
}

/// So many times, or in a long run ten times.
fn rounds(few: u32) -> u32 {
    if long() { 10 } else { few }
}

fn bare() -> Launch {
    Launch::qd(&["bare"])
}

fn drawn() -> Pty {
    let mut pty = bare().start();
    pty.wait_drawn();
    assert_eq!(
        pty.modes(),
        Modes {
            cooked: false,
            alternate: true,
            cursor_hidden: true,
            paste: true,
            focus: true,
            mouse: true,
            ..Modes::NORMAL
        }
    );
    pty
}

fn struck(fault: &str) -> Pty {
    let mut pty = bare().variable("QD_FAULT", fault).start();
    pty.wait_drawn().send(STRIKE);
    pty
}

/// The terminal is as it was found, and was given back once.
fn assert_restored(pty: &Pty) {
    assert_eq!(pty.modes(), Modes::NORMAL, "{pty:?}");
    assert_eq!(pty.count(LEAVE), 1, "{pty:?}");
}

/// What was written after the terminal was given back.
fn afterwards(pty: &Pty) -> String {
    let at = pty.written().windows(LEAVE.len()).position(|window| window == LEAVE).expect("it was given back");
    String::from_utf8_lossy(&pty.written()[at + LEAVE.len()..]).into_owned()
}

/// The end of a frame.
const FRAME: &[u8] = b"\x1b[?2026l";

/// Keys still reach the program: ctrl-l draws everything anew.
fn assert_alive(pty: &mut Pty) {
    pty.wait_quiet(Duration::from_millis(100));
    assert!(pty.state() != 'Z' && pty.mode(1049), "it has ended: {pty:?}");
    let before = pty.count(FRAME);
    pty.send(CTRL_L);
    pty.wait_until(SOON, "an answer to ctrl-l", |pty| pty.count(FRAME) > before);
    assert!(pty.mode(1049), "it has ended: {pty:?}");
}

fn assert_crashed(fault: &str, place: &str) {
    for _ in 0..rounds(2) {
        let mut pty = struck(fault);
        let exit = pty.wait_exit(patient(SECOND));
        assert_eq!(exit.code(), 70, "{pty:?}");
        assert_restored(&pty);
        let report = afterwards(&pty);
        assert!(report.contains("a mistake of its own") && report.contains(place), "{report}");
        assert_eq!(report.matches("a mistake of its own").count(), 1, "told once: {report}");
        assert!(!report.contains('\x1b'), "nothing is drawn after the end: {report:?}");
    }
}

#[test]
fn d01_a_panic_on_the_thread_of_the_loop_restores_first_and_tells_then() {
    assert_crashed("panic-ui", "struck on the thread of the loop");
}

#[test]
fn d02_a_panic_in_a_task_or_a_thread_ends_the_program() {
    assert_crashed("panic-task", "struck in a task");
    assert_crashed("panic-thread", "struck in a thread");
}

#[test]
fn d03_an_error_is_told_on_a_restored_terminal() {
    for _ in 0..rounds(2) {
        let mut pty = struck("error");
        let exit = pty.wait_exit(patient(SECOND));
        assert_eq!(exit.code(), 70, "{pty:?}");
        assert_restored(&pty);
        assert_eq!(afterwards(&pty).trim(), "The session failed, as was asked for.");
    }
}

#[test]
fn d03_the_person_quits() {
    for _ in 0..rounds(2) {
        let mut pty = drawn();
        let exit = pty.send("q").wait_exit(patient(SECOND));
        assert_eq!(exit.code(), 0, "{pty:?}");
        assert_restored(&pty);
        assert_eq!(afterwards(&pty), "");
    }
}

#[test]
fn d04_each_signal_that_ends_restores_and_has_its_exit_code() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::QUIT, 131), (Signal::HUP, 129)] {
        for _ in 0..rounds(2) {
            let mut pty = drawn();
            let exit = pty.signal(signal).wait_exit(patient(SECOND));
            assert_eq!(exit.code(), code, "{pty:?}");
            assert_restored(&pty);
            assert_eq!(afterwards(&pty), "");
        }
    }
}

#[test]
fn d04_a_loop_that_hangs_is_ended_by_the_first_signal_after_a_grace_and_by_the_second_at_once() {
    for _ in 0..rounds(1) {
        let mut pty = struck("stuck");
        pty.wait_quiet(Duration::from_millis(100));
        let exit = pty.signal(Signal::TERM).wait_exit(patient(SECOND));
        assert_eq!(exit.code(), 143, "{pty:?}");
        assert!(exit.took >= Duration::from_millis(500), "there is a grace: {exit:?}");
        assert_restored(&pty);

        let mut pty = struck("stuck");
        pty.wait_quiet(Duration::from_millis(100));
        pty.signal(Signal::TERM).read_during(Duration::from_millis(100));
        let exit = pty.signal(Signal::INT).wait_exit(Duration::from_millis(1500));
        assert_eq!(exit.code(), 130, "{pty:?}");
        assert_restored(&pty);
    }
}

/// The program ends in time, spends no time on it, and does not panic.
fn assert_ends_with_its_terminal(mut pty: Pty) {
    let before = pty.cpu();
    let exit = pty.hang_up().wait_exit(patient(SECOND));
    assert_eq!(exit.code(), 129, "{pty:?}");
    assert!(exit.cpu - before <= patient(Duration::from_millis(100)), "{exit:?}");
}

#[test]
fn d05_a_terminal_that_vanishes_ends_the_program() {
    let path = env!("CARGO_BIN_EXE_qd");
    for _ in 0..rounds(2) {
        assert_ends_with_its_terminal(drawn());

        // The hang-up signal was ignored when it began, as nohup does.
        let script = format!("trap '' HUP; exec {path} bare");
        let mut pty = Launch::program("sh", &["-c", &script]).start();
        pty.wait_drawn();
        assert_ends_with_its_terminal(pty);
    }
}

#[test]
fn d05_without_any_signal_the_end_of_input_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let ended = folder.path().join("ended");
    for _ in 0..rounds(2) {
        // The terminal does not control the session in which we run, so the system sends nothing.
        let script =
            format!("trap '' HUP; setsid {} bare; echo $? > {}; sleep 60", env!("CARGO_BIN_EXE_qd"), ended.display());
        let mut pty = Launch::program("sh", &["-c", &script]).start();
        pty.wait_drawn();
        let qd = *pty.children().first().expect("the shell has started it");
        pty.adopt(qd).hang_up();
        pty.wait_until(patient(SECOND), "its end", |_| matches!(pty::state(qd), '-' | 'Z'));
        let told = || std::fs::read_to_string(&ended).unwrap_or_default();
        pty.wait_until(SOON, "its exit code", |_| told().ends_with('\n'));
        assert_eq!(told().trim(), "129");
        std::fs::remove_file(&ended).unwrap();
    }
}

#[test]
fn d05_a_terminal_that_vanishes_while_it_is_blocked_ends_the_program() {
    assert_ends_with_its_terminal(blocked());
}

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
        assert_eq!(pty.screen().lines().next(), first.lines().next());
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
fn d07_a_storm_of_sizes_ends_in_a_frame_of_the_last_one() {
    let mut pty = drawn();
    let mut random = Random(7);
    for round in 0..500u16 {
        let size = match random.below(6) {
            0 => (1, 1),
            1 => (0, 0),
            2 => (500, 200),
            _ => (random.below(500) as u16, random.below(200) as u16),
        };
        pty.resize(size.0, size.1);
        pty.read_during(Duration::from_millis(10));
        assert_ne!(pty.state(), 'Z', "it ended in round {round}: {pty:?}");
    }
    pty.resize(90, 20);
    assert_alive(&mut pty);
    // What is there is what drawing everything anew shows.
    pty.wait_until(SOON, "the same screen after ctrl-l", |pty| {
        let last = pty.wait_quiet(Duration::from_millis(200)).screen();
        assert_alive(pty);
        pty.wait_quiet(Duration::from_millis(60)).screen() == last
    });
    let before = pty.cpu();
    pty.read_during(SECOND);
    assert!(pty.cpu() - before <= Duration::from_millis(200), "it does not come to rest: {pty:?}");
    let exit = pty.signal(Signal::TERM).wait_exit(patient(SECOND));
    assert_eq!(exit.code(), 143);
    assert_restored(&pty);
}

/// Runs without a terminal of its own where `None`; returns exit code and everything it wrote.
fn without_terminal(launch: &Launch, input: bool, output: bool) -> (i32, Vec<u8>) {
    let (master, name) = new_pty();
    let end = |tty: bool| if tty { Stdio::from(open_end(&name)) } else { Stdio::null() };
    let mut command = launch.command(false);
    command.stdin(end(input)).stderr(Stdio::piped());
    command.stdout(if output { end(true) } else { Stdio::piped() });
    let out = command.spawn().unwrap().wait_with_output().unwrap();
    let mut all = [out.stdout, out.stderr].concat();
    let mut shown = Vec::new();
    let _ = std::fs::File::from(master).read_to_end(&mut shown);
    all.extend(shown);
    (out.status.code().unwrap(), all)
}

#[test]
fn d08_without_a_usable_terminal_there_is_a_sentence_and_not_one_escape_byte() {
    for (launch, input, output, word) in [
        (bare(), false, true, "standard input"),
        (bare(), true, false, "standard output"),
        (bare(), false, false, "terminal"),
        (bare().variable("TERM", "dumb"), true, true, "TERM"),
        (bare().variable("TERM", ""), true, true, "TERM"),
        (bare().without("TERM"), true, true, "TERM"),
    ] {
        let (code, written) = without_terminal(&launch, input, output);
        let text = String::from_utf8_lossy(&written);
        assert_eq!(code, 69, "{text}");
        assert!(text.contains(word), "{text}");
        assert!(!written.contains(&0x1B), "{text:?}");
    }
}

#[test]
fn d08_with_no_color_there_are_no_colours() {
    let mut pty = bare().variable("NO_COLOR", "1").start();
    pty.wait_drawn().send("q").wait_exit(patient(SECOND));
    for colour in [&b"\x1b[38;"[..], b"\x1b[48;", b";38;", b";48;"] {
        assert_eq!(pty.count(colour), 0, "{pty:?}");
    }
}

/// A console that draws all the time on a terminal that takes nothing.
fn blocked() -> Pty {
    let mut pty = bare().variable("QD_FAULT", "flood").start();
    pty.wait_drawn().clog().send_blindly(STRIKE);
    std::thread::sleep(Duration::from_millis(500));
    pty
}

#[test]
fn d09_a_terminal_that_nobody_reads_costs_no_memory_and_goes_on_when_it_is_read() {
    let span = if long() { Duration::from_secs(60) } else { Duration::from_secs(5) };
    let mut pty = blocked();
    let (memory, cpu) = (pty.memory(), pty.cpu());
    std::thread::sleep(span);
    assert!(pty.memory() <= memory + 16 * 1024, "{} KiB, then {} KiB", memory, pty.memory());
    // The flood itself takes what it gets; more than the loop and its source would be somebody who spins.
    assert!(pty.cpu() - cpu <= span * 2, "it spins");

    // It is read again: not what has piled up, but whole frames of what is now, about thirty a second.
    pty.read_during(Duration::from_millis(300));
    let before = pty.count(FRAME);
    pty.read_during(SECOND);
    let frames = pty.count(FRAME) - before;
    assert!((5..=40).contains(&frames), "{frames} frames in a second: {pty:?}");
}

#[test]
fn d09_a_blocked_terminal_keeps_neither_a_signal_nor_a_key_from_ending() {
    for _ in 0..rounds(1) {
        let mut pty = blocked();
        let exit = pty.signal(Signal::TERM).wait_exit_unread(patient(SECOND));
        assert_eq!(exit.code(), 143);
        // Whoever reads later finds the terminal restored.
        pty.read_during(Duration::from_millis(200));
        assert_restored(&pty);

        let mut pty = blocked();
        let exit = pty.send_blindly("q").wait_exit_unread(patient(SECOND));
        assert_eq!(exit.code(), 0);
        pty.read_during(Duration::from_millis(200));
        assert_restored(&pty);
    }
}

#[test]
fn d10_a_paste_is_never_taken_for_keys() {
    let mut pty = drawn();
    for text in ["q", "q\rq\r", "\x03\x03", "\x1b[201~q\rq\ry\r", "q\x1b[201~\rq\x1b[201~q\r", &"q\r".repeat(2000)] {
        pty.paste(text);
        assert_alive(&mut pty);
    }
    let exit = pty.send("q").wait_exit(patient(SECOND));
    assert_eq!(exit.code(), 0);
    assert_restored(&pty);
}

#[test]
fn d10_a_paste_of_ten_megabytes_is_taken_in_bounded_memory() {
    let mut pty = drawn();
    let memory = pty.memory();
    pty.paste(&"q yes\r".repeat(if long() { 10 } else { 2 } * (1 << 20) / 6));
    assert_alive(&mut pty);
    assert!(pty.memory() <= memory + 16 * 1024, "{} KiB, then {} KiB", memory, pty.memory());
    assert_eq!(pty.send("q").wait_exit(patient(SECOND)).code(), 0);
}

#[test]
fn d10_a_paste_without_an_end_is_given_up_and_keys_work_again() {
    let mut pty = drawn();
    pty.send("\x1b[200~q\rq\r");
    pty.read_during(Duration::from_millis(500));
    assert_ne!(pty.state(), 'Z');
    let before = pty.count(FRAME);
    let mut last = std::time::Instant::now();
    // Keys of a person who wonders what is wrong, each a moment after the other.
    pty.wait_until(patient(Duration::from_secs(2)), "an answer to ctrl-l", |pty| {
        if last.elapsed() > Duration::from_millis(100) {
            last = std::time::Instant::now();
            pty.send(CTRL_L);
        }
        pty.count(FRAME) > before
    });
    // The rest of the paste comes late.
    pty.send("q\rq\rq\rq\rq\rq\rq\rq\rq\rq\r\x1b[201~");
    assert_alive(&mut pty);
}

#[test]
fn d11_random_bytes_and_pieces_of_sequences_do_nothing() {
    let mut pty = drawn();
    let mut random = Random(11);
    let megabytes = if long() { 10 } else { 1 };
    for _ in 0..megabytes * 16 {
        // What ends or stops the console is left out; everything else may come.
        let soup: Vec<u8> = (0..65536)
            .map(|_| random.below(256) as u8)
            .map(|b| if b"qQ\x03\x1a\x04:".contains(&b) { b'.' } else { b })
            .collect();
        pty.send(soup);
    }
    assert_ne!(pty.state(), 'Z', "{pty:?}");
    // What was left unfinished is given up in time.
    pty.send(b"\x18\x1b[201~");
    pty.read_during(Duration::from_millis(1700));
    assert_alive(&mut pty);

    // Sequences that contain keys which end the console, cut at each place: none of them acts.
    for sequence in
        ["\x1b[1;5q", "\x1b]0;q\x07", "\x1bPq\x1b\\", "\x1b[<0;1;1q", "\x1b[?1q", "\x1bOq", "\x1b[200~q\x1b[201~"]
    {
        for cut in 1..sequence.len() {
            pty.send(&sequence[..cut]);
            std::thread::sleep(Duration::from_millis(if cut == 1 { 0 } else { 60 }));
            pty.send(&sequence[cut..]);
        }
    }
    pty.read_during(Duration::from_millis(100));
    assert_alive(&mut pty);
    let exit = pty.signal(Signal::TERM).wait_exit(patient(SECOND));
    assert_eq!(exit.code(), 143);
    assert_restored(&pty);
}

#[test]
fn quiet_is_quiet() {
    let mut pty = drawn();
    let before = pty.cpu();
    let written = pty.read_during(Duration::from_secs(3));
    assert!(written <= 3 * 200, "{written} bytes were written although nothing happened: {pty:?}");
    assert!(pty.cpu() - before <= Duration::from_millis(150), "{pty:?}");
}

/// A small generator of numbers; the same seed gives the same ones.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
