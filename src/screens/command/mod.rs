//! The command line: an action by its name, and what it shall be done to, with completion and the commands before.

mod state;
mod view;

pub use state::{Candidate, Known, State};
pub use view::{height, list, view};
