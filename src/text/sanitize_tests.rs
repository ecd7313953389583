//! The numbered points of the sanitizer's rules, one by one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::{Budget, Clean, Ink, RunStyle, plain, sanitize, width};

fn rows(bytes: impl AsRef<[u8]>) -> Vec<String> {
    sanitize(bytes.as_ref(), Budget::rows()).rows.iter().map(super::Row::text).collect()
}

fn log(text: &str) -> Clean {
    sanitize(text.as_bytes(), Budget::log())
}

#[test]
fn point_1_a_row_is_cut_with_the_number_of_bytes_missing() {
    let clean = sanitize(&[b'x'; 10_000], Budget::rows());
    let text = clean.text();
    assert!(text.len() <= 8192 && text.len() > 8000, "{}", text.len());
    let (shown, missing) = text.split_once('…').unwrap();
    assert_eq!(missing, format!("+{} B", 10_000 - shown.len()));
    assert_eq!(clean.cut, 10_000 - shown.len());
    assert_eq!(plain(&"x".repeat(8192)), "x".repeat(8192), "exactly the limit is whole");
    assert!(plain(&"x".repeat(8193)).ends_with(" B"));
}

#[test]
fn point_1_each_row_has_its_own_limit_and_the_field_has_one_too() {
    let long = format!("{}\nshort\n{}", "a".repeat(9000), "b".repeat(9000));
    let texts = rows(&long);
    assert_eq!(texts.len(), 3);
    assert!(texts[0].contains("…+8") && texts[2].contains("…+8"), "{texts:?}");
    assert_eq!(texts[1], "short");

    let huge = "line\n".repeat(100_000);
    let clean = sanitize(huge.as_bytes(), Budget::rows());
    assert!(clean.text().len() <= 64 * 1024);
    let shown: usize = clean.rows.iter().map(|row| row.text().matches("line").count()).sum();
    assert!(clean.cut > 400_000, "{}", clean.cut);
    assert_eq!(clean.cut + clean.text().split_once('…').unwrap().0.len(), huge.len());
    assert!(shown > 13_000);
}

#[test]
fn point_1_missing_bytes_are_bytes_of_the_source() {
    // Each NUL is shown in three bytes, each broken byte too.
    for source in [vec![0_u8; 6000], vec![0xFF; 6000], "é".repeat(6000).into_bytes(), b"\t".repeat(6000)] {
        let clean = sanitize(&source, Budget::rows());
        let text = clean.text();
        let (shown, _) = text.split_once('…').unwrap();
        let unit = sanitize(&source[..if source[0] == 0xC3 { 2 } else { 1 }], Budget::rows()).text();
        let (step, bytes) = (unit.len(), if source[0] == 0xC3 { 2 } else { 1 });
        assert_eq!(shown.len() / step * bytes + clean.cut, source.len(), "{:?}", &source[..1]);
    }
}

#[test]
fn point_1_a_cut_of_the_input_never_splits_a_character() {
    for extra in 0..4 {
        let source = format!("{}{}", "a\n".repeat(20), "é".repeat(200));
        let budget = Budget { input: 100 + extra, ..Budget::rows() };
        let text = sanitize(source.as_bytes(), budget).text();
        assert!(!text.contains('\u{FFFD}'), "{text}");
    }
}

#[test]
fn point_1_a_cut_never_falls_where_it_would_change_what_stands_before() {
    // A non-joiner stays because of the letter behind it; cut off from it, it would have to go.
    let source = "م\u{200C}".repeat(100);
    for limit in 64..160 {
        for budget in [Budget { shown: limit, ..Budget::rows() }, Budget { input: limit, ..Budget::rows() }] {
            let once = sanitize(source.as_bytes(), budget).text();
            assert!(!once.contains("\u{200C}…"), "{limit}: {once}");
            assert_eq!(sanitize(once.as_bytes(), budget).text(), once, "{limit}");
        }
    }
}

#[test]
fn point_2_broken_bytes_become_one_replacement_for_each_maximal_part() {
    assert_eq!(rows(b"a\xC0\xAFb\xE2\x82\xF0\x9F\x92z"), ["a\u{FFFD}\u{FFFD}b\u{FFFD}\u{FFFD}z"]);
    assert_eq!(rows(b"\x9B31m"), ["\u{FFFD}31m"], "a raw C1 byte is no introducer");
}

