//! Logs: what hosts wrote, in compact blocks, one order over all of them, and filters on top of it.
//!
//! Each host has sealed blocks and one open one. [`Order`] puts their rows in one order by time, corrected for the hosts'
//! clocks, in which the rows of a host always stand as in its journal. A sieve is the part of that order that
//! passes a filter, made in slices so that no key waits for it.

mod clock;
mod command_line;
mod effort;
mod filter;
mod folds;
pub mod group;
mod host;
mod host_filter;
mod keepsakes;
mod novel;
mod older;
mod order;
mod reading;
mod scope;
mod search;
mod sieve;
mod site_log;
mod store;
mod tally;

#[cfg(test)]
mod flood_tests;
#[cfg(test)]
mod folds_tests;
#[cfg(test)]
mod tests;

pub use command_line::command_line;
pub use filter::Filter;
pub use folds::{Fold, Folds};
pub use host::{HostLog, Older};
pub use keepsakes::{Keepsakes, held};
pub use novel::{Novel, Pattern};
pub use older::{NoPage, PAGE, has_older};
pub use order::{Order, Ref};
pub use reading::{NEWEST, Reading};
pub use scope::{Chosen, Scope, Sources};
pub use site_log::what_is_read;
pub use store::{CAP, Layer, LogStore, Loss};
pub use tally::{Columns, Counts, Tally};
