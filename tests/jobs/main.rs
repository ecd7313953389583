//! Commands that run once on a host, on the hosts of the lab (FAULTS A18, E1 to E5, E14, F2, F7, F8).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, reason = "this file uses a part of the modules it shares")]

#[path = "../common/bare.rs"]
mod bare;
#[path = "../common/lab.rs"]
mod lab;
#[path = "../common/reach.rs"]
mod reach;

mod cancel;
mod failpoints;
mod kit;
mod links;
mod modes;
mod secrets;
mod table;
