//! One line that is asked for: a span of time, a note, a name.

mod state;
mod view;

pub use state::{State, What};
pub use view::view;
