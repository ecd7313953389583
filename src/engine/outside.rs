//! What is asked outside of the hosts of an environment: git for versions, GitHub for what it knows of a commit. A world of
//! its own, such as a drill, brings its own answers; otherwise the true ones are asked.

use futures_util::future::BoxFuture;

use super::facts::Came;
use crate::domain::fact::Question;
use crate::domain::source::{Facts, Version};

/// Answers in the place of git and GitHub.
pub trait Outside: Send + Sync + 'static {
    /// The versions that can be chosen, the newest first; why that is not known.
    fn versions(&self) -> BoxFuture<'static, Result<Vec<Version>, String>>;

    /// What is known of a version, and what is new in it since then; why that is not known.
    fn facts(&self, version: String, since: Option<String>) -> BoxFuture<'static, Result<Facts, String>>;

    /// What GitHub knows of a commit.
    fn github(&self, question: Question) -> BoxFuture<'static, Came>;
}
