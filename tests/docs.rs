//! The documents are true: every command in them can be typed, every file they name is there, and what is made from the
//! program's own tables is as the program has it. `QD_BLESS=1` writes the made parts anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use quarterdeck::cli::{Arguments, Exit};
use quarterdeck::input::key_name::sequence_name;
use quarterdeck::input::{Action, Context, Keymap};
use quarterdeck::site::schema::{Kind, value};
use serde_json::Value;

const GUIDES: [&str; 14] = [
    "README.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
    "docs/getting-started.md",
    "docs/security.md",
    "docs/site.md",
    "docs/procedures.md",
    "docs/runs.md",
    "docs/releases.md",
    "docs/deploys.md",
    "docs/pakashop-procedures.md",
    "docs/freezedesign-procedures.md",
    "docs/commands.md",
    "docs/site-reference.md",
];

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(at(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Compares a made file with what is kept, or writes it.
fn made(path: &str, now: &str) {
    if std::env::var_os("QD_BLESS").is_some_and(|word| word == "1") {
        fs::write(at(path), now).unwrap();
    }
    let kept = fs::read_to_string(at(path)).unwrap_or_default();
    assert!(kept == now, "{path} is out of date: QD_BLESS=1 cargo test --test docs writes it anew");
}

/// Every command of ours in a document: the lines of its blocks for a shell, and what stands in backticks.
fn commands(document: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block = None;
    for line in document.lines() {
        if let Some(fence) = line.trim_start().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(fence.to_owned()) };
        } else if let Some(language) = &block {
            let is_shell = language == "sh" || language.is_empty();
            let command = line.split(" #").next().unwrap_or_default().trim();
            found.extend(Some(command).filter(|command| is_shell && command.starts_with("qd ")).map(str::to_owned));
        } else {
            let spans = line.split('`').skip(1).step_by(2);
            found.extend(spans.filter(|span| *span == "qd" || span.starts_with("qd ")).map(str::to_owned));
        }
    }
    // What is written for people, `[…]` and `a|b`, can't be typed.
    found.retain(|command| !command.contains(['[', '|']));
    found
}

#[test]
fn every_command_in_the_documents_can_be_typed() {
    let mut count = 0;
    for guide in GUIDES {
        for command in commands(&text(guide)) {
            count += 1;
            let words = command.split_whitespace();
            if let Err(error) = Arguments::try_parse_from(words) {
                // In a sentence a command may stand by its name alone.
                let named = error.kind() == clap::error::ErrorKind::MissingRequiredArgument
                    && command.matches(' ').count() == 1;
                assert!(named || !error.use_stderr(), "{guide}: `{command}`\n{error}");
            }
        }
    }
    assert!(count > 30, "only {count} commands were found");
    assert_eq!(
        commands("`qd a|b` `qd x` ls `qdx`\n```sh\nqd y # z\nls\n```\n```toml\nqd = 1\n```\n"),
        ["qd x", "qd y"]
    );
}

#[test]
fn every_example_of_a_procedure_is_one() {
    use quarterdeck::domain::procedure::Doing;
    use quarterdeck::site::procedure::{Known, load};
    let page = text("docs/procedures.md") + &text("docs/deploys.md");
    let mut kinds = std::collections::BTreeSet::new();
    let mut count = 0;
    for rest in page.split("````markdown procedure\n").skip(1) {
        let example = rest.split("\n````").next().unwrap();
        let (procedure, mistakes) = load(Path::new("example.md"), example.as_bytes(), &Known::default());
        let told: Vec<String> = mistakes.iter().map(|one| format!("{}: {}", one.line, one.message)).collect();
        assert!(told.is_empty(), "{told:#?} in\n{example}");
        assert!(procedure.parts.iter().all(|part| part.misread.is_none()), "{example}");
        kinds.extend(procedure.parts.iter().map(|part| part.doing.word()));
        count += 1;
    }
    assert!(count >= 5 && kinds.contains(Doing::Ask.word()), "{count} examples");
    assert_eq!(kinds.len(), 13, "the examples have {kinds:?}");
}

#[test]
fn every_file_that_is_linked_is_there() {
    for guide in GUIDES {
        let folder = at(guide).parent().unwrap().to_owned();
        let document = text(guide);
        for link in document.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            let elsewhere = file.contains("://") || file.is_empty();
            assert!(elsewhere || folder.join(file).exists(), "{guide} links {link}, which is not there");
        }
    }
}

#[test]
fn every_exit_code_is_in_the_readme() {
    let readme = text("README.md");
    for exit in [
        Exit::Ok,
        Exit::Degraded,
        Exit::Down,
        Exit::Unknown,
        Exit::Stopped,
        Exit::Failed,
        Exit::Refused,
        Exit::Usage,
        Exit::NoTerminal,
        Exit::Unavailable,
        Exit::Software,
        Exit::Output,
        Exit::Configuration,
    ] {
        assert!(readme.contains(&format!("\n| {} | ", exit.code())), "{exit:?} is not in the table of the README");
    }
}

/// The actions that a first hour needs, by their names, with the place where their keys hold.
const FIRST_KEYS: [(&str, Context); 16] = [
    ("open", Context::Overview),
    ("toggle-fold", Context::Overview),
    ("filter", Context::List),
    ("failed-only", Context::Overview),
    ("sort", Context::Overview),
    ("restart", Context::Overview),
    ("action-menu", Context::Overview),
    ("read-logs", Context::Overview),
    ("shell", Context::Overview),
    ("show-logs", Context::Global),
    ("show-history", Context::Global),
    ("copy", Context::Global),
    ("palette", Context::Global),
    ("help", Context::Global),
    ("back", Context::Global),
    ("quit", Context::Global),
];

