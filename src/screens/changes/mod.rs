//! The changes since the console was opened, the newest first.

mod state;
mod view;

pub use state::State;
pub use view::{list_rows, pane_as_markdown, row_as_markdown, view};
