//! The overview: every service with its instances, the details of the one under the cursor, and its newest log lines.

mod cells;
mod containers;
mod copy;
mod detail;
mod file;
mod log;
mod marks;
mod probe;
mod rows;
mod state;
mod view;

pub use copy::{pane_as_markdown, row_as_markdown};
pub use detail::lines as detail_lines;
pub use marks::target;
pub use rows::{Row, RowKey};
pub use state::{Detail, State};
pub use view::{Areas, areas, view};
