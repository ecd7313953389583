//! What a foreign text may ask for in looks: plain data, mapped to the theme elsewhere.

/// A colour as foreign text names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ink {
    /// One of the sixteen named colours: 0 to 7 normal, 8 to 15 bright.
    Ansi16(u8),
    /// One of the fixed 240: 16 to 231 the cube, 232 to 255 greys.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// The usual values of the sixteen, to judge contrast by; the theme shows its own.
const NAMED: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

/// Colours nearer than this in every channel cannot be told apart.
const APART: u8 = 32;

impl Ink {
    /// The colour with this number in the table of 256.
    pub const fn indexed(number: u8) -> Self {
        if number < 16 { Self::Ansi16(number) } else { Self::Indexed(number) }
    }

    /// Red, green and blue as most terminals show it.
    pub fn rgb(self) -> (u8, u8, u8) {
        match self {
            Self::Ansi16(number) => NAMED[usize::from(number & 15)],
            Self::Indexed(number) if number >= 232 => {
                let grey = 8 + 10 * (number - 232);
                (grey, grey, grey)
            }
            Self::Indexed(number) => {
                let place = number.saturating_sub(16);
                let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
                (level(place / 36), level(place / 6 % 6), level(place % 6))
            }
            Self::Rgb(red, green, blue) => (red, green, blue),
        }
    }

    /// Whether text in one of the two colours can be read on the other.
    pub fn readable_on(self, ground: Self) -> bool {
        let (a, b) = (self.rgb(), ground.rgb());
        a.0.abs_diff(b.0) >= APART || a.1.abs_diff(b.1) >= APART || a.2.abs_diff(b.2) >= APART
    }
}

/// The looks of one run. The default is the look of the surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RunStyle {
    /// Foreground; none is the surroundings' own.
    pub fg: Option<Ink>,
    /// Background; none is the surroundings' own.
    pub bg: Option<Ink>,
    /// Bold.
    pub bold: bool,
    /// Faint.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Foreground and background exchanged.
    pub reverse: bool,
    /// Struck through.
    pub strike: bool,
}

impl RunStyle {
    /// The look of a token that stands for something that was not shown.
    pub const TOKEN: Self = Self {
        fg: None,
        bg: None,
        bold: false,
        dim: true,
        italic: false,
        underline: false,
        reverse: false,
        strike: false,
    };

    /// The same look, or without colours where text would vanish into its background.
    pub fn readable(self) -> Self {
        match (self.fg, self.bg) {
            (Some(fg), Some(bg)) if !fg.readable_on(bg) => Self { fg: None, bg: None, ..self },
            (_, _) => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_and_nearly_equal_colours_are_dropped() {
        for (fg, bg) in [
            (Ink::Ansi16(0), Ink::Ansi16(0)),
            (Ink::Ansi16(0), Ink::Indexed(16)),
            (Ink::Indexed(232), Ink::Rgb(0, 0, 0)),
            (Ink::Rgb(250, 250, 250), Ink::Indexed(231)),
        ] {
            let style = RunStyle { fg: Some(fg), bg: Some(bg), bold: true, ..RunStyle::default() };
            let readable = style.readable();
            assert_eq!((readable.fg, readable.bg, readable.bold), (None, None, true), "{fg:?} on {bg:?}");
        }
        let fine = RunStyle { fg: Some(Ink::Ansi16(1)), bg: Some(Ink::Ansi16(0)), ..RunStyle::default() };
        assert_eq!(fine.readable(), fine);
    }

    #[test]
    fn the_cube_and_the_greys_have_their_usual_values() {
        assert_eq!(Ink::indexed(16).rgb(), (0, 0, 0));
        assert_eq!(Ink::indexed(231).rgb(), (255, 255, 255));
        assert_eq!(Ink::indexed(196).rgb(), (255, 0, 0));
        assert_eq!(Ink::indexed(255).rgb(), (238, 238, 238));
        assert_eq!(Ink::indexed(9), Ink::Ansi16(9));
    }
}
