//! The backstop's rule: what one cell of the terminal may hold, whatever drew it.

use unicode_segmentation::UnicodeSegmentation;

use super::class::{Before, Class, ZWJ, class, in_company};
use super::cluster::{BYTES, cell_width, judge, widest};

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

/// What may be sent to the terminal for this symbol.
///
/// An allowed symbol on whose width all terminals agree goes out as it is. Of a joined emoji only
/// the first goes out, because a terminal that knows no clusters would draw each of its parts
/// and overwrite the neighbours; it takes the same columns. Anything else is U+FFFD.
pub fn cell_safe(symbol: &str) -> &str {
    if !cell_allowed(symbol) {
        return "\u{FFFD}";
    }
    let width = cell_width(symbol);
    if symbol.len() == 1 || widest(symbol) <= width {
        return symbol;
    }
    symbol
        .char_indices()
        .map(|(at, c)| (at + c.len_utf8(), c))
        .filter_map(|(end, c)| symbol.get(..end).filter(|_| c != ZWJ))
        .filter(|head| cell_width(head) == width && widest(head) <= width)
        .next_back()
        .unwrap_or("\u{FFFD}")
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
            assert_eq!(cell_safe(symbol), "\u{FFFD}");
        }
    }

    #[test]
    fn no_terminal_draws_more_columns_than_the_cell_has() {
        for (symbol, out) in [
            ("👨\u{200D}👩\u{200D}👧", "👨"),
            ("👍🏽", "👍"),
            ("❤\u{FE0F}\u{200D}🔥", "❤\u{FE0F}"),
            ("❤\u{FE0F}", "❤\u{FE0F}"),
            ("🇩🇪", "🇩🇪"),
            ("⌚\u{FE0E}", "\u{FFFD}"),
            ("क्त", "क्त"),
        ] {
            assert_eq!(cell_safe(symbol), out, "{symbol}");
            assert!(widest(cell_safe(symbol)) <= cell_width(symbol));
        }
    }
}
