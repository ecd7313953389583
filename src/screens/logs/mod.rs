//! The logs: many units of many hosts in one stream, in the order of time.

mod fields;
mod header;
mod line;
mod shape;
mod sight;
mod state;
mod view;

pub use header::Keys;
pub use shape::Shape;
pub use sight::Sight;
pub use state::{Place, Shows, State, TimeFormat};
pub use view::{Areas, areas, pane_as_markdown, row_as_markdown, view};
