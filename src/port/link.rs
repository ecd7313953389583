//! What became of a link that a person wanted to open.

/// News of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkNews {
    /// A browser was told.
    Opened(String),
    /// None was; half a sentence says why.
    NotOpened {
        /// The address.
        url: String,
        /// Why.
        why: String,
    },
}
