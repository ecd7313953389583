//! Lines of logs that a person has marked, to choose from.

mod state;
mod view;

pub use state::State;
pub use view::view;
