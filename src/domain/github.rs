//! Where the code of a site lies at GitHub, and what speaks to it there.

use super::channel::Address;

/// The usual API.
pub const API: &str = "https://api.github.com";

/// A repository, and the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHub {
    /// `owner/name`
    pub repository: String,
    /// The API, without a slash at its end.
    pub api: String,
    /// Where the token comes from; it is fetched when something is asked, and kept nowhere.
    pub token: Option<Address>,
}

/// Whether this is the name of a repository: `owner/name`.
pub fn is_repository(text: &str) -> bool {
    let part = |part: &str, most: usize| {
        (1..=most).contains(&part.len())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
            && part != "."
            && part != ".."
    };
    text.split_once('/').is_some_and(|(owner, name)| part(owner, 39) && part(name, 100))
}
