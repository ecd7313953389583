//! How the console looks on this terminal, as the environment variables and the person's own file say.

use crate::app::Setup;
use crate::style::{Depth, GlyphSet};

/// The same session with colours, glyphs and time zone of this terminal.
pub fn on_this_terminal(setup: Setup) -> Setup {
    let variable = |name: &str| std::env::var(name).ok();
    let depth = Depth::detect(variable);
    Setup {
        no_colour: depth == Depth::Mono,
        depth,
        ascii: setup.ascii || GlyphSet::detect(variable) == GlyphSet::Ascii,
        zone: Some(jiff::tz::TimeZone::system()),
        ..setup
    }
}
