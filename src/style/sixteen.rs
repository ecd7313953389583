//! The sixteen named colours: no terminal shows them like another, so what can be read is judged on several.

use ratatui::style::Color;

use super::colour::{NAMED, Rgb};

/// The sixteen in the order black, red, green, yellow, blue, magenta, cyan, white, then the bright ones.
type Shades = [Rgb; 16];

/// How widespread terminals show them: xterm, the Linux console, the terminals of GNOME.
pub const TERMINALS: [(&str, Shades); 3] = [
    (
        "xterm",
        [
            Rgb(0, 0, 0),
            Rgb(205, 0, 0),
            Rgb(0, 205, 0),
            Rgb(205, 205, 0),
            Rgb(0, 0, 238),
            Rgb(205, 0, 205),
            Rgb(0, 205, 205),
            Rgb(229, 229, 229),
            Rgb(127, 127, 127),
            Rgb(255, 0, 0),
            Rgb(0, 255, 0),
            Rgb(255, 255, 0),
            Rgb(92, 92, 255),
            Rgb(255, 0, 255),
            Rgb(0, 255, 255),
            Rgb(255, 255, 255),
        ],
    ),
    (
        "the Linux console",
        [
            Rgb(0, 0, 0),
            Rgb(170, 0, 0),
            Rgb(0, 170, 0),
            Rgb(170, 85, 0),
            Rgb(0, 0, 170),
            Rgb(170, 0, 170),
            Rgb(0, 170, 170),
            Rgb(170, 170, 170),
            Rgb(85, 85, 85),
            Rgb(255, 85, 85),
            Rgb(85, 255, 85),
            Rgb(255, 255, 85),
            Rgb(85, 85, 255),
            Rgb(255, 85, 255),
            Rgb(85, 255, 255),
            Rgb(255, 255, 255),
        ],
    ),
    (
        "GNOME",
        [
            Rgb(23, 20, 33),
            Rgb(192, 28, 40),
            Rgb(38, 162, 105),
            Rgb(162, 115, 76),
            Rgb(18, 72, 139),
            Rgb(163, 71, 186),
            Rgb(42, 161, 179),
            Rgb(208, 207, 204),
            Rgb(94, 92, 100),
            Rgb(246, 97, 81),
            Rgb(51, 209, 122),
            Rgb(233, 173, 12),
            Rgb(42, 123, 222),
            Rgb(192, 97, 203),
            Rgb(51, 199, 222),
            Rgb(255, 255, 255),
        ],
    ),
];

/// What a terminal shows for one of the sixteen; nothing for its own two, which nobody knows.
pub fn shade(shades: &Shades, colour: Color) -> Option<Rgb> {
    // The first name is that of the terminal's own colour.
    let place = NAMED.iter().skip(1).position(|(_, named)| *named == colour)?;
    shades.get(place).copied()
}

/// The one of the sixteen that comes next to a colour.
pub(super) fn nearest(colour: Rgb) -> Color {
    let (_, shades) = &TERMINALS[0];
    let named = NAMED.iter().skip(1).zip(shades);
    named.min_by_key(|(_, shade)| shade.distance(colour)).map_or(Color::Reset, |((_, named), _)| *named)
}
