//! What is sent to the lock host: one script, which says first in which way it is used.

use std::time::Duration;

use super::OF_ONE;
use crate::domain::RunId;
use crate::port::RemoteCommand;
use crate::port::command::Stdin;
use crate::runtimes::lock_host::Name;

const SCRIPT: &str = concat!(include_str!("../lock_host.sh"), include_str!("script.sh"));
/// How long a host may take for one of these.
const WITHIN: Duration = Duration::from_secs(10);
/// The most that is read at once.
const MOST: usize = 64 << 20;

struct Use<'a> {
    op: &'a str,
    word: &'a str,
    run: Option<&'a RunId>,
    token: u64,
    number: u64,
    size: usize,
    nonce: &'a str,
    ended: bool,
}

fn command(at: &Name, use_: &Use<'_>) -> RemoteCommand {
    let folder = match use_.run {
        Some(run) => format!("{}.{run}", at.folder()),
        None => at.folder(),
    };
    let mut argv = at.script(SCRIPT, "qd-mirror", use_.op, use_.word, &folder);
    argv.extend([use_.token.to_string(), use_.number.to_string(), use_.size.to_string()]);
    argv.extend([use_.nonce, if use_.ended { "ended" } else { "" }].map(str::to_owned));
    RemoteCommand { most: MOST, ..RemoteCommand::new(argv).within(WITHIN) }
}

/// Puts event number `number` (from 1) of this token into a run, once; with the first of them the run's folder is made
/// where it is missing, and so is this token's place in it. `ended` marks the last one.
pub fn append(
    at: &Name,
    word: &str,
    run: &RunId,
    token: u64,
    number: u64,
    event: Vec<u8>,
    ended: bool,
) -> RemoteCommand {
    let op = if number == 1 { "begin" } else { "append" };
    let use_ = Use { op, word, run: Some(run), token, number, size: event.len(), nonce: "", ended };
    RemoteCommand { stdin: Stdin::Bytes(event), ..command(at, &use_) }
}

/// Says that whoever has this token is at the run, and learns whether that still holds.
pub fn beat(at: &Name, word: &str, run: &RunId, token: u64) -> RemoteCommand {
    command(at, &Use { op: "beat", word, run: Some(run), token, number: 0, size: 0, nonce: "", ended: false })
}

/// Takes a run over under `token`, if `seen` is the highest there; and reads it. `nonce` tells a second asking from
/// somebody else's.
pub fn adopt(at: &Name, word: &str, run: &RunId, seen: u64, token: u64, nonce: &str) -> RemoteCommand {
    command(at, &Use { op: "adopt", word, run: Some(run), token, number: seen, size: OF_ONE, nonce, ended: false })
}

/// Reads one run.
pub fn read_run(at: &Name, word: &str, run: &RunId) -> RemoteCommand {
    command(at, &Use { op: "read", word, run: Some(run), token: 0, number: 0, size: OF_ONE, nonce: "", ended: false })
}

/// Reads those of these runs that lie there, whether they have ended or not.
pub fn these(at: &Name, word: &str, runs: &[RunId]) -> RemoteCommand {
    let names: Vec<&str> = runs.iter().map(RunId::as_str).collect();
    let nonce = &names.join(" ");
    command(at, &Use { op: "these", word, run: None, token: 0, number: 0, size: OF_ONE, nonce, ended: false })
}

/// Reads all runs that have not ended.
pub fn list(at: &Name, word: &str) -> RemoteCommand {
    command(at, &Use { op: "list", word, run: None, token: 0, number: 0, size: OF_ONE, nonce: "", ended: false })
}
