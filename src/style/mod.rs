//! How things look: roles that code names, themes that give them colours, glyphs for terminals of every kind.

pub mod colour;
pub mod contrast;
pub mod glyph;
mod read;
pub mod role;
pub mod sixteen;
pub mod styles;
pub mod theme;

pub use colour::{Depth, Rgb};
pub use glyph::{GlyphSet, Glyphs};
pub use role::Role;
pub use styles::Styles;
pub use theme::Theme;

#[cfg(test)]
mod contrast_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod theme_tests;
