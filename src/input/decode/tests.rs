//! The decoder by example, and by property: any split is like the whole, and nothing partial acts.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const START: Moment = Moment(Duration::from_secs(100));

fn all(bytes: &[u8]) -> Vec<Input> {
    Decoder::default().feed(bytes, START)
}

fn key(bytes: &[u8]) -> Key {
    match all(bytes).as_slice() {
        [Input::Key(key)] => *key,
        other => panic!("{bytes:?} gave {other:?}"),
    }
}

fn held(code: KeyCode, held: &str) -> Key {
    let modifiers = Modifiers { control: held.contains('c'), alt: held.contains('a'), shift: held.contains('s') };
    Key { code, modifiers }
}

/// Feeds, then lets time pass until nothing is pending.
fn settled(bytes: &[u8]) -> Vec<Input> {
    let mut decoder = Decoder::default();
    let mut found = decoder.feed(bytes, START);
    for _ in 0..4 {
        if let Some(deadline) = decoder.deadline() {
            found.extend(decoder.expire(deadline));
        }
    }
    assert_eq!(decoder.deadline(), None);
    found
}

#[test]
fn keys_of_every_kind() {
    use KeyCode::*;
    for (bytes, code, with) in [
        (&b"q"[..], Char('q'), ""),
        (b"G", Char('G'), ""),
        (b"\r", Enter, ""),
        (b"\n", Char('j'), "c"),
        (b"\t", Tab, ""),
        (b"\x7f", Backspace, ""),
        (b"\x00", Char(' '), "c"),
        (b"\x03", Char('c'), "c"),
        (b"\x1f", Char('_'), "c"),
        (b"\x1bx", Char('x'), "a"),
        (b"\x1b1", Char('1'), "a"),
        (b"\x1b\r", Enter, "a"),
        (b"\x1b\x01", Char('a'), "ac"),
        ("é".as_bytes(), Char('é'), ""),
        ("漢".as_bytes(), Char('漢'), ""),
        ("🦀".as_bytes(), Char('🦀'), ""),
        ("\x1bé".as_bytes(), Char('é'), "a"),
        (b"\x1b[A", Up, ""),
        (b"\x1bOA", Up, ""),
        (b"\x1b[1;5A", Up, "c"),
        (b"\x1b[1;2D", Left, "s"),
        (b"\x1b[1;8C", Right, "sac"),
        (b"\x1b[H", Home, ""),
        (b"\x1bOF", End, ""),
        (b"\x1b[1~", Home, ""),
        (b"\x1b[2~", Insert, ""),
        (b"\x1b[3;5~", Delete, "c"),
        (b"\x1b[5~", PageUp, ""),
        (b"\x1b[6^", PageDown, "c"),
        (b"\x1b[Z", BackTab, ""),
        (b"\x1bOP", F(1), ""),
        (b"\x1b[1;5R", F(3), "c"),
        (b"\x1b[[B", F(2), ""),
        (b"\x1b[11~", F(1), ""),
        (b"\x1b[15~", F(5), ""),
        (b"\x1b[17~", F(6), ""),
        (b"\x1b[21~", F(10), ""),
        (b"\x1b[24;2~", F(12), "s"),
        (b"\x1b[34~", F(20), ""),
        (b"\x1b[97u", Char('a'), ""),
        (b"\x1b[97;5u", Char('a'), "c"),
        (b"\x1b[97;2u", Char('A'), ""),
        (b"\x1b[97;69u", Char('a'), "c"),
        (b"\x1b[97;1:1u", Char('a'), ""),
        (b"\x1b[9;2u", BackTab, ""),
        (b"\x1b[27u", Esc, ""),
        (b"\x1b[57387u", F(24), ""),
        (b"\x1b[57400u", Char('1'), ""),
        (b"\x1b[27;5;13~", Enter, "c"),
    ] {
        assert_eq!(key(bytes), held(code, with), "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn mouse_focus_and_what_is_none_of_ours() {
    assert_eq!(all(b"\x1b[<0;12;3M"), [Input::Click(11, 2)]);
    assert_eq!(all(b"\x1b[<16;300;200M"), [Input::Click(299, 199)]);
    assert_eq!(all(b"\x1b[<64;1;1M"), [Input::Wheel(0, 0, true)]);
    assert_eq!(all(b"\x1b[<65;1;1M"), [Input::Wheel(0, 0, false)]);
    assert_eq!(all(b"\x1b[I\x1b[O"), [Input::Focus(true), Input::Focus(false)]);
    for swallowed in [
        &b"\x1b[<0;12;3m"[..],
        b"\x1b[<2;12;3M",
        b"\x1b[<32;12;3M",
        b"\x1b[<0;0;3M",
        b"\x1b[<0;99999999;3M",
        b"\x1b[M q!",
        b"\x1b[0;1;1M",
        b"\x1b[?62;22c",
        b"\x1b[>0;276;0c",
        b"\x1b[24;80R",
        b"\x1b[201~",
        b"\x1b[97;1:3u",
        b"\x1b[97;9u",
        b"\x1b[57438u",
        b"\x1b[1;=A",
        b"\x1b[5 q",
        b"\x1b[1\x80",
        b"\x1b[1\x18",
        b"\x1b]11;rgb:0000/0000/0000\x1b\\",
        b"\x1b]52;c;cXVpdA==\x07",
        b"\x1bP1$r0m\x1b\\",
        b"\x1b_Gi=1;OK\x1b\\",
        b"\xff\xfe\xc0\x80",
        b"\xc2\x9b",
        b"\xe2\x28".get(..1).unwrap(),
    ] {
        assert_eq!(settled(swallowed), [], "{:?}", String::from_utf8_lossy(swallowed));
    }
    let long = [b"\x1b[".to_vec(), vec![b'1'; 5000], b"A".to_vec()].concat();
    assert_eq!(settled(&long), []);
}

#[test]
fn a_lone_escape_is_a_key_after_its_time_and_not_before() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b", START), []);
    let deadline = decoder.deadline().unwrap();
    assert!(deadline <= START.after(Duration::from_millis(50)));
    assert_eq!(decoder.expire(Moment(deadline.0 - Duration::from_nanos(1))), []);
    assert_eq!(decoder.expire(deadline), [Input::Key(Key::plain(KeyCode::Esc))]);
    assert_eq!(decoder.feed(b"q", deadline), [Input::Key(Key::char('q'))]);
    // Two in a row: the first is a key for certain, the second may begin something.
    assert_eq!(decoder.feed(b"\x1b\x1b", deadline), [Input::Key(Key::plain(KeyCode::Esc))]);
    assert_eq!(decoder.feed(b"[A", deadline), [Input::Key(Key::plain(KeyCode::Up))]);
}

#[test]
fn nothing_partial_acts_however_late_the_rest_comes() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b[", START), []);
    let later = START.after(Duration::from_millis(500));
    assert_eq!(decoder.expire(later), []);
    assert_eq!(decoder.feed(b"A", later), [Input::Key(Key::plain(KeyCode::Up))]);
    for partial in [&b"\x1b["[..], b"\x1b[1;", b"\x1bO", b"\x1b]0;rm", b"\xe6\xbc", b"\x1b[M ", b"\x1b[<0;1"] {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.feed(partial, START), []);
        let end = decoder.deadline().unwrap();
        assert!(end <= START.after(Duration::from_secs(2)));
        assert_eq!(decoder.expire(end), []);
        assert_eq!(decoder.feed(b"q", end), [Input::Key(Key::char('q'))]);
    }
}

