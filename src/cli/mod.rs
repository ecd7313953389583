//! The command line: what may be typed, and which file does it. No logic here.

pub mod bare;
pub mod check;
pub mod choose;
pub mod drill;
pub mod exit;
pub mod looks;
pub mod open;
pub mod output;
pub mod schema;
pub mod status;
pub mod trust;

use clap::{Args, Parser, Subcommand};

pub use exit::Exit;

/// Every service on every host on one screen, live: what is wrong, why, and since when.
#[derive(Debug, Parser)]
#[command(name = "qd", version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Arguments {
    /// What to do; without a word the console opens.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to open the console.
    #[command(flatten)]
    pub open: open::Open,
    /// How every command reaches hosts.
    #[command(flatten)]
    pub reach: Reaching,
}

/// Which site and environment.
#[derive(Debug, Clone, Default, Args)]
pub struct Where {
    /// Site: a name in your configuration or in ./sites, or a path.
    pub site: Option<String>,
    /// Environment of the site.
    #[arg(short, long, value_name = "ENV")]
    pub environment: Option<String>,
}

/// How hosts are reached.
#[derive(Debug, Clone, Default, Args)]
pub struct Reaching {
    /// Use this ssh configuration instead of your own.
    #[arg(long, value_name = "FILE", global = true, env = "QD_SSH_CONFIG")]
    pub ssh_config: Option<std::path::PathBuf>,
    /// Refuse every change.
    #[arg(long, global = true)]
    pub read_only: bool,
}

/// The subcommands, one file each.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell everything that is wrong in site files and your own configuration.
    Check(check::Check),
    /// Print the JSON schema of a file, for editors.
    Schema(schema::Schema),
    /// Let a site from outside your configuration run its commands, until anything in it changes.
    Trust(trust::Trust),
    /// Say once how everything stands: 0 well, 1 degraded, 2 down, 3 unknown.
    Status(status::Status),
    /// Open the console on a fleet inside the program.
    Drill(drill::Drill),
    /// The console over no site, for tests of the terminal.
    #[command(hide = true)]
    Bare,
}

/// Does what was asked for.
pub fn run(arguments: Arguments) -> Exit {
    match arguments.command {
        Some(Command::Check(check)) => check::run(&check),
        Some(Command::Schema(schema)) => schema::run(&schema),
        Some(Command::Trust(trust)) => trust::run(&trust),
        Some(Command::Bare) => bare::run(),
        Some(Command::Status(status)) => status::run(&status, &arguments.reach),
        Some(Command::Drill(drill)) => drill::run(&drill, &arguments.reach),
        None => open::run(&arguments.open, &arguments.reach),
    }
}
