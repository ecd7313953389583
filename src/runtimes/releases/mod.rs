//! Releases on an environment's lock host: what is sent there, and what its answers mean. Pure.
//!
//! They lie in a folder that anybody may write into and nobody may clear (1777), beside the mirror: a file for each
//! release, and one for each time that somebody has looked at one, whose names end in the number of the login that made
//! them. A file is made whole and is never changed. Files of other logins may hold anything.

mod answer;
mod command;

pub use answer::{Answer, Entry, read};
pub use command::{File, list, put};

/// The largest file, in bytes; a larger one is not read.
pub const LARGEST: usize = 256 << 10;
/// So many files are read, the newest.
pub const MOST: usize = 300;
