//! The person's own configuration, from their files to the screen: keys, theme, the site on this very machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/pty.rs"]
#[allow(unused_imports, reason = "shared with other tests, which use the rest")]
mod pty;

use std::fs;
use std::path::Path;
use std::time::Duration;

use pty::{Launch, Pty};

const SITE: &str = "title = 'Here'\n[environments.dev.hosts]\nhere = { local = true }\n\
                    [services.none]\nhosts = 'all'\nunits = 'qd-no-such-unit.service'\nexpected = 'stopped'\n";

fn home(files: &[(&str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for (path, text) in [("sites/here/site.toml", SITE)].iter().chain(files) {
        let path = home.path().join("quarterdeck").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    home
}

fn launch(home: &Path) -> Launch {
    Launch::qd(&[])
        .variable("XDG_CONFIG_HOME", home)
        .variable("XDG_STATE_HOME", home.join("state"))
        .variable("XDG_DATA_HOME", home.join("data"))
        .folder(home)
}

fn refused(files: &[(&str, &str)]) -> String {
    let home = home(files);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_qd"))
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_STATE_HOME", home.path().join("state"))
        .current_dir(home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    said
}

#[test]
fn a_key_of_ones_own_replaces_the_built_in_one() {
    let files = [("config.toml", "keymap = 'mine'\n"), ("keymaps/mine.toml", "[global]\nquit = ['x']\n")];
    let home = home(&files);
    let mut pty = launch(home.path()).start();
    pty.wait_for("here ");
    pty.send("q");
    pty.wait_quiet(Duration::from_millis(300));
    assert!(pty.screen().contains("x quit") || pty.screen().contains("here"), "{}", pty.screen());
    pty.send("x");
    assert_eq!(pty.wait_exit(Duration::from_secs(30)).code(), 0);
}

#[test]
fn a_file_that_is_missing_or_wrong_is_named_before_anything_opens() {
    let said = refused(&[("config.toml", "theme = 'night'\n")]);
    assert!(said.contains("themes/night.toml"), "{said}");
    let said = refused(&[("config.toml", "keymap = 'mine'\n"), ("keymaps/mine.toml", "[global]\nhelp = ['q']\n")]);
    assert!(said.contains("mine.toml:2:"), "{said}");
    let said = refused(&[
        ("config.toml", "theme = 'bad'\n"),
        ("themes/bad.toml", "name = 'bad'\n[palette]\n[roles]\nno-such-role = {}\n"),
    ]);
    assert!(said.contains("bad.toml:4:") && said.contains("no-such-role"), "{said}");
}

/// What `qd check` prints, and its exit code.
fn check(files: &[(&str, &str)]) -> (String, i32) {
    let home = home(files);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_qd"))
        .arg("check")
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_STATE_HOME", home.path().join("state"))
        .current_dir(home.path())
        .output()
        .unwrap();
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code().unwrap())
}

#[test]
fn a_check_finds_what_is_wrong_with_themes_of_ones_own() {
    let heir = "inherits = 'default-light'\n[roles]\nkye = { ink = 'blue' }\n";
    let (said, code) = check(&[("config.toml", "theme = 'mine'\n"), ("themes/mine.toml", heir)]);
    assert_eq!(code, 78, "{said}");
    assert!(said.contains("mine.toml:3:1: there is no role `kye`; did you mean `key`?"), "{said}");
    assert!(said.contains("3 | kye = { ink = 'blue' }"), "the line is shown: {said}");

    let (said, code) = check(&[("config.toml", "name = 'Sam'\ntheme = 'defualt-light'\n")]);
    assert_eq!(code, 78, "{said}");
    assert!(said.contains("config.toml:2:9: there is no theme `defualt-light`"), "{said}");
    assert!(said.contains("did you mean `default-light`?"), "{said}");

    // It can be used, but hardly read.
    let pale = "inherits = 'default-light'\n[palette]\nblack = { rgb = '#d0d0d0' }\n";
    let (said, code) = check(&[("config.toml", "theme = 'pale'\n"), ("themes/pale.toml", pale)]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("pale.toml: warning: `strong` on the ground of `text` has a contrast of 1."), "{said}");
}

#[test]
fn a_theme_by_name_is_the_built_in_one_and_ones_own_may_stand_on_it() {
    let colour = |files: &[(&str, &str)]| {
        let home = home(files);
        let mut pty = launch(home.path()).variable("COLORTERM", "truecolor").start();
        pty.wait_for("here ");
        // The words of a frame may be there before its last rows are.
        let is_painted = |pty: &mut Pty| pty.emulator().cell(10, 40).unwrap().bgcolor() != vt100::Color::Default;
        pty.wait_until(Duration::from_secs(10), "a painted ground", is_painted);
        let colour = pty.emulator().cell(10, 40).unwrap().bgcolor();
        pty.send("q");
        assert_eq!(pty.wait_exit(Duration::from_secs(30)).code(), 0);
        colour
    };
    let light = colour(&[("config.toml", "theme = 'default-light'\n")]);
    assert_eq!(light, vt100::Color::Rgb(0xfa, 0xf9, 0xf5));
    let mine = "inherits = 'default-light'\n[palette]\nground = { rgb = '#fffff0' }\n";
    let own = colour(&[("config.toml", "theme = 'mine'\n"), ("themes/mine.toml", mine)]);
    assert_eq!(own, vt100::Color::Rgb(0xff, 0xff, 0xf0));
}

#[test]
fn a_built_in_keymap_is_taken_by_its_name_and_one_s_own_in_its_place() {
    let home_of = |files: &[(&str, &str)]| home(files);
    let home = home_of(&[("config.toml", "keymap = 'k9s'\n")]);
    let mut pty = launch(home.path()).start();
    pty.wait_for("here ");
    pty.send("q");
    pty.wait_quiet(Duration::from_millis(300));
    pty.send(":q\r");
    assert_eq!(pty.wait_exit(Duration::from_secs(30)).code(), 0);

    let own = ("keymaps/k9s.toml", "inherits = 'k9s'\n[global]\nquit = ['Q']\n");
    let home = home_of(&[("config.toml", "keymap = 'k9s'\n"), own]);
    let mut pty = launch(home.path()).start();
    pty.wait_for("here ");
    pty.send("Q");
    assert_eq!(pty.wait_exit(Duration::from_secs(30)).code(), 0);
}

#[test]
fn every_keymap_of_one_s_own_is_judged_by_check() {
    let home = home(&[
        ("config.toml", "keymap = 'k8s'\n"),
        ("keymaps/one.toml", "[global]\nquit = ['ctrl-b']\nqiut = []\n"),
        ("keymaps/good.toml", "inherits = 'less'\n[global]\nquit = ['Q']\n"),
    ]);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_qd"))
        .arg("check")
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_STATE_HOME", home.path().join("state"))
        .current_dir(home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("config.toml:1:10: there is no keymap `k8s`; did you mean `k9s`?"), "{said}");
    assert!(said.contains("one.toml:2:9: `ctrl-b` belongs to tmux"), "{said}");
    assert!(said.contains("one.toml:3:1: there is no action `qiut`; did you mean `quit`?"), "{said}");
    assert!(said.contains("good.toml: good"), "{said}");
}
