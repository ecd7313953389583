//! Keeps a link to every host: when to try, how often, and what everybody else gets to know of it.

pub mod backoff;
pub mod handshakes;
pub mod supervisor;

pub use backoff::Backoff;
pub use handshakes::Handshakes;
pub use supervisor::{Control, Supervision, supervise};
