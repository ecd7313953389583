//! What the fields of a JSON body must be, looked at one by one; pure.

use serde_json::Value;

use super::detail;
use crate::domain::probe::{Detail, FieldRule, Must, Scalar};

/// Longest piece of a foreign value that is quoted, in characters.
const QUOTED: usize = 120;

/// Looks at each field that a rule names.
pub(super) fn judge(rules: &[FieldRule], body: &Value) -> Vec<Detail> {
    rules.iter().map(|rule| look(rule, body)).collect()
}

fn look(rule: &FieldRule, body: &Value) -> Detail {
    let found = find(body, &rule.path);
    let holds = found.is_some_and(|value| holds(&rule.must, value));
    let shown = found.map_or_else(|| "missing".to_owned(), show);
    let text = if holds { shown } else { format!("{shown}, expected {}", wanted(&rule.must)) };
    detail(&rule.path, &text, holds)
}

/// Walks keys and places. A key that has dots of its own is tried whole before it is taken apart.
fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    match value {
        Value::Object(keys) => {
            if let Some(whole) = keys.get(path) {
                return Some(whole);
            }
            path.match_indices('.').find_map(|(dot, _)| {
                let (key, rest) = (path.get(..dot)?, path.get(dot + 1..)?);
                find(keys.get(key)?, rest)
            })
        }
        Value::Array(places) => {
            let (place, rest) = path.split_once('.').map_or((path, None), |(place, rest)| (place, Some(rest)));
            let value = places.get(place.parse::<usize>().ok()?)?;
            rest.map_or(Some(value), |rest| find(value, rest))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn holds(must: &Must, value: &Value) -> bool {
    match must {
        Must::Equal(scalar) => equals(scalar, value),
        Must::OneOf(scalars) => scalars.iter().any(|scalar| equals(scalar, value)),
        Must::AtMost(most) => value.as_f64().is_some_and(|number| number <= *most),
        Must::AtLeast(least) => value.as_f64().is_some_and(|number| number >= *least),
        Must::Exist => true,
    }
}

fn equals(scalar: &Scalar, value: &Value) -> bool {
    match scalar {
        Scalar::Text(text) => value.as_str() == Some(text),
        Scalar::Number(number) => value.as_f64() == Some(*number),
        Scalar::Bool(truth) => value.as_bool() == Some(*truth),
    }
}

fn wanted(must: &Must) -> String {
    match must {
        Must::Equal(scalar) => scalar_text(scalar),
        Must::OneOf(scalars) => {
            let each: Vec<_> = scalars.iter().map(scalar_text).collect();
            format!("one of {}", each.join(", "))
        }
        Must::AtMost(most) => format!("at most {most}"),
        Must::AtLeast(least) => format!("at least {least}"),
        Must::Exist => "any value".to_owned(),
    }
}

fn scalar_text(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Text(text) => text.clone(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Bool(truth) => truth.to_string(),
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let mut shown: String = text.chars().take(QUOTED).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            shown
        }
        Value::Object(keys) => format!("an object of {}", keys.len()),
        Value::Array(places) => format!("a list of {}", places.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn line(path: &str, must: Must, body: &str) -> (String, bool) {
        let rule = FieldRule { path: path.into(), must };
        let body = serde_json::from_str(body).unwrap();
        let line = judge(&[rule], &body).remove(0);
        (format!("{}: {}", line.what.plain(), line.found.plain()), line.holds)
    }

    fn text(text: &str) -> Scalar {
        Scalar::Text(text.into())
    }

    #[test]
    fn each_kind_of_rule_has_its_words() {
        let body = r#"{"status":"ok","dependencies":{"redis":"refused"},"lag":7,"ready":true,"peers":[{"n":1}],"a.b":2,"nil":null}"#;
        let table = [
            ("status", Must::Equal(text("ok")), "status: ok", true),
            ("dependencies.redis", Must::Equal(text("ok")), "dependencies.redis: refused, expected ok", false),
            ("dependencies", Must::Equal(text("ok")), "dependencies: an object of 1, expected ok", false),
            ("status", Must::OneOf(vec![text("up"), text("ok")]), "status: ok", true),
            ("status", Must::OneOf(vec![text("up")]), "status: ok, expected one of up", false),
            ("lag", Must::AtMost(5.0), "lag: 7, expected at most 5", false),
            ("lag", Must::AtLeast(5.0), "lag: 7", true),
            ("status", Must::AtMost(5.0), "status: ok, expected at most 5", false),
            ("lag", Must::Equal(Scalar::Number(7.0)), "lag: 7", true),
            ("lag", Must::Equal(text("7")), "lag: 7, expected 7", false),
            ("ready", Must::Equal(Scalar::Bool(false)), "ready: true, expected false", false),
            ("peers.0.n", Must::Equal(Scalar::Number(1.0)), "peers.0.n: 1", true),
            ("peers.1.n", Must::Exist, "peers.1.n: missing, expected any value", false),
            ("peers", Must::Exist, "peers: a list of 1", true),
            ("a.b", Must::Exist, "a.b: 2", true),
            ("nil", Must::Exist, "nil: null", true),
            ("status.deeper", Must::Exist, "status.deeper: missing, expected any value", false),
            ("", Must::Exist, ": missing, expected any value", false),
        ];
        for (path, must, words, holds) in table {
            assert_eq!(line(path, must, body), (words.to_owned(), holds));
        }
    }

    #[test]
    fn long_values_are_cut() {
        let body = format!(r#"{{"a":"{}"}}"#, "é".repeat(500));
        let (words, _) = line("a", Must::Exist, &body);
        assert_eq!(words.chars().count(), "a: ".len() + QUOTED + 1);
    }
}
