//! Lengths of time as people write them: `"5s"`, `"500ms"`, `"1m30s"`.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::mistake::{Sink, quoted};
use super::read::{FromToml, Value, integer, wrong_type};
use crate::domain::time::UNITS;
pub use crate::domain::time::parse;

/// A length of time in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lasting(pub Duration);

/// Writes it as [`parse`] reads it.
pub fn show(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut out = String::new();
    for (unit, millis) in UNITS {
        if rest >= millis {
            out.push_str(&format!("{}{unit}", rest / millis));
            rest %= millis;
        }
    }
    if out.is_empty() { "0s".to_owned() } else { out }
}

impl FromToml for Lasting {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        if let Some(number) = integer(value.get_ref()) {
            let message = "a length of time is text with a unit";
            sink.add_hint(&value.span(), message, format!("did you mean \"{number}s\"?"));
            return None;
        }
        let Some(word) = value.get_ref().as_str() else {
            return wrong_type(value, "a length of time such as \"5s\"", sink);
        };
        let parsed = parse(word);
        if parsed.is_none() {
            let message = format!("{} is no length of time", quoted(word));
            sink.add_hint(&value.span(), message, "write it like \"500ms\", \"5s\", \"1m30s\", \"2h\" or \"1d\"");
        }
        parsed.map(Self)
    }
}

impl JsonSchema for Lasting {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Lasting".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_written_alike() {
        for (word, millis) in
            [("5s", 5000), ("500ms", 500), ("1m30s", 90_000), ("2h", 7_200_000), ("1d", 86_400_000), ("0s", 0)]
        {
            assert_eq!(parse(word), Some(Duration::from_millis(millis)), "{word}");
            assert_eq!(show(Duration::from_millis(millis)), word);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for word in ["", "5", "s", "5 s", "-5s", "5s5s", "1s1m", "5x", "99999999999999999999s", "400d", "5sé", "1.5s"]
        {
            assert_eq!(parse(word), None, "{word}");
        }
    }
}
