//! Secrets, files that are nobody else's, and documents of strangers, each fault by its number: through the program
//! itself, on this machine and on the hosts of the lab, and then everything is searched that it wrote.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/lab.rs"]
#[allow(dead_code, reason = "this file uses a part of the modules it shares")]
mod hosts;
#[path = "../common/pty.rs"]
#[allow(unused_imports, reason = "shared with other tests, which use the rest")]
mod pty;

mod addresses;
mod canaries;
mod desk;
mod files;
mod hostile;
mod memory;
mod sinks;
mod taken_over;
