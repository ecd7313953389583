//! What messages of one kind have in common: the message with a hole in the place of each number, name of a thing and
//! quotation.

use super::{Field, Kind, Structure, Value};

/// What stands in the place of something that differs from message to message.
pub const HOLE: char = '\u{2026}';

/// Bytes of a message that are looked at.
const LOOKED_AT: usize = 400;
/// Bytes of a pattern from which on no field is added.
const PATTERN: usize = 1024;
/// Bytes of a name, or of a value that is kept, in a pattern.
const NAME: usize = 128;
/// Bytes of a quotation at most.
const QUOTED: usize = 200;
/// Letters of a part that is looked for.
const LETTERS: usize = 3;
/// Parts and fields that are looked for.
const ASKED: usize = 6;
/// Fields that are told.
const FIELDS: usize = 16;
/// Characters without a gap that hold a digit from which on they are a name of a thing.
const LONG: usize = 16;
/// Digits of sixteen from which on they are such a name when letters are among them.
const HEXADECIMAL: usize = 4;
/// Fields whose numbers say what kind of thing happened.
const KINDS: [&[u8]; 8] =
    [b"status", b"code", b"status_code", b"statuscode", b"errno", b"exit", b"signal", b"sqlstate"];

/// Writes the pattern of a message in the place of what `out` holds: bytes as foreign as the message.
pub fn pattern(message: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let first = message.iter().find(|byte| !byte.is_ascii_whitespace());
    let structured = first == Some(&b'{') || message.contains(&b'=');
    if !structured {
        return masked(first_line(message), out);
    }
    let structure = Structure::read(message);
    match structure.kind {
        Kind::Json | Kind::Logfmt => {
            masked(first_line(&structure.says), out);
            structure.fields.iter().take(FIELDS).for_each(|field| of_field(field, out));
        }
        Kind::Perf | Kind::Plain => masked(first_line(message), out),
    }
}

/// A query that finds messages of the pattern of this one: by the words that they have in common.
pub fn asking(message: &[u8]) -> Option<String> {
    let structure = Structure::read(message);
    let (words, fields) = match structure.kind {
        Kind::Json | Kind::Logfmt => (structure.says.as_ref(), structure.fields.as_slice()),
        Kind::Perf | Kind::Plain => (message, [].as_slice()),
    };
    let mut masked_words = Vec::new();
    masked(first_line(words), &mut masked_words);
    let text = String::from_utf8(masked_words).ok()?;
    let long = |part: &&str| part.bytes().filter(u8::is_ascii_alphabetic).count() >= LETTERS;
    let mut asked: Vec<String> = text
        .split([HOLE, '"', '\\'])
        .map(str::trim)
        .filter(|part| long(part) && !part.chars().any(char::is_control))
        .map(|part| format!("\"{part}\""))
        .collect();
    let name = |field: &&Field<'_>| {
        !field.name.is_empty()
            && field.name.len() <= NAME
            && field.name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(byte))
    };
    let fields = fields.iter().filter(|field| field.kind != Value::Nested).filter(name);
    let asks = |field: &Field<'_>| {
        let value = if is_kept(field) && !field.value.is_empty() {
            String::from_utf8_lossy(&field.value).into_owned()
        } else {
            "*".to_owned()
        };
        format!(".{}={value}", String::from_utf8_lossy(&field.name))
    };
    // Those whose value is a part of the pattern come first.
    let (kept, any): (Vec<&Field<'_>>, Vec<&Field<'_>>) = fields.partition(|field| is_kept(field));
    asked.extend(kept.into_iter().chain(any).map(asks));
    let query = asked.into_iter().take(ASKED).collect::<Vec<_>>().join(" ");
    (!query.is_empty()).then_some(query)
}

fn first_line(message: &[u8]) -> &[u8] {
    let message = message.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    message.get(..LOOKED_AT).unwrap_or(message)
}

fn of_field(field: &Field<'_>, out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.push(b' ');
    }
    if out.len() >= PATTERN {
        return;
    }
    out.extend_from_slice(field.name.get(..NAME).unwrap_or(&field.name));
    out.push(b'=');
    match is_kept(field) {
        true => out.extend_from_slice(field.value.get(..NAME).unwrap_or(&field.value)),
        false => hole(out),
    }
}

