//! What a complete control sequence means: keys of xterm, rxvt, the Linux console and kitty; mouse; focus.

use crate::port::{Input, Key, KeyCode, Modifiers};

/// What a control sequence means.
#[derive(Debug)]
pub(super) enum Meaning {
    /// Nothing we know, or nothing of interest.
    Nothing,
    /// This.
    Input(Input),
    /// What follows is pasted.
    PasteBegins,
    /// What follows are the three bytes of an old mouse report.
    OldMouse,
}

impl From<Option<Key>> for Meaning {
    fn from(key: Option<Key>) -> Self {
        key.map_or(Meaning::Nothing, |key| Meaning::Input(Input::Key(key)))
    }
}

/// The meaning of `CSI parameters last`.
pub(super) fn meaning(parameters: &[u8], last: u8) -> Meaning {
    if let Some(report) = parameters.strip_prefix(b"<") {
        return mouse(report, last).map_or(Meaning::Nothing, Meaning::Input);
    }
    let Some(numbers) = numbers(parameters) else { return Meaning::Nothing };
    let first = numbers.first().map(|number| number.value);
    match (last, numbers.as_slice()) {
        (b'M', []) => Meaning::OldMouse,
        (b'I', []) => Meaning::Input(Input::Focus(true)),
        (b'O', []) => Meaning::Input(Input::Focus(false)),
        (b'~', [one]) if one.value == Some(200) => Meaning::PasteBegins,
        (b'~', [escape, held, code]) if escape.value == Some(27) => {
            code.value.and_then(|code| printed(code, *held)).into()
        }
        (b'u', [code, rest @ ..]) => {
            let held = rest.first().copied().unwrap_or_default();
            code.value.and_then(|code| printed(code, held)).into()
        }
        (b'~' | b'^' | b'@', [number, rest @ ..]) => {
            let mut held = rest.first().copied().unwrap_or_default();
            if last != b'~' {
                held.value = Some(if last == b'^' { 5 } else { 6 });
            }
            number.value.and_then(numbered).and_then(|code| with(code, held)).into()
        }
        (_, _) if first.flatten().unwrap_or(1) == 1 && numbers.len() <= 2 => {
            let held = numbers.get(1).copied().unwrap_or_default();
            lettered(last).and_then(|code| with(code, held)).into()
        }
        (_, _) => Meaning::Nothing,
    }
}

/// The meaning of `ESC O last`.
pub(super) fn ss3(last: u8) -> Option<Key> {
    match last {
        b'M' => Some(Key::plain(KeyCode::Enter)),
        b'Z' => None,
        _ => lettered(last).map(Key::plain),
    }
}

/// The meaning of `CSI [ last` on the Linux console.
pub(super) fn console(last: u8) -> Option<Key> {
    matches!(last, b'A'..=b'E').then(|| Key::plain(KeyCode::F(last - b'A' + 1)))
}

/// One parameter; kitty puts the kind of event behind a colon.
#[derive(Debug, Clone, Copy, Default)]
struct Number {
    value: Option<u32>,
    event: Option<u32>,
}

/// The parameters as numbers, or `None` if they are anything else.
fn numbers(parameters: &[u8]) -> Option<Vec<Number>> {
    if parameters.is_empty() {
        return Some(Vec::new());
    }
    parameters
        .split(|byte| *byte == b';')
        .map(|part| {
            let mut values = part.split(|byte| *byte == b':').map(number);
            let value = values.next()??;
            let event = values.next().unwrap_or(Some(None))?;
            Some(Number { value, event })
        })
        .collect()
}

/// A decimal number, nothing at all (`Some(None)`), or something else (`None`).
fn number(digits: &[u8]) -> Option<Option<u32>> {
    if digits.is_empty() {
        return Some(None);
    }
    let plain = digits.len() <= 7 && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| Some(digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))))
}

/// The key with what was held, unless it was released, or something was held that is not ours (super, hyper).
fn with(code: KeyCode, held: Number) -> Option<Key> {
    let bits = held.value.unwrap_or(1).checked_sub(1)?;
    let modifiers = Modifiers { shift: bits & 1 != 0, alt: bits & 2 != 0, control: bits & 4 != 0 };
    // Caps lock (64) and num lock (128) say nothing about this key.
    let foreign = bits & !(1 | 2 | 4 | 64 | 128) != 0;
    if foreign || held.event == Some(3) {
        return None;
    }
    match code {
        KeyCode::Tab | KeyCode::BackTab if modifiers.shift || code == KeyCode::BackTab => {
            Some(Key { code: KeyCode::BackTab, modifiers: Modifiers { shift: false, ..modifiers } })
        }
        KeyCode::Char(c) => {
            let mut upper = c.to_uppercase();
            let c = match (modifiers.shift, upper.next(), upper.next()) {
                (true, Some(upper), None) => upper,
                (true | false, _, _) => c,
            };
            Some(Key { code: KeyCode::Char(c), modifiers: Modifiers { shift: false, ..modifiers } })
        }
        _ => Some(Key { code, modifiers }),
    }
}

/// A key that is given by its code point.
fn printed(code: u32, held: Number) -> Option<Key> {
    let key = match code {
        9 => KeyCode::Tab,
        13 | 57414 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        57376..=57387 => KeyCode::F(u8::try_from(code - 57376 + 13).ok()?),
        57399..=57408 => KeyCode::Char(char::from_digit(code - 57399, 10)?),
        // The rest of the private area are keys such as volume up.
        57344..=63743 => return None,
        _ => KeyCode::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    };
    with(key, held)
}

fn numbered(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(u8::try_from(number - 10).ok()?),
        17..=21 => KeyCode::F(u8::try_from(number - 11).ok()?),
        23..=26 => KeyCode::F(u8::try_from(number - 12).ok()?),
        28 | 29 => KeyCode::F(u8::try_from(number - 13).ok()?),
        31..=34 => KeyCode::F(u8::try_from(number - 14).ok()?),
        _ => return None,
    })
}

fn lettered(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'R' => KeyCode::F(3),
        b'S' => KeyCode::F(4),
        b'Z' => KeyCode::BackTab,
        _ => return None,
    })
}

/// A mouse report: the left button going down, and the wheel.
fn mouse(report: &[u8], last: u8) -> Option<Input> {
    let numbers = numbers(report)?;
    let [button, column, row] = numbers.as_slice() else { return None };
    let place = |number: &Number| u16::try_from(number.value?.checked_sub(1)?).ok();
    let (column, row) = (place(column)?, place(row)?);
    // Shift, alt and control held with it make no difference.
    match (button.value? & !(4 | 8 | 16), last) {
        (0, b'M') => Some(Input::Click(column, row)),
        (64, b'M') => Some(Input::Wheel(column, row, true)),
        (65, b'M') => Some(Input::Wheel(column, row, false)),
        _ => None,
    }
}
