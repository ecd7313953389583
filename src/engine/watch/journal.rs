//! Asks a host's journal about one unit.

use jiff::Timestamp;

use super::sweep::sentence;
use crate::domain::UnitName;
use crate::engine::transport::Connection;
use crate::port::event::LogLine;
use crate::port::{End, Output};
use crate::runtimes::journal::{self, Want, choose, is_own};
use crate::runtimes::journal_export::{Entry, parse};
use crate::runtimes::systemd::Scope;

/// Lines that are looked at for the reason of a failure.
const LOOK_AT: u32 = 10;
/// Lines that a detail shows.
const SHOW: u32 = 50;

/// Why there are no lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoLines {
    /// The host has no journal.
    #[error("the host keeps no journal")]
    NoJournal,
    /// The login may not read it.
    #[error(
        "this login may not read the journal of the host; \
         a member of the group systemd-journal or adm may (usermod -aG systemd-journal LOGIN)"
    )]
    NotPermitted,
    /// The command failed.
    #[error("journalctl {0}")]
    Failed(String),
}

/// The line that most likely says why `unit` failed at `failed_at`. `Ok(None)` when its log has none.
///
/// # Errors
/// Why the journal could not be asked.
pub async fn last_error(
    host: &dyn Connection,
    scope: Scope,
    unit: &UnitName,
    failed_at: Option<Timestamp>,
) -> Result<Option<LogLine>, NoLines> {
    let errors = ask(host, scope, unit, Want::Errors, LOOK_AT, failed_at).await?;
    if errors.iter().any(|entry| is_own(entry, scope, unit)) {
        return Ok(choose(scope, unit, &errors, &[]));
    }
    let any = ask(host, scope, unit, Want::Any, LOOK_AT, failed_at).await?;
    if errors.is_empty() && any.is_empty() {
        readable(host).await?;
    }
    Ok(choose(scope, unit, &errors, &any))
}

/// The newest lines of `unit`, oldest first.
///
/// # Errors
/// Why there are none to be had.
pub async fn newest(host: &dyn Connection, scope: Scope, unit: &UnitName) -> Result<Vec<LogLine>, NoLines> {
    let entries = ask(host, scope, unit, Want::Any, SHOW, None).await?;
    if entries.is_empty() {
        readable(host).await?;
    }
    Ok(entries.iter().filter_map(journal::line).collect())
}

async fn ask(
    host: &dyn Connection,
    scope: Scope,
    unit: &UnitName,
    want: Want,
    lines: u32,
    failed_at: Option<Timestamp>,
) -> Result<Vec<Entry>, NoLines> {
    let mut output = host.run(journal::newest(scope, unit, want, lines, failed_at, true)).await;
    if matches!(output.end, End::Exited(1)) && output.stdout.is_empty() && !output.stderr.is_empty() {
        // Before version 236 journalctl knows no --output-fields.
        output = host.run(journal::newest(scope, unit, want, lines, failed_at, false)).await;
    }
    answer(&output)
}

fn answer(output: &Output) -> Result<Vec<Entry>, NoLines> {
    match output.end {
        // Status 1 with nothing to say is how some versions answer when nothing matched.
        End::Exited(0) => Ok(parse(&output.stdout)),
        End::Exited(1) if output.stderr.is_empty() => Ok(parse(&output.stdout)),
        End::NotFound => Err(NoLines::NoJournal),
        End::Exited(_) | End::Killed(_) | End::TimedOut(_) | End::LinkLost(_) | End::NotStarted(_) => {
            Err(NoLines::Failed(sentence(output)))
        }
    }
}

/// Whether silence means that there is nothing, or that we may not see it.
async fn readable(host: &dyn Connection) -> Result<(), NoLines> {
    match host.run(journal::readable()).await.end {
        End::Exited(journal::READABLE_NO) => Err(NoLines::NotPermitted),
        End::Exited(journal::READABLE_NONE) => Err(NoLines::NoJournal),
        _ => Ok(()),
    }
}
