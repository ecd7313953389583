//! Sizes as people write them: `"256MiB"`, `"1.5 GB"`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::mistake::{Sink, quoted};
use super::read::{FromToml, Value, integer, wrong_type};
use crate::domain::fact::size;

/// A number of bytes in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl FromToml for Bytes {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        if let Some(number) = integer(value.get_ref()) {
            sink.add_hint(&value.span(), "a size is text with a unit", format!("did you mean \"{number}MiB\"?"));
            return None;
        }
        let Some(word) = value.get_ref().as_str() else {
            return wrong_type(value, "a size such as \"256MiB\"", sink);
        };
        let read = size(&word.replacen(' ', "", 1));
        if read.is_err() {
            sink.add_hint(
                &value.span(),
                format!("{} is no size", quoted(word)),
                "write it like \"256MiB\" or \"1.5GB\"",
            );
        }
        read.ok().map(Self)
    }
}

impl JsonSchema for Bytes {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? ?([kMGT]B|[KMGT]iB|B)$" })
    }
}
