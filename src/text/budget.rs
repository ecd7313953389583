//! How much of a foreign text is read and shown, and in which form.

/// The most bytes of one field that are read at all.
const INPUT: usize = 64 * 1024;
/// The most bytes of one row that are shown.
const SHOWN: usize = 8 * 1024;
/// No limit can be set below this, so that the mark of a cut always has room.
const LEAST: usize = 64;

/// The bounds and choices of one call of [`sanitize`](super::sanitize).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Bytes read of one field; also the most bytes that come out of it.
    pub input: usize,
    /// Bytes shown of one row.
    pub shown: usize,
    /// Colours and weights are taken over; else each colour sequence is a visible token.
    pub colours: bool,
    /// Every cluster outside ASCII becomes a token, and the tokens themselves are ASCII.
    pub ascii: bool,
    /// A line feed is shown as a picture instead of starting a continuation row.
    pub one_line: bool,
    /// The stricter rules for names: no joiners, no selectors, no odd spaces, no tabs.
    pub strict: bool,
    /// The column of the content at which the text begins; tab stops are counted from column 0.
    pub start_column: usize,
}

impl Budget {
    /// Rows without colours, at the ordinary limits.
    pub const fn rows() -> Self {
        Self {
            input: INPUT,
            shown: SHOWN,
            colours: false,
            ascii: false,
            one_line: false,
            strict: false,
            start_column: 0,
        }
    }

    /// Rows with the colours the text asks for: a log line.
    pub const fn log() -> Self {
        Self { colours: true, ..Self::rows() }
    }

    /// One row without colours: what a widget prints.
    pub const fn line() -> Self {
        Self { one_line: true, ..Self::rows() }
    }

    /// One row under the rules for names.
    pub const fn name() -> Self {
        Self { one_line: true, strict: true, ..Self::rows() }
    }

    /// The same, limited to ASCII or not.
    pub const fn with_ascii(self, ascii: bool) -> Self {
        Self { ascii, ..self }
    }

    /// The same, beginning at another column of the content.
    pub const fn at_column(self, start_column: usize) -> Self {
        Self { start_column, ..self }
    }

    /// The limit on bytes read, never uselessly small.
    pub(super) const fn input_limit(&self) -> usize {
        if self.input < LEAST { LEAST } else { self.input }
    }

    /// The limit on bytes shown per row, never uselessly small.
    pub(super) const fn shown_limit(&self) -> usize {
        if self.shown < LEAST { LEAST } else { self.shown }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::rows()
    }
}
