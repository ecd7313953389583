//! The tail protocol: how a host's journal is read so that each entry arrives exactly once and what is missing is
//! told. Pure: what to send, and what the answers mean.
//!
//! Reading goes on from the cursor of the last entry that was read completely, with `--cursor`, which begins with that
//! very entry: its coming again proves that nothing lies between, and then it is left out. `--after-cursor`, `-n 0`
//! and `--all` are never used: some versions lose lines with the first two, and the third changes bytes.
//! A reader that follows shows the boot that runs only (systemd 252, also with a cursor or a time from before it): whatever
//! lies in earlier ones is read to its end by another first.

pub mod command;
pub mod container;
pub mod cursor;
pub mod entry;
pub mod file;
mod gap;
pub mod lines;
mod names;
mod note;
pub mod output;
pub mod page;
mod place;
pub mod protocol;
#[cfg(test)]
mod protocol_tests;
mod seen;
pub mod stamp;

pub use command::Filter;
pub use gap::{Gap, Held};
pub use protocol::{Found, Next, Protocol};
