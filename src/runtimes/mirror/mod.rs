//! The mirror of runs on an environment's lock host: what is sent there, and what its answers mean. Pure.
//!
//! A run is a folder that anybody may write into and nobody may clear (1777): `owner-1`, `owner-2`, … are the consoles
//! that were at it, each a folder that only its maker writes into, with a file for each event. Making `owner-N` takes the
//! run over, exclusively; whoever finds a higher one than its own stops. Files of other users may hold anything.

mod answer;
mod command;

pub use crate::runtimes::lock_host::Name;
pub use answer::{Answer, Listed, Owner, Refused, read};
pub use command::{adopt, append, beat, list, read_run, these};

/// The largest event, in bytes; a larger file is not read (`-size` in the script says the same).
pub const LARGEST: usize = 4 << 20;
/// The most that is read of one owner, in bytes.
const OF_ONE: usize = 16 << 20;
