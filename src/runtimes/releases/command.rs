//! What is sent to the lock host: one script.

use std::time::Duration;

use super::{LARGEST, MOST};
use crate::domain::RunId;
use crate::port::RemoteCommand;
use crate::port::command::Stdin;
use crate::runtimes::mirror::Name;

const SCRIPT: &str = concat!(include_str!("../lock_host.sh"), include_str!("script.sh"));
/// How long a host may take for one of these.
const WITHIN: Duration = Duration::from_secs(10);
/// The most that is read at once.
const READ: usize = 32 << 20;

/// What is put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File<'a> {
    /// What this run came to: once for each login.
    Release(&'a RunId),
    /// Somebody has looked at it; a word of their own tells one time from another.
    Examined(&'a RunId, &'a str),
}

impl File<'_> {
    fn name(self) -> String {
        match self {
            File::Release(run) => format!("{run}.release"),
            File::Examined(run, word) => format!("{run}.{word}.examined"),
        }
    }
}

fn command(at: &Name, word: &str, op: &str, file: &str, size: usize, nonce: &str) -> RemoteCommand {
    let folder = format!("{}.releases", at.folder());
    let mut argv: Vec<String> = ["/bin/sh", "-c", SCRIPT, "qd-releases"].map(str::to_owned).to_vec();
    argv.extend([op, word, at.state_directory.trim_end_matches('/'), &folder, file].map(str::to_owned));
    argv.extend([size.to_string(), nonce.to_owned(), MOST.to_string()]);
    RemoteCommand { most: READ, ..RemoteCommand::new(argv).within(WITHIN) }
}

/// Puts a file there; one that is there already stays as it is. `nonce` is a word that nobody else has: 8 to 64
/// hexadecimal digits.
pub fn put(at: &Name, word: &str, file: File<'_>, nonce: &str, bytes: Vec<u8>) -> RemoteCommand {
    let command = command(at, word, "put", &file.name(), bytes.len(), nonce);
    RemoteCommand { stdin: Stdin::Bytes(bytes), ..command }
}

/// Reads all of them.
pub fn list(at: &Name, word: &str) -> RemoteCommand {
    command(at, word, "list", "", LARGEST, "")
}
