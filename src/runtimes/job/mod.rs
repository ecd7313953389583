//! Commands that run once on a host, detached from the link: the scripts that are sent, and what their answers mean.
//! The scripts are the `.sh` files beside this one; they go to `/bin/sh` on its standard input.

mod answer;
mod frames;
mod text;

pub use answer::{Begun, Cleared, Ended, Refusal, Told, began, cleared, told};
pub use frames::{Frame, Frames};
pub use text::{Wrong, reads_again};

use std::time::Duration;

use zeroize::Zeroizing;

use super::shell::word;
use super::shell_text::assign;
use crate::domain::procedure::{Language, Script};
use crate::domain::{InputName, RunId};

const COMMON: &str = include_str!("common.sh");
const BEGIN: &str = include_str!("begin.sh");
const RUNNER: &str = include_str!("runner.sh");
const READ: &str = include_str!("read.sh");
const CANCEL: &str = include_str!("cancel.sh");
const BEAT: &str = include_str!("beat.sh");
const DEADMAN: &str = include_str!("deadman.sh");
const CLEAR: &str = include_str!("clear.sh");

/// What every script is told of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The run.
    pub run: RunId,
    /// The number of the step.
    pub step: usize,
    /// Which try, from 1.
    pub attempt: u32,
    /// The folder on hosts that root's jobs are kept in.
    pub state_directory: String,
}

impl Named {
    fn head(&self) -> String {
        let job = format!("{}-{}", self.step, self.attempt);
        format!(
            "unset qd_input qd_secrets\nqd_run={run}\nqd_job={job}\nqd_key={run}-{job}\nqd_state={}\n",
            word(&self.state_directory),
            run = self.run
        )
    }
}

/// How the one who starts a job becomes root for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// It is run as the login.
    No,
    /// The script itself is run as root: by a login that is root, or by sudo.
    Already,
    /// systemd lets the login start it as root.
    Polkit,
}

/// A place at which a script is killed, for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Behind the claim.
    Claimed,
    /// Before the start.
    Ready,
    /// Behind the start.
    Started,
}

/// A job as it is begun.
#[derive(Debug)]
pub struct Begin<'job> {
    /// Its name.
    pub named: &'job Named,
    /// The fence.
    pub token: u64,
    /// The fence of the environment's lock: its name and token.
    pub lock: Option<(&'job str, u64)>,
    /// What runs.
    pub script: &'job Script,
    /// Values of earlier parts.
    pub captured: &'job [(InputName, String)],
    /// Secrets with their bytes.
    pub secrets: &'job [(&'job InputName, &'job [u8])],
    /// Whether it is run as root.
    pub root: Root,
    /// Whether the two outputs are told apart.
    pub split: bool,
    /// How long it may take.
    pub timeout: Duration,
    /// A word that nobody else has.
    pub nonce: &'job str,
    /// Where it is killed, if it is.
    pub fault: Option<Fault>,
}

impl Begin<'_> {
    /// The script that claims and starts it. It holds the secrets.
    ///
    /// # Errors
    /// What can't be handed over.
    pub fn script(&self) -> Result<Zeroizing<Vec<u8>>, Wrong> {
        let parts = text::parts(self.script, self.captured, self.secrets)?;
        let bash = self.script.language == Language::Bash && self.script.with.is_none();
        let root = match self.root {
            Root::No => "",
            Root::Already => "sudo",
            Root::Polkit => "polkit",
        };
        let lock = self.lock.map(|(name, token)| format!("qd_lock={}\nqd_lock_token={token}\n", word(name)));
        let lock = lock.unwrap_or_default();
        let runner = format!("qd_dir=$1\n. \"$qd_dir/params\" || exit 0\n{COMMON}{RUNNER}");
        let mut script = Zeroizing::new(Vec::with_capacity(parts.len() * 4 + runner.len() * 2 + (64 << 10)));
        let head = format!(
            "{}{lock}qd_token={}\nqd_root={root}\nqd_timeout={}\nqd_shell={}\nqd_nonce={}\nqd_split={}\nqd_runner={}\nqd_bytes={}\n",
            self.named.head(),
            self.token,
            self.timeout.as_secs().max(1),
            if bash { "bash" } else { "sh" },
            self.nonce,
            u8::from(self.split),
            word(&runner),
            parts.script.len() + 1,
        );
        script.extend_from_slice(head.as_bytes());
        assign(&mut script, "qd_script", &parts.script);
        if let Some(input) = &parts.input {
            assign(&mut script, "qd_input", input);
        }
        if let Some(secrets) = &parts.secrets {
            assign(&mut script, "qd_secrets", secrets);
        }
        script.extend_from_slice(COMMON.as_bytes());
        let fault = self.fault.map(|fault| match fault {
            Fault::Claimed => "# FAULT claimed",
            Fault::Ready => "# FAULT ready",
            Fault::Started => "# FAULT started",
        });
        match fault {
            Some(mark) => script.extend_from_slice(BEGIN.replace(mark, "kill -KILL $$").as_bytes()),
            None => script.extend_from_slice(BEGIN.as_bytes()),
        }
        Ok(script)
    }
}

