//! What is sent to the lock host: one script, which says first in which way it is used.

use std::time::Duration;

use crate::domain::RunId;
use crate::domain::lock::LEASE;
use crate::port::RemoteCommand;
use crate::port::command::Stdin;
use crate::runtimes::lock_host::Name;

const SCRIPT: &str = concat!(include_str!("../lock_host.sh"), include_str!("script.sh"));
/// How long a host may take for one of these: it waits 8 seconds for others that are at the lock.
const WITHIN: Duration = Duration::from_secs(15);
/// The most that is read, in bytes.
const MOST: usize = 64 << 10;

/// Who takes a lock, as it is said there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taking<'a> {
    /// For which run.
    pub run: Option<&'a RunId>,
    /// Tells a second asking from somebody else's: a word of letters and digits.
    pub nonce: &'a str,
    /// The least token it may have.
    pub least: u64,
}

fn command(at: &Name, op: &str, word: &str, token: u64, run: Option<&RunId>, nonce: &str) -> RemoteCommand {
    // No name holds a plus sign, so no two environments share one folder.
    let folder = format!("quarterdeck-{}+{}.lock", at.site, at.environment);
    let mut argv = at.script(SCRIPT, "qd-lock", op, word, &folder);
    argv.extend([token.to_string(), LEASE.as_secs().to_string()]);
    argv.extend(
        [run.map_or("", RunId::as_str), nonce, if run.is_some() { "lease" } else { "hand" }].map(str::to_owned),
    );
    RemoteCommand { most: MOST, ..RemoteCommand::new(argv).within(WITHIN) }
}

/// How the lock stands.
pub fn look(at: &Name, word: &str) -> RemoteCommand {
    command(at, "look", word, 0, None, "")
}

/// Takes the lock if it may be taken; `who` is what its taker says of themselves. With a run it is a lease, without one
/// it is taken by hand.
pub fn take(at: &Name, word: &str, taking: Taking<'_>, who: Vec<u8>) -> RemoteCommand {
    let command = command(at, "take", word, taking.least, taking.run, taking.nonce);
    RemoteCommand { stdin: Stdin::Bytes(who), ..command }
}

/// Says that whoever has this token is there, and learns whether it still holds.
pub fn renew(at: &Name, word: &str, token: u64, nonce: &str) -> RemoteCommand {
    command(at, "renew", word, token, None, nonce)
}

/// The same, and from now on the environment is reserved for this token's run, until it is released or broken.
pub fn reserve(at: &Name, word: &str, token: u64, nonce: &str) -> RemoteCommand {
    command(at, "reserve", word, token, None, nonce)
}

/// Gives one's own lock back.
pub fn release(at: &Name, word: &str, token: u64, nonce: &str) -> RemoteCommand {
    command(at, "release", word, token, None, nonce)
}

/// Ends the lock of this token, whoever has it; `who` says who does, and why.
pub fn give_up(at: &Name, word: &str, token: u64, nonce: &str, who: Vec<u8>) -> RemoteCommand {
    RemoteCommand { stdin: Stdin::Bytes(who), ..command(at, "break", word, token, None, nonce) }
}
