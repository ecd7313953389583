//! A shell on a host, or another program, for which the console lends its terminal.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::HostName;

/// A program that gets the terminal until it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// What it is.
    pub whose: Borrower,
    /// The program and its arguments.
    pub program: Vec<OsString>,
    /// The file into which ssh writes what it has to say itself. Removed when it was read.
    pub said: Option<PathBuf>,
}

/// What has the terminal for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Borrower {
    /// A shell on this host.
    Shell(HostName),
    /// A step of a procedure that needs a terminal.
    Step,
    /// The person's pager.
    Pager(Paged),
}

/// Lines of logs in a file for the pager.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paged {
    /// The file. Removed when the pager has ended, or was not started.
    pub file: PathBuf,
    /// How many lines are in it.
    pub lines: u64,
    /// How many lines that were shown had no room in it.
    pub left_out: u64,
    /// How many things in them that look like secrets were covered.
    pub hidden: u64,
}

/// News of a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellNews {
    /// This opens it.
    Ready(Errand),
    /// There is none; a sentence says why.
    Refused(String),
    /// It has ended.
    Ended {
        /// What it was.
        whose: Borrower,
        /// How.
        how: ShellEnd,
        /// How long it was open.
        lasted: Duration,
    },
}

/// How a shell ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellEnd {
    /// With this exit status.
    Left(i32),
    /// By this signal.
    Killed(i32),
    /// It never was one, or the way to it is gone; half a sentence says why.
    Cut(String),
}
