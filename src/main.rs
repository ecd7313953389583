//! The `qd` command.

use std::io::Write;
use std::process::ExitCode;

use quarterdeck::app::Model;
use quarterdeck::engine::console::{self, Failure};

fn main() -> ExitCode {
    let ended =
        console::open(true, Model::default(), |mut ports| async move { while ports.effects.recv().await.is_some() {} });
    match ended {
        Ok(ended) => ExitCode::from(ended.code()),
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "{failure}");
            ExitCode::from(if matches!(failure, Failure::NoTerminal(_)) { 69 } else { 70 })
        }
    }
}
