//! The escape parser: where a control sequence ends and what to call it. It knows no meaning but that of colours.

/// Parameters a control sequence may have to be understood.
const PARAMETERS: usize = 16;
/// Bytes a control sequence may have to be understood.
const UNDERSTOOD: usize = 256;
/// Bytes that any sequence may swallow.
const SWALLOWED: usize = 4096;
/// Digits of an OSC number that its token shows.
const DIGITS: usize = 5;
/// Intermediate bytes a short escape may have.
const INTERMEDIATES: usize = 16;

const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1A;
const ESC: u8 = 0x1B;

/// One sequence found in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Escape<'a> {
    /// The offset behind the sequence.
    pub(super) end: usize,
    /// What it was.
    pub(super) kind: Kind<'a>,
}

/// What a sequence was.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// Colours and weights, with these parameters.
    Looks(&'a str),
    /// Anything else: the name for its token.
    Other(String),
}

/// What a sequence is led in by.
enum Opening {
    Escape,
    Control,
    Text(&'static str),
}

/// Reads the sequence that begins at `start`; none if no introducer stands there.
pub(super) fn read(text: &str, start: usize) -> Option<Escape<'_>> {
    let bytes = text.as_bytes();
    let (opening, at) = introducer(bytes, start)?;
    Some(match opening {
        Opening::Control => control(text, at),
        Opening::Text(name) => string(text, start, at, name),
        Opening::Escape => short(bytes, at),
    })
}

/// ESC and its second byte, or the same as one C1 character.
fn introducer(bytes: &[u8], start: usize) -> Option<(Opening, usize)> {
    let opening = match (bytes.get(start)?, bytes.get(start + 1)) {
        (&ESC, Some(b'[')) | (0xC2, Some(0x9B)) => Opening::Control,
        (&ESC, Some(b']')) | (0xC2, Some(0x9D)) => Opening::Text("osc"),
        (&ESC, Some(b'P')) | (0xC2, Some(0x90)) => Opening::Text("dcs"),
        (&ESC, Some(b'X')) | (0xC2, Some(0x98)) => Opening::Text("sos"),
        (&ESC, Some(b'^')) | (0xC2, Some(0x9E)) => Opening::Text("pm"),
        (&ESC, Some(b'_')) | (0xC2, Some(0x9F)) => Opening::Text("apc"),
        (&ESC, _) => return Some((Opening::Escape, start + 1)),
        (_, _) => return None,
    };
    Some((opening, start + 2))
}

fn other(end: usize, name: impl Into<String>) -> Escape<'static> {
    Escape { end, kind: Kind::Other(name.into()) }
}

/// ESC, intermediates, final byte.
fn short(bytes: &[u8], from: usize) -> Escape<'static> {
    let mut at = from;
    while at - from < INTERMEDIATES && bytes.get(at).is_some_and(|byte| (0x20..=0x2F).contains(byte)) {
        at += 1;
    }
    match bytes.get(at) {
        Some(b'\\') if at == from => other(at + 1, "st"),
        Some(0x30..=0x7E) => {
            let name: String = bytes.get(from..=at).unwrap_or_default().iter().copied().map(char::from).collect();
            other(at + 1, format!("esc {name}"))
        }
        Some(&(CAN | SUB)) => other(at + 1, "esc"),
        _ => other(at, "esc"),
    }
}

/// A control sequence from its first parameter on.
fn control(text: &str, from: usize) -> Escape<'_> {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(from + SWALLOWED);
    let mut at = from;
    while at < limit && bytes.get(at).is_some_and(|byte| (0x20..=0x3F).contains(byte)) {
        at += 1;
    }
    let last = match bytes.get(at) {
        Some(last @ 0x40..=0x7E) if at < limit => *last,
        Some(&(CAN | SUB)) if at < limit => return other(at + 1, "csi"),
        _ => return other(at, "csi"),
    };
    let body = text.get(from..at).unwrap_or_default();
    let plain = body.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':'));
    let few = body.len() < UNDERSTOOD && body.bytes().filter(|byte| matches!(byte, b';' | b':')).count() < PARAMETERS;
    if last == b'm' && plain && few {
        return Escape { end: at + 1, kind: Kind::Looks(body) };
    }
    let mut name = String::from("csi ");
    name.extend(body.chars().next().filter(|c| matches!(c, '<'..='?')));
    name.extend(body.chars().next_back().filter(|c| matches!(c, '!'..='/')));
    name.push(char::from(last));
    other(at + 1, name)
}

