//! The log of a unit after a change: whether its new run has written errors.

use super::verify::{AWAY, Subject};
use crate::domain::Compose;
use crate::domain::run::Finding;
use crate::engine::clock::Clock;
use crate::port::End;
use crate::runtimes::journal::{READABLE_NO, READABLE_NONE, READABLE_YES, line, readable};
use crate::runtimes::journal_export::parse;
use crate::runtimes::systemd_look::{belongs, errors_since};
use crate::text::Foreign;

/// Looks for lines of priority 3 or worse of this invocation.
pub(super) async fn errors(subject: &Subject<'_>, invocation: &str) -> (Finding, Foreign) {
    if Compose::is_unit(subject.unit) {
        return (Finding::Unknown, "containers keep no levels, so their lines were not judged".into());
    }
    if invocation.is_empty() {
        return (Finding::Unknown, "this unit has no invocation of its own to look for".into());
    }
    let place = subject.place;
    let until = place.clock.now().mono.after(AWAY);
    let question = errors_since(subject.scope, subject.unit, subject.since);
    let output = match place.ask(&subject.step.host, question, until).await {
        Ok(output) => output,
        Err(why) => return (Finding::Unknown, why.why().into()),
    };
    match output.end {
        End::Exited(0 | 1) => {}
        _ => return (Finding::Unknown, format!("journalctl {}", output.end).into()),
    }
    let entries = parse(&output.stdout);
    let ours: Vec<_> = entries.iter().filter(|entry| belongs(entry, invocation, subject.since)).collect();
    if let Some(first) = ours.iter().find_map(|entry| line(entry)) {
        return (Finding::Bad, first.message);
    }
    let host = &subject.step.host;
    if !entries.is_empty() || place.looker.as_ref().is_some_and(|looker| looker.may_read(host)) {
        return (Finding::Good, "none".into());
    }
    // Nothing at all: is there nothing, or may it not be read?
    match place.ask(host, readable(), until).await.map(|output| output.end) {
        Ok(End::Exited(READABLE_NO)) => (Finding::Unknown, "this login may not read the journal".into()),
        Ok(End::Exited(READABLE_NONE)) => (Finding::Unknown, "this host keeps no journal".into()),
        Ok(end) => {
            if let (End::Exited(READABLE_YES), Some(looker)) = (end, &place.looker) {
                looker.has_read(host);
            }
            (Finding::Good, "none".into())
        }
        Err(why) => (Finding::Unknown, why.why().into()),
    }
}
