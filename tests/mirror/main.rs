//! The mirror of runs on a lock host: begun on one workstation, seen and taken over from another. On this machine as the
//! lock host, and on real ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod clocks;
mod hostile;
mod kit;
#[path = "../common/lab.rs"]
#[allow(dead_code, reason = "shared with other tests of the lab")]
mod lab;
mod lock;
mod lock_host;
mod logins;
#[path = "../common/reach.rs"]
mod reach;
mod workstations;
