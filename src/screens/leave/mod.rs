//! Asks once before the console is left while a change goes on.

mod state;
mod view;

pub use state::State;
pub use view::view;
