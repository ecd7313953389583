//! What is marked in logs, as it is written.

use crate::site::read::{Layer, Located, table, words};

table! {
    /// Lines of logs that are marked.
    RawHighlight as "a highlight" {
        /// Its name.
        name: Located<String>,
        /// The lines that are meant, as a query of the logs.
        query: Located<String>,
        /// How they look.
        role: RawHue,
    }
}

words! {
    /// How marked lines look.
    RawHue as "role of a highlight" {
        /// Of interest.
        Info = "info",
        /// Good news.
        Good = "good",
        /// To be watched.
        Warn = "warn",
        /// Bad news.
        Bad = "bad",
        /// The accent of the theme.
        Key = "key",
    }
}

impl Layer for RawHighlight {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}
