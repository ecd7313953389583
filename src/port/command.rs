//! A command for a host, and how it ended. Always an argv; quoting is the transport's business.

use std::time::Duration;

use crate::domain::LinkFailure;

/// One command, complete: what runs, what it reads, how long it may take and how much it may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteCommand {
    /// Program and arguments. Never empty.
    pub argv: Vec<String>,
    /// What it reads.
    pub stdin: Stdin,
    /// From the call to the verdict; ignored for streams.
    pub deadline: Duration,
    /// Bytes of stdout that are kept; the rest is read and counted as cut.
    pub most: usize,
}

impl RemoteCommand {
    /// A command that reads nothing, takes at most ten seconds and says at most 4 MiB.
    pub fn new<I, S>(argv: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            stdin: Stdin::Null,
            deadline: Duration::from_secs(10),
            most: 4 << 20,
        }
    }

    /// The same with another deadline.
    #[must_use]
    pub fn within(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The program.
    pub fn program(&self) -> &str {
        self.argv.first().map_or("", String::as_str)
    }
}

/// What a command reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stdin {
    /// Nothing.
    #[default]
    Null,
    /// These bytes, then the end.
    Bytes(Vec<u8>),
}

/// What a command said and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its standard output, at most as much as was asked for.
    pub stdout: Vec<u8>,
    /// Its standard error, at most 64 KiB.
    pub stderr: Vec<u8>,
    /// Bytes of stdout that were not kept.
    pub cut: u64,
    /// How it ended.
    pub end: End,
    /// Whether something it left behind still held its output open when it had ended.
    pub left_behind: bool,
}

impl Output {
    /// Whether it left with status 0.
    pub fn succeeded(&self) -> bool {
        self.end == End::Exited(0)
    }
}

/// How a command ended: each way is told apart from every other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It left with this status.
    Exited(i32),
    /// The host has no such program (the shell's 127).
    NotFound,
    /// This signal ended it.
    Killed(i32),
    /// No answer within the deadline; whether it goes on is not known.
    TimedOut(Duration),
    /// The link was lost first; whether it goes on is not known.
    LinkLost(LinkFailure),
    /// The host opened no channel for it: it never started.
    NotStarted(String),
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Exited(0) => f.write_str("succeeded"),
            End::Exited(status) => write!(f, "left with status {status}"),
            End::NotFound => f.write_str("no such program on the host"),
            End::Killed(signal) => write!(f, "ended by {}", crate::domain::unit::signal_name(*signal)),
            End::TimedOut(span) => write!(f, "gave no result within {} s", span.as_secs()),
            End::LinkLost(why) => write!(f, "link lost before its result: {why}"),
            End::NotStarted(why) => write!(f, "not started: {why}"),
        }
    }
}
