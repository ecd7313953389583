//! Logs without a screen: what `qd logs` reads, merged over its hosts, as lines or as JSON.

pub mod append;
pub mod burst;
pub mod gather;
pub mod merge;
mod missing;
mod roster;
mod stamp;
mod wanted;
pub mod written;

pub use append::{Append, write_counted};
pub use burst::Bursts;
pub use gather::{Ending, Gather};
pub use wanted::Wanted;
pub use written::{Form, Written};
