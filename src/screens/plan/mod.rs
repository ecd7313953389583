//! The plan of a procedure before anything of it happens: every command on every host, what undoes it, what it would do.

mod lines;
mod state;
mod view;

pub use lines::{Beside, commands, lines};
pub use state::State;
pub use view::{columns, height, view};
