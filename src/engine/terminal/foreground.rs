//! Takes the foreground of the terminal back from a shell that was killed and could not give it back itself.
//!
//! Whoever is in the background and asks for it is stopped, unless it ignores the signal for that. We can't without
//! unsafe code; a shell can for what it starts. So our own binary, started by a shell, does it for us.

use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, getpgrp, getsid};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

/// Environment variable with the process group that shall have the terminal; a `qd` that finds it does that and
/// nothing else.
const GROUP: &str = "QD_FOREGROUND";

/// Makes our process group the one of the terminal, if it is not.
pub(super) fn claim() {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(tty) = open("/dev/tty", flags, Mode::empty()) else { return };
    let (ours, leader) = (getpgrp(), getsid(None).ok());
    // The shell that we were started from may have taken it while we were stopped: that is not ours to undo.
    if tcgetpgrp(&tty).is_ok_and(|group| group == ours || Some(group) == leader) {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let _ = Command::new("/bin/sh")
        .args(["-c", "trap '' TTOU; exec \"$0\""])
        .arg(program)
        .env(GROUP, ours.as_raw_nonzero().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// When this program was started for that: does it, and returns whether it went well. `None` when it was started as
/// anything else.
pub fn claim_if_asked() -> Option<bool> {
    let group: i32 = std::env::var(GROUP).ok()?.parse().ok()?;
    let tty = open("/dev/tty", OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).ok();
    let done = tty.zip(Pid::from_raw(group)).is_some_and(|(tty, group)| tcsetpgrp(tty, group).is_ok());
    Some(done)
}

/// Whether a program can be found.
pub(super) fn is_there(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}
