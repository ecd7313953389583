//! The rim: the only room with input and output. The loop, the terminal, the hosts, the probes.

pub mod drill;
pub mod transport;
