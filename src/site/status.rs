//! HTTP statuses that pass: `200`, `"200-299"`, `"2xx"`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::mistake::{Sink, quoted};
use super::read::{FromToml, Value, integer, wrong_type};

/// An inclusive range of statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRange(pub u16, pub u16);

/// Reads `200`, `200-299` or `2xx`.
fn parse(word: &str) -> Option<StatusRange> {
    if let Some(hundreds) = word.strip_suffix("xx") {
        let hundreds: u16 = hundreds.parse().ok()?;
        return range(hundreds.checked_mul(100)?, hundreds.checked_mul(100)?.checked_add(99)?);
    }
    let (from, to) = word.split_once('-').unwrap_or((word, word));
    range(from.trim().parse().ok()?, to.trim().parse().ok()?)
}

fn range(from: u16, to: u16) -> Option<StatusRange> {
    ((100..=599).contains(&from) && (100..=599).contains(&to) && from <= to).then_some(StatusRange(from, to))
}

impl FromToml for StatusRange {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        let word = match (integer(value.get_ref()), value.get_ref().as_str()) {
            (Some(number), _) => number.to_string(),
            (_, Some(word)) => word.to_owned(),
            (None, None) => return wrong_type(value, "a status such as 200 or \"200-299\"", sink),
        };
        let parsed = parse(&word);
        if parsed.is_none() {
            let message = format!("{} is no HTTP status and no range of them", quoted(&word));
            sink.add_hint(&value.span(), message, "write a number from 100 to 599, \"200-299\" or \"2xx\"");
        }
        parsed
    }
}

impl JsonSchema for StatusRange {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "StatusRange".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "integer", "minimum": 100, "maximum": 599 },
            { "type": "string", "pattern": "^[1-5]([0-9]{2}|xx)(-[1-5][0-9]{2})?$" },
        ] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_ranges_are_read() {
        assert_eq!(parse("200"), Some(StatusRange(200, 200)));
        assert_eq!(parse("200-299"), Some(StatusRange(200, 299)));
        assert_eq!(parse("2xx"), Some(StatusRange(200, 299)));
        for word in ["", "99", "600", "299-200", "-", "6xx", "999xx", "2x", "200-", "+5xx0"] {
            assert_eq!(parse(word), None, "{word}");
        }
    }
}
