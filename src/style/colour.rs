//! Colours as figures: reading them, their contrast, and what poorer terminals show instead.

use ratatui::style::Color;

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Any colour.
    #[default]
    True,
    /// The fixed 240 of a 256-colour terminal.
    Indexed,
    /// The sixteen named ones.
    Sixteen,
    /// None: only bold, underline and reverse.
    Mono,
}

impl Depth {
    /// What the environment variables say; `variable` reads one. `NO_COLOR` wins over everything.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| variable(name).unwrap_or_default();
        if !value("NO_COLOR").is_empty() {
            return Depth::Mono;
        }
        let (term, extra) = (value("TERM"), value("COLORTERM"));
        if matches!(extra.as_str(), "truecolor" | "24bit") || term.ends_with("-direct") {
            Depth::True
        } else if term.contains("256color") {
            Depth::Indexed
        } else if matches!(term.as_str(), "" | "dumb" | "vt100" | "vt102" | "vt220" | "vt320") {
            Depth::Mono
        } else {
            Depth::Sixteen
        }
    }
}

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let channel = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Rgb(channel(0)?, channel(2)?, channel(4)?))
    }

    /// Contrast against another colour, 1 to 21, as the web's accessibility guidelines define it.
    pub fn contrast(self, other: Rgb) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    pub(super) fn distance(self, other: Rgb) -> u32 {
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        2 * square(self.0, other.0) + 4 * square(self.1, other.1) + 3 * square(self.2, other.2)
    }

    /// The nearest colour of the cube and the greys of a 256-colour terminal.
    pub fn indexed(self) -> Color {
        let nearest = (FIXED..=255).min_by_key(|index| Self::of_index(*index).map_or(u32::MAX, |it| it.distance(self)));
        Color::Indexed(nearest.unwrap_or(FIXED))
    }

    /// The colour of a place in the cube or the greys of a 256-colour terminal; the sixteen before them are nobody's.
    pub fn of_index(index: u8) -> Option<Self> {
        const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        let place = index.checked_sub(FIXED)?;
        if let Some(grey) = index.checked_sub(GREYS) {
            return Some(Rgb(8 + 10 * grey, 8 + 10 * grey, 8 + 10 * grey));
        }
        let step = |n: u8| STEPS.get(usize::from(n % 6)).copied().unwrap_or(0);
        Some(Rgb(step(place / 36), step(place / 6), step(place)))
    }
}

/// The first colour of a 256-colour terminal that is the same everywhere.
const FIXED: u8 = 16;
/// The first of its greys.
const GREYS: u8 = 232;

/// The sixteen colours by the names a theme uses for them.
pub const NAMED: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];
