//! The store: what is recorded, what survives, and what it says when it can't.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod runs;
