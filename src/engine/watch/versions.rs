//! When the version commands of a host are run: at first, when a unit of theirs starts anew, and now and then.

use std::time::Duration;

use tokio::time::Instant;

use super::sweep::sentence;
use super::wanted::VersionCommand;
use crate::domain::{ServiceName, UnitName};
use crate::engine::transport::Connection;
use crate::port::RemoteCommand;
use crate::text::Foreign;

/// The first time, so that the state of the units is on screen before.
const FIRST: Duration = Duration::from_secs(2);
/// After a unit has started: it may answer only then.
const STARTED: Duration = Duration::from_secs(3);
/// Without any reason.
const EVERY: Duration = Duration::from_secs(900);

/// The version commands of a host, each with the time of its next run.
#[derive(Debug)]
pub struct Versions {
    commands: Vec<(VersionCommand, Instant)>,
}

impl Versions {
    /// All are due soon.
    pub fn new(commands: Vec<VersionCommand>, now: Instant) -> Self {
        Self { commands: commands.into_iter().map(|command| (command, now + FIRST)).collect() }
    }

    /// A unit started anew.
    pub fn started(&mut self, name: &UnitName, now: Instant) {
        for (command, due) in &mut self.commands {
            if command.units.wants(name) {
                *due = now + STARTED;
            }
        }
    }

    /// All are due now.
    pub fn refresh(&mut self, now: Instant) {
        self.commands.iter_mut().for_each(|(_, due)| *due = now);
    }

    /// When the next is due.
    pub fn next(&self) -> Option<Instant> {
        self.commands.iter().map(|(_, due)| *due).min()
    }

    /// The command to be run now, if one is.
    pub fn take(&mut self, now: Instant) -> Option<VersionCommand> {
        let (command, due) = self.commands.iter_mut().find(|(_, due)| *due <= now)?;
        *due = now + EVERY;
        Some(command.clone())
    }
}

/// Runs one: the first line it prints that is not empty.
pub async fn run(host: &dyn Connection, command: VersionCommand) -> (ServiceName, Option<Foreign>) {
    let mut remote = RemoteCommand::new(command.argv);
    remote.most = 4096;
    let output = host.run(remote).await;
    if !output.succeeded() {
        tracing::info!(service = %command.service, "its version command {}", sentence(&output));
        return (command.service, None);
    }
    let lines = output.stdout.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.into_iter().find(|line| !line.is_empty()).map(Foreign::from);
    (command.service, first)
}
