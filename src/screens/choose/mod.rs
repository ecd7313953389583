//! One of several ways is chosen by a person who sees why it is asked: what becomes of a step that failed, which way a
//! decision goes, whether an unfinished run is taken up, on which host something is done.

mod state;
mod view;

pub use state::{About, Choice, Does, State, What};
pub use view::{columns, height, lines, view};
