//! What can be read in the place of what is being read: all services, and the logs that the site has names for.

mod state;
mod view;

pub use state::{Choice, State};
pub use view::view;
