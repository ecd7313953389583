//! The drill: a fleet inside the program, reached by a transport that answers as hosts would.
//!
//! The simulation (`sim`, `machine`, `unit`, `journal`, `scenario`) is pure: it is told the time and says what
//! happened. Everything it is asked comes through the same commands and D-Bus calls that real hosts get.

pub mod bus;
pub mod fleet;
pub mod http;
pub mod journal;
pub mod machine;
mod population;
pub mod properties;
pub mod scenario;
pub mod shell;
pub mod sim;
pub mod transport;
pub mod unit;

pub use scenario::Scenario;
pub use sim::{News, Sim};
