//! Filters of logs to choose from: those with a name, and those that were looked for last.

mod state;
mod view;

pub use state::{Filter, State, Whose};
pub use view::view;
