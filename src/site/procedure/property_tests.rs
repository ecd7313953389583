//! Any bytes are a document; no word of one is lost from view; what is read twice is read alike.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{Known, Outline, json, load};
use crate::domain::procedure::{Block, Doing, Inline, Procedure};
use crate::site::mistake::render;

/// What must hold of any bytes.
fn holds(bytes: &[u8]) -> Procedure {
    let (procedure, mistakes) = load(Path::new("procedures/x.md"), bytes, &Known::default());
    let (again, _) = load(Path::new("procedures/x.md"), bytes, &Known::default());
    assert_eq!(procedure, again);
    let told = render(&mistakes);
    assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{told:?}");
    let lines = bytes.iter().filter(|byte| **byte == b'\n' || **byte == b'\r').count() + 1;
    assert!(mistakes.iter().all(|mistake| mistake.line <= lines && !mistake.message.is_empty()));
    let ids: BTreeSet<_> = procedure.parts.iter().map(|part| part.id.clone()).collect();
    assert_eq!(ids.len(), procedure.parts.len(), "ids are unique");
    for (index, part) in procedure.parts.iter().enumerate() {
        assert!((1..=lines).contains(&part.line));
        assert!(part.section.is_none_or(|section| section < procedure.sections.len()));
        assert_eq!(procedure.blocks[part.block].part, Some(index), "a part and its block know each other");
    }
    for (index, section) in procedure.sections.iter().enumerate() {
        assert!(section.inside.is_none_or(|inside| inside < index) && (1..=6).contains(&section.level));
    }
    let mut before = 1;
    for placed in &procedure.blocks {
        assert!(placed.line >= before && placed.line <= lines, "blocks stand in their order");
        before = placed.line;
    }
    let outline = Outline::of(&procedure, &mistakes);
    assert!(outline.text().chars().all(|c| c == '\n' || !c.is_control()));
    let parsed: serde_json::Value = serde_json::from_str(&json(&[outline])).unwrap();
    assert_eq!(parsed["version"], 1);
    procedure
}

fn shown(procedure: &Procedure) -> String {
    fn add(out: &mut String, inlines: &[Inline]) {
        for inline in inlines {
            out.push_str(&String::from_utf8_lossy(inline.text.raw()));
            if let Some(link) = &inline.link {
                out.push_str(&format!(" {link} "));
            }
        }
        out.push(' ');
    }
    let mut out = String::from_utf8_lossy(procedure.header.other.raw()).into_owned();
    for placed in &procedure.blocks {
        out.push('\n');
        match &placed.block {
            Block::Heading(_, words, _) | Block::Paragraph(words) | Block::Item(_, words) => add(&mut out, words),
            Block::Code(language, code) => {
                out.push_str(language);
                out.push(' ');
                out.push_str(&String::from_utf8_lossy(code.raw()));
            }
            Block::Table(head, rows) => {
                head.iter().chain(rows.iter().flatten()).for_each(|cell| add(&mut out, cell));
            }
            Block::Rule => {}
            Block::Html(html) => out.push_str(&String::from_utf8_lossy(html.raw())),
        }
    }
    out
}

/// Marks of Markdown and of what is mistaken for it; `@` becomes a word that must not be lost.
const PIECES: &[&str] = &[
    "@\n",
    "\n",
    "\n\n",
    "# @\n",
    "## @ {#a}\n",
    "- [ ] @\n",
    "- @\n",
    "* [x] @ `@`\n",
    "1. @\n",
    "10) @\n",
    "    @\n",
    "   ",
    "  ",
    "\t@\n",
    "> @\n",
    "> ",
    ">> - @\n",
    "```sh\n",
    "```\n",
    "~~~\n",
    "```@ @\n",
    "```bash {#b host=@}\n@\n```\n",
    "$ @\n",
    "@ | @\n--- | ---\n@ | @\n",
    "| @ | @ |\n|---|---|\n",
    "---\n",
    "***\n",
    "===\n",
    "@\n===\n",
    "@\n---\n",
    "<div>\n@\n</div>\n",
    "<details>\n<summary>@</summary>\n\n",
    "<app_name> @\n",
    "<@>\n",
    "@\\\n@\n",
    "@  \n@\n",
    "!!! note \"@\"\n",
    "    @\n\n    @\n",
    "=== \"@\"\n",
    ":::tip @\n@\n:::\n",
    "**@** _@_ ~~@~~ ",
    "[@](@) ",
    "![@](@) ",
    "[@]: @\n",
    "[@][x]\n",
    "[x]: @\n",
    "<https://example.com/@>\n",
    "[^1]: @\n",
    "@[^1]\n",
    "{{ @ }}\n",
    "${@}\n",
    "{host=@\n",
    "- @ {todo}\n",
    "- [ ]\n  @\n",
    "-\n\n  @\n",
    "- - - @\n",
    "1. # @\n",
    "&amp; @ &@;\n",
    "\\# @\n",
    "@ | @\n",
    "[[_TOC_]]\n",
    "$$\n@\n$$\n",
    "[!NOTE]\n",
    "> [!TIP]\n> @\n",
];

