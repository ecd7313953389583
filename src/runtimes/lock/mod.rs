//! The lock of an environment on its lock host: what is sent there, and what its answers mean. Pure.
//!
//! A folder that anybody may write into and nobody may clear (1777) holds `token-N` of each taking, a folder that only
//! its maker writes into, and `broken-N` of those that somebody else ended. All is done under `flock` on the folder, and
//! time is the host's uptime, so that no clock that somebody sets moves a lease.

mod answer;
mod command;

pub use answer::{Answer, Refused, Seen, read};
pub use command::{Taking, give_up, look, release, renew, reserve, take};

/// The most that is read of what somebody says of themselves, in bytes (`head -c` in the script says the same).
pub const LARGEST: usize = 4096;
