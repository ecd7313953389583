//! The history: every run of this environment, the newest first, with its steps, commands and verdicts.

mod cells;
mod detail;
mod state;
mod view;

pub use detail::lines as detail_lines;
pub use state::State;
pub use view::{areas, pane_as_markdown, row_as_markdown, view};
