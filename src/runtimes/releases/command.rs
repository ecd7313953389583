//! What is sent to the lock host: one script.

use std::time::Duration;

use super::{LARGEST, MOST, OF_ONE_LOGIN, RELEASES_OF_ONE_LOGIN};
use crate::domain::RunId;
use crate::port::RemoteCommand;
use crate::port::command::Stdin;
use crate::runtimes::lock_host::Name;

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
    /// Somebody has approved the plan of this run; likewise.
    Approval(&'a RunId, &'a str),
    /// What was said of an item that follows the release of this run; likewise.
    Followed(&'a RunId, &'a str),
}

/// What lies together in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf<'a> {
    /// All releases of an environment.
    Releases,
    /// The approvals of this run.
    Approvals(&'a RunId),
    /// What was said of all items that follow releases of an environment.
    Followed,
}

impl<'a> File<'a> {
    fn name(self) -> String {
        match self {
            File::Release(run) => format!("{run}.release"),
            File::Examined(run, word) => format!("{run}.{word}.examined"),
            File::Approval(run, word) => format!("{run}.{word}.approval"),
            File::Followed(run, word) => format!("{run}.{word}.followed"),
        }
    }

    fn shelf(self) -> Shelf<'a> {
        match self {
            File::Release(_) | File::Examined(..) => Shelf::Releases,
            File::Approval(run, _) => Shelf::Approvals(run),
            File::Followed(..) => Shelf::Followed,
        }
    }
}

fn command(at: &Name, word: &str, op: &str, shelf: Shelf<'_>, file: &str, size: usize, nonce: &str) -> RemoteCommand {
    let folder = match shelf {
        Shelf::Releases => format!("{}.releases", at.folder()),
        Shelf::Approvals(_) => format!("{}.approvals", at.folder()),
        Shelf::Followed => format!("{}.followed", at.folder()),
    };
    let mut argv = at.script(SCRIPT, "qd-releases", op, word, &folder);
    argv.push(file.to_owned());
    let few = match shelf {
        Shelf::Releases | Shelf::Followed => RELEASES_OF_ONE_LOGIN,
        Shelf::Approvals(_) => OF_ONE_LOGIN,
    };
    argv.extend([size.to_string(), nonce.to_owned(), MOST.to_string(), few.to_string()]);
    RemoteCommand { most: READ, ..RemoteCommand::new(argv).within(WITHIN) }
}

/// Puts a file there; one that is there already stays as it is. `nonce` is a word that nobody else has: 8 to 64
/// hexadecimal digits.
pub fn put(at: &Name, word: &str, file: File<'_>, nonce: &str, bytes: Vec<u8>) -> RemoteCommand {
    let command = command(at, word, "put", file.shelf(), &file.name(), bytes.len(), nonce);
    RemoteCommand { stdin: Stdin::Bytes(bytes), ..command }
}

/// Reads all of them.
pub fn list(at: &Name, word: &str, shelf: Shelf<'_>) -> RemoteCommand {
    let of = match shelf {
        Shelf::Releases | Shelf::Followed => "",
        Shelf::Approvals(run) => run.as_str(),
    };
    command(at, word, "list", shelf, of, LARGEST, "")
}
