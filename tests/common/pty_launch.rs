//! What runs in a pseudo-terminal, and the pseudo-terminal itself.

use std::ffi::OsString;
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::Pty;

/// What to run, and how.
#[derive(Debug, Clone)]
pub struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    removed: Vec<OsString>,
    size: (u16, u16),
    folder: PathBuf,
}

impl Launch {
    /// Our own program.
    pub fn qd(arguments: &[&str]) -> Self {
        Self::program(env!("CARGO_BIN_EXE_qd"), arguments)
    }

    /// Any program.
    pub fn program(program: impl AsRef<Path>, arguments: &[&str]) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: arguments.iter().map(OsString::from).collect(),
            variables: vec![
                ("TERM".into(), "xterm-256color".into()),
                ("LC_ALL".into(), "C.UTF-8".into()),
                ("RUST_BACKTRACE".into(), "0".into()),
            ],
            removed: vec!["NO_COLOR".into(), "QD_FAULT".into(), "COLORTERM".into()],
            size: (80, 24),
            folder: std::env::temp_dir(),
        }
    }

    /// With a variable of the environment.
    pub fn variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.removed.retain(|removed| removed != name);
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Without a variable of the environment.
    pub fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(variable, _)| variable != name);
        self.removed.push(name.into());
        self
    }

    /// On a terminal of this size.
    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    /// In this folder; without it in the one for temporary files.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// The command, set up except for its input and output. With `session` it becomes the leader of a session
    /// whose terminal is its standard input.
    pub fn command(&self, session: bool) -> Command {
        let mut command = if session {
            // The program that util-linux brings becomes ours by exec, so the process is the same.
            let mut command = Command::new("setsid");
            command.arg("--ctty").arg(&self.program);
            command
        } else {
            Command::new(&self.program)
        };
        command.args(&self.arguments).current_dir(&self.folder);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        for name in &self.removed {
            command.env_remove(name);
        }
        command
    }

    /// Runs it in a new terminal.
    pub fn start(self) -> Pty {
        let (master, name) = new_pty();
        set_size(&master, self.size);
        let end = || Stdio::from(open_end(&name));
        let child = self.command(true).stdin(end()).stdout(end()).stderr(end()).spawn().expect("setsid is there");
        Pty::new(master, child, self.size)
    }
}

/// A new pseudo-terminal: the end of the terminal emulator, and the name of the other one.
pub fn new_pty() -> (OwnedFd, PathBuf) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a pty");
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let flags = fcntl_getfl(&master).unwrap();
    fcntl_setfl(&master, flags | OFlags::NONBLOCK).unwrap();
    (master, name.into())
}

/// The program's end of a pseudo-terminal.
pub fn open_end(name: &Path) -> OwnedFd {
    open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).expect("the pty opens")
}

pub(super) fn set_size(master: &OwnedFd, (columns, rows): (u16, u16)) {
    let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(master, size).unwrap();
}

pub(super) fn at_least_one(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN)
}
