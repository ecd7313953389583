//! D7 to D9: sizes, no terminal at all, and a terminal that nobody reads.

use super::*;

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
fn nothing_but_text_and_our_own_sequences_is_written() {
    for (bytes, wrong) in [
        (&b"text \x1b[1;31mred\x1b[0m\x1b[2;3H\x1b[?2026h\x1b]52;c;cQ==\x07"[..], 0),
        (b"\x1b]0;title\x07", 1),
        ("\x1b[22;2t\x1b]2;qd · a b\x1b\\\x1b[23;2t\x07".as_bytes(), 0),
        (b"\x1b]2;qd \xC2\x9B\x1b\\\x1b]9;4;1\x1b\\\x1b[21t", 3),
        (b"\x1b[?1003h\x1b[5n\x1bc\n", 4),
        ("\u{9b}31m".as_bytes(), 1),
        (b"\x1b[31", 1),
    ] {
        assert_eq!(pty::sequences::outside(bytes).len(), wrong, "{:?}", pty::sequences::outside(bytes));
    }
    let mut pty = bare().variable("QD_FAULT", "flood").start();
    pty.wait_drawn().keys("j k down tab esc ctrl-l");
    pty.resize(132, 50).send(STRIKE).paste("\x1b]0;title\x07");
    pty.read_during(Duration::from_millis(500));
    pty.signal(Signal::TERM).wait_exit(patient(SECOND));
    assert_eq!(pty::sequences::outside(pty.written()), [""; 0]);
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
