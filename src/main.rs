//! The `qd` command: arguments in, exit code out.

use clap::Parser;
use quarterdeck::cli::{self, Arguments, Exit};

fn main() -> Exit {
    quarterdeck::engine::secrecy::keep();
    if let Some(answered) = quarterdeck::engine::askpass::answer_if_asked() {
        return if answered { Exit::Ok } else { Exit::Degraded };
    }
    if let Some(code) = quarterdeck::engine::transport::guard::guard_if_asked() {
        std::process::exit(i32::from(code));
    }
    if let Some(claimed) = quarterdeck::engine::terminal::claim_if_asked() {
        return if claimed { Exit::Ok } else { Exit::Degraded };
    }
    match Arguments::try_parse() {
        Ok(arguments) => cli::run(arguments),
        Err(error) => {
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            cli::output::tell(&error);
            code
        }
    }
}
