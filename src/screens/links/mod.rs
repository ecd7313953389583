//! The links of a service, to open one of them. Found by typing.

mod state;
mod view;

pub use state::State;
pub use view::{height, list, view};
