//! Documents that are large or deep in one way only: each is read, shown whole, and read soon.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::time::{Duration, Instant};

use super::reader::DEEPEST;
use super::{Known, Outline, load};
use crate::domain::procedure::{Block, Procedure};
use crate::site::mistake::Mistake;

/// Bytes of each.
const SIZE: usize = 200_000;
/// Far more than any needs, also without optimisation on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn read(text: &str) -> (Procedure, Vec<Mistake>) {
    let begun = Instant::now();
    let (procedure, mistakes) = load(Path::new("huge.md"), text.as_bytes(), &Known::default());
    let outline = Outline::of(&procedure, &mistakes);
    let lines = outline.text().len() + super::json(&[outline]).len();
    let took = begun.elapsed();
    assert!(lines > 0 && took < PATIENCE, "{took:?} for {:?}…", text.chars().take(30).collect::<String>());
    (procedure, mistakes)
}

fn repeated(text: &str) -> String {
    text.repeat(SIZE / text.len())
}

/// Grows with its number of lines.
fn growing(line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 1.. {
        if text.len() >= SIZE {
            break;
        }
        text.push_str(&line(number));
    }
    text
}

#[test]
fn what_stands_too_deep_is_shown_as_it_is_written_and_told_with_its_line() {
    for mark in ["- ", "> ", "1. ", "* - "] {
        let text = format!("# Deep\n\n{}last words\n", repeated(mark));
        let (procedure, mistakes) = read(&text);
        let [mistake] = mistakes.as_slice() else { panic!("{mark}: {} mistakes", mistakes.len()) };
        assert_eq!(mistake.line, 3, "{mark}");
        assert!(mistake.message.contains(&DEEPEST.to_string()), "{}", mistake.message);
        assert!(procedure.blocks.len() < 3 * DEEPEST, "{mark}: {} blocks", procedure.blocks.len());
        let last = procedure.blocks.last().map(|placed| &placed.block);
        let Some(Block::Paragraph(words)) = last else { panic!("{mark}: {last:?}") };
        assert!(words.iter().any(|inline| inline.text.raw().ends_with(b"last words")), "{mark}");
    }
}

#[test]
fn a_command_that_stands_too_deep_is_no_step() {
    let text = format!("{0}```sh\n{0}rm -rf /\n{0}```\n", "> ".repeat(DEEPEST + 1));
    let (procedure, mistakes) = read(&text);
    assert!(procedure.parts.is_empty(), "{:?}", procedure.parts);
    assert_eq!(mistakes.len(), 1);
    let shallow = format!("{0}```sh\n{0}uptime\n{0}```\n", "> ".repeat(DEEPEST - 1));
    let (procedure, mistakes) = read(&shallow);
    assert_eq!((procedure.parts.len(), mistakes.len()), (1, 0));
}

#[test]
fn a_block_of_code_that_nothing_closes_is_told_whatever_it_holds() {
    for language in ["sh", "json", ""] {
        let text = format!("# Open\n\n```{language}\nuptime\n");
        let (procedure, mistakes) = read(&text);
        let [mistake] = mistakes.as_slice() else { panic!("{language}: {} mistakes", mistakes.len()) };
        assert!(mistake.line == 3 && mistake.message.contains("not closed"), "{}", mistake.headline());
        assert!(procedure.parts.iter().all(|part| part.misread.is_some()));
    }
}

#[test]
fn documents_of_one_thing_only_are_read_soon() {
    let columns = format!("{}|\n{}|\n{}|\n", "|a".repeat(20_000), "|-".repeat(20_000), "|b".repeat(20_000));
    let short_rows = format!("{}|\n{}|\n{}", "|a".repeat(1000), "|-".repeat(1000), "|b|\n".repeat(20_000));
    let all = [
        columns,
        short_rows,
        repeated("*"),
        repeated("**a "),
        repeated("*a_"),
        repeated("["),
        repeated("[]("),
        repeated("!["),
        repeated("`"),
        growing(|number| format!("{} a ", "`".repeat(number))),
        repeated("```sh\n"),
        repeated("```sh\n```\n"),
        repeated("```sh\n~~~\n"),
        repeated("a"),
        repeated("word "),
        repeated("<"),
        repeated("<!-- "),
        repeated("<!-- {#a} -->\n"),
        repeated("{#a "),
        repeated("# a {#a}\n"),
        repeated("# \n"),
        repeated("# a\n"),
        repeated("- [ ] a\n"),
        repeated("- [ ] a {#a}\n"),
        repeated("- a <!-- {#x\n"),
        repeated("```sh {#a bad=1}\nid\n```\n"),
        growing(|number| format!("{}- a\n", "  ".repeat(number))),
        growing(|number| format!("{}- ```sh\n", "  ".repeat(number))),
        growing(|number| format!("{}a\n", ">".repeat(number))),
        growing(|number| format!("[a{number}]: x\n")),
        growing(|number| format!("[^{number}]: x\n\n")),
        growing(|number| format!("{}!!! note\n", "    ".repeat(number % 40))),
        growing(|number| format!("{}a\n", "#".repeat(1 + number % 6) + " ")),
        repeated("```sh {undo=#zz}\nid\n```\n"),
        growing(|number| format!("```sh {{#a{number} undo=#b{number}}}\nid\n```\n")),
        format!("+++\n{}+++\n", growing(|number| format!("[inputs.a{number}]\n"))),
        repeated("\\"),
        repeated("&"),
        repeated("a\r"),
        repeated("\u{0}"),
        repeated("$ id\n"),
        format!("```console\n{}```\n", repeated("$ id\n")),
        format!("+++\n{}\n+++\n", "a = 1\n".repeat(SIZE / 6)),
        format!("+++\nx = {}", repeated("[")),
        format!("---\n{}", repeated("a: b\n")),
    ];
    for text in &all {
        read(text);
    }
}
