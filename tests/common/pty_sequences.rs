//! What a program may send to a terminal besides text: the closed list, and a reader of bytes that knows it.

/// Private modes that we switch.
const MODES: [&str; 7] = ["?1049", "?25", "?2004", "?1004", "?1000", "?1006", "?2026"];

/// How often the bell rang: a bell inside a sequence ends that and rings nothing.
pub fn bells(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let (mut bells, mut rest) = (0, text.as_ref());
    while let Some(c) = rest.chars().next() {
        bells += usize::from(c == '\x07');
        rest = &rest[if c == '\x1b' { sequence(rest) } else { c.len_utf8() }..];
    }
    bells
}

/// Everything in `bytes` that is neither text nor on the list: each sequence or byte as it would be written in
/// Rust. Text is UTF-8 without control characters, and with line breaks only as the terminal itself makes them.
pub fn outside(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    let mut rest = text.as_ref();
    while let Some(c) = rest.chars().next() {
        let length = if c == '\x1b' { sequence(rest) } else { c.len_utf8() };
        let (piece, after) = rest.split_at(length);
        let fine = if c == '\x1b' { allowed(piece) } else { (!c.is_control() || c == '\x07') && c != '\u{FFFD}' };
        if !fine {
            found.push(piece.escape_debug().to_string());
        }
        rest = after;
    }
    found
}

/// How long the sequence is that `text` begins with.
fn sequence(text: &str) -> usize {
    let inner = &text[1..];
    let length = match inner.chars().next() {
        Some('[') => inner[1..].find(|c| ('\x40'..='\x7e').contains(&c)).map(|at| at + 3),
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let bell = inner.find('\x07').map(|at| at + 2);
            let terminator = inner.find("\x1b\\").map(|at| at + 3);
            bell.into_iter().chain(terminator).min()
        }
        Some(c) => Some(1 + c.len_utf8()),
        None => Some(1),
    };
    length.unwrap_or(text.len())
}

fn allowed(sequence: &str) -> bool {
    if let Some(clipboard) = sequence.strip_prefix("\x1b]52;c;").and_then(|rest| rest.strip_suffix('\x07')) {
        return clipboard.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c));
    }
    if let Some(words) = sequence.strip_prefix("\x1b]").and_then(|rest| rest.strip_suffix("\x1b\\")) {
        return ["2;qd", "9;qd: ", "777;notify;Quarterdeck;"].iter().any(|ours| words.starts_with(ours))
            && words.chars().all(|c| c == '·' || (' '..='~').contains(&c));
    }
    if matches!(sequence, "\x1b[22;2t" | "\x1b[23;2t") {
        return true;
    }
    let Some(control) = sequence.strip_prefix("\x1b[") else { return false };
    let (parameters, last) = control.split_at(control.len().saturating_sub(1));
    let numbers = parameters.chars().all(|c| c.is_ascii_digit() || c == ';' || c == ':');
    match last {
        "m" | "H" | "J" | "K" => numbers,
        "h" | "l" => MODES.contains(&parameters),
        _ => false,
    }
}
