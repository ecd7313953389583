//! Secrets in every form, at every cut.
#![allow(clippy::unwrap_used)]
use super::*;

const CANARY: &str = "s3cr3t/Kanarie+\"07\" <ä>";

/// As programs of every kind would print it.
fn forms() -> Vec<Vec<u8>> {
    let mut forms = vec![CANARY.as_bytes().to_vec()];
    for before in ["", "a", "ab", "user:"] {
        let text = format!("{before}{CANARY}:more");
        forms.push(STANDARD_NO_PAD.encode(&text).into_bytes());
        forms.push(URL_SAFE_NO_PAD.encode(&text).into_bytes());
        let digits = STANDARD_NO_PAD.encode(&text);
        let wrapped: Vec<&str> = digits.as_bytes().chunks(7).map(|line| std::str::from_utf8(line).unwrap()).collect();
        forms.push(wrapped.join("\n").into_bytes());
        forms.push(wrapped.join("\r\n   ").into_bytes());
    }
    let each =
        |form: fn(u8) -> String, between: &str| CANARY.bytes().map(form).collect::<Vec<_>>().join(between).into_bytes();
    forms.push(each(|byte| format!("{byte:02x}"), ""));
    forms.push(each(|byte| format!("{byte:02X}"), ":"));
    forms.push(each(|byte| format!("{byte:02x}"), " "));
    forms.push(each(|byte| format!("%{byte:02x}"), ""));
    forms.push(each(|byte| format!("\\x{byte:02x}"), ""));
    forms.push(each(|byte| format!("\\{byte:03o}"), ""));
    forms.push(CANARY.chars().map(|c| format!("\x1b[1;3{}m{c}\x1b[0m", c.len_utf8())).collect::<String>().into_bytes());
    for written in [
        // quote of Python, encodeURIComponent, forms
        "s3cr3t/Kanarie%2B%2207%22%20%3C%C3%A4%3E",
        "s3cr3t%2fKanarie%2b%2207%22%20%3c%c3%a4%3e",
        "s3cr3t%2FKanarie%2B%2207%22+%3C%C3%A4%3E",
        // JSON of serde, Python, PHP, Go
        r#"s3cr3t/Kanarie+\"07\" <ä>"#,
        r#"s3cr3t/Kanarie+\"07\" <\u00e4>"#,
        r#"s3cr3t\/Kanarie+\"07\" <\u00E4>"#,
        r#"s3cr3t/Kanarie+\"07\" \u003cä\u003e"#,
        // printf %q, XML, HTML
        r#"s3cr3t/Kanarie+\"07\"\ \<ä\>"#,
        "s3cr3t/Kanarie+&quot;07&quot; &lt;ä&gt;",
        "s3cr3t/Kanarie&#43;&#34;07&#34; &lt;&#228;&gt;",
    ] {
        forms.push(written.as_bytes().to_vec());
    }
    forms
}

/// Whether a person could still read something of it.
fn leaks(shown: &[u8], length: usize) -> bool {
    let place = "before ".len();
    let inner = shown.get(place..shown.len().min(place + length)).unwrap_or_default();
    let open = inner.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != MASK).count();
    // Beside it in base64 stand `user:` and `:more`.
    open > 16
}

/// `€` begins like what has no width, and a line end of Windows is none: both may stand in a secret.
#[test]
fn f1_what_may_be_without_width_may_be_a_part_of_the_secret() {
    for secret in
        ["left ä€→ right", "left\r\nright", "\u{200b}left\u{2060}right", "€ only at the begin", "at the end €"]
    {
        let masks = Masks::of([secret.as_bytes()]);
        let plain = secret.to_owned();
        let coloured: String = secret.chars().map(|c| format!("\x1b[1;33m{c}\x1b[0m")).collect();
        let parted: String = secret.chars().map(|c| format!("{c}\u{200b}")).collect();
        for form in [plain, coloured, parted] {
            let shown = masks.mask(format!("before {form} after").as_bytes());
            // As a screen would show it.
            let mut shown = String::from_utf8_lossy(&shown).into_owned();
            for unseen in ["\x1b[1;33m", "\x1b[0m", "\u{200b}"] {
                shown = shown.replace(unseen, "");
            }
            let left = shown.strip_prefix("before ").unwrap().strip_suffix(" after").unwrap();
            assert!(!left.contains(char::is_alphabetic), "{secret:?}: {shown:?}");
        }
    }
}

