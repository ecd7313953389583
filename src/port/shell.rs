//! A shell on a host, for which the console lends its terminal.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::HostName;

/// A program that gets the terminal until it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// The host it leads to.
    pub host: HostName,
    /// The program and its arguments.
    pub program: Vec<OsString>,
    /// The file into which ssh writes what it has to say itself. Removed when it was read.
    pub said: Option<PathBuf>,
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
        /// On which host it was.
        host: HostName,
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