/// Whether the value of a field is a part of the pattern.
fn is_kept(field: &Field<'_>) -> bool {
    let name = field.name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    match field.kind {
        Value::Word => true,
        Value::Number => is_kind(name) && field.value.len() <= NAME,
        Value::Text => field.value.len() <= 24 && field.value.iter().all(u8::is_ascii_alphabetic),
        Value::Nested => false,
    }
}

fn is_kind(name: &[u8]) -> bool {
    KINDS.iter().any(|kind| name.eq_ignore_ascii_case(kind))
}

fn hole(out: &mut Vec<u8>) {
    out.extend_from_slice(HOLE.encode_utf8(&mut [0; 4]).as_bytes());
}

fn masked(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let rest = text.get(at..).unwrap_or_default();
        if let Some(length) = quotation(rest, out.last()) {
            out.push(*byte);
            hole(out);
            out.push(*byte);
            at += length;
        } else if byte.is_ascii_alphanumeric() {
            let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            let (word, behind) = rest.split_at(length);
            if let Some(length) = unique(rest) {
                join(out);
                at += length;
                continue;
            }
            token(word, behind, out);
            at += length;
        } else {
            // A sign belongs to its number.
            let sign = *byte == b'-' && rest.get(1).is_some_and(u8::is_ascii_digit);
            if !(sign && out.last().is_none_or(|last| b" =(:".contains(last))) {
                out.push(*byte);
            }
            at += 1;
        }
    }
    while out.last().is_some_and(u8::is_ascii_whitespace) {
        out.pop();
    }
}

/// How long the quotation is that begins here: a straight quotation mark that no letter stands before, and its end.
fn quotation(rest: &[u8], before: Option<&u8>) -> Option<usize> {
    let mark = *rest.first().filter(|byte| b"\"'`".contains(byte))?;
    if before.is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let inside = rest.get(1..)?;
    let end = inside.iter().take(QUOTED).position(|byte| *byte == mark)?;
    (end > 0).then_some(end + 2)
}

/// How long the UUID is that begins here.
fn unique(rest: &[u8]) -> Option<usize> {
    let uuid = rest.get(..36)?;
    let fits = uuid.iter().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    (fits && rest.get(36).is_none_or(|byte| !byte.is_ascii_alphanumeric())).then_some(36)
}

/// A run of letters and digits.
fn token(word: &[u8], behind: &[u8], out: &mut Vec<u8>) {
    if !word.iter().any(u8::is_ascii_digit) {
        return out.extend_from_slice(word);
    }
    let name = out.strip_suffix(b"=").map(|before| {
        let begin =
            before.iter().rposition(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').map_or(0, |at| at + 1);
        before.get(begin..).unwrap_or_default()
    });
    let number = word.iter().all(u8::is_ascii_digit) && behind.first() != Some(&b'.');
    if number && name.is_some_and(is_kind) {
        return out.extend_from_slice(word);
    }
    let letters = word.iter().any(u8::is_ascii_alphabetic);
    let hexadecimal = word.iter().all(u8::is_ascii_hexdigit) && word.len() >= HEXADECIMAL && letters;
    let prefixed = word.starts_with(b"0x");
    if hexadecimal || prefixed || (letters && word.len() >= LONG) {
        return join(out);
    }
    let mut in_number = false;
    for byte in word {
        if !byte.is_ascii_digit() {
            out.push(*byte);
        } else if !in_number {
            join(out);
        }
        in_number = byte.is_ascii_digit();
    }
}

/// A hole, or the one before it goes on: numbers with points, colons or dashes between them are one.
fn join(out: &mut Vec<u8>) {
    let mut mark = [0; 4];
    let mark = HOLE.encode_utf8(&mut mark).as_bytes();
    if let Some((between, before)) = out.split_last()
        && b".,:-/".contains(between)
        && before.ends_with(mark)
    {
        out.pop();
    } else if !out.ends_with(mark) {
        out.extend_from_slice(mark);
    }
}
