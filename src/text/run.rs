//! Clean text: rows of measured runs, fit for any screen.

use unicode_segmentation::UnicodeSegmentation;

use super::cluster::cell_width;
use super::style::RunStyle;

/// A stretch of one row in one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The text; every grapheme cluster in it is one or two columns wide.
    pub text: String,
    /// How it asks to look.
    pub style: RunStyle,
    /// It stands for something that was not shown.
    pub token: bool,
}

/// One row of clean text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// The runs, left to right.
    pub runs: Vec<Run>,
    /// Columns the row takes.
    pub width: usize,
}

/// What came out of the sanitizer: at least one row.
///
/// The first row belongs to the record itself; each further one began with a line feed and must
/// be drawn behind a gutter mark, so that it cannot pass for a record of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clean {
    /// The rows.
    pub rows: Vec<Row>,
    /// How many things were replaced by something visible.
    pub tokens: usize,
    /// How many bytes of the source are not shown, as the `…+N B` marks say.
    pub cut: usize,
}

impl Row {
    /// The text of the row without its looks.
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }

    /// The part of the row from column `skip` on, at most `cols` wide, for scrolling sideways.
    ///
    /// A wide cluster that is cut by either edge leaves a space in its place.
    pub fn window(&self, skip: usize, cols: usize) -> Self {
        let end = skip.saturating_add(cols);
        let mut window = Self::default();
        let mut column = 0;
        for run in &self.runs {
            let mut text = String::new();
            for cluster in run.text.graphemes(true) {
                let next = column + cell_width(cluster);
                if column >= skip && next <= end {
                    text.push_str(cluster);
                    window.width += next - column;
                } else {
                    let visible = next.min(end).saturating_sub(column.max(skip));
                    text.extend(std::iter::repeat_n(' ', visible));
                    window.width += visible;
                }
                column = next;
            }
            if !text.is_empty() {
                window.runs.push(Run { text, style: run.style, token: run.token });
            }
            if column >= end {
                break;
            }
        }
        window
    }
}

impl Clean {
    /// The text of all rows, joined by line feeds, without looks.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (index, row) in self.rows.iter().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            for run in &row.runs {
                text.push_str(&run.text);
            }
        }
        text
    }

    /// The columns of the widest row.
    pub fn width(&self) -> usize {
        self.rows.iter().map(|row| row.width).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Budget, sanitize};

    #[test]
    fn a_window_leaves_spaces_where_an_edge_cuts_a_wide_cluster() {
        let clean = sanitize("a漢字b".as_bytes(), Budget::line());
        let row = clean.rows.first().unwrap();
        assert_eq!(row.width, 6);
        for (skip, cols, text) in
            [(0, 6, "a漢字b"), (0, 4, "a漢 "), (2, 3, " 字"), (2, 2, "  "), (4, 9, " b"), (6, 3, ""), (1, 1, " ")]
        {
            let window = row.window(skip, cols);
            assert_eq!(window.text(), text, "{skip} {cols}");
            assert_eq!(window.width, super::super::width(text));
        }
    }
}
