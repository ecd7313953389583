//! Widgets on plain data: words with roles, panes, columns, little graphs, fields. They know no screen and keep no state
//! of their own beyond what a person types.

pub mod columns;
pub mod field;
pub mod figure;
pub mod filter;
pub mod finder;
pub mod fuzzy;
pub mod graph;
pub mod halves;
pub mod highlight;
pub mod lines;
pub mod list;
pub mod markdown;
pub mod pane;
pub mod paper;
pub mod pen;
pub mod runs;
pub mod seen;
pub mod told;
pub mod words;

pub use columns::Column;
pub use field::Field;
pub use filter::Filter;
pub use halves::{Halves, Split};
pub use lines::Lines;
pub use list::Window;
pub use pen::Pen;
pub use seen::Seen;
pub use words::{Clock, Words};
