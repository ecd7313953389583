//! The drill: a fleet inside the program, reached by a transport that answers as hosts would.
//!
//! The simulation (`sim`, `machine`, `unit`, `journal`, `scenario`) is pure: it is told the time and says what
//! happened. Everything it is asked comes through the same commands and D-Bus calls that real hosts get.

pub mod journal;
pub mod machine;
pub mod scenario;
pub mod sim;
pub mod unit;

pub use scenario::Scenario;
pub use sim::{News, Sim};
