//! A file garbled in any way gives a site or a mistake, never a panic, and what is told is safe to print.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use proptest::prelude::*;

use super::{Severity, load, parse_user, render};

const PAKASHOP: &str = include_str!("../../sites/pakashop/site.toml");

/// One slip of a hand, a disk or an attacker.
#[derive(Debug, Clone)]
enum Slip {
    Delete { at: usize, length: usize },
    Double { at: usize, length: usize },
    Byte { at: usize, byte: u8 },
    Word { at: usize, word: &'static str },
    DropLine { at: usize },
    SwapLines { a: usize, b: usize },
}

fn slip() -> impl Strategy<Value = Slip> {
    let word = prop::sample::select(vec![
        "\"",
        "'",
        "\"\"\"",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ".",
        ",",
        "\n",
        "\r\n",
        "${",
        "}",
        "$${",
        "\u{1b}[2J",
        "\0",
        "é",
        "аpp-1",
        "= 1\n",
        "[services.",
        "[services.redis]\n",
        "depends_on = [\"nginx\"]\n",
        "template = ",
        "1e999",
        "-1",
        "99999999999999999999",
        "0x",
        "2026-01-01",
        "inf",
        "true",
        "{{{{{{{{",
        "[[[[[[[[[[",
        "\\u0000",
    ]);
    let (at, length) = (any::<usize>(), 1..200usize);
    prop_oneof![
        (at, length.clone()).prop_map(|(at, length)| Slip::Delete { at, length }),
        (at, length).prop_map(|(at, length)| Slip::Double { at, length }),
        (at, any::<u8>()).prop_map(|(at, byte)| Slip::Byte { at, byte }),
        (at, word).prop_map(|(at, word)| Slip::Word { at, word }),
        at.prop_map(|at| Slip::DropLine { at }),
        (at, at).prop_map(|(a, b)| Slip::SwapLines { a, b }),
    ]
}

fn slipped(slips: &[Slip]) -> Vec<u8> {
    let mut bytes = PAKASHOP.as_bytes().to_vec();
    for slip in slips {
        let size = bytes.len().max(1);
        match *slip {
            Slip::Delete { at, length } => {
                let at = (at % size).min(bytes.len());
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Slip::Double { at, length } => {
                let at = (at % size).min(bytes.len());
                let part = bytes[at..(at + length).min(bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            Slip::Byte { at, byte } => {
                if let Some(slot) = bytes.get_mut(at % size) {
                    *slot = byte;
                }
            }
            Slip::Word { at, word } => {
                let at = (at % size).min(bytes.len());
                bytes.splice(at..at, word.bytes());
            }
            Slip::DropLine { at } => {
                let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                lines.remove(at % lines.len());
                bytes = lines.join(&b'\n');
            }
            Slip::SwapLines { a, b } => {
                let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let count = lines.len();
                lines.swap(a % count, b % count);
                bytes = lines.join(&b'\n');
            }
        }
    }
    bytes
}

/// What must hold of any bytes.
fn holds(bytes: &[u8]) {
    let parsed = load::parse(Path::new("site.toml"), "shop", bytes);
    let bad = parsed.mistakes.iter().any(|mistake| mistake.severity == Severity::Mistake);
    assert_eq!(parsed.value.is_none(), bad, "a site or a mistake, never both, never neither");
    let told = render(&parsed.mistakes);
    let unsafe_character = told.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(unsafe_character, None, "{told:?}");
    for mistake in &parsed.mistakes {
        assert!(!mistake.message.contains('\n') && !mistake.message.is_empty());
        assert!(mistake.line <= bytes.iter().filter(|byte| **byte == b'\n').count() + 1);
    }
    let (user, mistakes) = parse_user(Path::new("config.toml"), bytes);
    assert!(user.is_some() || !mistakes.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_garbled_file_never_panics(slips in prop::collection::vec(slip(), 1..6)) {
        holds(&slipped(&slips));
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        holds(&bytes);
    }
}

#[test]
fn files_made_to_hurt_are_answered_in_time() {
    let deep = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let dotted = format!("{} = 1", vec!["a"; 100_000].join("."));
    let mut chain = "[environments.p.hosts]\nh = {}\n".to_owned();
    for at in 0..1000 {
        chain.push_str(&format!("[services.s{at}]\nhosts = \"all\"\ndepends_on = [\"s{}\"]\n", (at + 1) % 1000));
    }
    let unknown: String = (0..5_000).map(|at| format!("key{at} = 1\n")).collect();
    let services: String = (0..5_000).map(|at| format!("[services.s{at}]\n")).collect();
    let long = format!("title = \"{}\"", "x".repeat(1_000_000));
    let started = std::time::Instant::now();
    for file in [deep, dotted, chain, unknown, services, long, "[".repeat(1_000_000)] {
        holds(file.as_bytes());
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(30), "{:?}", started.elapsed());
}
