//! A run while it goes on and after it: each step with how it stands, what was looked at, and what runs new.

mod lines;
mod state;
mod view;

pub use lines::{as_markdown, lines};
pub use state::State;
pub use view::{columns, height, view};
