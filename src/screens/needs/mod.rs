//! What a service needs and what needs it, with their states. The one under the cursor is gone to.

mod state;
mod view;

pub use state::{Need, State, Way};
pub use view::view;
