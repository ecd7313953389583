//! Where `setpriv` is missing: our own binary, run again as a guard that ends a child when we are gone.
//!
//! The kernel then sends no signal, so the guard looks for its parent a few times a second.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, Signal, getppid, kill_process_group};

/// Environment variable with the number of the process to be watched; a `qd` that finds it guards and does
/// nothing else.
pub(super) const GUARD: &str = "QD_GUARD_PARENT";
/// How often the guard looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// What is ended gets this long before it is killed.
const GRACE: Duration = Duration::from_millis(500);

/// When this program was started as a guard: runs its arguments as a command until that ends or the parent
/// is gone, and returns the exit code. `None` when it was started as anything else.
pub fn guard_if_asked() -> Option<u8> {
    let parent: i32 = std::env::var(GUARD).ok()?.parse().ok()?;
    let mut words = std::env::args_os().skip(1);
    let program = words.next()?;
    let started = Command::new(program).args(words).env_remove(GUARD).process_group(0).spawn();
    let Ok(mut child) = started else { return Some(127) };
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(code(status)),
            Ok(None) if getppid().is_some_and(|now| now.as_raw_nonzero().get() == parent) => {
                std::thread::sleep(LOOK_EVERY);
            }
            Ok(None) | Err(_) => {
                end(&mut child);
                return Some(125);
            }
        }
    }
}

fn end(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    for signal in [Signal::TERM, Signal::KILL] {
        if let Some(group) = group {
            // Fails when nothing is left of it, which is what we want.
            let _ = kill_process_group(group, signal);
        }
        std::thread::sleep(GRACE);
    }
    let _ = child.wait();
}

fn code(status: ExitStatus) -> u8 {
    let code = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(125);
    u8::try_from(code).unwrap_or(125)
}
