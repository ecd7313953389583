//! Releases on an environment's lock host: what is sent there, and what its answers mean. Pure.
//!
//! They lie in a folder that anybody may write into and nobody may clear (1777), beside the mirror: a file for each
//! release, one for each time that somebody has looked at one, and in a folder of their own one for each approval of a run, whose names end in the number of the login that made
//! them. A file is made whole and is never changed. Files of other logins may hold anything.

mod answer;
mod command;

pub use answer::{Answer, Entry, Kind, Listed, Maker, Owner, read};
pub use command::{File, Shelf, list, put};

/// The largest file, in bytes; a larger one is not read.
pub const LARGEST: usize = 256 << 10;
/// So many files are read, the newest.
pub const MOST: usize = 400;
/// Of releases so many files of one login, the newest, so that none hides what others have put there.
pub const RELEASES_OF_ONE_LOGIN: usize = 200;
/// Of the approvals of a run so many, likewise.
pub const OF_ONE_LOGIN: usize = 20;
