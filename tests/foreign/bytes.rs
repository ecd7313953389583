//! The list of what may leave for a terminal, checked byte by byte without the program's own tables.

/// Checks bytes meant for the terminal: allowed characters and our own closed list of sequences.
pub fn check_tty(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8: {error}"))?;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(sequence) = rest.strip_prefix("\x1b[") {
            let end = sequence
                .find(|c: char| ('@'..='~').contains(&c))
                .ok_or_else(|| format!("unfinished sequence {:?}", head(rest)))?;
            let (body, last) = (&sequence[..end], &sequence[end..=end]);
            if !sequence_allowed(body, last) {
                return Err(format!("sequence {:?} is not ours", format!("ESC [ {body}{last}")));
            }
            rest = &sequence[end + 1..];
        } else if character_allowed(c) {
            rest = &rest[c.len_utf8()..];
        } else {
            return Err(format!("U+{:04X} in {:?}", u32::from(c), head(rest)));
        }
    }
    Ok(())
}

/// Checks text that leaves for a file or a web hook: characters and line feeds only.
pub fn check_export(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8: {error}"))?;
    match text.chars().find(|c| *c != '\n' && !character_allowed(*c)) {
        Some(c) => Err(format!("U+{:04X}", u32::from(c))),
        None => Ok(()),
    }
}

fn head(text: &str) -> String {
    text.chars().take(20).collect()
}

/// SGR, cursor position, erasing, and the private modes that are ours.
fn sequence_allowed(body: &str, last: &str) -> bool {
    let numbers = |body: &str| body.split(';').all(|part| part.len() <= 5 && part.bytes().all(|b| b.is_ascii_digit()));
    match last {
        "m" => {
            numbers(body)
                && !body.split(';').scan(0, skip_colours).flatten().any(|code| matches!(code, "5" | "6" | "8"))
        }
        "H" => numbers(body) && body.split(';').count() <= 2,
        "J" | "K" => matches!(body, "" | "0" | "1" | "2"),
        "h" | "l" => matches!(
            body,
            "?25" | "?1049" | "?2004" | "?1004" | "?1000" | "?1002" | "?1003" | "?1006" | "?1015" | "?2026"
        ),
        "u" => body.starts_with(['<', '>', '=']) && body[1..].bytes().all(|byte| byte.is_ascii_digit() || byte == b';'),
        _ => false,
    }
}

/// Passes over the numbers of extended colours, which are no codes.
fn skip_colours<'a>(skip: &mut usize, part: &'a str) -> Option<Option<&'a str>> {
    Some(match (*skip, part) {
        (0, "38" | "48" | "58") => {
            *skip = 9;
            None
        }
        (0, code) => Some(code),
        (9, "5") => {
            *skip = 1;
            None
        }
        (9, "2") => {
            *skip = 3;
            None
        }
        (9, _) => Some("8"),
        (_, _) => {
            *skip -= 1;
            None
        }
    })
}

/// The characters that may be shown, as ranges of what may not.
fn character_allowed(c: char) -> bool {
    let code = u32::from(c);
    let refused = matches!(code,
        0x00..=0x1F | 0x7F..=0x9F
        | 0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
        | 0x200B | 0x200E..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F
        | 0x3164 | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xFEFF | 0xFFA0 | 0xFFF9..=0xFFFB
        | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0x10FFFF
        | 0x600..=0x605 | 0x6DD | 0x70F | 0x890..=0x891 | 0x8E2 | 0x110BD | 0x110CD | 0x13430..=0x1343F);
    !refused && code & 0xFFFE != 0xFFFE
}
