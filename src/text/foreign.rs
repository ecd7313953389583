//! Text that did not come from our own binary: raw bytes that can only be read sanitised.

use std::fmt;
use std::sync::Arc;

use super::budget::Budget;
use super::run::Clean;
use super::sanitize::sanitize;

/// Foreign text: the raw bytes as they came, compared and kept as such.
///
/// There is no `Display`: what is printed goes through [`plain`](Self::plain),
/// [`ident`](Self::ident) or [`clean`](Self::clean).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Foreign(Arc<[u8]>);

impl Foreign {
    /// The bytes as they came: for the store, for comparison, never for a screen.
    pub fn raw(&self) -> &[u8] {
        &self.0
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text as it came, where sanitising would change nothing of it: one row of printable ASCII.
    pub fn harmless(&self) -> Option<&str> {
        let is_harmless = self.0.iter().all(|byte| matches!(byte, b' '..=b'~'));
        std::str::from_utf8(&self.0).ok().filter(|_| is_harmless)
    }

    /// One sanitised row without colours: what widgets print.
    pub fn plain(&self) -> String {
        self.clean(Budget::line()).text()
    }

    /// The text as a name: untouched when harmless, else quoted behind a warning mark.
    pub fn ident(&self) -> String {
        super::ident::ident(&self.0)
    }

    /// The sanitised rows with looks.
    pub fn spans(&self, budget: &Budget) -> Clean {
        sanitize(&self.0, *budget)
    }

    /// The sanitised rows with looks.
    pub fn clean(&self, budget: Budget) -> Clean {
        sanitize(&self.0, budget)
    }
}

impl Default for Foreign {
    fn default() -> Self {
        Self(Arc::from(&[][..]))
    }
}

impl<T: AsRef<[u8]>> From<T> for Foreign {
    fn from(bytes: T) -> Self {
        Self(Arc::from(bytes.as_ref()))
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.plain(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_bytes_are_kept_and_compared() {
        let colour = Foreign::from("\x1b[31mred");
        assert_eq!(colour.raw(), b"\x1b[31mred");
        assert_ne!(colour, Foreign::from("red"));
        assert_eq!(Foreign::from(vec![0xFF]).raw(), [0xFF]);
        assert_eq!(Foreign::from(String::from("a")), Foreign::from("a"));
        assert!(Foreign::default().is_empty() && !colour.is_empty());
    }

    #[test]
    fn debug_prints_the_sanitised_form() {
        let text = format!("{:?}", Foreign::from("a\x1b]0;title\x07\u{202E}b"));
        assert_eq!(text, "\"a‹osc0›‹U+202E›b\"");
    }

    proptest::proptest! {
        #[test]
        fn what_is_harmless_is_not_changed_by_sanitising(text in "[ -~]{0,200}|.{0,20}|[ -~\\n\\r\\t\u{7f}]{0,20}") {
            let foreign = Foreign::from(&text);
            if let Some(harmless) = foreign.harmless() {
                let whole = Budget { shown: 64 << 10, colours: true, ..Budget::rows() };
                let rows: Vec<String> = foreign.clean(whole).rows.iter().map(crate::text::Row::text).collect();
                proptest::prop_assert_eq!(rows.concat(), harmless);
                proptest::prop_assert!(rows.len() <= 1);
            }
            let is_printable = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
            proptest::prop_assert_eq!(foreign.harmless().is_some(), is_printable);
        }
    }

    #[test]
    fn plain_is_one_row() {
        assert_eq!(Foreign::from("one\ntwo\r\n").plain(), "one␊two");
    }
}
