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

/// The text in rows of at most `cols` columns, broken at spaces where there are any.
///
/// Use this, not the wrapping of the widget library, which lets a wide character stand out over
/// the right edge. A cluster wider than a row becomes a space. The space at a break is dropped.
pub fn wrap(text: &str, cols: usize) -> Vec<String> {
    if cols == 0 {
        return Vec::new();
    }
    let mut rows = Vec::new();
    let (mut row, mut columns) = (String::new(), 0);
    // Bytes and columns up to behind the last space, where the row may be broken.
    let mut space: Option<(usize, usize)> = None;
    for cluster in text.graphemes(true) {
        let wide = cell_width(cluster);
        let (cluster, wide) = if wide > cols { (" ", 1) } else { (cluster, wide) };
        if columns + wide > cols {
            if cluster == " " {
                rows.push(std::mem::take(&mut row));
                (columns, space) = (0, None);
                continue;
            }
            let (bytes, before) = space.take().unwrap_or((row.len(), columns));
            let word = row.split_off(bytes);
            let kept = row.trim_end_matches(' ').len();
            row.truncate(kept.max(usize::from(kept == 0) * row.len()));
            rows.push(std::mem::replace(&mut row, word));
            columns -= before;
        }
        row.push_str(cluster);
        columns += wide;
        if cluster == " " {
            space = Some((row.len(), columns));
        }
    }
    if !row.is_empty() || rows.is_empty() {
        rows.push(row);
    }
    rows
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

    #[test]
    fn wrapping_breaks_at_spaces_and_never_exceeds() {
        assert_eq!(wrap("the unit failed twice", 10), ["the unit", "failed", "twice"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("漢漢 漢", 3), ["漢", "漢", "漢"]);
        assert_eq!(wrap("a 漢漢漢", 5), ["a", "漢漢", "漢"]);
        assert_eq!(wrap("漢", 1), [" "]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("any", 0), [""; 0]);
        assert_eq!(wrap("exactly ten", 7), ["exactly", "ten"]);
        for cols in 1..30 {
            let text = "some words, 漢字漢字漢字 and 👨\u{200D}👩\u{200D}👧 e\u{301}e\u{301} averyveryverylongword   x";
            let rows = wrap(text, cols);
            assert!(rows.iter().all(|row| width(row) <= cols), "{cols}: {rows:?}");
            let letters = |text: &str| text.chars().filter(|c| c.is_ascii_alphabetic()).collect::<String>();
            assert_eq!(letters(&rows.concat()), letters(text));
        }
    }
}
