//! PakaShop's own deploy of production, made for real: real hosts with systemd, a real repository and database, and every
//! command of the procedure. What builds and what serves are stand-ins.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod back_long;
mod breaks;
mod faults;
mod github;
#[path = "../common/lab.rs"]
#[allow(dead_code, reason = "this file uses a part of the modules it shares")]
mod lab;
mod long;
#[path = "../procedures/person.rs"]
#[allow(dead_code, reason = "this file uses a part of the modules it shares")]
mod person;
#[path = "../common/pty.rs"]
#[allow(unused_imports, reason = "this file uses a part of the modules it shares")]
mod pty;
mod screen_long;
mod shop;
mod whole;
