//! The person's terminal: taking it, giving it back, its bytes in and out.

mod calling;
mod clipboard;
mod device;
mod errand;
mod foreground;
mod painter;
mod reader;
mod tty;
mod writer;

pub use device::{Device, NoTerminal};
pub use foreground::claim_if_asked;
pub use reader::inputs;
pub use tty::Tty;
