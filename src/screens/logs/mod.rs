//! The logs: many units of many hosts in one stream, in the order of time.

mod axis;
mod body;
mod columns;
mod fields;
mod header;
mod histogram;
mod line;
mod marks;
mod patterns;
mod readable;
mod shape;
mod sight;
mod state;
mod unfolded;
mod view;
mod walk;

pub use columns::{MOST as MOST_COLUMNS, field_name, is_process, of_line as fields_of};
pub use fields::Told;
pub use header::Keys;
pub use histogram::{Span, bars};
pub use patterns::{Moment, Pane, list as new_patterns, moment};
pub use shape::{OWN as OWN_COLUMNS, Shape};
pub use sight::Sight;
pub use state::{Place, Shows, State, TimeFormat};
pub use view::{Areas, areas, pane_as_markdown, row_as_markdown, view};
