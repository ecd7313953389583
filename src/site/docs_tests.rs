//! The examples of docs/site.md are good, and every key of the schema is explained there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use serde_json::Value;

use super::schema::{Kind, value};
use super::{load, parse_user, render};

const DOCS: &str = include_str!("../../docs/site.md");
const PROCEDURES: &str = include_str!("../../docs/procedures.md");

/// The blocks that begin with this fence.
fn blocks<'a>(fence: &str) -> Vec<&'a str> {
    let open = format!("```{fence}\n");
    DOCS.split(&open).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_example_is_good() {
    let sites = blocks("toml site");
    assert!(sites.len() >= 5, "{} examples", sites.len());
    for block in sites {
        let parsed = load::parse(Path::new("site.toml"), "shop", block.as_bytes());
        assert!(parsed.mistakes.is_empty(), "{block}\n{}", render(&parsed.mistakes));
    }
    let users = blocks("toml config");
    assert_eq!(users.len(), 1);
    for block in users {
        let (user, mistakes) = parse_user(Path::new("config.toml"), block.as_bytes());
        assert!(user.is_some(), "{block}\n{}", render(&mistakes));
    }
}

#[test]
fn the_example_of_the_readme_is_good() {
    let readme = include_str!("../../README.md");
    let examples: Vec<&str> = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!examples.is_empty());
    for example in examples {
        let parsed = load::parse(Path::new("site.toml"), "shop", example.as_bytes());
        assert!(parsed.mistakes.is_empty(), "{example}\n{}", render(&parsed.mistakes));
    }
}

#[test]
fn every_key_is_explained() {
    let mut missing = Vec::new();
    for kind in Kind::ALL {
        let page = match kind {
            Kind::Site | Kind::User => DOCS,
            Kind::Procedure => PROCEDURES,
        };
        let schema = value(kind);
        let tables = schema["$defs"].as_object().into_iter().flat_map(|all| all.values()).chain([&schema]);
        let keys = tables.filter_map(|table| table["properties"].as_object()).flat_map(|all| all.keys());
        for key in keys {
            let shown = [format!("`{key}`"), format!("`[{key}."), format!("[defaults.{key}]"), format!("\n{key} = ")];
            if !shown.iter().any(|shown| page.contains(shown.as_str())) {
                missing.push(key.clone());
            }
        }
        let words = schema["$defs"].as_object().into_iter().flat_map(|all| all.values());
        for word in words.filter_map(|one| one["enum"].as_array()).flatten().filter_map(Value::as_str) {
            if !page.contains(&format!("`{word}`")) && !page.contains(&format!("\"{word}\"")) {
                missing.push(word.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "docs/site.md or docs/procedures.md does not explain {missing:?}");
}
