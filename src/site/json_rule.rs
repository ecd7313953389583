//! What fields of a JSON body must be: `json = { status = "ok", "dependencies.redis" = "ok" }`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::de::{DeTable, DeValue};

use super::mistake::{Sink, quoted};
use super::read::{FromToml, Layer, Value, in_order, integer, wrong_type};
use super::source::Span;
use crate::domain::probe::{FieldRule, Must, Scalar};

/// The rules of one probe with the places of those whose text may hold variables.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JsonRules(pub Vec<(Span, FieldRule)>);

/// Words that say how a field is compared; a table of nothing else is a rule.
const COMPARISONS: [&str; 5] = ["equals", "one_of", "at_most", "at_least", "exists"];

/// Deepest nesting of a path.
const DEEPEST: usize = 16;

impl FromToml for JsonRules {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        let DeValue::Table(table) = value.get_ref() else {
            return wrong_type(value, "a table of fields, such as { status = \"ok\" }", sink);
        };
        let mut rules = Vec::new();
        let good = fields(table, "", &mut rules, sink);
        good.then_some(Self(rules))
    }
}

/// Reads one level of fields; nested tables are paths, so that `a.b = 1` and `"a.b" = 1` mean the same.
fn fields(table: &DeTable<'_>, path: &str, rules: &mut Vec<(Span, FieldRule)>, sink: &mut Sink<'_>) -> bool {
    let mut good = true;
    for (key, value) in in_order(table) {
        let word = key.get_ref();
        if word.is_empty() || word.split('.').any(str::is_empty) || word.chars().any(char::is_control) {
            sink.add(&key.span(), format!("{} is no path of a JSON field", quoted(word)));
            good = false;
            continue;
        }
        let path = if path.is_empty() { word.to_string() } else { format!("{path}.{word}") };
        if path.split('.').count() > DEEPEST {
            sink.add(&key.span(), format!("a path of a JSON field has at most {DEEPEST} parts"));
            good = false;
            continue;
        }
        match value.get_ref() {
            DeValue::Table(inner) if is_comparison(inner) => good &= comparisons(inner, &path, rules, sink),
            DeValue::Table(inner) if inner.is_empty() => {
                sink.add_hint(
                    &value.span(),
                    "this says nothing about the field",
                    "to ask only that it is there, write { exists = true }",
                );
                good = false;
            }
            DeValue::Table(inner) => good &= fields(inner, &path, rules, sink),
            DeValue::Array(_) => match scalars(value, sink) {
                Some(all) => rules.push((value.span(), FieldRule { path, must: Must::OneOf(all) })),
                None => good = false,
            },
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => match scalar(value, sink) {
                Some(one) => rules.push((value.span(), FieldRule { path, must: Must::Equal(one) })),
                None => good = false,
            },
        }
    }
    good
}

fn is_comparison(table: &DeTable<'_>) -> bool {
    !table.is_empty() && table.keys().all(|key| COMPARISONS.contains(&key.get_ref().as_ref()))
}

fn comparisons(table: &DeTable<'_>, path: &str, rules: &mut Vec<(Span, FieldRule)>, sink: &mut Sink<'_>) -> bool {
    let mut good = true;
    for (key, value) in in_order(table) {
        let must = match key.get_ref().as_ref() {
            "equals" => scalar(value, sink).map(Must::Equal),
            "one_of" => scalars(value, sink).map(Must::OneOf),
            "at_most" => number(value, sink).map(Must::AtMost),
            "at_least" => number(value, sink).map(Must::AtLeast),
            _ => exists(value, sink),
        };
        match must {
            Some(must) => rules.push((value.span(), FieldRule { path: path.to_owned(), must })),
            None => good = false,
        }
    }
    good
}

fn exists(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Must> {
    if value.get_ref().as_bool() == Some(true) {
        return Some(Must::Exist);
    }
    sink.add(&value.span(), "`exists` can only be true");
    None
}

fn scalar(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Scalar> {
    match value.get_ref() {
        DeValue::String(_) => String::read(value, sink).map(Scalar::Text),
        DeValue::Boolean(flag) => Some(Scalar::Bool(*flag)),
        DeValue::Integer(_) | DeValue::Float(_) => number(value, sink).map(Scalar::Number),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            wrong_type(value, "text, a number, or true or false", sink)
        }
    }
}

fn scalars(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Vec<Scalar>> {
    let DeValue::Array(array) = value.get_ref() else { return wrong_type(value, "a list", sink) };
    if array.is_empty() {
        sink.add(&value.span(), "an empty list can never hold");
        return None;
    }
    let all: Vec<Option<Scalar>> = array.iter().map(|element| scalar(element, sink)).collect();
    all.into_iter().collect()
}

fn number(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<f64> {
    let number = match value.get_ref() {
        #[expect(clippy::cast_precision_loss, reason = "JSON numbers are floating point too")]
        DeValue::Integer(_) => integer(value.get_ref()).map(|number| number as f64),
        DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
        DeValue::String(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            return wrong_type(value, "a number", sink);
        }
    };
    let number = number.filter(|number| number.is_finite());
    if number.is_none() {
        sink.add(&value.span(), "this is no number that JSON could hold");
    }
    number
}

/// Path by path: what `top` says of a field covers all that `base` says of it.
impl Layer for JsonRules {
    fn layer(mut top: Self, base: Self) -> Self {
        let mut rules: Vec<(Span, FieldRule)> = base.0;
        rules.retain(|(_, rule)| !top.0.iter().any(|(_, over)| over.path == rule.path));
        rules.append(&mut top.0);
        Self(rules)
    }
}

impl JsonSchema for JsonRules {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "JsonRules".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": {
            "type": ["string", "number", "boolean", "array", "object"],
        } })
    }
}
