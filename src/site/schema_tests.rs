//! The schema, the reader and what ships say the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use serde_json::Value;

use super::schema::{Kind, text, value};
use super::{load, parse_user, procedure};

const BLESS: &str = "QD_BLESS";

#[test]
fn the_files_in_docs_are_what_the_program_prints() {
    for kind in Kind::ALL {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{}.schema.json", kind.word()));
        if std::env::var_os(BLESS).is_some_and(|word| word == "1") {
            std::fs::write(&file, text(kind)).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == text(kind), "{} is out of date: {BLESS}=1 writes it anew", file.display());
    }
}

/// Follows `$ref`.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => resolved(root, root.pointer(reference.trim_start_matches('#')).expect("a known definition")),
        None => schema,
    }
}

/// Every key of an object's schema with every word it may have must be read without an "unknown" mistake.
fn walk(root: &Value, schema: &Value, path: &[String], reads: &dyn Fn(&str) -> Vec<String>, seen: &mut usize) {
    let schema = resolved(root, schema);
    if path.len() > 8 {
        return;
    }
    for (key, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        *seen += 1;
        let mut path = path.to_vec();
        path.push(key.clone());
        let inner = resolved(root, inner);
        for word in inner.get("enum").and_then(Value::as_array).into_iter().flatten() {
            refused(&path, &format!("\"{}\"", word.as_str().unwrap()), reads);
        }
        if inner.get("enum").is_none() {
            refused(&path, "true", reads);
        }
        walk(root, inner, &path, reads, seen);
        if let Some(entry) = inner.get("additionalProperties").filter(|entry| entry.is_object()) {
            path.push("some-name".to_owned());
            walk(root, entry, &path, reads, seen);
        }
    }
    if schema.get("properties").is_some() {
        assert_eq!(schema.get("additionalProperties"), Some(&Value::Bool(false)), "{path:?} takes any key");
        let mut wrong = path.to_vec();
        wrong.push("no-such-key".to_owned());
        let file = format!("{} = true", wrong.join("."));
        let told = reads(&file);
        assert!(told.iter().any(|line| line.contains("no key `no-such-key`")), "{file}: {told:?}");
    }
}

fn refused(path: &[String], value: &str, reads: &dyn Fn(&str) -> Vec<String>) {
    let file = format!("{} = {value}", path.join("."));
    let told = reads(&file);
    let unknown = told.iter().find(|line| line.contains("there is no key") || line.contains("there is no kind"));
    assert!(unknown.is_none(), "{file}: {unknown:?}");
    if value != "true" {
        let wrong = told.iter().find(|line| line.contains(&format!("`{}`", value.trim_matches('"'))));
        assert!(wrong.is_none(), "{file}: {wrong:?}");
    }
}

#[test]
fn every_key_and_word_of_the_schema_is_read() {
    let mut seen = 0;
    let site = value(Kind::Site);
    walk(&site, &site, &[], &|file| told(&load::parse(Path::new("f"), "f", file.as_bytes()).mistakes), &mut seen);
    let user = value(Kind::User);
    walk(&user, &user, &[], &|file| told(&parse_user(Path::new("f"), file.as_bytes()).1), &mut seen);
    let front = value(Kind::Procedure);
    let header = |file: &str| {
        // What says only what is unknown is another tool's.
        let ours = if file.starts_with("lock") { "kind = \"guide\"" } else { "lock = true" };
        let text = format!("+++\n{ours}\n{file}\n+++\n");
        told(&procedure::load(Path::new("p.md"), text.as_bytes(), &procedure::Known::default()).1)
    };
    walk(&front, &front, &[], &header, &mut seen);
    assert!(seen > 100, "only {seen} keys were walked");
}

fn told(mistakes: &[super::Mistake]) -> Vec<String> {
    mistakes.iter().map(super::Mistake::headline).collect()
}

/// A small validator for the part of JSON schema that is used here.
fn validate(root: &Value, schema: &Value, value: &Value, path: &str, wrong: &mut Vec<String>) {
    let schema = resolved(root, schema);
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let fits = |choice: &Value| {
            let mut inner = Vec::new();
            validate(root, choice, value, path, &mut inner);
            inner.is_empty()
        };
        if !choices.iter().any(fits) {
            wrong.push(format!("{path}: none of the choices"));
        }
    }
    let kind = match value {
        Value::String(_) => "string",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Null => "null",
    };
    let one = |wanted: &Value| wanted == kind || (wanted == "number" && kind == "integer");
    match schema.get("type") {
        Some(Value::Array(all)) if !all.iter().any(one) => wrong.push(format!("{path}: {kind}")),
        Some(Value::String(_)) if !one(&schema["type"]) => wrong.push(format!("{path}: {kind}")),
        _ => {}
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array)
        && !words.contains(value)
    {
        wrong.push(format!("{path}: {value}"));
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        match (schema.get("properties").and_then(|all| all.get(key)), schema.get("additionalProperties")) {
            (Some(property), _) => validate(root, property, inner, &path, wrong),
            (None, Some(Value::Bool(false))) => wrong.push(format!("{path}: unknown")),
            (None, Some(any)) => validate(root, any, inner, &path, wrong),
            (None, None) => {}
        }
    }
    for (at, inner) in value.as_array().into_iter().flatten().enumerate() {
        if let Some(items) = schema.get("items") {
            validate(root, items, inner, &format!("{path}[{at}]"), wrong);
        }
    }
}

#[test]
fn what_ships_follows_the_schema() {
    let schema = value(Kind::Site);
    let text = include_str!("../../sites/pakashop/site.toml");
    let file: Value = toml::from_str(text).unwrap();
    let mut wrong = Vec::new();
    validate(&schema, &schema, &file, "site", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut broken = file;
    broken["environments"]["staging"]["colour"] = Value::from("crimson");
    broken["services"]["redis"]["hots"] = Value::from("data");
    validate(&schema, &schema, &broken, "site", &mut wrong);
    assert_eq!(wrong, ["site.environments.staging.colour: \"crimson\"", "site.services.redis.hots: unknown"]);
}
