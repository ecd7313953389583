//! How `qd` ends: one number for each kind of ending, the same on every command.

use std::process::{ExitCode, Termination};

/// An ending. The numbers from 64 on follow sysexits(3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Ok,
    /// Something is degraded.
    Degraded,
    /// Something is down.
    Down,
    /// Something is not known.
    Unknown,
    /// A person stopped a change before its end; nothing failed.
    Stopped,
    /// A step of a change failed; those after it were not begun.
    Failed,
    /// A change was not permitted: not confirmed, read-only, nothing can be recorded, or there is nothing to do.
    Refused,
    /// A run waits for a person, and nobody is there: it is left open and can be gone on with.
    Waits,
    /// The command line was wrong.
    Usage,
    /// There is no terminal to draw on.
    NoTerminal,
    /// Something the command needs is not there.
    Unavailable,
    /// A fault of the program's own.
    Software,
    /// What was to be printed could not be.
    Output,
    /// A file of the site or of the user is wrong.
    Configuration,
    /// A signal ended it.
    Signal(u8),
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Degraded | Exit::Stopped => 1,
            Exit::Down | Exit::Failed => 2,
            Exit::Unknown => 3,
            Exit::Usage => 64,
            Exit::NoTerminal | Exit::Unavailable => 69,
            Exit::Software => 70,
            Exit::Output => 74,
            Exit::Waits => 75,
            Exit::Refused => 77,
            Exit::Configuration => 78,
            Exit::Signal(number) => 128u8.saturating_add(number),
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}