#[test]
fn f1_a_secret_is_masked_in_every_form_at_every_cut() {
    let masks = Masks::of([CANARY.as_bytes()]);
    for form in forms() {
        let text = [b"before ".as_slice(), &form, b" after\n"].concat();
        assert!(leaks(&text, form.len()), "the test sees it: {}", String::from_utf8_lossy(&text));
        for cut in 0..=text.len() {
            let mut masker = Masker::default();
            let mut shown = masker.feed(&masks, &text[..cut]);
            assert!(!leaks(&shown, form.len()), "a piece is shown before the rest came");
            shown.extend(masker.feed(&masks, &text[cut..]));
            shown.extend(masker.rest());
            assert!(
                !leaks(&shown, form.len()),
                "{} at {cut}: {}",
                String::from_utf8_lossy(&form),
                String::from_utf8_lossy(&shown)
            );
            assert_eq!(shown.len(), text.len(), "places in the output stay true");
            assert!(shown.starts_with(b"before ") && shown.ends_with(b" after\n"));
        }
    }
}

/// As `hexdump -C`, `xxd` and `od -tx1z` print it behind so many other bytes.
fn dumps(before: usize) -> [String; 3] {
    let bytes: Vec<u8> = std::iter::repeat_n(b'.', before).chain(CANARY.bytes()).chain(*b" after").collect();
    let seen = |line: &[u8]| -> String {
        line.iter().map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' }).collect()
    };
    let (mut hexdump, mut xxd, mut od) = (String::new(), String::new(), String::new());
    for (number, line) in bytes.chunks(16).enumerate() {
        let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let halves: Vec<String> = hex.chunks(8).map(|half| half.join(" ")).collect();
        hexdump += &format!("{:08x}  {:<49} |{}|\n", number * 16, halves.join("  "), seen(line));
        let pairs: Vec<String> = hex.chunks(2).map(|pair| pair.concat()).collect();
        xxd += &format!("{:08x}: {:<40} {}\n", number * 16, pairs.join(" "), seen(line));
        od += &format!("{:07o} {:<48} >{}<\n", number * 16, hex.join(" "), seen(line));
    }
    [hexdump, xxd, od]
}

#[test]
fn f1_a_secret_is_masked_in_dumps_of_bytes_with_what_they_mean_beside_them() {
    let masks = Masks::of([CANARY.as_bytes()]);
    for before in 0..32 {
        for dump in dumps(before) {
            let shown = masks.text(&dump);
            for (at, byte) in CANARY.bytes().enumerate().skip(1) {
                let pair = CANARY.as_bytes().get(at - 1..=at).unwrap();
                let hex = format!("{:02x} {byte:02x}", pair[0]);
                assert!(!shown.contains(&hex), "{hex}\n{dump}\n{shown}");
            }
            for piece in ["s3cr", "Kana", "rie+", "\"07\""] {
                assert!(!shown.contains(piece), "{piece}\n{dump}\n{shown}");
            }
            assert_eq!(shown.len(), dump.len());
            assert_eq!(shown.lines().count(), dump.lines().count());
        }
    }
    // Anything else that is dumped is shown, and comes as soon as its line is whole.
    let other = "00000000  68 65 6c 6c 6f 20 77 6f  72 6c 64 0a              |hello world.|\n";
    assert_eq!(masks.text(other), other);
}

#[test]
fn f1_what_is_not_seen_on_a_screen_uncovers_nothing() {
    let masks = Masks::of([b"swordfish".as_slice()]);
    for between in
        ["\0", "\x07", "\r", "\u{200b}", "\u{2060}", "\x1b]8;;x\x07", "\x1b]0;title\x1b\\", "\x1b[1m\u{200d}"]
    {
        let shown = masks.text(&format!("a sword{between}fish b"));
        assert!(!shown.contains("sword") && !shown.contains("fish"), "{between:?}: {shown:?}");
        assert!(shown.starts_with("a *") && shown.ends_with("* b"), "{between:?}: {shown:?}");
    }
    // A command that never ends holds nothing back for ever.
    let text = format!("sword\x1b]{} fish", "x".repeat(2000));
    assert_eq!(masks.text(&text), text);
}

#[test]
fn what_only_looks_like_it_is_shown() {
    let masks = Masks::of([b"aab".as_slice()]);
    assert_eq!(masks.text("aaab aa ab aba"), "a*** aa ab aba");
    assert_eq!(Masks::default().text("anything"), "anything");
    let mut masker = Masker::default();
    assert_eq!(masker.feed(&masks, b"xaa"), b"x");
    assert_eq!(masker.rest(), b"aa");
    assert_eq!(Masks::of([b"a'b\xff".as_slice()]).mask(b"a'\\''b\\xFF a'b"), b"********** a'b");
}

#[test]
fn one_byte_at_a_time_is_the_same() {
    let masks = Masks::of([b"swordfish".as_slice(), b"fishbone".as_slice()]);
    let text = b"a swordfishbone and sword\x1b[31mfish, c3dvcmRmaXNo";
    let mut masker = Masker::default();
    let mut shown: Vec<u8> = text.iter().flat_map(|byte| masker.feed(&masks, &[*byte])).collect();
    shown.extend(masker.rest());
    assert_eq!(shown, masks.mask(text));
    assert_eq!(String::from_utf8_lossy(&shown[..15]), "a *************");
}

