//! The hosts: links, load, memory, disks, and what else a host says of itself.

mod cells;
mod detail;
mod state;
mod view;

pub use detail::lines as detail_lines;
pub use state::State;
pub use view::{areas, pane_as_markdown, row_as_markdown, view};
