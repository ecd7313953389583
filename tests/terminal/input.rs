//! D10 and D11: pastes and hostile bytes.

use super::*;

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
        // What ends or stops the console is left out, and enter, by which the help would do the same; also what opens
        // the palette and the help, which weigh all actions at each key: that takes a debug build minutes.
        let soup: Vec<u8> = (0..65536)
            .map(|_| random.below(256) as u8)
            .map(|b| if b"qQ?\x03\x1a\x04\x10:\r\n".contains(&b) { b'.' } else { b })
            .collect();
        pty.send(soup);
        // What it says of its end is soon lost among what the terminal echoes.
        assert_ne!(pty.state(), 'Z', "it ended, and said: {:.2000}; {pty:?}", afterwards(&pty));
    }
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
fn every_key_of_the_keymap_can_be_typed() {
    let keymap = include_str!("../../keymaps/default.toml");
    let tables: toml::Table = keymap.parse().unwrap();
    let mut seen = 0;
    for (_, actions) in &tables {
        for (action, names) in actions.as_table().into_iter().flatten() {
            for name in names.as_array().into_iter().flatten().filter_map(|name| name.as_str()) {
                let keys = quarterdeck::input::key_name::parse_sequence(name).unwrap();
                let mut decoder = quarterdeck::input::decode::Decoder::default();
                let mut typed = Vec::new();
                for key in &keys {
                    typed.extend(decoder.feed(&pty::keys::bytes(*key), Default::default()));
                    if let Some(deadline) = decoder.deadline() {
                        typed.extend(decoder.expire(deadline));
                    }
                }
                let wanted: Vec<_> = keys.into_iter().map(quarterdeck::port::Input::Key).collect();
                assert_eq!(typed, wanted, "{action} has {name}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "the keymap has {seen} keys");
}
