//! The backstop's rule: what one cell of the terminal may hold, whatever drew it.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::class::{Before, Class, ZWJ, class, in_company};
use super::cluster::{BYTES, apart, cell_width, judge};

/// Whether a cell may hold this symbol: one cluster of at most 64 bytes, one or two columns wide,
/// of nothing but code points that [`sanitize`](super::sanitize) keeps.
pub fn cell_allowed(symbol: &str) -> bool {
    if let [byte] = symbol.as_bytes() {
        return matches!(byte, b' '..=b'~');
    }
    if symbol.is_empty() || symbol.len() > BYTES || symbol.graphemes(true).nth(1).is_some() {
        return false;
    }
    let mut before = Before::default();
    let mut chars = symbol.chars().peekable();
    while let Some(c) = chars.next() {
        let kept = match class(c, false) {
            Class::Keep => !c.is_control(),
            Class::Company => in_company(c, &before, chars.peek().copied()),
            Class::Token => false,
        };
        if !kept {
            return false;
        }
        before.push(c);
    }
    judge(symbol).is_some_and(|shown| !shown.based && shown.extra == 0)
}

/// What may be sent to the terminal for this symbol: as many columns as the cell has, on any terminal.
///
/// A symbol that terminals without clusters would draw wider or narrower than the cell goes out
/// as its head: of a family the first person, of a picture with a selector the plain picture, with
/// a space behind it where a column is left. A symbol that is not allowed becomes U+FFFD.
pub fn cell_safe(symbol: &str) -> Cow<'_, str> {
    if !cell_allowed(symbol) {
        return Cow::Borrowed(if cell_width(symbol) == 2 { "\u{FFFD} " } else { "\u{FFFD}" });
    }
    let width = cell_width(symbol);
    if symbol.len() == 1 || apart(symbol) == width {
        return Cow::Borrowed(symbol);
    }
    let mut head = String::new();
    let mut best = (0, 0);
    for c in symbol.chars().filter(|c| !matches!(c, '\u{FE00}'..='\u{FE0F}')) {
        head.push(c);
        let columns = cell_width(&head);
        if c != ZWJ && columns <= width && apart(&head) == columns {
            best = (head.len(), columns);
        }
    }
    head.truncate(best.0);
    if head.is_empty() {
        return Cow::Borrowed("\u{FFFD}");
    }
    head.extend(std::iter::repeat_n(' ', width - best.1));
    Cow::Owned(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_cells_are_allowed() {
        for symbol in [
            " ",
            "a",
            "~",
            "é",
            "│",
            "漢",
            "🦀",
            "e\u{301}",
            "👨\u{200D}👩\u{200D}👧",
            "🇩🇪",
            "❤\u{FE0F}",
            "…",
            "‹",
            "␀",
            "◌\u{301}",
            "\u{FFFD}",
            "ن\u{200C}",
            "क्\u{200D}",
            "█",
            "⠿",
            "👍🏽",
        ] {
            assert!(cell_allowed(symbol), "{symbol:?}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        let long = format!("👨{}", "\u{200D}👩".repeat(9));
        let marks = format!("e{}", "\u{301}".repeat(9));
        for symbol in [
            "",
            "\x1b",
            "\n",
            "\t",
            "\x7f",
            "\u{9b}",
            "ab",
            "\u{202E}",
            "\u{200B}",
            "\u{200D}",
            "a\u{200D}",
            "\u{301}",
            "\u{E000}",
            "\u{2028}",
            "\u{FEFF}",
            "\u{3164}",
            "a\u{E0061}",
            "a\u{FE0F}",
            "\u{FFFF}",
            "क्त्र",
            "a\u{200C}",
            "🏽",
            &long,
            &marks,
        ] {
            assert!(!cell_allowed(symbol), "{symbol:?}");
            assert_eq!(cell_safe(symbol).trim_end(), "\u{FFFD}");
        }
    }

    #[test]
    fn every_terminal_draws_as_many_columns_as_the_cell_has() {
        for (symbol, out) in [
            ("👨\u{200D}👩\u{200D}👧", "👨"),
            ("👍🏽", "👍"),
            ("❤\u{FE0F}\u{200D}🔥", "❤ "),
            ("❤\u{FE0F}", "❤ "),
            ("1\u{FE0F}\u{20E3}", "1\u{20E3} "),
            ("🏳\u{FE0F}\u{200D}🌈", "🏳 "),
            ("🇩🇪", "🇩🇪"),
            ("⌚\u{FE0E}", "\u{FFFD}"),
            ("क्त", "क्त"),
        ] {
            assert_eq!(cell_safe(symbol), out, "{symbol}");
            assert_eq!(apart(&cell_safe(symbol)), cell_width(symbol));
        }
    }
}
