//! The menu of actions: what can be done to the row or the marked rows, each with what it does or why it can't be.

mod state;
mod view;

pub use state::{Choice, Entry, Level, State};
pub use view::{height, list, view};
