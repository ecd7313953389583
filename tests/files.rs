//! The commands that judge files, as a script uses them: what they print and how they end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "files/sources.rs"]
mod sources;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.write("here/sites/good/site.toml", GOOD);
        desk
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.0.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn qd(&self, arguments: &[&str]) -> (i32, String) {
        let root = self.0.path();
        // Without a terminal: nobody is asked anything.
        let Output { status, stdout, stderr } = Command::new("setsid")
            .args(["-w", env!("CARGO_BIN_EXE_qd")])
            .args(arguments)
            .current_dir(root.join("here"))
            .env("HOME", root)
            .env("XDG_CONFIG_HOME", root.join("config"))
            .env("XDG_STATE_HOME", root.join("state"))
            .output()
            .unwrap();
        let text = [stdout, stderr].concat();
        (status.code().expect("no signal"), String::from_utf8(text).unwrap())
    }
}

const GOOD: &str = "[environments.prod.hosts]\nweb-1 = {}\n[services.a]\nhosts = \"all\"\nversion = [\"true\"]\n";

#[test]
fn nothing_stands_behind_the_mark_below_a_mistake_of_a_query() {
    let desk = Desk::new();
    let (code, text) = desk.qd(&["logs", "good", "--query", "level>=loud"]);
    assert_eq!(code, 64, "{text}");
    assert!(
        text.contains("a level is one of emerg") && text.ends_with("\n    level>=loud\n           ^\n"),
        "{text:?}"
    );
    // Where a word is not known, the help knows more.
    let (code, text) = desk.qd(&["logs", "good", "--quory", "x"]);
    assert!(code == 64 && text.contains("--help"), "{text}");
}

#[test]
fn the_folder_of_the_only_site_is_offered_where_its_slash_is_missing() {
    let desk = Desk(tempfile::tempdir().unwrap());
    desk.write("here/s/site.toml", GOOD);
    for command in ["logs", "check"] {
        let (code, text) = desk.qd(&[command, "s"]);
        assert!(code == 64 && text.contains("did you mean the folder ./s?"), "{command} {code}: {text}");
    }
}

