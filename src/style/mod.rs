//! How things look: roles that code names, themes that give them colours, glyphs for terminals of every kind.

pub mod colour;
pub mod glyph;
pub mod role;
pub mod styles;
pub mod theme;

pub use colour::{Depth, Rgb};
pub use glyph::{GlyphSet, Glyphs};
pub use role::Role;
pub use styles::Styles;
pub use theme::Theme;

#[cfg(test)]
mod tests;
