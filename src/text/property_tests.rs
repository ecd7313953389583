//! What must hold for any bytes at all, judged by tables of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use super::{Budget, cell_allowed, cell_safe, clip, fit, ident, sanitize, truncate, width};

/// Pieces that mean something to terminals, to Unicode or to the sanitizer.
const PIECES: &[&str] = &[
    "a",
    "Z",
    " ",
    "0",
    ";",
    "m",
    "\\",
    "漢",
    "é",
    "e\u{301}",
    "\u{301}",
    "\u{20E3}",
    "\u{FE0F}",
    "\u{FE0E}",
    "\u{FE00}",
    "\u{200D}",
    "\u{200C}",
    "\u{200B}",
    "\u{202E}",
    "\u{2066}",
    "\u{FEFF}",
    "\u{AD}",
    "\u{E0041}",
    "\u{E0100}",
    "👨",
    "👩",
    "🏽",
    "❤",
    "🇩",
    "🇪",
    "👨\u{200D}👩\u{200D}👧",
    "م",
    "ن",
    "\u{64E}",
    "क",
    "\u{94D}",
    "त",
    "ि",
    "ക",
    "\u{D4D}",
    "\u{D4E}",
    "ᄀ",
    "\u{1161}",
    "\u{11A8}",
    "한",
    "\u{115F}",
    "ｶ",
    "\u{FF9E}",
    "\u{E33}",
    "ก",
    "\u{1A15}\u{1A17}",
    "\u{2D31}\u{2D7F}",
    "\x1b",
    "\x1b[",
    "\x1b]",
    "\x1bP",
    "\x1b_",
    "\x1b^",
    "\x1bX",
    "\x1b\\",
    "\x1b[31m",
    "\x1b[0m",
    "\x1b[8m",
    "\x1b[38;5;16;40m",
    "\x1b[2J",
    "\x1b]0;t\x07",
    "\x1b]52;c;",
    "\x1b(B",
    "\u{9b}",
    "\u{9b}31m",
    "\u{9c}",
    "\u{9d}",
    "\u{90}",
    "\u{85}",
    "\x07",
    "\x18",
    "\x1a",
    "\0",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\x7f",
    "\x08",
    "\u{2028}",
    "\u{FFFE}",
    "\u{E000}",
    "\u{378}",
    "\u{600}",
    "\u{FFFD}",
    "…+3 B",
    "‹osc52›",
    "‹",
    "›",
    "◌",
    "␀",
    "\u{2800}",
    "\u{A0}",
    "\u{3000}",
    "1\u{FE0F}\u{20E3}",
    "\u{11F02}",
    "\u{1F9D1}",
    "©",
    "\u{17D2}",
    "\u{1780}",
    "\u{16D67}",
    "\u{A4F8}\u{A4FC}",
];

fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        12 => prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        2 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
        1 => (prop::sample::select(PIECES), 2..40_usize).prop_map(|(piece, times)| piece.repeat(times).into_bytes()),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn budget() -> impl Strategy<Value = Budget> {
    let limit = prop_oneof![Just(0_usize), 64..400_usize, Just(8192_usize)];
    (limit.clone(), limit, any::<[bool; 4]>(), 0..10_usize).prop_map(|(input, shown, flags, start_column)| Budget {
        input: if input == 8192 { 65_536 } else { input },
        shown,
        colours: flags[0],
        ascii: flags[1],
        one_line: flags[2],
        strict: flags[3],
        start_column,
    })
}

/// The allow-list, written down without the sanitizer's own tables.
fn allowed(c: char) -> bool {
    let code = u32::from(c);
    let refused = matches!(code,
        0..=9 | 0xB..=0x1F | 0x7F..=0x9F | 0xAD | 0x34F | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x890..=0x891 | 0x8E2
        | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B | 0x200E..=0x200F | 0x2028..=0x202E
        | 0x2060..=0x206F | 0x3164 | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
        | 0x110BD | 0x110CD | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0x10FFFF)
        || code & 0xFFFE == 0xFFFE;
    !refused
}