#[test]
fn point_3_payloads_are_never_shown_and_state_ends_with_the_record() {
    for (text, expected) in [
        ("a\x1b]52;c;aGVsbG8=\x07b", "a‹osc52›b"),
        ("a\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\b", "a‹osc8›link‹osc8›b"),
        ("a\x1bP$qm\x1b\\b", "a‹dcs›b"),
        ("a\x1b_Gf=100;QUFB\x1b\\b", "a‹apc›b"),
        ("a\x1b]0;unterminated", "a‹osc0 +14›"),
        ("a\x1b[", "a‹csi›"),
        ("a\u{9d}0;t\u{9c}b", "a‹osc0›b"),
        ("a\x1b]0;t\x18b", "a‹osc0›b"),
    ] {
        assert_eq!(plain(text), expected, "{text:?}");
    }
    let swallowed = format!("\x1b_{}tail", "G".repeat(5000));
    let text = plain(&swallowed);
    assert!(text.starts_with("‹apc +4094›GGG") && text.ends_with("tail"), "4 KiB are swallowed, no more");
    assert_eq!(plain("next"), "next");
}

#[test]
fn point_4_colours_are_taken_over_only_where_they_are_wanted() {
    let clean = log("\x1b[1;31merror\x1b[0m: \x1b[38;5;200mx\x1b[m");
    let runs = &clean.rows[0].runs;
    assert_eq!(clean.text(), "error: x");
    assert_eq!(runs[0].style, RunStyle { fg: Some(Ink::Ansi16(1)), bold: true, ..RunStyle::default() });
    assert_eq!(runs[1].style, RunStyle::default());
    assert_eq!(runs[2].style.fg, Some(Ink::Indexed(200)));
    assert_eq!(clean.tokens, 0);
    assert_eq!(plain("\x1b[1;31merror\x1b[0m"), "‹sgr›error‹sgr›", "else they are escapes as any other");
}

#[test]
fn point_4_blink_and_conceal_are_refused_and_nothing_vanishes_into_its_ground() {
    assert_eq!(log("\x1b[8mhidden").text(), "‹sgr 8›hidden");
    assert_eq!(log("\x1b[5;6mx").text(), "‹sgr 5›x");
    let clean = log("\x1b[30;40mblack on black");
    assert_eq!(clean.rows[0].runs[0].style, RunStyle::default());
    let clean = log("\x1b[38;2;9;9;9;48;5;16mnearly");
    assert_eq!(clean.rows[0].runs[0].style, RunStyle::default());
    let clean = log("\x1b[30;40mblack\x1b[37m on black");
    assert_eq!(clean.rows[0].runs[1].style.bg, Some(Ink::Ansi16(0)), "readable again, so shown as asked");
}

#[test]
fn point_4_looks_end_with_the_record_and_hold_over_its_rows() {
    let clean = log("\x1b[31mone\ntwo");
    assert_eq!(clean.rows[1].runs[0].style.fg, Some(Ink::Ansi16(1)));
    assert_eq!(log("three").rows[0].runs[0].style, RunStyle::default());
}

#[test]
fn point_4_a_colour_inside_a_cluster_is_shown_so_that_the_halves_cannot_join() {
    assert_eq!(log("e\x1b[31m\u{301}").text(), "e‹sgr›◌\u{301}");
    assert_eq!(log("🇩\x1b[31m🇪").text(), "🇩‹sgr›🇪");
    assert_eq!(log("ᄀ\x1b[31mᄀ").text(), "ᄀ‹sgr›ᄀ");
    assert_eq!(log("é\x1b[31mé").text(), "éé");
}

#[test]
fn point_5_every_other_escape_is_one_dim_counted_token() {
    let clean = log("a\x1b[2Jb\x1bcc\x1b[?1049ld");
    assert_eq!(clean.text(), "a‹csi J›b‹esc c›c‹csi ?l›d");
    assert_eq!(clean.tokens, 3);
    let tokens: Vec<_> = clean.rows[0].runs.iter().filter(|run| run.token).collect();
    assert_eq!(tokens.len(), 3);
    assert!(tokens.iter().all(|run| run.style == RunStyle::TOKEN && run.style.dim));
}

