//! The logs: many units of many hosts in one stream.

mod state;
mod view;

pub use state::State;
pub use view::view;