fn document() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES.to_vec());
    prop::collection::vec(piece, 0..40).prop_map(|pieces| {
        let mut count = 0;
        let mut text = String::new();
        for piece in pieces {
            for c in piece.chars() {
                if c == '@' {
                    count += 1;
                    text.push_str(&format!("w{count}q"));
                } else {
                    text.push(c);
                }
            }
        }
        text
    })
}

fn words(text: &str) -> BTreeSet<String> {
    let all =
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.starts_with('w') && word.ends_with('q'));
    all.map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_document(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        holds(&bytes);
    }

    #[test]
    fn no_word_is_lost(text in document()) {
        let procedure = holds(text.as_bytes());
        let shown = words(&shown(&procedure));
        let attributes = words(&text.lines().filter(|line| line.contains("{#b host=")).collect::<String>());
        // A second definition of the same link is none, and Markdown knows nothing more of it.
        let defined = words(&text.lines().filter(|line| line.contains("]:")).collect::<String>());
        let lost: Vec<String> = words(&text)
            .into_iter()
            .filter(|word| !shown.contains(word) && !attributes.contains(word) && !defined.contains(word))
            .collect();
        prop_assert_eq!(lost, Vec::<String>::new(), "{}", text);
    }

    #[test]
    fn ends_of_lines_and_marks_of_order_change_nothing(text in document()) {
        let plain = holds(text.as_bytes());
        let marked = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        let other = holds(marked.as_bytes());
        prop_assert_eq!(&plain.blocks, &other.blocks);
        prop_assert_eq!(&plain.parts, &other.parts);
    }
}

#[test]
fn cells_that_the_head_of_a_table_has_no_room_for_are_shown() {
    let procedure = holds(b"| a | b |\n|---|---|\n| one | two | three `x` | four |\n| solo |\n");
    let rows = procedure.blocks.iter().find_map(|placed| match &placed.block {
        Block::Table(_, rows) => Some(rows.clone()),
        _ => None,
    });
    let cell = |row: usize, at: usize| super::inline::words(&rows.as_ref().unwrap()[row][at]);
    assert_eq!((cell(0, 1), cell(0, 2), cell(0, 3)), ("two".into(), "three `x`".into(), "four".into()));
    assert_eq!((cell(1, 0), cell(1, 1)), ("solo".into(), String::new()));
    assert_eq!(rows.unwrap()[1].len(), 2, "what is not there is no further cell");
}

#[test]
fn documents_made_to_hurt_are_read_in_time() {
    let many = |piece: &str, bytes: usize| piece.repeat(bytes / piece.len());
    let ordinary =
        "## A heading\n\n- [ ] an item with `code`\n\n```sh {#x}\nid\n```\n\n1. step:\n\n   ```sh\n   id\n   ```\n";
    let files = [
        many(ordinary, 10_000 * 12),
        many("- ", 100_000),
        many("> ", 100_000),
        many("[", 100_000),
        many("{", 100_000),
        many("- {a=\"", 60_000),
        many("*a _b ", 60_000),
        many("`", 100_000) + &many("a` ", 1000),
        many("<!-- {host=db} -->\n", 100_000),
        many("```sh\n", 100_000),
        many("# {#x}\n", 60_000),
        many("!!! note\n    x\n", 60_000),
        many("[a]: b\n", 60_000),
        many("| a ", 60_000) + "\n" + &many("|---", 60_000),
        (0..600).map(|depth| format!("{}- x\n", "  ".repeat(depth))).collect(),
        (0..300).map(|depth| format!("{}!!! a\n", "    ".repeat(depth))).collect(),
        "\0".repeat(50_000),
        "\r".repeat(50_000),
    ];
    for file in files {
        let started = Instant::now();
        load(Path::new("x.md"), file.as_bytes(), &Known::default());
        // A build without optimisation on a busy machine: twenty times what an ordinary one takes.
        assert!(started.elapsed() < Duration::from_secs(20), "{:?} of {:?}", started.elapsed(), file.get(..40));
    }
}

proptest! {
    /// Whatever a fact says is either understood whole or done by hand and told with its place.
    #[test]
    fn a_fact_is_understood_whole_or_done_by_hand(
        words in "(ci|backup|disk|probes|certificate|x)( (path|free|commit|tier|age|host|ends)=?[\\PC&&[^\"\\\\]]{0,8}){0,4}|[\\PC&&[^\"\\\\]]{0,30}",
        host in "( host=[a-z]{1,4})?",
    ) {
        let text = format!("- Something. {{#it fact=\"{words}\"{host}}}\n");
        let (procedure, mistakes) = load(Path::new("x.md"), text.as_bytes(), &Known::default());
        holds(text.as_bytes());
        let part = procedure.parts.iter().find(|part| part.id.as_str() == "it");
        if let Some(part) = part {
            match &part.doing {
                Doing::Fact(fact) => {
                    prop_assert!(part.misread.is_none() && mistakes.is_empty(), "{:?}", mistakes);
                    prop_assert!(!fact.says("host"), "where it is done is said of the part");
                }
                Doing::Ask => {
                    prop_assert!(part.misread.is_some());
                    prop_assert!(mistakes.iter().any(|mistake| mistake.line == 1 && mistake.column > 1));
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
