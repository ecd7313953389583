//! The runbooks: every procedure of this environment, those that fit the row a person came from first, with what is
//! unfinished on top.

mod cells;
mod detail;
mod state;
mod view;

pub use detail::lines as detail_lines;
pub use state::State;
pub use view::{areas, pane_as_markdown, row_as_markdown, view};
