//! From keys to actions: the names of keys, the table of actions, the keymap that joins them.

pub mod action;
pub mod context;
pub mod key_name;
pub mod keymap;

pub use action::Action;
pub use context::Context;
pub use keymap::{Keymap, Lookup};

#[cfg(test)]
mod tests;
