//! The palette: everything that can be done or gone to from here, found by a few letters.

mod state;
mod view;

pub use state::{Does, Entry, State};
pub use view::{list, view};
