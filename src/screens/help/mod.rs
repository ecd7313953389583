//! The help: every action that means something here with its keys, found by typing, run with one key.

mod state;
mod view;

pub use state::{Entry, State};
pub use view::{height, list, view};
