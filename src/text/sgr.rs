//! Colours and weights: the one control sequence that is obeyed, within a closed list.

use super::style::{Ink, RunStyle};

/// Applies the parameters to the style; gives back the first code that is not on the list.
pub(super) fn apply(style: &mut RunStyle, body: &str) -> Option<String> {
    let mut refused = None;
    let mut parameters = body.split(';');
    while let Some(parameter) = parameters.next() {
        let obeyed = match parameter.split_once(':') {
            Some((code, rest)) => with_parts(style, code, rest),
            None => match number(parameter) {
                Some(code @ (38 | 48)) => {
                    let ink = extended(&mut parameters);
                    if ink.is_none() {
                        // What follows belongs to the broken colour and means nothing by itself.
                        return Some(code.to_string());
                    }
                    set(style, code, ink);
                    true
                }
                Some(code) => simple(style, code),
                None => false,
            },
        };
        if !obeyed && refused.is_none() {
            refused = Some(parameter.chars().take_while(char::is_ascii_digit).take(3).collect());
        }
    }
    refused
}

/// A number; nothing at all is zero.
fn number(text: &str) -> Option<u16> {
    if text.is_empty() { Some(0) } else { text.parse().ok() }
}

fn byte(text: &str) -> Option<u8> {
    if text.is_empty() { Some(0) } else { text.parse().ok() }
}

/// A code that stands alone.
fn simple(style: &mut RunStyle, code: u16) -> bool {
    let below = |base: u16| u8::try_from(code.saturating_sub(base)).unwrap_or(0);
    match code {
        0 => *style = RunStyle::default(),
        1 => style.bold = true,
        2 => style.dim = true,
        3 => style.italic = true,
        4 => style.underline = true,
        7 => style.reverse = true,
        9 => style.strike = true,
        22 => (style.bold, style.dim) = (false, false),
        23 => style.italic = false,
        24 => style.underline = false,
        27 => style.reverse = false,
        29 => style.strike = false,
        30..=37 => style.fg = Some(Ink::Ansi16(below(30))),
        39 => style.fg = None,
        40..=47 => style.bg = Some(Ink::Ansi16(below(40))),
        49 => style.bg = None,
        90..=97 => style.fg = Some(Ink::Ansi16(below(90) + 8)),
        100..=107 => style.bg = Some(Ink::Ansi16(below(100) + 8)),
        _ => return false,
    }
    true
}

/// The parameters behind 38 or 48.
fn extended<'a>(parameters: &mut impl Iterator<Item = &'a str>) -> Option<Ink> {
    match number(parameters.next()?)? {
        5 => Some(Ink::indexed(byte(parameters.next()?)?)),
        2 => Some(Ink::Rgb(byte(parameters.next()?)?, byte(parameters.next()?)?, byte(parameters.next()?)?)),
        _ => None,
    }
}

/// A code with parts behind colons: underline kinds and extended colours.
fn with_parts(style: &mut RunStyle, code: &str, rest: &str) -> bool {
    let parts: Vec<&str> = rest.split(':').collect();
    match (number(code), parts.as_slice()) {
        (Some(4), [kind]) => match number(kind) {
            Some(kind @ 0..=5) => style.underline = kind != 0,
            Some(_) | None => return false,
        },
        (Some(code @ (38 | 48)), ["5", index]) => match byte(index) {
            Some(index) => set(style, code, Some(Ink::indexed(index))),
            None => return false,
        },
        // With and without the colour space that the standard puts before red.
        (Some(code @ (38 | 48)), ["2", red, green, blue] | ["2", _, red, green, blue]) => {
            match (byte(red), byte(green), byte(blue)) {
                (Some(red), Some(green), Some(blue)) => set(style, code, Some(Ink::Rgb(red, green, blue))),
                (_, _, _) => return false,
            }
        }
        (_, _) => return false,
    }
    true
}

fn set(style: &mut RunStyle, code: u16, ink: Option<Ink>) {
    if code == 38 {
        style.fg = ink;
    } else {
        style.bg = ink;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn styled(body: &str) -> (RunStyle, Option<String>) {
        let mut style = RunStyle::default();
        let refused = apply(&mut style, body);
        (style, refused)
    }

    #[test]
    fn the_whole_list_is_obeyed() {
        for code in [0, 1, 2, 3, 4, 7, 9, 22, 23, 24, 27, 29, 39, 49]
            .into_iter()
            .chain(30..=37)
            .chain(40..=47)
            .chain(90..=97)
            .chain(100..=107)
        {
            assert_eq!(styled(&code.to_string()).1, None, "{code}");
        }
        assert_eq!(styled("38;5;196").0.fg, Some(Ink::Indexed(196)));
        assert_eq!(styled("48;2;1;2;3").0.bg, Some(Ink::Rgb(1, 2, 3)));
        assert_eq!(styled("38:2::1:2:3").0.fg, Some(Ink::Rgb(1, 2, 3)));
        assert_eq!(styled("48:5:3").0.bg, Some(Ink::Ansi16(3)));
        assert_eq!(styled("1;31;0").0, RunStyle::default());
        assert_eq!(styled("1;31;").0, RunStyle::default());
        assert!(styled("4:3").0.underline && !styled("4;4:0").0.underline);
        assert_eq!(styled("97;1").0, RunStyle { fg: Some(Ink::Ansi16(15)), bold: true, ..RunStyle::default() });
    }

    #[test]
    fn everything_else_is_named_and_the_rest_still_counts() {
        for code in (0..=300_u16).filter(|code| {
            !matches!(code, 0..=4 | 7 | 9 | 22..=24 | 27 | 29 | 30..=37 | 39 | 40..=47 | 49 | 90..=97 | 100..=107)
        }) {
            let (style, refused) = styled(&code.to_string());
            assert_eq!((style, refused), (RunStyle::default(), Some(code.to_string())));
        }
        let (style, refused) = styled("5;31");
        assert_eq!((style.fg, refused.as_deref()), (Some(Ink::Ansi16(1)), Some("5")));
        assert_eq!(styled("38;5").1.as_deref(), Some("38"));
        assert_eq!(styled("38;5;256").1.as_deref(), Some("38"));
        assert_eq!(styled("38;9;1;5").0, RunStyle::default());
        assert_eq!(styled("999999999").1.as_deref(), Some("999"));
        assert_eq!(styled("1:2").1.as_deref(), Some("1"));
    }
}