#[test]
fn a_paste_is_one_thing() {
    assert_eq!(all(b"\x1b[200~q\r\ny\rquit\x1b[201~"), [Input::Paste("q\ny\nquit".into())]);
    assert_eq!(all(b"\x1b[200~\x1b[A\x1b\x1b[20\x1b[201~"), [Input::Paste("\x1b[A\x1b\x1b[20".into())]);
    assert_eq!(all(b"\x1b[200~\xff\x1b[201~"), [Input::Paste("\u{FFFD}".into())]);
}

#[test]
fn a_long_paste_is_cut_and_counted() {
    let mut decoder = Decoder::default();
    let mut found = decoder.feed(b"\x1b[200~", START);
    for _ in 0..10 {
        found.extend(decoder.feed(&vec![b'q'; 1 << 20], START));
    }
    found.extend(decoder.feed(b"\x1b[201~", START));
    assert_eq!(found, [Input::Paste("q".repeat(1 << 20))]);
    assert_eq!(decoder.cut(), 9 << 20);
}

#[test]
fn a_paste_without_an_end_is_given_up_in_time_and_its_rest_never_acts() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b[200~y", START), []);
    let end = decoder.deadline().unwrap();
    assert!(end <= START.after(Duration::from_secs(2)));
    assert_eq!(decoder.expire(end), [Input::Paste("y".into())]);
    // The rest comes late, as a burst.
    let late = end.after(Duration::from_secs(3));
    assert_eq!(decoder.feed(b"\ry\ry\ryes, do it now, all of it\r", late), []);
    let quiet = decoder.deadline().unwrap();
    assert_eq!(decoder.expire(quiet), []);
    // Keys of the person, one by one, do act.
    assert_eq!(decoder.feed(b"\x1b[B", quiet), []);
    let shown = decoder.deadline().unwrap();
    assert!(shown <= quiet.after(Duration::from_millis(50)));
    assert_eq!(decoder.expire(shown), [Input::Key(Key::plain(KeyCode::Down))]);
    // And after a while all is as before.
    let end = decoder.deadline().unwrap();
    assert_eq!(decoder.expire(end), []);
    assert_eq!(decoder.feed(b"qqqqqqqqqqqqqqqqqqqqqqqq", end).len(), 24);
}

