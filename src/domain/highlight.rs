//! What a person or a site wants to see at once in logs: queries with a name and a colour, and filters with a name.

use super::Query;

/// Lines of logs that are marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Highlight {
    /// Its name.
    pub name: String,
    /// The lines that are meant.
    pub query: Query,
    /// How they look.
    pub hue: Hue,
}

/// What a mark says, and by that its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hue {
    /// Of interest.
    #[default]
    Info,
    /// Good news.
    Good,
    /// To be watched.
    Warn,
    /// Bad news.
    Bad,
    /// The accent of the theme.
    Key,
}

/// A query with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFilter {
    /// Its name.
    pub name: String,
    /// The query, as it is typed.
    pub query: String,
}
