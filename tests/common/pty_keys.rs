//! What a terminal sends for a key.

use quarterdeck::port::{Key, KeyCode};

/// The bytes that xterm sends for this key.
pub fn bytes(key: Key) -> Vec<u8> {
    let held = key.modifiers;
    let number = 1 + u8::from(held.shift) + 2 * u8::from(held.alt) + 4 * u8::from(held.control);
    let plain = number == 1;
    let letter =
        |letter: char| if plain { format!("\x1b[{letter}") } else { format!("\x1b[1;{number}{letter}") }.into_bytes();
    let numbered =
        |code: u8| if plain { format!("\x1b[{code}~") } else { format!("\x1b[{code};{number}~") }.into_bytes();
    match key.code {
        KeyCode::Char(c) => prefixed(held.alt, character(c, held.control)),
        KeyCode::Enter => prefixed(held.alt, b"\r".to_vec()),
        KeyCode::Tab => prefixed(held.alt, b"\t".to_vec()),
        KeyCode::Backspace => prefixed(held.alt, b"\x7f".to_vec()),
        KeyCode::Esc => b"\x1b".to_vec(),
        KeyCode::BackTab => b"\x1b[Z".to_vec(),
        KeyCode::Up => letter('A'),
        KeyCode::Down => letter('B'),
        KeyCode::Right => letter('C'),
        KeyCode::Left => letter('D'),
        KeyCode::Home => letter('H'),
        KeyCode::End => letter('F'),
        KeyCode::Insert => numbered(2),
        KeyCode::Delete => numbered(3),
        KeyCode::PageUp => numbered(5),
        KeyCode::PageDown => numbered(6),
        KeyCode::F(n @ 1..=4) if plain => vec![0x1B, b'O', b'P' + n - 1],
        KeyCode::F(n @ 1..=4) => letter(char::from(b'P' + n - 1)),
        KeyCode::F(5) => numbered(15),
        KeyCode::F(n @ 6..=10) => numbered(n + 11),
        KeyCode::F(n @ 11..=14) => numbered(n + 12),
        KeyCode::F(n @ 15..=16) => numbered(n + 13),
        KeyCode::F(n @ 17..=20) => numbered(n + 14),
        KeyCode::F(n) => format!("\x1b[{};{number}u", 57376 + u32::from(n) - 13).into_bytes(),
    }
}

fn character(c: char, control: bool) -> Vec<u8> {
    match c {
        ' ' if control => vec![0],
        'a'..='z' if control => vec![c as u8 - b'a' + 1],
        '\\' | ']' | '^' | '_' if control => vec![c as u8 - 0x40],
        _ => {
            assert!(!control, "no terminal tells ctrl-{c}");
            c.to_string().into_bytes()
        }
    }
}

fn prefixed(alt: bool, bytes: Vec<u8>) -> Vec<u8> {
    if alt { [vec![0x1B], bytes].concat() } else { bytes }
}