#[test]
fn point_6_line_feeds_tabs_and_returns() {
    assert_eq!(rows("one\ntwo\n\nthree"), ["one", "two", "", "three"]);
    assert_eq!(plain("one\ntwo"), "one␊two");
    assert_eq!(rows("end\r"), ["end"]);
    assert_eq!(rows("end\r\n"), ["end"]);
    assert_eq!(rows("over\rwritten"), ["over␍written"]);
    assert_eq!(rows("one\r\ntwo"), ["one␍", "two"]);
    assert_eq!(rows("a\tb"), ["a       b"]);
    assert_eq!(rows("漢\tb"), ["漢      b"], "after the width of what stands before");
    assert_eq!(rows("1234567\tb\t"), ["1234567 b       "]);
    assert_eq!(rows("12345678\tb"), ["12345678        b"]);
    assert_eq!(rows("a\n\tb"), ["a", "        b"]);
    assert_eq!(sanitize(b"a\tb", Budget::rows().at_column(3)).text(), "a    b");
}

#[test]
fn point_6_controls_are_pictures() {
    for byte in (0..0x20_u8).chain([0x7F]).filter(|byte| !matches!(byte, b'\t' | b'\n' | 0x1B)) {
        let picture = char::from_u32(if byte == 0x7F { 0x2421 } else { 0x2400 + u32::from(byte) }).unwrap();
        assert_eq!(rows([b'a', byte, b'b']), [format!("a{picture}b")]);
    }
    for c in (0x80..0xA0_u32).filter(|c| !matches!(c, 0x90 | 0x98 | 0x9B | 0x9D..=0x9F)) {
        assert_eq!(rows(format!("a{}b", char::from_u32(c).unwrap())), [format!("a‹U+{c:04X}›b")]);
    }
}

#[test]
fn point_6_turning_and_invisible_characters_are_named() {
    for c in [
        0x61C, 0x200E, 0x200F, 0x202A, 0x202E, 0x2066, 0x2069, 0xAD, 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B,
        0x180E, 0x180F, 0x200B, 0x2060, 0x2064, 0x206A, 0x206F, 0x3164, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFB, 0x1BCA0,
        0x1D173, 0xE0001, 0xE0041, 0xE0100, 0xE01EF, 0x2028, 0x2029, 0xFDD0, 0xFFFE, 0x10FFFF, 0xE000, 0x0600, 0x378,
    ] {
        let text = format!("a{}b", char::from_u32(c).unwrap());
        assert_eq!(plain(&text), format!("a‹U+{c:04X}›b"));
    }
}

#[test]
fn point_6_joiners_stay_where_spelling_needs_them() {
    for kept in [
        "می\u{200C}خواهم",
        "क\u{94D}\u{200C}ष",
        "ക\u{D4D}\u{200D}",
        "ශ\u{DCA}\u{200D}ර",
        "👨\u{200D}👩\u{200D}👧\u{200D}👦",
        "🏳\u{FE0F}\u{200D}🌈",
        "👩🏽\u{200D}🚀",
        "❤\u{FE0F}\u{200D}🔥",
    ] {
        assert_eq!(plain(kept), kept);
    }
    for (text, expected) in [
        ("a\u{200C}b", "a‹U+200C›b"),
        ("a\u{200D}b", "a‹U+200D›b"),
        ("می\u{200C}", "می‹U+200C›"),
        ("می\u{200C} ", "می‹U+200C› "),
        ("\u{200C}م", "‹U+200C›م"),
        ("👨\u{200D}", "👨‹U+200D›"),
        ("\u{200D}👩", "‹U+200D›👩"),
        ("👨\u{200D}a", "👨‹U+200D›a"),
        ("👨\u{200D}\u{200D}👩", "👨‹U+200D›‹U+200D›👩"),
        ("می\u{200C}\u{200C}خ", "می‹U+200C›‹U+200C›خ"),
    ] {
        assert_eq!(plain(text), expected, "{text:?}");
    }
}

