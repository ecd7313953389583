//! `qd bare`: the console over no site at all, for the tests of the terminal. Not shown in the help.

use std::io::Write;

use super::Exit;
use crate::app::Model;
use crate::engine::console::{self, Failure};
use crate::engine::run::Ended;

/// Opens it.
pub fn run() -> Exit {
    let world = |mut ports: console::Ports| async move { while ports.effects.recv().await.is_some() {} };
    ended(console::open(Model::default(), world), "")
}

/// How a session at a terminal ended, as an exit code; a failure is told on standard error, with what to do instead
/// where there is no terminal.
pub fn ended(ended: Result<Ended, Failure>, instead: &str) -> Exit {
    match ended {
        Ok(Ended::Asked) => Exit::Ok,
        Ok(Ended::Signal(number)) => Exit::Signal(number),
        Ok(Ended::Gone) => Exit::Signal(1),
        Ok(Ended::Crashed) => Exit::Software,
        Err(failure) => {
            // A standard error that is gone is no reason to panic.
            let instead = if matches!(failure, Failure::NoTerminal(_)) { instead } else { "" };
            let _ = writeln!(std::io::stderr(), "{}", format!("{failure} {instead}").trim_end());
            match failure {
                Failure::NoTerminal(_) => Exit::NoTerminal,
                Failure::Refused(..) | Failure::Broken(_) => Exit::Software,
            }
        }
    }
}
