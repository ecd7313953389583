//! Faults B1 to B9, B12 and B14, and the figures of risk R8, on real hosts: what `qd logs` wrote is compared with what
//! the journal on the host says, or with the numbers in the lines where the journal itself was cut.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "each test file uses a part of the lab's module")]

mod commands;
mod ended;
mod files;
mod flood;
mod forms;
mod journald;
#[path = "../common/lab.rs"]
mod lab;
mod logs;
mod older;
mod places;
mod rights;
mod storm;
