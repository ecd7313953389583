//! The fields of a JSON object, with those of objects within it.

use std::borrow::Cow;
use std::ops::Range;

use super::scan::{skip_space, string_end, unescaped, value_end};
use super::{FIELDS, Field, Value};

/// Objects within objects whose fields are told one by one; deeper ones are told as they stand.
const DEPTH: usize = 4;

/// All fields; `None` when the message is no object from its beginning to its end.
pub(super) fn fields(message: &[u8]) -> Option<Vec<Field<'_>>> {
    whole(message, DEPTH)
}

/// The members of the object itself.
pub(super) fn object(message: &[u8]) -> Option<Vec<Field<'_>>> {
    whole(message, 0)
}

fn whole(message: &[u8], depth: usize) -> Option<Vec<Field<'_>>> {
    let mut fields = Vec::new();
    let end = collect(message, skip_space(message, 0), &[], depth, &mut fields)?;
    (skip_space(message, end) == message.len()).then_some(fields)
}

/// The first value of the object itself that has one of these names.
pub(super) fn first<'a>(message: &'a [u8], names: &[&[u8]]) -> Option<Cow<'a, [u8]>> {
    let mut found = None;
    members(message, skip_space(message, 0), &mut |name, value| {
        if found.is_none() && names.iter().any(|wanted| message.get(name.clone()) == Some(wanted)) {
            found = Some(value);
        }
    })?;
    found.and_then(|place| message.get(place)).map(text)
}

/// Tells name (without its quotes) and value (as it was written) of each member; says where the object ends.
fn members(bytes: &[u8], at: usize, tell: &mut dyn FnMut(Range<usize>, Range<usize>)) -> Option<usize> {
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    let mut at = skip_space(bytes, at + 1);
    if bytes.get(at) == Some(&b'}') {
        return Some(at + 1);
    }
    loop {
        let end = string_end(bytes, at)?;
        let name = at + 1..end - 1;
        at = skip_space(bytes, end);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        at = skip_space(bytes, at + 1);
        let behind = value_end(bytes, at)?;
        tell(name, at..behind);
        at = skip_space(bytes, behind);
        match bytes.get(at)? {
            b',' => at = skip_space(bytes, at + 1),
            b'}' => return Some(at + 1),
            _ => return None,
        }
    }
}

/// Bytes of a name within whose object fields are told by themselves.
const NAME: usize = 256;

fn collect<'a>(bytes: &'a [u8], at: usize, before: &[u8], depth: usize, fields: &mut Vec<Field<'a>>) -> Option<usize> {
    members(bytes, at, &mut |name, value| {
        if fields.len() >= FIELDS {
            return;
        }
        let (Some(name), Some(raw)) = (bytes.get(name).map(unescaped), bytes.get(value.clone())) else { return };
        let name = if before.is_empty() { name } else { Cow::Owned([before, &name].concat()) };
        // Names that are joined without a bound would be as many as large.
        let is_object = raw.first() == Some(&b'{') && raw.len() > 2 && name.len() <= NAME;
        if is_object && depth > 0 {
            let behind = [&name, b".".as_slice()].concat();
            let count = fields.len();
            if collect(bytes, value.start, &behind, depth - 1, fields).is_some() && fields.len() > count {
                return;
            }
            fields.truncate(count);
        }
        fields.push(Field { name, value: text(raw), kind: kind(raw) });
    })
}

fn text(raw: &[u8]) -> Cow<'_, [u8]> {
    match raw {
        [b'"', inside @ .., b'"'] => unescaped(inside),
        other => Cow::Borrowed(other),
    }
}

fn kind(raw: &[u8]) -> Value {
    match raw.first() {
        Some(b'"') => Value::Text,
        Some(b'{' | b'[') => Value::Nested,
        Some(b'-' | b'0'..=b'9') => Value::Number,
        Some(_) | None => Value::Word,
    }
}