#[test]
fn f1_a_secret_that_becomes_known_in_the_middle_of_another_uncovers_neither() {
    let before = Masks::of([b"swordfish".as_slice()]);
    let after = Masks::of([b"another one".as_slice(), b"swordfish".as_slice()]);
    let mut masker = Masker::default();
    let mut shown = masker.feed(&before, b"it is sword");
    shown.extend(masker.feed(&after, b"fish, another"));
    shown.extend(masker.feed(&after, b" one."));
    shown.extend(masker.rest());
    assert_eq!(String::from_utf8_lossy(&shown), "it is *********, ***********.");
}

#[test]
fn while_a_secret_is_not_known_nothing_is_shown() {
    let mut masker = Masker::default();
    assert_eq!(masker.feed(&Masks::everything(), b"one\ntwo \x1b[1m\n"), b"***\n********\n");
}

/// What the programs themselves print of `PASSWORD=swordfish-42!` and a line more.
const PRINTED: [&str; 7] = [
    "00000000: 5041 5353 574f 5244 3d73 776f 7264 6669  PASSWORD=swordfi\n\
     00000010: 7368 2d34 3221 0a55 5345 523d 7368 6f70  sh-42!.USER=shop\n\
     00000020: 0a                                       .\n",
    "00000000  50 41 53 53 57 4f 52 44  3d 73 77 6f 72 64 66 69  |PASSWORD=swordfi|\n\
     00000010  73 68 2d 34 32 21 0a 55  53 45 52 3d 73 68 6f 70  |sh-42!.USER=shop|\n\
     00000020  0a                                                |.|\n00000021\n",
    "0000000 50 41 53 53 57 4f 52 44 3d 73 77 6f 72 64 66 69  >PASSWORD=swordfi<\n\
     0000020 73 68 2d 34 32 21 0a 55 53 45 52 3d 73 68 6f 70  >sh-42!.USER=shop<\n\
     0000040 0a                                               >.<\n0000041\n",
    "0000000 50 41 53 53 57 4f 52 44 3d 73 77 6f 72 64 66 69\n\
     0000020 73 68 2d 34 32 21 0a 55 53 45 52 3d 73 68 6f 70\n0000040 0a\n0000041\n",
    " 50 41 53 53 57 4f 52 44 3d 73 77 6f 72 64 66 69\n 73 68 2d 34 32 21 0a 55 53 45 52 3d 73 68 6f 70\n 0a\n",
    "50415353574f52443d73776f7264666973682d3432210a555345523d7368\n6f700a\n",
    "00000000: 5041 5353 574f 5244 3d73 776f 7264 6669 7368 2d34 3221 0a55  PASSWORD=swordfish-42!.U\n",
];

#[test]
fn f1_what_xxd_hexdump_and_od_print_of_a_secret_is_masked_and_nothing_before_it() {
    let masks = Masks::of([b"swordfish-42!".as_slice()]);
    for dump in PRINTED {
        for cut in 0..=dump.len() {
            let mut masker = Masker::default();
            let mut shown = masker.feed(&masks, &dump.as_bytes()[..cut]);
            shown.extend(masker.feed(&masks, &dump.as_bytes()[cut..]));
            shown.extend(masker.rest());
            let shown = String::from_utf8(shown).unwrap();
            for piece in ["sword", "sh-42", "fish", "73 77", "3d73 77", "7377", "6669", "66 69", "2d34", "2d 34"] {
                assert!(!shown.contains(piece), "{piece} at {cut}\n{dump}\n{shown}");
            }
            assert!(shown.contains("5041") || shown.contains("50 41"), "{shown}");
            assert_eq!(shown.len(), dump.len());
        }
    }
}

#[test]
fn a_dump_of_something_else_is_shown_as_it_comes() {
    let masks = Masks::of([b"password".as_slice()]);
    // Its digits begin as the secret's do: what is held back comes with the line that shows that they are others.
    let dump = "00000000  70 61 73 73 77 6f 72 6b  70 61 73 73 77 6f 72 6b  |passworkpasswork|\n\
                00000010  70 61 73 73 77 6f 72 6b  0a                       |passwork.|\n";
    assert_eq!(masks.text(dump), dump);
    let mut masker = Masker::default();
    let shown = masker.feed(&masks, b"70 61 73 73 77 6f 72 6b  |passwork|\n");
    assert_eq!(String::from_utf8_lossy(&shown), "70 61 73 73 77 6f 72 6b  |passwork|\n");
}