#[test]
fn a_person_is_not_locked_in_an_unfinished_paste() {
    let mut decoder = Decoder::default();
    let mut now = START;
    decoder.feed(b"\x1b[200~", now);
    for _ in 0..40 {
        now = now.after(Duration::from_millis(100));
        if let Some(Input::Paste(_)) = decoder.expire(now).first() {
            assert!(now <= START.after(Duration::from_secs(2)));
            return;
        }
        decoder.feed(b"j", now);
    }
    panic!("still in the paste");
}

#[test]
fn the_end_of_a_paste_inside_a_paste_opens_no_door() {
    let mut decoder = Decoder::default();
    let found = decoder.feed(b"\x1b[200~harmless\x1b[201~\ryes\r\x1b[201~", START);
    assert_eq!(found, [Input::Paste("harmless".into())]);
    let quiet = decoder.deadline().unwrap();
    assert_eq!(decoder.expire(quiet), []);
    assert_eq!(decoder.deadline(), None);
    assert_eq!(decoder.cut(), 5 + 6);
    // A key right after a paste is only a little late.
    let found = decoder.feed(b"\x1b[200~x\x1b[201~q", quiet);
    assert_eq!(found, [Input::Paste("x".into())]);
    assert_eq!(decoder.expire(decoder.deadline().unwrap()), [Input::Key(Key::char('q'))]);
}

/// Bytes that are more often sequences than chance would have them.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..6),
        proptest::sample::select(vec![
            b"\x1b".to_vec(),
            b"\x1b[".to_vec(),
            b"\x1b[200~".to_vec(),
            b"\x1b[201~".to_vec(),
            b"\x1b[<0;3;4M".to_vec(),
            b"\x1b[1;5A".to_vec(),
            b"\x1b[M".to_vec(),
            b"\x1bO".to_vec(),
            b"\x1b]0;".to_vec(),
            b"\x07".to_vec(),
            "漢🦀é".as_bytes().to_vec(),
            b"12;~uq\r".to_vec(),
        ]),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_split_is_like_the_whole(bytes in bytes(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let mut split = Decoder::default();
        let mut parts = Vec::new();
        for pair in places.windows(2) {
            parts.extend(split.feed(&bytes[pair[0]..pair[1]], START));
            // Time that has not come changes nothing.
            parts.extend(split.expire(START));
        }
        let mut whole = Decoder::default();
        prop_assert_eq!(&parts, &whole.feed(&bytes, START));
        prop_assert_eq!(split.deadline(), whole.deadline());
        let end = START.after(Duration::from_secs(60));
        prop_assert_eq!(split.expire(end), whole.expire(end));
        prop_assert_eq!(split.cut(), whole.cut());
    }

    #[test]
    fn it_always_comes_to_rest(bytes in bytes()) {
        let mut decoder = Decoder::default();
        decoder.feed(&bytes, START);
        for _ in 0..4 {
            let Some(deadline) = decoder.deadline() else { break };
            prop_assert!(deadline <= START.after(Duration::from_secs(12)));
            decoder.expire(deadline);
        }
        // A string that is cut by its own time, a tail of keys that begins something new: four steps end all.
        prop_assert_eq!(decoder.deadline(), None);
    }
}
