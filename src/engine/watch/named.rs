//! Asks a host's journal once which units it names: also those that ended and are not loaded any more.

use std::collections::BTreeSet;
use std::time::Duration;

use super::sweep::sentence;
use super::wanted::Wanted;
use crate::domain::UnitName;
use crate::engine::transport::Connection;
use crate::port::{End, Output};
use crate::runtimes::journal;
use crate::runtimes::systemd::Scope;

/// How long all of it may take.
const WITHIN: Duration = Duration::from_secs(15);

/// The units that match a pattern of what is wanted, or why they are not known, as a clause. `None` when the link was lost:
/// the next one asks anew.
pub async fn named(host: &dyn Connection, wanted: &Wanted) -> Option<Result<Vec<UnitName>, String>> {
    match tokio::time::timeout(WITHIN, of_managers(host, wanted)).await {
        Ok(Ok(units)) => Some(Ok(units)),
        Ok(Err((End::LinkLost(_), _))) => None,
        Ok(Err((_, why))) => Some(Err(why)),
        Err(_) => Some(Err(format!("journalctl gave no result within {} s", WITHIN.as_secs()))),
    }
}

async fn of_managers(host: &dyn Connection, wanted: &Wanted) -> Result<Vec<UnitName>, (End, String)> {
    let mut units = BTreeSet::new();
    for scope in [Scope::System, Scope::User] {
        let selection = wanted.selection(scope);
        if selection.globs().is_empty() {
            continue;
        }
        for field in journal::unit_fields(scope) {
            let output = host.run(journal::values(field)).await;
            answered(&output).map_err(|why| (output.end.clone(), why))?;
            units.extend(journal::units_of(&output.stdout).filter(|unit| selection.matches(unit)));
        }
    }
    Ok(units.into_iter().collect())
}

/// Whether that was all there is.
fn answered(output: &Output) -> Result<(), String> {
    match output.end {
        End::Exited(0) if output.cut > 0 => {
            Err(format!("its journal names more units than are taken, {} bytes more", output.cut))
        }
        End::Exited(0) => Ok(()),
        // Status 1 with nothing to say is how some versions answer when there is nothing.
        End::Exited(1) if output.stderr.is_empty() => Ok(()),
        End::Exited(_) | End::NotFound | End::Killed(_) | End::TimedOut(_) | End::LinkLost(_) | End::NotStarted(_) => {
            Err(format!("journalctl: {}", sentence(output)))
        }
    }
}