#[test]
fn check_ends_with_0_78_or_64() {
    let desk = Desk::new();
    let (code, text) = desk.qd(&["check"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("good (sites/good): good"), "{text}");

    desk.write("here/sites/bad/site.toml", "[environments.prod.hosts]\n\"-V\" = {}\n");
    let (code, text) = desk.qd(&["check"]);
    assert_eq!(code, 78, "{text}");
    assert!(text.contains("sites/bad/site.toml:2:1: `-V` can't be the name of a host"), "{text}");
    assert_eq!(desk.qd(&["check", "good"]).0, 0);
    assert_eq!(desk.qd(&["check", "good", "sites/bad"]).0, 78);

    let (code, text) = desk.qd(&["check", "goood"]);
    assert_eq!(code, 64, "{text}");
    assert!(text.contains("did you mean `good`?"), "{text}");
    assert_eq!(desk.qd(&["check", "--nonsense"]).0, 64);

    desk.write("config/quarterdeck/config.toml", "them = 1\n");
    assert_eq!(desk.qd(&["check", "good"]).0, 0, "only what was named");
    assert_eq!(desk.qd(&["check"]).0, 78);
}

#[test]
fn check_says_what_a_lock_host_does_not_do_yet() {
    let desk = Desk::new();
    assert!(!desk.qd(&["check"]).1.contains("lock_host"));
    desk.write("here/sites/good/site.toml", &format!("[environments.prod]\nlock_host = \"web-1\"\n{GOOD}"));
    let (code, text) = desk.qd(&["check"]);
    assert_eq!(code, 0, "{text}");
    let restarts = "a restart by hand takes no lock, and asks for the environment's name while somebody has it";
    let told = format!("lock_host of prod: procedures with lock = true keep each other away; {restarts}");
    assert!(text.contains(&told), "{text}");
}

#[test]
fn an_end_before_the_beginning_is_refused_before_any_host_is_asked() {
    let desk = Desk::new();
    // No such host can be reached, and none is tried.
    let logs = |since: &str, until: &str| desk.qd(&["logs", "good", "-e", "prod", "--since", since, "--until", until]);
    let (code, text) = logs("10m", "1h");
    assert_eq!(code, 64, "{text}");
    assert!(text.contains("lies before --since") && !text.contains("web-1"), "{text}");
    assert_eq!(logs("2026-11-21 03:00", "2026-11-21 02:59").0, 64);
}

#[test]
fn trust_is_recorded_for_exactly_this_content() {
    let desk = Desk::new();
    assert!(desk.qd(&["check"]).1.contains("not trusted"));
    // What it would run is shown, and nobody has said yes.
    let (code, text) = desk.qd(&["trust", "good"]);
    assert!(code == 77 && text.contains("--digest"), "{code} {text}");
    assert_eq!(desk.qd(&["trust", "good", "--show"]).0, 0);
    assert_eq!(desk.qd(&["trust", "good", "--digest", "0123456789ab"]).0, 77);
    assert!(desk.qd(&["check"]).1.contains("not trusted"));
    assert_eq!(desk.qd(&["trust", "good", "--yes"]).0, 0);
    assert!(!desk.qd(&["check"]).1.contains("not trusted"));
    assert!(desk.0.path().join("state/quarterdeck/trust").exists());
    desk.write("here/sites/good/notes.md", "new");
    assert!(desk.qd(&["check"]).1.contains("not trusted"));
    assert!(desk.qd(&["trust", "--list"]).1.contains("changed"));
    assert_eq!(desk.qd(&["trust", "good", "--revoke"]).0, 0);
    assert_eq!(desk.qd(&["trust", "good", "--revoke"]).0, 64);
    assert_eq!(desk.qd(&["trust"]).0, 64);
    assert_eq!(desk.qd(&["trust", "--list", "good"]).0, 64);
}

#[test]
fn the_schema_is_the_one_in_docs() {
    let desk = Desk::new();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (word, file) in [("site", "site.schema.json"), ("config", "config.schema.json")] {
        let (code, text) = desk.qd(&["schema", word]);
        assert_eq!(code, 0);
        assert_eq!(text, fs::read_to_string(docs.join(file)).unwrap());
    }
    assert_eq!(desk.qd(&["schema", "nonsense"]).0, 64);
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let desk = Desk::new();
    let script = format!("'{}' schema | head -c 10 >/dev/null; exit ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_qd"));
    let output = Command::new("bash").args(["-c", &script]).current_dir(desk.0.path()).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_full_disk_is_told_and_is_not_success() {
    for arguments in [&["schema", "site"][..], &["check"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output =
            std::process::Command::new(env!("CARGO_BIN_EXE_qd")).args(arguments).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(74), "{arguments:?}: {said}");
        assert!(said.contains("standard output can't be written"), "{said}");
    }
}

#[test]
fn an_outline_is_told_for_people_and_for_programs() {
    let desk = Desk::new();
    desk.write(
        "here/deploy.md",
        "# Deploy\n\n- [ ] Ready \u{1b}[2J\n\n```sh {#go host=here}\nid\n```\n\n```yaml\na: 1\n```\n",
    );
    desk.write("here/bad.md", "```sh {#go hots=here}\nid\n```\n");
    let (code, text) = desk.qd(&["outline", "deploy.md"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 section, 1 item, 1 step, 2 blocks of code"), "{text}");
    assert!(text.contains("     5    run      id  · sh · on here · #go"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");

    let (code, text) = desk.qd(&["outline", "deploy.md", "--json"]);
    assert_eq!(code, 0, "{text}");
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let entries = told["files"][0]["entries"].as_array().unwrap();
    let kinds: Vec<&str> = entries.iter().map(|entry| entry["entry"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["section", "item", "step", "code"]);
    assert_eq!((entries[2]["command"].as_str(), entries[2]["target"].as_str()), (Some("id"), Some("here")));

    let (code, text) = desk.qd(&["outline", "bad.md", "deploy.md"]);
    assert_eq!(code, 78, "{text}");
    assert!(text.contains("bad.md:1:12: there is no attribute `hots`"), "{text}");
    assert!(text.contains("# Deploy"), "the other file is told all the same: {text}");
    let (code, text) = desk.qd(&["outline", "no.md", "deploy.md"]);
    assert_eq!(code, 64, "{text}");
    assert!(text.contains("no.md can't be read: it does not exist"), "{text}");
    assert_eq!(desk.qd(&["outline"]).0, 64);
}
