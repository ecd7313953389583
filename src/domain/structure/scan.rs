//! Where the parts of JSON and of logfmt stand in bytes: the one place that knows how these are written.

use std::borrow::Cow;
use std::ops::Range;

/// What may stand before the name of a field.
pub fn is_gap(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b",;([{|".contains(&byte)
}

/// Where the value of a logfmt field stands, without its quotes.
pub fn written(message: &[u8], from: usize) -> Range<usize> {
    if message.get(from) == Some(&b'"') {
        let end = string_end(message, from).map_or(message.len(), |end| end - 1);
        return from + 1..end.max(from + 1);
    }
    let rest = message.get(from..).unwrap_or_default();
    let mut value = rest.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    // How many more of each kind of bracket are closed than opened; each byte is looked at once, however many are cut off.
    let mut closed = [0_i64; 3];
    for byte in value {
        match byte {
            b'(' => closed[0] -= 1,
            b')' => closed[0] += 1,
            b'[' => closed[1] -= 1,
            b']' => closed[1] += 1,
            b'{' => closed[2] -= 1,
            b'}' => closed[2] += 1,
            _ => {}
        }
    }
    loop {
        // A bracket that was opened before the value does not belong to it.
        let kind = match value.last() {
            Some(b',' | b';') => None,
            Some(b')') if closed[0] > 0 => Some(0),
            Some(b']') if closed[1] > 0 => Some(1),
            Some(b'}') if closed[2] > 0 => Some(2),
            Some(_) | None => return from..from + value.len(),
        };
        if let Some(kind) = kind.and_then(|kind: usize| closed.get_mut(kind)) {
            *kind -= 1;
        }
        value = value.get(..value.len() - 1).unwrap_or_default();
    }
}

/// Where what is no space begins, from here on.
pub fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Behind the closing quote of the string that begins here.
pub fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Behind the value that begins here.
pub fn value_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => string_end(bytes, at),
        b'{' | b'[' => {
            let (mut at, mut open) = (at, 0_usize);
            loop {
                match bytes.get(at)? {
                    b'"' => {
                        at = string_end(bytes, at)?;
                        continue;
                    }
                    b'{' | b'[' => open += 1,
                    b'}' | b']' => {
                        open -= 1;
                        if open == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
        }
        _ => {
            let rest = bytes.get(at..)?;
            let length = rest.iter().position(|byte| b",]} \t\r\n".contains(byte)).unwrap_or(rest.len());
            (length > 0).then_some(at + length)
        }
    }
}

/// The text of a string in JSON or logfmt.
pub fn unescaped(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.contains(&b'\\') {
        return Cow::Borrowed(raw);
    }
    let (mut text, mut at) = (Vec::with_capacity(raw.len()), 0);
    while let Some(byte) = raw.get(at) {
        at += 1;
        if *byte != b'\\' {
            text.push(*byte);
            continue;
        }
        let escape = raw.get(at).copied();
        at += 1;
        match escape {
            Some(b'n') => text.push(b'\n'),
            Some(b't') => text.push(b'\t'),
            Some(b'r') => text.push(b'\r'),
            Some(b'b') => text.push(8),
            Some(b'f') => text.push(12),
            Some(b'u') => {
                let (c, used) = character(raw.get(at..).unwrap_or_default());
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                at += used;
            }
            Some(other) => text.push(other),
            None => text.push(b'\\'),
        }
    }
    Cow::Owned(text)
}

/// The character of `\u` whose digits begin here, and how many bytes of them there are.
fn character(raw: &[u8]) -> (char, usize) {
    let unit = |from: usize| {
        let digits = std::str::from_utf8(raw.get(from..from + 4)?).ok()?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    let Some(first) = unit(0) else { return (char::REPLACEMENT_CHARACTER, 0) };
    if let (0xD800..0xDC00, Some(b"\\u")) = (first, raw.get(4..6))
        && let Some(second @ 0xDC00..0xE000) = unit(6)
    {
        let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 10);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 4)
}
