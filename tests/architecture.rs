//! Arrows only go down: which room may name which, read from the sources themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const ROOMS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("domain", &["text"]),
    ("port", &["domain", "text"]),
    ("style", &["domain", "text"]),
    ("input", &["port", "domain", "text"]),
    ("ui", &["style", "domain", "text"]),
    ("runtimes", &["port", "domain", "text"]),
    ("site", &["runtimes", "domain", "text"]),
    ("state", &["runtimes", "port", "domain", "text"]),
    ("screens", &["state", "port", "ui", "input", "style", "domain", "text"]),
    ("app", &["screens", "state", "port", "input", "ui", "style", "domain", "text"]),
    ("engine", &["app", "state", "site", "runtimes", "port", "input", "ui", "style", "domain", "text"]),
    (
        "cli",
        &["app", "screens", "engine", "state", "site", "runtimes", "port", "input", "ui", "style", "domain", "text"],
    ),
];

/// Crates that only some rooms may name: what draws, what does input and output.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("ratatui", &["style", "ui", "screens", "app", "engine"]),
    ("crossterm", &["engine"]),
    ("tokio", &["engine", "cli"]),
    ("openssh", &["engine"]),
    ("zbus", &["engine"]),
    ("clap", &["cli"]),
    ("pulldown_cmark", &["site"]),
    ("similar", &["engine"]),
    ("syntect", &["ui"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("src is readable") {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

/// The code of a file without its comments and its tests: those may look further than the room they stand in.
fn code(path: &Path) -> String {
    if path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests")) {
        return String::new();
    }
    let text = fs::read_to_string(path).expect("a source is UTF-8");
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every word that stands behind `crate::` in `code`, also in braces: `use crate::{a, b::c}`.
fn rooms_named(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(inside) = rest.strip_prefix('{') else {
            named.insert(first_word(rest));
            continue;
        };
        let (mut depth, mut word) = (0, String::new());
        for c in inside.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    named.insert(first_word(&word));
                    word.clear();
                    continue;
                }
                _ => {}
            }
            word.push(c);
        }
        named.insert(first_word(&word));
    }
    named
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn by_room() -> BTreeMap<String, Vec<PathBuf>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut rooms: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for path in sources(&src) {
        let inside = path.strip_prefix(&src).unwrap();
        let room = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        rooms.entry(room).or_default().push(path);
    }
    rooms
}

#[test]
fn every_room_is_in_the_table() {
    for room in by_room().keys().filter(|room| !room.ends_with(".rs")) {
        assert!(ROOMS.iter().any(|(name, _)| name == room), "src/{room} has no row in the table of rooms");
    }
}

#[test]
fn the_reading_of_imports_sees_braces() {
    let named = rooms_named("use crate::{domain::{Now, State}, text::Foreign};\nlet x = crate::port::Event::Woke;");
    assert_eq!(named.into_iter().collect::<Vec<_>>(), ["domain", "port", "text"]);
}

#[test]
fn arrows_only_go_down() {
    let mut wrong = Vec::new();
    for (room, files) in by_room() {
        let Some((_, may)) = ROOMS.iter().find(|(name, _)| *name == room) else { continue };
        for file in files {
            for named in rooms_named(&code(&file)) {
                let known = ROOMS.iter().any(|(name, _)| *name == named);
                if known && named != room && !may.contains(&named.as_str()) {
                    wrong.push(format!("{} names {named}, but {room} may not", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_rim_does_input_and_output() {
    let mut wrong = Vec::new();
    for (room, files) in by_room().into_iter().filter(|(room, _)| !room.ends_with(".rs")) {
        for file in files {
            let code = code(&file);
            for (outside, may) in OUTSIDE {
                if code.contains(&format!("{outside}::")) && !may.contains(&room.as_str()) {
                    wrong.push(format!("{} names {outside}, but {room} may not", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn screens_never_import_each_other_and_their_state_knows_no_drawing() {
    let Some(files) = by_room().remove("screens") else { return };
    for file in files {
        let code = code(&file);
        let own = file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        for (at, _) in code.match_indices("crate::screens::") {
            let named = first_word(&code[at + "crate::screens::".len()..]);
            assert!(named == own, "{} names the screen {named}", file.display());
        }
        if file.file_name().is_some_and(|name| name == "state.rs") {
            assert!(!code.contains("ratatui"), "{} knows ratatui", file.display());
        }
    }
}

#[test]
fn files_are_small_and_say_what_they_are() {
    for file in by_room().into_values().flatten() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.lines().count() <= 500, "{} has over 500 lines", file.display());
        assert!(text.starts_with("//!"), "{} does not begin with a sentence about itself", file.display());
    }
}