#[test]
fn point_6_selectors_stay_behind_bases_that_have_variants() {
    for kept in ["❤\u{FE0F}", "❤\u{FE0E}", "1\u{FE0F}\u{20E3}", "漢\u{FE00}", "。\u{FE01}", "≨\u{FE00}"] {
        assert_eq!(plain(kept), kept);
    }
    for (text, expected) in [
        ("a\u{FE0F}", "a‹U+FE0F›"),
        ("\u{FE0F}a", "‹U+FE0F›a"),
        ("❤\u{FE0F}\u{FE0F}", "❤\u{FE0F}‹U+FE0F›"),
        ("a\u{FE05}", "a‹U+FE05›"),
        ("漢\u{E0100}", "漢‹U+E0100›"),
        ("a🏽", "a‹U+1F3FD›"),
    ] {
        assert_eq!(plain(text), expected, "{text:?}");
    }
}

#[test]
fn point_6_marks_are_at_most_eight_and_never_without_a_base() {
    let text = format!("e{}x", "\u{301}".repeat(500));
    assert_eq!(plain(&text), format!("e{}‹+492 marks›x", "\u{301}".repeat(8)));
    assert_eq!(plain("\u{301}a"), "◌\u{301}a");
    assert_eq!(plain("a\n\u{301}b"), "a␊◌\u{301}b");
    assert_eq!(plain("\x1b[J\u{301}"), "‹csi J›◌\u{301}");
    assert_eq!(plain("e\u{301}\u{323}"), "e\u{301}\u{323}");
    assert_eq!(plain("\0\u{E33}"), "␀◌\u{E33}", "not a mark, but it leans as one");
    assert_eq!(plain("ကါ"), "ကါ", "a mark, but it stands alone");
}

#[test]
fn point_7_every_cluster_is_one_or_two_columns() {
    assert_eq!(plain("ᅡ"), "‹U+1161›", "no width");
    assert_eq!(plain("क्त्र"), "‹U+0915+094D+0924+094D and 1›", "three columns");
    let chain = format!("👨{}", "\u{200D}👩".repeat(30));
    assert_eq!(plain(&chain), "‹U+1F468+200D+1F469+200D and 57›", "more than 64 bytes");
    let clean = sanitize("a漢e\u{301}🇩🇪".as_bytes(), Budget::rows());
    assert_eq!(clean.rows[0].width, 6);
}

#[test]
fn point_7_ascii_only_names_everything_else() {
    let budget = Budget::rows().with_ascii(true);
    for (text, expected) in [
        ("größe", "gr<U+00F6><U+00DF>e"),
        ("a\x1b]0;t\x07\u{202E}\0", "a<osc0><U+202E><U+0000>"),
        ("e\u{301}", "<U+0065+0301>"),
        ("می\u{200C}خ", "<U+0645><U+06CC><U+200C><U+062E>"),
        ("\u{301}", "<U+0301>"),
    ] {
        assert_eq!(sanitize(text.as_bytes(), budget).text(), expected);
    }
    assert!(sanitize(&[b'x'; 9000], budget).text().is_ascii());
    assert!(sanitize(b"\xFF\xC3", budget).text().is_ascii());
}

#[test]
fn rows_know_their_width() {
    for text in ["", "plain", "a\tb", "漢字\x1b[2J", "e\u{301}\u{202E}", "🇩🇪🇫"] {
        let clean = sanitize(text.as_bytes(), Budget::rows());
        assert_eq!(clean.rows[0].width, width(&clean.rows[0].text()), "{text:?}");
    }
}

#[test]
fn hostile_repetition_stays_linear() {
    // Each would take minutes if any part looked back over all that came before.
    let units = [
        "\u{301}",
        "\u{200D}",
        "👨\u{200D}",
        "🇩",
        "क\u{94D}",
        "\u{94D}",
        "ᄀ",
        "\x1b[",
        "\x1b]",
        "\x1b[31m🇩",
        "\x1b[m\u{301}",
        "\u{200C}",
        "م\u{200C}",
        "\t",
        "\n",
        "\r",
        "\u{E0041}",
        "1;",
        "\u{9b}",
        "\u{FF9E}",
        "\u{D4E}",
        "❤\u{FE0F}\u{200D}",
    ];
    let start = std::time::Instant::now();
    for unit in units {
        let text = unit.repeat(64 * 1024 / unit.len());
        for budget in [Budget::log(), Budget::name(), Budget { shown: 64 * 1024, ..Budget::log() }] {
            let clean = sanitize(text.as_bytes(), budget);
            assert!(clean.text().len() <= 64 * 1024);
        }
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
