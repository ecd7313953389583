//! A form: what a procedure must be told, field by field.

mod state;
mod view;

pub use state::{Entry, Listing, State};
pub use view::view;
