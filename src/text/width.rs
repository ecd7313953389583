//! Columns: measuring, cutting and padding text that is already clean.

use unicode_segmentation::UnicodeSegmentation;

use super::cluster::cell_width;

const ELLIPSIS: &str = "…";

/// Columns the text takes on the screen, cluster by cluster.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(cell_width).sum() }
}

/// The longest head within `cols` columns, and its width.
fn head(text: &str, cols: usize) -> (&str, usize) {
    if text.is_ascii() {
        let end = text.len().min(cols);
        return (text.get(..end).unwrap_or_default(), end);
    }
    let mut columns = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        let next = columns + cell_width(cluster);
        if next > cols {
            return (text.get(..at).unwrap_or_default(), columns);
        }
        columns = next;
    }
    (text, columns)
}

/// The text within `cols` columns, ending in `…` where something is missing.
pub fn truncate(text: &str, cols: usize) -> String {
    let (whole, _) = head(text, cols);
    if whole.len() == text.len() {
        return text.to_owned();
    }
    match cols.checked_sub(1) {
        Some(cols) => format!("{}{ELLIPSIS}", head(text, cols).0),
        None => String::new(),
    }
}

/// The text with spaces behind it up to `cols` columns; never cut.
pub fn pad(text: &str, cols: usize) -> String {
    let missing = cols.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// The text with spaces before it up to `cols` columns; never cut.
pub fn pad_left(text: &str, cols: usize) -> String {
    let missing = cols.saturating_sub(width(text));
    format!("{}{text}", " ".repeat(missing))
}

/// The text in exactly `cols` columns, ending in `…` where something is missing.
///
/// A wide character that would be cut in half leaves a space.
pub fn fit(text: &str, cols: usize) -> String {
    pad(&truncate(text, cols), cols)
}

/// The text in exactly `cols` columns, cut without a mark.
///
/// A wide character that would be cut in half leaves a space.
pub fn clip(text: &str, cols: usize) -> String {
    pad(head(text, cols).0, cols)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_by_cluster() {
        for (text, columns) in [
            ("", 0),
            ("abc", 3),
            ("é", 1),
            ("e\u{301}", 1),
            ("漢字", 4),
            ("🦀", 2),
            ("👨\u{200D}👩\u{200D}👧", 2),
            ("🇩🇪", 2),
            ("لا", 2),
            ("a漢b", 4),
        ] {
            assert_eq!(width(text), columns, "{text}");
        }
    }

    #[test]
    fn cutting_never_splits_a_cluster_and_never_exceeds() {
        assert_eq!(truncate("payments", 8), "payments");
        assert_eq!(truncate("payments", 5), "paym…");
        assert_eq!(truncate("payments", 1), "…");
        assert_eq!(truncate("payments", 0), "");
        assert_eq!(truncate("漢字漢字", 6), "漢字…");
        assert_eq!(fit("漢字漢字", 6), "漢字… ");
        assert_eq!(clip("漢字", 3), "漢 ");
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(pad("ab", 4), "ab  ");
        assert_eq!(pad_left("漢", 4), "  漢");
        assert_eq!(pad("abc", 2), "abc");
        for cols in 0..20 {
            for text in ["plain words", "漢字 and 👨\u{200D}👩\u{200D}👧 and 🇩🇪", "e\u{301}\u{302}x漢", ""]
            {
                assert_eq!(width(&fit(text, cols)), cols, "{text} {cols}");
                assert_eq!(width(&clip(text, cols)), cols, "{text} {cols}");
                assert!(width(&truncate(text, cols)) <= cols);
            }
        }
    }
}
