//! One grapheme cluster: how wide it is, and how much of it may be shown.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::class::{EMOJI_FORM, ZWJ, ZWNJ, is_mark, leans};

/// What a mark without a base stands on.
pub(super) const DOTTED_CIRCLE: char = '\u{25CC}';
/// Marks one base may carry.
const MARKS: usize = 8;
/// Bytes one cluster may have.
pub(super) const BYTES: usize = 64;

/// Columns one cluster takes in a cell, as the terminal library counts them.
pub(super) fn cell_width(cluster: &str) -> usize {
    if cluster.len() == 1 {
        return 1;
    }
    // The terminal library adds a column for each halfwidth sound mark, on top of the one that the
    // tables give it. Its cells are what counts, so such clusters come out too wide and become tokens.
    UnicodeWidthStr::width(cluster) + cluster.chars().filter(|c| matches!(c, '\u{FF9E}' | '\u{FF9F}')).count()
}

/// Columns it takes on a terminal that knows no clusters and adds up the characters.
pub(super) fn apart(cluster: &str) -> usize {
    cluster.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// How much of a cluster is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    /// Its first character needs a dotted circle to stand on.
    pub(super) based: bool,
    /// Bytes of the cluster that are kept.
    pub(super) keep: usize,
    /// Marks beyond the limit that are not.
    pub(super) extra: usize,
    /// Columns of what is shown.
    pub(super) width: usize,
}

/// Judges a cluster of kept code points; none if it must become a token as a whole.
pub(super) fn judge(cluster: &str) -> Option<Shown> {
    let mut chars = cluster.chars();
    let first = chars.next()?;
    if chars.next().is_none() && !leans(first) {
        let width = cell_width(cluster);
        return matches!(width, 1 | 2).then_some(Shown { based: false, keep: cluster.len(), extra: 0, width });
    }
    let based = leans(first);
    if !based && first.width() == Some(0) {
        // A terminal that knows no clusters would add such a first character to the cell before.
        return None;
    }
    let (keep, extra) = capped(cluster)?;
    let head = cluster.get(..keep)?;
    let width = if based { cell_width(&on_circle(head)) } else { cell_width(head) };
    let bytes = keep + if based { DOTTED_CIRCLE.len_utf8() } else { 0 };
    (matches!(width, 1 | 2) && bytes <= BYTES).then_some(Shown { based, keep, extra, width })
}

/// The text behind a dotted circle.
pub(super) fn on_circle(text: &str) -> String {
    let mut based = String::with_capacity(text.len() + DOTTED_CIRCLE.len_utf8());
    based.push(DOTTED_CIRCLE);
    based.push_str(text);
    based
}

/// Where the marks become too many: bytes to keep, and characters beyond. None if more than marks follow.
fn capped(cluster: &str) -> Option<(usize, usize)> {
    let mut marks = 0;
    for (at, c) in cluster.char_indices() {
        if matches!(c, '\u{FE00}'..=EMOJI_FORM | ZWJ | ZWNJ) {
            continue;
        }
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks > MARKS {
            let rest = cluster.get(at..)?;
            let only_marks = rest.chars().all(|c| is_mark(c) || matches!(c, ZWJ | ZWNJ));
            return only_marks.then(|| (at, rest.chars().count()));
        }
    }
    Some((cluster.len(), 0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ratatui::buffer::CellWidth;

    #[test]
    fn every_character_is_as_wide_as_the_terminal_library_says() {
        for c in (0x20..=0x0010_FFFF).filter_map(char::from_u32).filter(|c| !c.is_control()) {
            let text = c.to_string();
            assert_eq!(cell_width(&text), usize::from(text.as_str().cell_width()), "U+{:04X}", u32::from(c));
        }
        for text in
            ["ｶﾞ", "あﾞ", "👨\u{200D}👩\u{200D}👧", "🇩🇪", "1\u{FE0F}\u{20E3}", "❤\u{FE0F}", "क्त", "각", "e\u{301}"]
        {
            assert_eq!(cell_width(text), usize::from(text.cell_width()), "{text}");
        }
    }

    #[test]
    fn marks_are_capped_and_based() {
        let cluster = format!("e{}", "\u{301}".repeat(500));
        assert_eq!(judge(&cluster), Some(Shown { based: false, keep: 17, extra: 492, width: 1 }));
        assert_eq!(judge("\u{301}"), Some(Shown { based: true, keep: 2, extra: 0, width: 1 }));
    }

    #[test]
    fn width_must_be_one_or_two() {
        assert_eq!(judge("\u{1161}"), None, "a vowel without its consonant has no width");
        assert_eq!(judge("क्त्र"), None, "three columns");
        assert_eq!(judge("\u{D4E}ക"), None, "begins without width");
        assert_eq!(judge("ᄀᄀ"), None, "four columns");
        assert_eq!(judge(&format!("👨{}", "\u{200D}👩".repeat(20))), None, "too many bytes");
        assert_eq!(judge("한").unwrap().width, 2);
        assert_eq!(judge("👨\u{200D}👩\u{200D}👧").unwrap().width, 2);
    }
}
