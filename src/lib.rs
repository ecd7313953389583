//! Quarterdeck: a full-screen terminal console from which an on-call engineer runs a system.
//!
//! Functional core, one loop, effects at the rim; ARCHITECTURE.md has the map and the invariants.

pub mod app;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod input;
pub mod port;
pub mod runtimes;
pub mod screens;
pub mod site;
pub mod state;
pub mod style;
pub mod text;
pub mod ui;
