//! Changes on real hosts: what was permitted is done, in order, with a verdict; and what goes wrong on the way is told
//! for what it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, unused_imports, reason = "this file uses a part of the modules it shares")]

#[path = "../common/lab.rs"]
mod lab;
#[path = "../common/pty.rs"]
mod pty;

mod faults;
mod kit;
mod ordered;
mod password;
mod refusals;
mod rolling;
