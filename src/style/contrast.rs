//! What can be read: the contrast of every role on every ground it can stand on, at every depth of colour.

use ratatui::style::Color;

use super::colour::{Depth, Rgb};
use super::glyph::GlyphSet;
use super::role::{Role, Weight};
use super::sixteen::{TERMINALS, shade};
use super::styles::Styles;
use super::theme::Theme;

/// The least contrast of text, of quiet text, and of lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Least {
    /// Text.
    pub text: f64,
    /// Text that nobody needs at once.
    pub quiet: f64,
    /// Lines and graphs.
    pub line: f64,
}

impl Least {
    /// What the web's accessibility guidelines ask of text and of everything else.
    pub const READABLE: Self = Self { text: 4.5, quiet: 3.0, line: 3.0 };
    /// What they ask where contrast matters most.
    pub const HIGH: Self = Self { text: 7.0, quiet: 7.0, line: 4.5 };

    fn of(self, weight: Weight) -> f64 {
        match weight {
            Weight::Text => self.text,
            Weight::Quiet => self.quiet,
            Weight::Line => self.line,
        }
    }
}

/// A role that is hard to read.
#[derive(Debug, Clone, PartialEq)]
pub struct Poor {
    /// The role.
    pub role: Role,
    /// The role whose ground it stands on.
    pub on: Role,
    /// At which depth of colour.
    pub depth: Depth,
    /// On which terminal, where these differ.
    pub terminal: &'static str,
    /// Its contrast there.
    pub contrast: f64,
    /// What it should have at least.
    pub least: f64,
}

impl std::fmt::Display for Poor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Poor { role, on, contrast, least, .. } = self;
        let (role, on) = (role.name(), on.name());
        write!(f, "`{role}` on the ground of `{on}` has a contrast of {contrast:.1}, {least} is the least")?;
        match self.depth {
            Depth::True | Depth::Mono => Ok(()),
            Depth::Indexed => write!(f, " (with 256 colours)"),
            Depth::Sixteen => write!(f, " (with the sixteen colours of {})", self.terminal),
        }
    }
}

/// Every role of a theme that is hard to read at a depth.
pub fn poor(theme: &Theme, depth: Depth, least: Least) -> Vec<Poor> {
    match depth {
        Depth::Mono => Vec::new(),
        Depth::True | Depth::Indexed => judged(theme, depth, "", least, fixed),
        Depth::Sixteen => {
            let on = |(terminal, shades): &(&'static str, _)| {
                judged(theme, depth, terminal, least, |colour| shade(shades, colour))
            };
            TERMINALS.iter().flat_map(on).collect()
        }
    }
}

fn judged(
    theme: &Theme,
    depth: Depth,
    terminal: &'static str,
    least: Least,
    shown: impl Fn(Color) -> Option<Rgb>,
) -> Vec<Poor> {
    let styles = Styles::new(theme, depth, GlyphSet::Unicode);
    let mut found = Vec::new();
    for role in Role::ALL.iter().copied() {
        let own = styles.of(role);
        let least = least.of(role.weight());
        let grounds = if own.bg.is_some() { role.stands_on_with_ground() } else { role.stands_on() };
        for on in grounds.iter().copied().chain(own.bg.map(|_| role)) {
            let below = styles.of(on);
            // What is laid over a row brings its own ink, if it has one.
            let ink = if on.is_laid_over() { below.fg.or(own.fg) } else { own.fg };
            let ink = ink.or(if role.is_on_band() { below.fg } else { None });
            let (Some(ink), Some(ground)) = (ink.and_then(&shown), below.bg.and_then(&shown)) else { continue };
            let contrast = ink.contrast(ground);
            if contrast < least {
                found.push(Poor { role, on, depth, terminal, contrast, least });
            }
        }
    }
    found
}

/// What every terminal shows alike.
fn fixed(colour: Color) -> Option<Rgb> {
    match colour {
        Color::Rgb(r, g, b) => Some(Rgb(r, g, b)),
        Color::Indexed(number) => Rgb::of_index(number),
        Color::Reset
        | Color::Black
        | Color::Red
        | Color::Green
        | Color::Yellow
        | Color::Blue
        | Color::Magenta
        | Color::Cyan
        | Color::Gray
        | Color::DarkGray
        | Color::LightRed
        | Color::LightGreen
        | Color::LightYellow
        | Color::LightBlue
        | Color::LightMagenta
        | Color::LightCyan
        | Color::White => None,
    }
}
