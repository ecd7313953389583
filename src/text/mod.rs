//! The one door for foreign text: everything a host, file or server says is made safe here before it is shown.
//!
//! [`sanitize`] turns raw bytes into rows of harmless, measured, styled text. [`Foreign`] carries
//! raw bytes through the program and can only be read through that function. The measuring
//! functions ([`width`], [`truncate`], [`fit`] and friends) count columns the way the terminal
//! library does. This room uses nothing else of ours, does no input or output and keeps no state.

mod budget;
mod cell;
mod class;
mod cluster;
mod credentials;
mod decode;
mod disguise;
mod escape;
mod few;
mod foreign;
mod ident;
mod run;
mod sanitize;
mod secret;
mod sgr;
mod sink;
mod style;
mod token;
mod width;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod sanitize_tests;

pub use budget::Budget;
pub use cell::{cell_allowed, cell_safe};
pub use credentials::without_credentials;
pub use disguise::{Disguise, disguises, exact, hides};
pub use few::few;
pub use foreign::Foreign;
pub use ident::ident;
pub use run::{Clean, Row, Run};
pub use sanitize::{plain, sanitize};
pub use secret::{COVER, SecretCover};
pub use style::{Ink, RunStyle};
pub use width::{clip, fit, pad, pad_left, truncate, width, wrap};