#[test]
fn the_keys_in_the_readme_are_those_of_the_program() {
    const BEGIN: &str = "<!-- keys: written by a test -->\n";
    const END: &str = "<!-- keys end -->";
    let keymap = Keymap::builtin();
    let mut table = String::from("\n| key | |\n|---|---|\n");
    for (name, context) in FIRST_KEYS {
        let action = Action::named(name).unwrap_or_else(|| panic!("there is no action {name}"));
        let keys = keymap.keys_in(context, action);
        let keys: Vec<String> = keys.iter().map(|keys| format!("`{}`", sequence_name(keys))).collect();
        assert!(!keys.is_empty(), "{name} has no key there");
        writeln!(table, "| {} | {} |", keys.join(" "), action.row().doc).unwrap();
    }
    table.push('\n');
    let readme = text("README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("the README has a place for keys");
    let (_, after) = rest.split_once(END).expect("the place for keys ends");
    made("README.md", &format!("{before}{BEGIN}{table}{END}{after}"));
}

#[test]
fn the_keys_in_the_first_five_minutes_are_those_of_the_program() {
    let guide = text("docs/getting-started.md");
    let keymap = Keymap::builtin();
    for (name, context, key) in [
        ("open", Context::Overview, "enter"),
        ("filter", Context::List, "/"),
        ("failed-only", Context::Overview, "!"),
        ("restart", Context::Overview, "r"),
        ("action-menu", Context::Overview, "a"),
        ("show-logs", Context::Global, "2"),
        ("show-history", Context::Global, "6"),
        ("help", Context::Global, "?"),
        ("quit", Context::Global, "q"),
    ] {
        assert!(guide.contains(&format!("`{key}`")), "the guide does not name {key}");
        let keys = keymap.keys_in(context, Action::named(name).unwrap());
        assert!(keys.iter().any(|keys| sequence_name(keys) == key), "{name} is no longer {key}: mend the guide");
    }
}

/// What a value may be, in words.
fn kind(root: &Value, schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let inner = root.pointer(name.trim_start_matches('#')).unwrap();
        return match inner["enum"].as_array() {
            Some(words) => {
                words.iter().map(|word| format!("`\"{}\"`", word.as_str().unwrap())).collect::<Vec<_>>().join(", ")
            }
            None => format!("[a table](#{})", anchor(name)),
        };
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let kinds: Vec<String> = choices.iter().map(|choice| kind(root, choice)).collect();
        let list = choices.iter().find(|choice| choice["type"] == "array");
        return match (kinds.as_slice(), list) {
            ([one, _], Some(_)) => format!("{one}, or a list"),
            _ => kinds.join(" or "),
        };
    }
    if let Some(words) = schema["type"].as_array() {
        return words.iter().map(|word| plain_kind(word.as_str().unwrap())).collect::<Vec<_>>().join(", ");
    }
    match schema["type"].as_str().unwrap() {
        "array" => format!("a list of {}", kind(root, &schema["items"])),
        "object" => match &schema["additionalProperties"] {
            inner if inner["$ref"].is_string() => format!("a table of names, each {}", kind(root, inner)),
            inner if inner.is_object() => format!("a table of names, each {}", kind(root, inner)),
            _ => "a table".to_owned(),
        },
        "string" if schema["pattern"].as_str().is_some_and(|pattern| pattern.contains("ms")) => {
            "a length of time".to_owned()
        }
        other => plain_kind(other).to_owned(),
    }
}

fn plain_kind(word: &str) -> &'static str {
    match word {
        "string" => "text",
        "integer" | "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a table",
        other => panic!("a new kind of value: {other}"),
    }
}

/// `#/$defs/RawHostDefaults` as it stands in a heading: `Host defaults`.
fn heading(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap().trim_start_matches("Raw");
    let spaced: String = name
        .chars()
        .flat_map(|c| [Some(' ').filter(|_| c.is_uppercase()), Some(c.to_ascii_lowercase())])
        .flatten()
        .collect();
    let mut words = spaced.trim().to_owned();
    words[..1].make_ascii_uppercase();
    words
}

fn anchor(name: &str) -> String {
    heading(name).to_lowercase().replace(' ', "-")
}

fn reference(kind_of_file: Kind, title: &str, file: &str) -> String {
    let root = value(kind_of_file);
    let mut page = format!("\n## {title}\n\n`{file}`: {}\n\n", root["description"].as_str().unwrap());
    table(&root, &root, &mut page);
    for (name, inner) in root["$defs"].as_object().into_iter().flatten().filter(|(_, inner)| inner["enum"].is_null()) {
        write!(page, "\n### {}\n\n{}\n\n", heading(name), inner["description"].as_str().unwrap()).unwrap();
        table(&root, inner, &mut page);
    }
    page
}

fn table(root: &Value, schema: &Value, page: &mut String) {
    page.push_str("| key | value | what it says |\n|---|---|---|\n");
    for (key, inner) in schema["properties"].as_object().unwrap() {
        let says = inner["description"].as_str().unwrap_or_else(|| panic!("{key} says nothing"));
        writeln!(page, "| `{key}` | {} | {says} |", kind(root, inner).replace('|', "\\|")).unwrap();
    }
}

#[test]
fn the_reference_of_sites_is_made_from_what_reads_them() {
    let mut page = String::from(
        "# Every key of a site, and of your own file\n\nMade from the lists that read the files. \
         [site.md](site.md) explains them with examples, and says what holds where nothing is said; what stands in a \
         site's `procedures/` is in [procedures.md](procedures.md).\n",
    );
    page += &reference(Kind::Site, "A site", "site.toml");
    page += &reference(Kind::User, "Your own file", "config.toml");
    page += &reference(Kind::Procedure, "A procedure's front matter", "a procedure");
    made("docs/site-reference.md", &page);
}
