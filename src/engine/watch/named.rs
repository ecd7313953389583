//! Asks a host's journal once which units it names: also those that ended and are not loaded any more.

use std::collections::BTreeSet;
use std::time::Duration;

use super::sweep::sentence;
use super::wanted::{Selection, Wanted};
use crate::domain::UnitName;
use crate::engine::transport::Connection;
use crate::port::{End, Output};
use crate::runtimes::journal;
use crate::runtimes::systemd::Scope;
use crate::runtimes::tail::command::{Keeps, keeps};

/// How long all of it may take.
const WITHIN: Duration = Duration::from_secs(15);

/// Which units are looked for: those that match a pattern, and those of a name that somebody asked for.
struct Sought<'a> {
    selection: &'a Selection,
    names: &'a [UnitName],
}

impl<'a> Sought<'a> {
    /// `None` when nothing of this manager is looked for.
    fn of(wanted: &'a Wanted, scope: Scope) -> Option<Self> {
        let names = wanted.in_journal.as_deref()?;
        let sought = Self { selection: wanted.selection(scope), names };
        let has_names = sought.selection.exact().iter().any(|unit| names.contains(unit));
        (has_names || !sought.selection.globs().is_empty()).then_some(sought)
    }

    fn wants(&self, unit: &UnitName) -> bool {
        let is_named = self.names.contains(unit) && self.selection.exact().contains(unit);
        is_named || self.selection.matches(unit)
    }
}

/// Whether the journal is to be asked.
pub fn is_asked(wanted: &Wanted) -> bool {
    [Scope::System, Scope::User].into_iter().any(|scope| Sought::of(wanted, scope).is_some())
}

/// The units that match a pattern of what is wanted or were asked for by name, or why they are not known, as a clause. `None` when
/// the link was lost: the next one asks anew.
pub async fn named(host: &dyn Connection, wanted: &Wanted) -> Option<Result<Vec<UnitName>, String>> {
    match tokio::time::timeout(WITHIN, of_managers(host, wanted)).await {
        Ok(Ok(units)) => Some(Ok(units)),
        Ok(Err((End::LinkLost(_), _))) => None,
        Ok(Err((_, why))) => Some(Err(why)),
        Err(_) => Some(Err(format!("journalctl gave no result within {} s", WITHIN.as_secs()))),
    }
}

async fn of_managers(host: &dyn Connection, wanted: &Wanted) -> Result<Vec<UnitName>, (End, String)> {
    // To a login that may not read it, a journal names units that wrote what is the login's own, as if there were no others.
    let output = host.run(keeps()).await;
    match output.end {
        End::Exited(status) if Keeps::of(status) == Keeps::NotForUs => {
            return Err((output.end, "this login may read only its own lines of the journal".to_owned()));
        }
        End::LinkLost(_) => return Err((output.end, String::new())),
        // Whoever can't answer this may still have a journal.
        End::Exited(_) | End::NotFound | End::Killed(_) | End::TimedOut(_) | End::NotStarted(_) => {}
    }
    let mut units = BTreeSet::new();
    for scope in [Scope::System, Scope::User] {
        let Some(sought) = Sought::of(wanted, scope) else { continue };
        for field in journal::unit_fields(scope) {
            let output = host.run(journal::values(field)).await;
            answered(&output).map_err(|why| (output.end.clone(), why))?;
            units.extend(journal::units_of(&output.stdout).filter(|unit| sought.wants(unit)));
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