/// A character a cluster may end in or hold although it is a format control.
fn joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sanitising_the_result_changes_nothing(bytes in hostile(), budget in budget()) {
        let once = sanitize(&bytes, budget);
        let twice = sanitize(once.text().as_bytes(), budget);
        prop_assert_eq!(once.text(), twice.text());
        prop_assert_eq!(twice.cut, 0);
        let other = sanitize(once.text().as_bytes(), Budget { colours: !budget.colours, ..budget });
        prop_assert_eq!(once.text(), other.text());
    }

    #[test]
    fn only_allowed_characters_come_out(bytes in hostile(), budget in budget()) {
        let clean = sanitize(&bytes, budget);
        for row in &clean.rows {
            let text = row.text();
            prop_assert!(text.chars().all(|c| allowed(c) && c != '\n'), "{:?}", text);
            prop_assert!(!budget.ascii || text.is_ascii());
            prop_assert!(text.len() <= budget.shown.max(64));
        }
        prop_assert!(clean.text().len() <= budget.input.max(64));
        prop_assert!(!budget.one_line || clean.rows.len() == 1);
    }

    #[test]
    fn every_cluster_fits_a_cell_and_every_row_knows_its_width(bytes in hostile(), budget in budget()) {
        let clean = sanitize(&bytes, budget);
        for row in &clean.rows {
            let mut columns = 0;
            for run in &row.runs {
                prop_assert!(!run.text.is_empty());
                for cluster in run.text.graphemes(true) {
                    let cell = usize::from(cluster.cell_width());
                    prop_assert!(cell == 1 || cell == 2, "{:?}", cluster);
                    prop_assert!(cell_allowed(cluster), "{:?} in {:?}", cluster, run.text);
                    prop_assert!(!cluster.starts_with(joiner));
                    columns += cell;
                }
            }
            prop_assert_eq!(columns, row.width);
            prop_assert_eq!(columns, width(&row.text()));
            for cluster in row.text().graphemes(true) {
                prop_assert!(cell_allowed(cluster), "{:?}", cluster);
            }
        }
    }

    #[test]
    fn cutting_and_padding_hold_their_width(bytes in hostile(), cols in 0..60_usize) {
        let text = sanitize(&bytes, Budget::line()).text();
        for cut in [fit(&text, cols), clip(&text, cols)] {
            prop_assert_eq!(width(&cut), cols);
            prop_assert!(cut.graphemes(true).all(cell_allowed), "{:?}", cut);
        }
        prop_assert!(width(&truncate(&text, cols)) <= cols);
        let clean = sanitize(&bytes, Budget::log());
        for row in &clean.rows {
            let window = row.window(cols / 3, cols);
            prop_assert_eq!(window.width, cols.min(row.width.saturating_sub(cols / 3)));
            prop_assert_eq!(window.runs.iter().map(|run| width(&run.text)).sum::<usize>(), window.width);
        }
    }

    #[test]
    fn different_names_differ_on_screen_unless_marked(one in hostile(), two in hostile()) {
        let (a, b) = (ident(&one), ident(&two));
        if one != two && a == b {
            prop_assert!(a.starts_with('⚠'), "{:?} and {:?} both are {:?}", one, two, a);
        }
        prop_assert!(a.chars().all(|c| allowed(c) && !joiner(c)));
        if !a.starts_with('⚠') {
            prop_assert_eq!(a.as_bytes(), one.as_slice());
        }
    }

    #[test]
    fn any_symbol_is_made_safe_for_a_cell(symbol in hostile()) {
        let symbol = String::from_utf8_lossy(&symbol).into_owned();
        let safe = cell_safe(&symbol);
        prop_assert!(safe.graphemes(true).all(cell_allowed), "{:?}", safe);
        if cell_allowed(&symbol) {
            // Each terminal adds up these characters, or knows the clusters: both come to the cell.
            prop_assert_eq!(safe.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>(), width(&symbol));
            prop_assert_eq!(width(&safe), width(&symbol));
        }
        prop_assert!(!cell_allowed(&symbol) || symbol.chars().all(|c| allowed(c) && c != '\n'));
    }
}
