//! The forms in which programs write one character: as it is, or escaped for a URL, JSON, a shell, C, or HTML.

/// From here on a number is a byte that is no part of any character.
pub(super) const RAW: u32 = 0x11_0000;

/// All forms, as it is first.
pub(super) fn writings(unit: u32) -> Vec<Vec<u8>> {
    let Some(c) = char::from_u32(unit) else {
        let byte = u8::try_from(unit.saturating_sub(RAW)).unwrap_or_default();
        let mut all = vec![vec![byte]];
        bytewise(&mut all, &[byte]);
        return all;
    };
    let mut buffer = [0; 4];
    let bytes = c.encode_utf8(&mut buffer).as_bytes();
    let mut all = vec![bytes.to_vec()];
    bytewise(&mut all, bytes);
    let number = u32::from(c);
    // JSON, also as those write it who keep to ASCII.
    let mut pair = [0; 2];
    let units = c.encode_utf16(&mut pair);
    push(&mut all, units.iter().map(|unit| format!("\\u{unit:04x}")).collect());
    push(&mut all, units.iter().map(|unit| format!("\\u{unit:04X}")).collect());
    let letter = match c {
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        '\u{8}' => Some('b'),
        '\u{c}' => Some('f'),
        '\u{1b}' => Some('e'),
        c if c.is_ascii_punctuation() || c == ' ' => Some(c),
        _ => None,
    };
    push(&mut all, letter.map(|letter| format!("\\{letter}")).unwrap_or_default());
    let named = match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&apos;",
        _ => "",
    };
    push(&mut all, named.to_owned());
    if !c.is_ascii_alphanumeric() {
        for form in
            [format!("&#{number};"), format!("&#x{number:x};"), format!("&#x{number:X};"), format!("&#{number:03};")]
        {
            push(&mut all, form);
        }
    }
    if c == ' ' {
        push(&mut all, "+".to_owned());
    }
    if c == '\'' {
        push(&mut all, "'\\''".to_owned());
        push(&mut all, "'\"'\"'".to_owned());
    }
    all
}

/// The forms that are made of bytes.
fn bytewise(all: &mut Vec<Vec<u8>>, bytes: &[u8]) {
    for form in [
        (|byte: &u8| format!("%{byte:02X}")) as fn(&u8) -> String,
        |byte| format!("%{byte:02x}"),
        |byte| format!("\\x{byte:02x}"),
        |byte| format!("\\x{byte:02X}"),
        |byte| format!("\\{byte:03o}"),
    ] {
        push(all, bytes.iter().map(form).collect());
    }
}

fn push(all: &mut Vec<Vec<u8>>, form: String) {
    let form = form.into_bytes();
    if !form.is_empty() && !all.contains(&form) {
        all.push(form);
    }
}
