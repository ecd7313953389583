//! The store: what is recorded, what survives, and what it says when it can't. Each fault of the catalogue is a test
//! with its number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod damage;
mod keepsakes;
mod kill;
#[path = "../common/lab.rs"]
#[allow(dead_code, reason = "shared with tests of the lab; only its figures are used here")]
mod lab;
mod listed;
mod procedures;
mod runs;
mod schema;
mod several;
mod space;