/// A string with a payload: swallowed up to its end, never shown. Where it has no end, its token says how many bytes that is,
/// since they may be anything.
fn string<'a>(text: &'a str, start: usize, from: usize, name: &str) -> Escape<'a> {
    let bytes = text.as_bytes();
    let mut limit = bytes.len().min(start + SWALLOWED);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let mut at = from;
    let (mut end, mut closed) = (limit, false);
    while let Some(byte) = bytes.get(at).filter(|_| at < limit) {
        match (byte, bytes.get(at + 1)) {
            (&(BEL | CAN | SUB), _) => (end, closed) = (at + 1, true),
            (&ESC, Some(b'\\')) | (0xC2, Some(0x9C)) => (end, closed) = (at + 2, true),
            (&ESC, _) => end = at,
            (_, _) => {
                at += 1;
                continue;
            }
        }
        break;
    }
    let mut full = String::from(name);
    if name == "osc" {
        let payload = text.get(from..end).unwrap_or_default();
        full.extend(payload.chars().take_while(char::is_ascii_digit).take(DIGITS));
    }
    if !closed && end > from {
        full.push_str(&format!(" +{}", end - from));
    }
    other(end, full)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn name(text: &str) -> (String, usize) {
        let escape = read(text, 0).unwrap();
        match escape.kind {
            Kind::Looks(body) => (format!("m:{body}"), escape.end),
            Kind::Other(name) => (name, escape.end),
        }
    }

    #[test]
    fn each_form_ends_where_it_should() {
        for (text, expected, end) in [
            ("\x1b[2Jx", "csi J", 4),
            ("\x1b[?1049lx", "csi ?l", 8),
            ("\x1b[!px", "csi !p", 4),
            ("\x1b[>4;1mx", "csi >m", 7),
            ("\x1b[1;31mx", "m:1;31", 7),
            ("\x1b[mx", "m:", 3),
            ("\u{9b}31mx", "m:31", 5),
            ("\u{9b}2Jx", "csi J", 4),
            ("\x1b[12", "csi", 4),
            ("\x1b[1\x18m", "csi", 4),
            ("\x1b[1\nm", "csi", 3),
            ("\x1b[1\x1b[m", "csi", 3),
            ("\x1b[1é", "csi", 3),
            ("\x1b]52;c;aGk=\x07x", "osc52", 12),
            ("\x1b]52;c;aGk=\x1b\\x", "osc52", 13),
            ("\x1b]0;t\u{9c}x", "osc0", 7),
            ("\u{9d}0;t\u{7}x", "osc0", 6),
            ("\x1b]0;t", "osc0 +3", 5),
            ("\x1b]0;t\x1b[2J", "osc0 +3", 5),
            ("\x1bPuser=root status=500", "dcs +20", 22),
            ("\x1bP", "dcs", 2),
            ("\x1b]0;t\x18x", "osc0", 6),
            ("\x1b]l;t\x07", "osc", 6),
            ("\x1bP$q\x1b\\", "dcs", 6),
            ("\x1b_G\x1b\\", "apc", 5),
            ("\x1b^G\x1b\\", "pm", 5),
            ("\x1bXG\x1b\\", "sos", 5),
            ("\x1b\\x", "st", 2),
            ("\x1bcx", "esc c", 2),
            ("\x1b#8x", "esc #8", 3),
            ("\x1b(Bx", "esc (B", 3),
            ("\x1b", "esc", 1),
            ("\x1b\x1b", "esc", 1),
            ("\x1b\x18x", "esc", 2),
            ("\x1bé", "esc", 1),
        ] {
            assert_eq!(name(text), (expected.to_owned(), end), "{text:?}");
        }
        assert_eq!(read("a", 0), None);
        assert_eq!(read("\u{85}", 0), None);
    }

    #[test]
    fn nothing_is_swallowed_without_bound() {
        let long = format!("\x1b]52;{}", "é".repeat(5000));
        let escape = read(&long, 0).unwrap();
        assert!(escape.end <= SWALLOWED && escape.end > SWALLOWED - 4 && long.is_char_boundary(escape.end));
        let bomb = format!("\x1b[{}m", "1;".repeat(10_000));
        assert!(matches!(read(&bomb, 0).unwrap(), Escape { end: 4098, kind: Kind::Other(_) }));
        let many = format!("\x1b[{}m", "1;".repeat(16));
        assert!(matches!(read(&many, 0).unwrap().kind, Kind::Other(_)), "seventeen parameters");
        let enough = format!("\x1b[{}1m", "1;".repeat(15));
        assert!(matches!(read(&enough, 0).unwrap().kind, Kind::Looks(_)), "sixteen parameters");
        let wide = format!("\x1b[{}m", "0".repeat(300));
        assert!(matches!(read(&wide, 0).unwrap().kind, Kind::Other(_)), "longer than 256 bytes");
    }
}
