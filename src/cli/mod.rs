//! The command line: what may be typed, and which file does it. No logic here.

pub mod approve;
mod asked;
pub mod bare;
pub mod change;
pub mod check;
pub mod choose;
pub mod drill;
pub mod exit;
pub mod init;
pub mod local;
pub mod lock;
pub mod logs;
pub mod looks;
pub mod moment;
pub mod open;
pub mod outline;
pub mod output;
pub mod release;
pub mod run;
pub mod runs;
pub mod schema;
pub mod status;
pub mod trust;

use clap::{Args, Parser, Subcommand};

pub use exit::Exit;

use crate::domain::Verb;

/// Every service on every host on one screen, live: what is wrong, why, and since when.
#[derive(Debug, Parser)]
#[command(name = "qd", version, subcommand_precedence_over_arg = true)]
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
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
    /// Look at hosts and write a first site for them.
    Init(init::Init),
    /// Tell everything that is wrong in site files and your own configuration.
    Check(check::Check),
    /// Print what is understood of procedures and of any other Markdown: sections, steps, items.
    Outline(outline::Documents),
    /// Print the JSON schema of a file, for editors.
    Schema(schema::Schema),
    /// Let a site from outside your configuration run its commands, until anything in it changes.
    Trust(trust::Trust),
    /// Say once how everything stands: 0 well, 1 degraded, 2 down, 3 unknown.
    Status(status::Status),
    /// Print the logs of services from all their hosts as one stream.
    Logs(logs::Logs),
    /// Restart services: of each one instance after the other, verified before the next.
    Restart(change::Change),
    /// Start services in the order of what they need, each verified.
    Start(change::Change),
    /// Stop services, those that need others first.
    Stop(change::Change),
    /// Let services read their configuration again, each verified.
    Reload(change::Change),
    /// Let so many containers of a service run on each of its hosts, verified.
    Scale(change::Scale),
    /// Run a procedure of the site, or any Markdown file, step by step.
    Run(run::RunArgs),
    /// Who may change an environment now: look, take it by hand, release it, break it.
    Lock(lock::LockArgs),
    /// Look at the whole plan of a run that waits for approvals, and approve it.
    Approve(approve::Approve),
    /// What runs since when, whether it was good, and what a version would bring.
    Release(release::ReleaseArgs),
    /// List what was done with qd: every run, its verdict, its steps.
    Runs(runs::Runs),
    /// Open the console on a fleet inside the program.
    Drill(drill::Drill),
    /// The console over no site, for tests of the terminal.
    #[command(hide = true)]
    Bare,
}

impl Reaching {
    /// Whether the ssh configuration that was named is there: otherwise every host would say so, one by one.
    fn check(&self) -> Result<(), Exit> {
        let Some(file) = &self.ssh_config else { return Ok(()) };
        match std::fs::File::open(file) {
            Ok(_) => Ok(()),
            Err(error) => {
                let shown = crate::text::Foreign::from(file.to_string_lossy().as_ref()).plain();
                let text =
                    format!("the ssh configuration {shown} (--ssh-config or QD_SSH_CONFIG) can't be read: {error}");
                Err(choose::complain(Exit::Usage, &text))
            }
        }
    }
}

impl Command {
    /// Whether it goes to hosts over ssh.
    fn reaches_hosts(&self) -> bool {
        match self {
            Command::Init(_)
            | Command::Status(_)
            | Command::Logs(_)
            | Command::Restart(_)
            | Command::Start(_)
            | Command::Stop(_)
            | Command::Reload(_)
            | Command::Scale(_)
            | Command::Run(_)
            | Command::Lock(_)
            | Command::Approve(_)
            | Command::Release(_) => true,
            Command::Check(_)
            | Command::Outline(_)
            | Command::Schema(_)
            | Command::Trust(_)
            // What is recorded here is listed all the same.
            | Command::Runs(_)
            | Command::Drill(_)
            | Command::Bare => false,
        }
    }
}

/// Does what was asked for.
pub fn run(arguments: Arguments) -> Exit {
    if arguments.command.is_some() && arguments.open != open::Open::default() {
        // clap would drop them without a word.
        return choose::complain(
            Exit::Usage,
            "a site and its options stand behind the command: qd status SITE -e ENV.",
        );
    }
    if arguments.command.as_ref().is_none_or(Command::reaches_hosts)
        && let Err(exit) = arguments.reach.check()
    {
        return exit;
    }
    match arguments.command {
        Some(Command::Init(init)) => init::run(&init, &arguments.reach),
        Some(Command::Check(check)) => check::run(&check, &arguments.reach),
        Some(Command::Outline(documents)) => outline::run(&documents),
        Some(Command::Schema(schema)) => schema::run(&schema),
        Some(Command::Trust(trust)) => trust::run(&trust),
        Some(Command::Bare) => bare::run(),
        Some(Command::Status(status)) => status::run(&status, &arguments.reach),
        Some(Command::Logs(logs)) => logs::run(&logs, &arguments.reach),
        Some(Command::Restart(change)) => change::run(Verb::Restart, &change, &arguments.reach),
        Some(Command::Start(change)) => change::run(Verb::Start, &change, &arguments.reach),
        Some(Command::Stop(change)) => change::run(Verb::Stop, &change, &arguments.reach),
        Some(Command::Reload(change)) => change::run(Verb::Reload, &change, &arguments.reach),
        Some(Command::Scale(scale)) => change::run(Verb::Scale(scale.to), &scale.change, &arguments.reach),
        Some(Command::Run(args)) => run::run(&args, &arguments.reach),
        Some(Command::Lock(lock)) => lock::run(&lock, &arguments.reach),
        Some(Command::Approve(approve)) => approve::run(&approve, &arguments.reach),
        Some(Command::Release(release)) => release::run(&release, &arguments.reach),
        Some(Command::Runs(runs)) => runs::run(&runs, &arguments.reach),
        Some(Command::Drill(drill)) => drill::run(&drill, &arguments.reach),
        None => open::run(&arguments.open, &arguments.reach),
    }
}
