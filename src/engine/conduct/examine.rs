//! That somebody has looked at a release that did not go well: kept as `qd release examine` keeps it.

use jiff::Timestamp;

use crate::domain::RunId;
use crate::domain::release::{Examined, Verdict};
use crate::engine::act::Book;
use crate::engine::releases::Releases;

/// Keeps what whoever sits here has found, here and on the lock host: a sentence when others can't see it yet.
///
/// # Errors
/// Why it is not kept.
pub(super) async fn keep(
    releases: &Releases,
    book: &Book,
    run: &RunId,
    reason: &str,
    at: Timestamp,
) -> Result<Option<String>, String> {
    let known = releases.read(at).await;
    let release = known.history.of_run(run);
    let release = release.ok_or_else(|| format!("No release of run {} is known here.", run.short()))?;
    if known.history.stands(release) == Verdict::Good {
        return Err(format!("Run {} was good: there is nothing to examine.", run.short()));
    }
    let (by, workstation) = (book.person.clone(), book.workstation.clone());
    releases.examine(run, Examined { by, workstation, at, reason: reason.trim().into() }).await
}
