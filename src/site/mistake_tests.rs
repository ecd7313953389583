//! One mistake of every kind gives exactly one clear line: the cases stand in `testdata/mistakes.txt`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::Path;

use super::{Severity, load, render};

const CASES: &str = include_str!("testdata/mistakes.txt");
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/site/testdata/mistakes.txt");
const BLESS: &str = "QD_BLESS";

struct Case<'a> {
    title: &'a str,
    input: &'a str,
    expected: &'a str,
}

/// Blocks of `=== title`, the file, `--- told`, what is told of it.
fn cases(text: &str) -> Vec<Case<'_>> {
    let blocks = text.split("=== ").skip(1);
    blocks
        .map(|block| {
            let (title, rest) = block.split_once('\n').unwrap();
            let (input, expected) = rest.split_once("--- told\n").expect("a case says what is told");
            Case { title, input, expected }
        })
        .collect()
}

/// `\0`, `\xff` and `\e` in a case stand for bytes that no text editor keeps.
fn bytes(input: &str) -> Vec<u8> {
    let mut bytes = input.as_bytes().to_vec();
    for (word, byte) in [("«NUL»", 0u8), ("«FF»", 0xff), ("«ESC»", 0x1b)] {
        while let Some(at) = bytes.windows(word.len()).position(|window| window == word.as_bytes()) {
            bytes.splice(at..at + word.len(), [byte]);
        }
    }
    bytes
}

fn told(case: &Case<'_>) -> String {
    let input = bytes(case.input);
    if case.title.starts_with("user file") {
        let (_, mistakes) = super::parse_user(Path::new("config.toml"), &input);
        return render(&mistakes);
    }
    render(&load::parse(Path::new("site.toml"), "shop", &input).mistakes)
}

#[test]
fn every_mistake_gives_one_clear_line() {
    let mut out = CASES.split("=== ").next().unwrap().to_owned();
    let mut wrong = Vec::new();
    for case in cases(CASES) {
        let told = told(&case);
        let _ = write!(out, "=== {}\n{}--- told\n{}\n", case.title, case.input, told);
        if told.trim_end() != case.expected.trim_end() {
            wrong.push(format!("{}:\nexpected\n{}\ntold\n{told}", case.title, case.expected));
        }
        let mistakes = load::parse(Path::new("site.toml"), "shop", &bytes(case.input)).mistakes.len();
        if mistakes != 1 && !case.title.starts_with("user file") && !case.title.contains("several") {
            wrong.push(format!("{}: {mistakes} mistakes where there is one", case.title));
        }
    }
    if std::env::var_os(BLESS).is_some_and(|word| word == "1") {
        std::fs::write(FILE, out).unwrap();
    }
    assert!(wrong.is_empty(), "{}\n{} wrong; look at them, then {BLESS}=1", wrong.join("\n\n"), wrong.len());
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let text = include_str!("testdata/first_draft.toml");
    let mistakes = load::parse(Path::new("site.toml"), "shop", text.as_bytes()).mistakes;
    let mut lines: Vec<usize> = mistakes.iter().map(|mistake| mistake.line).collect();
    lines.dedup();
    let marked = text.lines().enumerate().filter(|(_, line)| line.contains(" # wrong"));
    let marked: Vec<usize> = marked.map(|(at, _)| at + 1).collect();
    assert_eq!(lines, marked, "{}", render(&mistakes));
    assert_eq!(mistakes.len(), marked.len() + 1, "one line has two mistakes: {}", render(&mistakes));
}

/// Fault A16: what is no name is refused where it stands, with file and line.
#[test]
fn a16_hostile_names_are_refused_with_file_and_line() {
    let long = "a".repeat(300);
    let hostile = [
        "-V",
        "-oProxyCommand=x",
        "a b",
        "a;id",
        "$(id)",
        "%h",
        "a\nb",
        "\u{1b}[2J",
        "a\0",
        &long,
        "аpp-1",
        "",
        "../x",
        "a/b",
        "`id`",
        "a|b",
        "a&b",
        "'a'",
        "a\"b",
        "~root",
    ];
    type Write = fn(&str) -> String;
    let places: [(&str, Write); 8] = [
        ("host", |name| format!("[environments.prod.hosts]\n{name} = {{}}\n")),
        ("ssh", |name| format!("[environments.prod.hosts]\nweb = {{ ssh = {name} }}\n")),
        ("user@host", |name| {
            format!("[environments.prod.hosts]\nweb = {{ ssh = \"deploy@{} }}\n", name.trim_start_matches('"'))
        }),
        ("tag", |name| format!("[environments.prod.hosts]\nweb = {{ tags = {name} }}\n")),
        ("service", |name| {
            format!(
                "[environments.prod.hosts]\nweb = {{}}\n[services.{name}]\nhosts = \"web\"\nunits = \"a.service\"\n"
            )
        }),
        ("environment", |name| format!("[environments.{name}.hosts]\nweb = {{}}\n")),
        ("probe", |name| {
            format!(
                "[environments.prod.hosts]\nweb = {{}}\n[services.a]\nhosts = \"web\"\nprobes.{name} = {{ tcp = \"localhost:1\" }}\n"
            )
        }),
        ("site", |name| format!("name = {name}\n[environments.prod.hosts]\nweb = {{}}\n")),
    ];
    for (what, file) in places {
        for name in hostile {
            let quoted = toml::Value::String(name.to_owned());
            let quoted = serde_json::to_string(&quoted).unwrap();
            let parsed = load::parse(Path::new("site.toml"), "shop", file(&quoted).as_bytes());
            let refused = parsed.mistakes.iter().filter(|mistake| mistake.severity == Severity::Mistake).count();
            assert!(parsed.value.is_none(), "{what} {name:?} passed");
            assert_eq!(refused, 1, "{what} {name:?}: {}", render(&parsed.mistakes));
            let text = render(&parsed.mistakes);
            assert!(parsed.mistakes.iter().all(|mistake| mistake.line > 0), "{text}");
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        }
    }
}
