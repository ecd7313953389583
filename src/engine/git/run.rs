//! The person's own git, asked so that nothing of a repository runs: no hooks, no filters, no other programs of its
//! configuration; nobody is asked anything, and no answer is longer or later than it may be.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::engine::probe::{Group, find, guarded};
use crate::text::Foreign;

/// The most that is read of one answer, in bytes.
const MOST: usize = 8 << 20;
/// Of what it complains, so much.
const COMPLAINT: usize = 8 << 10;

/// What of its configuration is not left to a repository: whatever runs a program, asks a person, or makes its answers
/// something else than what is expected.
const SETTINGS: [&str; 18] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.pager=cat",
    "core.askPass=",
    "core.editor=false",
    "core.quotePath=false",
    "diff.external=",
    "log.showSignature=false",
    // Files of its choosing are not read, and what it says is in the one encoding that is expected.
    "log.mailmap=false",
    "mailmap.file=",
    "mailmap.blob=",
    "i18n.logOutputEncoding=UTF-8",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.allow=user",
    "safe.bareRepository=explicit",
    "color.ui=false",
];

/// Variables of git's own that a person sets for it, and that say nothing of a repository.
const KEPT: [&str; 8] = [
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
];

/// Where git is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum At {
    /// In the person's own clone: nothing is ever fetched for it.
    Clone(PathBuf),
    /// In a bare repository of our own.
    Own(PathBuf),
    /// In none.
    Nowhere,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// It left with this status; the first line that says why.
    Status(i32, String),
    /// It could not be asked, or gave no answer in time: why.
    Unasked(String),
}

impl Failure {
    /// As a clause.
    pub(super) fn why(self) -> String {
        match self {
            Failure::Status(_, why) | Failure::Unasked(why) => why,
        }
    }
}

/// Asks git, with `input` on its standard input: what it printed.
pub(super) async fn ask(at: &At, words: &[&str], input: Vec<u8>, within: Duration) -> Result<Vec<u8>, Failure> {
    let unasked = |why: String| Failure::Unasked(why);
    if find("git").is_none() {
        return Err(unasked("git is not found on this machine: install it".to_owned()));
    }
    let mut command = guarded("git", &all(at, words));
    surround(&mut command, at);
    command
        .stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let child = command.spawn().map_err(|error| unasked(format!("git can't be started: {error}")))?;
    let mut group = Group::of(child);
    let (stdin, stdout, stderr) = (group.child.stdin.take(), group.child.stdout.take(), group.child.stderr.take());
    let feeding = async move {
        if let Some(mut stdin) = stdin {
            // One that does not read to the end has what it needs.
            let _ = stdin.write_all(&input).await;
        }
    };
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let running = async {
        let (_, whole, _) =
            tokio::join!(feeding, read(stdout, &mut said, MOST), read(stderr, &mut complained, COMPLAINT));
        (whole, group.child.wait().await)
    };
    let ended = tokio::time::timeout(within, running).await;
    let (whole, status) = ended.map_err(|_| unasked(format!("git gave no answer within {} s", within.as_secs())))?;
    let status = status.map_err(|error| unasked(format!("the end of git can't be read: {error}")))?;
    if !whole {
        return Err(unasked(format!("git said more than {MOST} bytes")));
    }
    match status.code() {
        Some(0) => Ok(said),
        Some(code) => Err(Failure::Status(code, complaint(&complained))),
        None => Err(unasked("git was ended by a signal".to_owned())),
    }
}

/// What stands before the words, and they.
fn all(at: &At, words: &[&str]) -> Vec<String> {
    let mut all: Vec<String> =
        ["--no-pager", "--no-optional-locks", "--no-replace-objects"].map(str::to_owned).to_vec();
    match at {
        At::Clone(folder) => all.extend(["-C".to_owned(), folder.to_string_lossy().into_owned()]),
        At::Own(folder) => all.push(format!("--git-dir={}", folder.to_string_lossy())),
        At::Nowhere => {}
    }
    for setting in SETTINGS {
        all.extend(["-c".to_owned(), setting.to_owned()]);
    }
    all.extend(words.iter().map(|word| (*word).to_owned()));
    all
}

fn surround(command: &mut Command, at: &At) {
    let ours = std::env::vars_os().map(|(name, _)| name);
    let git = ours.filter(|name| name.as_encoded_bytes().starts_with(b"GIT_"));
    for name in git.filter(|name| !KEPT.iter().any(|kept| name == &OsString::from(kept))) {
        command.env_remove(name);
    }
    // Nobody is asked: what ssh wants to know it asks a program that says no, never the terminal.
    command
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", "")
        .env("SSH_ASKPASS", "/bin/false")
        .env("SSH_ASKPASS_REQUIRE", "force")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_PAGER", "cat")
        .env("LC_ALL", "C");
    match at {
        At::Clone(folder) => {
            // What its configuration names as a place to fetch missing pieces from is not asked; and a folder above it
            // is another one.
            command.env("GIT_ALLOW_PROTOCOL", "none").env("GIT_NO_LAZY_FETCH", "1");
            command.env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(Path::new("/")));
        }
        At::Own(_) | At::Nowhere => {
            command.env("GIT_ALLOW_PROTOCOL", "https:ssh:file");
        }
    }
}

/// Reads to the end, and keeps so much: whether that was all.
async fn read(from: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>, most: usize) -> bool {
    let Some(mut from) = from else { return true };
    let mut chunk = vec![0; 32 << 10];
    while let Ok(size @ 1..) = from.read(&mut chunk).await {
        if into.len() + size > most {
            // A pipe that nobody reads ends it.
            return false;
        }
        into.extend(chunk.iter().take(size));
    }
    true
}

/// The line that says why, without what only shouts.
fn complaint(words: &[u8]) -> String {
    let text = String::from_utf8_lossy(words);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line =
        lines().find(|line| line.starts_with("fatal:") || line.starts_with("error:")).or_else(|| lines().next_back());
    let line = line.unwrap_or("it says nothing");
    let line = line.trim_start_matches("fatal: ").trim_start_matches("error: ");
    let plain = Foreign::from(crate::text::without_credentials(line).as_str()).plain();
    plain.trim_end_matches('.').to_owned()
}
