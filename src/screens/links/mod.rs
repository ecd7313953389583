//! The links of a service: dashboard, repository, runbook. The one under the cursor is opened.

mod state;
mod view;

pub use state::State;
pub use view::view;
