//! The columns of the logs to choose from.

mod state;
mod view;

pub use state::{Column, State};
pub use view::view;
