//! Dumps of bytes as `hexdump -C`, `xxd` and `od` print them: digits, what they mean, and where the next line begins.

/// Columns of what the digits of a line of a dump mean, and of where it stands: more is no dump.
pub(super) const COLUMN: u8 = 40;

/// Where in a dump of bytes (`hexdump -C`, `xxd`, `od`) a piece of hexadecimal digits is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dump {
    /// At the digits, behind so many blanks.
    Digits(u8),
    /// At what they mean, which stands behind them.
    Meaning(u8),
    /// At the place that the next line begins with.
    Place(u8),
}

impl Default for Dump {
    fn default() -> Self {
        Dump::Digits(0)
    }
}

impl Dump {
    /// Whether it is at the digits.
    pub(super) fn is_digits(self) -> bool {
        matches!(self, Dump::Digits(_))
    }

    /// After a byte between two digits.
    pub(super) fn blank(self, byte: u8) -> Self {
        match self {
            Dump::Digits(blanks) if byte == b' ' => Dump::Digits(blanks.saturating_add(1)),
            Dump::Digits(_) => Dump::Digits(0),
            other => other,
        }
    }
}
