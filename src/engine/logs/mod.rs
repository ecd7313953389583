//! Logs without a screen: what `qd logs` reads, merged over its hosts, as lines or as JSON.

pub mod append;
pub mod gather;
pub mod merge;
pub mod written;

pub use append::Append;
pub use gather::{Ending, Gather, Wanted};
pub use written::{Form, Written};
