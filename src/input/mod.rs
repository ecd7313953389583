//! From bytes to keys to actions: the decoder of terminal bytes, the names of keys, the table of actions, the keymap.

pub mod action;
pub mod command;
pub mod context;
pub mod decode;
pub mod key_name;
pub mod keymap;
mod keymap_file;
mod keymap_rules;
pub mod presets;
pub mod reference;

pub use action::Action;
pub use context::Context;
pub use keymap::{Keymap, Lookup};

#[cfg(test)]
mod tests;