/// The script that tells how a job stands.
pub fn look(named: &Named) -> Vec<u8> {
    format!("{}{COMMON}qd_tell\n", named.head()).into_bytes()
}

/// The script that hands over output from these places on. Without `rounds` it goes on to the end of the job.
pub fn read(named: &Named, at: u64, at_error: u64, rounds: Option<u32>) -> Vec<u8> {
    let head = named.head();
    let rounds = rounds.unwrap_or(0);
    format!("{head}qd_at={at}\nqd_at_error={at_error}\nqd_rounds={rounds}\n{COMMON}{READ}").into_bytes()
}

/// The script that has a job end, unless a higher token than this was seen; `hard` kills it from outside of what keeps
/// it.
pub fn cancel(named: &Named, token: u64, hard: bool) -> Vec<u8> {
    format!("{}qd_token={token}\nqd_hard={}\n{COMMON}{CANCEL}", named.head(), u8::from(hard)).into_bytes()
}

/// The script that gives a dead-man timer a sign of life, and tells how it stands. The word must be new each time, and one
/// word of a shell.
pub fn beat(named: &Named, word: &str) -> Vec<u8> {
    format!("{}qd_word={}\n{COMMON}{BEAT}", named.head(), self::word(word)).into_bytes()
}

/// A command as a dead-man timer has it: it runs when no sign of life came for so long, and when the job of this step and try,
/// whose timer it is, has ended or can't begin any more.
pub fn deadman(script: &Script, within: Duration, (step, attempt): (usize, u32)) -> Script {
    let text = format!("qd_within={}\nqd_of={step}-{attempt}\n{DEADMAN}{}", within.as_secs().max(1), script.text);
    Script { text, ..script.clone() }
}

/// A command that has the dead-man timer of this step and try: it does nothing once that has acted. Either of the two sees
/// the other, because each leaves its mark before it looks.
pub fn timed(script: &Script, (step, attempt): (usize, u32)) -> Script {
    let text = format!(
        "if [ -d \"${{0%/*/*}}/{step}-{attempt}/fired\" ]; then\n  echo 'the dead-man timer has acted, so this was not done' \
         >&2\n  exit 75\nfi\n{}",
        script.text
    );
    Script { text, ..script.clone() }
}

/// The script that removes what the jobs of a run left.
pub fn clear(run: &RunId, state_directory: &str) -> Vec<u8> {
    let named = Named { run: run.clone(), step: 0, attempt: 0, state_directory: state_directory.to_owned() };
    format!("{}{COMMON}{CLEAR}", named.head()).into_bytes()
}

/// What reads a script of so many bytes from its standard input, whole, and runs it.
pub fn reader(length: usize) -> Vec<String> {
    let length = length.to_string();
    ["/bin/sh", "-c", r#"eval "$(head -c "$1")""#, "qd-job", &length].map(String::from).into()
}

/// The same, saying `ready` on standard error first: what comes before on standard input is not for it.
pub fn ready_reader(ready: &str) -> Vec<String> {
    ["/bin/sh", "-c", r#"printf '%s\n' "$1" >&2; eval "$(cat)""#, "qd-job", ready].map(String::from).into()
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
