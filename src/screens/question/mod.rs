//! A question that only a person can answer: a secret, an unknown host key, a yes.

mod state;
mod view;

pub use state::State;
pub use view::view;
