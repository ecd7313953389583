//! Questions of ssh on their way to a person: ssh runs our own binary to ask, which talks to the console
//! over a private socket. No answer is ever in an argument, an environment or a log.

mod ask;
mod door;

pub use ask::answer_if_asked;
pub use door::{Door, Seen};

/// Environment variable with the path of the console's socket; a `qd` that finds it asks and does nothing else.
pub const SOCKET: &str = "QD_ASKPASS_SOCKET";
/// Environment variable with the word that proves that the question comes from an ssh that we started.
pub const TOKEN: &str = "QD_ASKPASS_TOKEN";

/// Longest question or answer in bytes; ssh itself takes no longer answer than 1 KiB.
const LONGEST: usize = 16 << 10;
