//! A command that is edited for once: the document stays as it is, and what is done instead is recorded.

mod state;
mod view;

pub use state::State;
pub use view::{height, view};
