//! The names of keys as keymap files and screens write them: `ctrl-p`, `G`, `esc`, `space`, `f5`.

use crate::port::{Key, KeyCode, Modifiers};

const NAMED: [(&str, KeyCode); 18] = [
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("del", KeyCode::Delete),
    ("ins", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("minus", KeyCode::Char('-')),
    ("plus", KeyCode::Char('+')),
];

/// Reads the name of one key.
///
/// # Errors
/// Why it is none, as a sentence without a full stop.
pub fn parse(name: &str) -> Result<Key, String> {
    let mut modifiers = Modifiers::NONE;
    let mut rest = name;
    loop {
        let found = NAMED.iter().find(|(known, _)| *known == rest).map(|(_, code)| *code).or_else(|| single(rest));
        if let Some(code) = found {
            return check(name, Key { code, modifiers });
        }
        if let Some(tail) = rest.strip_prefix("ctrl-").filter(|_| !modifiers.control) {
            (modifiers.control, rest) = (true, tail);
        } else if let Some(tail) = rest.strip_prefix("alt-").filter(|_| !modifiers.alt) {
            (modifiers.alt, rest) = (true, tail);
        } else if let Some(tail) = rest.strip_prefix("shift-").filter(|_| !modifiers.shift) {
            (modifiers.shift, rest) = (true, tail);
        } else {
            return Err(format!("`{name}` is no key; keys are like `j`, `G`, `ctrl-p`, `alt-1`, `esc`, `space`, `f5`"));
        }
    }
}

/// Reads a sequence of keys with spaces between them.
///
/// # Errors
/// Why it is none, as a sentence without a full stop.
pub fn parse_sequence(text: &str) -> Result<Vec<Key>, String> {
    let keys: Vec<Key> = text.split_whitespace().map(parse).collect::<Result<_, _>>()?;
    if keys.is_empty() { Err("an empty text is no key; a space is called `space`".to_owned()) } else { Ok(keys) }
}

fn single(text: &str) -> Option<KeyCode> {
    let mut chars = text.chars();
    match (chars.next(), chars.as_str()) {
        (Some(c), "") if !c.is_control() && !c.is_whitespace() => Some(KeyCode::Char(c)),
        (Some('f'), digits) => {
            digits.parse().ok().filter(|n| (1..=24).contains(n) && !digits.starts_with('0')).map(KeyCode::F)
        }
        _ => None,
    }
}

fn check(name: &str, key: Key) -> Result<Key, String> {
    let KeyCode::Char(c) = key.code else { return Ok(key) };
    if key.modifiers.shift {
        return Err(format!("`{name}`: write a shifted character as itself, `G` and not `shift-g`"));
    }
    if !key.modifiers.control {
        return Ok(key);
    }
    let same = match c.to_ascii_lowercase() {
        'i' => "tab",
        'm' => "enter",
        '[' => "esc",
        _ if c.is_ascii_uppercase() => {
            return Err(format!("`{name}`: terminals don't tell `ctrl` with capitals apart; use the small letter"));
        }
        _ => return Ok(key),
    };
    Err(format!("terminals can't tell `{name}` from `{same}`"))
}

/// The name of a key, as [`parse`] reads it.
pub fn name(key: Key) -> String {
    let mut text = String::new();
    for (held, word) in [(key.modifiers.control, "ctrl-"), (key.modifiers.alt, "alt-"), (key.modifiers.shift, "shift-")]
    {
        if held {
            text.push_str(word);
        }
    }
    // A bare dash or plus is plainer than its name.
    let bare = key.modifiers == Modifiers::NONE && matches!(key.code, KeyCode::Char('-' | '+'));
    match (NAMED.iter().find(|(_, code)| *code == key.code && !bare), key.code) {
        (Some((word, _)), _) => text.push_str(word),
        (None, KeyCode::F(n)) => text.push_str(&format!("f{n}")),
        (None, KeyCode::Char(c)) => text.push(c),
        // Every other key stands in NAMED; a test walks them.
        (None, _) => {}
    }
    text
}

/// The names of a sequence.
pub fn sequence_name(keys: &[Key]) -> String {
    keys.iter().map(|key| name(*key)).collect::<Vec<_>>().join(" ")
}
