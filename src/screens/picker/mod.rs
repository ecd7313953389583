//! The picker: which site and environment to open. Found by typing; a protected one is never chosen beforehand.

mod state;
mod view;

pub use state::{Choice, State};
pub use view::{height, list, view};
