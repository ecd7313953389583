//! Everything the program knows, in one place with one owner.

use std::sync::Arc;

use crate::domain::Environment;

/// The state of the whole program.
#[derive(Debug, Default)]
pub struct Model {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// What is watched.
    pub environment: Option<Arc<Environment>>,
    /// Whether the end was asked for.
    pub ending: bool,
}
