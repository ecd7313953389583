//! The confirm box: what will happen and to whom, exactly, before anything does.

mod lines;
mod state;
mod view;

pub use lines::{commands, lines};
pub use state::State;
pub use view::{columns, height, view};
