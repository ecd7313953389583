//! A deploy or a rollback, page by page: what and where, the gate, the plan, the run, the verification, the verdict. It
//! shows a run like any other; what is done and decided is done by the run.

mod beside;
mod detail;
mod following;
mod foot;
mod guard;
mod head;
mod list;
mod sight;
mod state;
mod steps;
mod view;
mod what;

pub use beside::count as short_lines;
pub use detail::{lines as detail_lines, markdown};
pub use list::{below, count, part_at, row_of};
pub use sight::{Output, Planned, Sight};
pub use state::{State, Waiting};
pub use view::{Areas, areas, view};
