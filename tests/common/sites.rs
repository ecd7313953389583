//! The sites that ship, as tests of what they hold read them.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use quarterdeck::domain::{Environment, Procedure, Site};
use quarterdeck::site::load_embedded;
use quarterdeck::site::procedure::{Known, load};

/// A path of this project.
pub fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a file of this project.
pub fn text(path: &str) -> String {
    fs::read_to_string(at(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documents of a site by their file.
pub fn files(site: &str) -> BTreeMap<String, String> {
    let folder = fs::read_dir(at(&format!("sites/{site}/procedures"))).unwrap();
    let read = folder.map(|entry| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
    });
    read.collect()
}

/// The same as they are read; nothing in them may be wrong.
pub fn procedures(site: &str) -> BTreeMap<String, Procedure> {
    let read = files(site).into_iter().map(|(name, text)| {
        let (procedure, mistakes) = load(Path::new(&name), text.as_bytes(), &Known::default());
        let told: Vec<String> =
            mistakes.iter().map(|mistake| format!("{name}:{}: {}", mistake.line, mistake.message)).collect();
        assert!(told.is_empty(), "{told:#?}");
        (name, procedure)
    });
    read.collect()
}

/// A site with its documents, in which nothing may be wrong.
pub fn site(name: &str) -> Site {
    let files: Vec<(String, String)> =
        files(name).into_iter().map(|(file, text)| (format!("procedures/{file}"), text)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let text = text(&format!("sites/{name}/site.toml"));
    let (site, mistakes) = load_embedded(name, &text, &files).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    site
}

/// An environment of a site.
pub fn environment<'s>(site: &'s Site, name: &str) -> &'s Environment {
    site.environments.iter().find(|environment| environment.name.as_str() == name).unwrap()
}

/// A procedure of an environment, if it may be used there.
pub fn named<'s>(environment: &'s Environment, name: &str) -> Option<&'s Procedure> {
    environment.procedures.iter().find(|procedure| procedure.name.as_str() == name).map(|procedure| &**procedure)
}

/// Has a shell read a script without running it.
pub fn is_well_formed(shell: &str, script: &str) -> Result<(), String> {
    let mut child = Command::new(shell)
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{shell}: {error}"));
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let end = child.wait_with_output().unwrap();
    if end.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&end.stderr).into_owned()) }
}
