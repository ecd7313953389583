//! The rim: the only room with input and output. The loop, the terminal, the hosts, the probes.

pub mod act;
pub mod approach;
pub mod askpass;
pub mod backstop;
pub mod clock;
pub mod console;
pub mod crash;
pub mod drill;
pub mod export;
mod fault;
pub mod headless;
pub mod hosts;
pub mod log_file;
pub mod memory;
pub mod outbox;
pub mod probe;
pub mod questions;
pub mod run;
pub mod signals;
pub mod store;
pub mod surface;
pub mod tail;
pub mod terminal;
pub mod transport;
mod turn;
pub mod watch;
pub mod world;
