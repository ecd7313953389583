//! A procedure: the document as the team wrote it, how each of its parts stands, and what they print.

mod copy;
mod desk;
mod lines;
mod meta;
mod outline;
mod output;
mod state;
mod steps;
mod view;

pub use copy::{command, pane_as_markdown};
pub use desk::Desk;
pub use outline::Outline;
pub use output::Output;
pub use state::{Focus, Grades, State};
pub use steps::{Row as StepRow, rows as step_rows};
pub use view::{Areas, areas, output_lines, view};
