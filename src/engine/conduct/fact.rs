//! One step that finds something out by itself, tried as often as its document says.

use std::sync::Arc;
use std::time::Duration;

use super::check::{Came, Watch};
use crate::domain::fact::Fact;
use crate::domain::probe::Found;
use crate::domain::run::{Check, Finding, Reason};
use crate::engine::facts::{self, Learnt, Records};

/// No asking takes longer than this, however long its part may.
const WITHIN: Duration = Duration::from_secs(60);

impl Watch {
    /// Asks until it is so, as often as the document says; what was found last stays in `learnt`.
    pub(super) async fn fact(&self, fact: &Fact, learnt: &mut Option<Learnt>) -> Came {
        let value = |name: &crate::domain::InputName| {
            self.captured.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let question = fact.filled(value).question().map_err(|why| (Reason::Refused, why))?;
        let within = self.part.options.timeout.min(WITHIN);
        let ledger = &self.kit.ledger;
        let shared = ledger.mirror.as_ref().map(super::mirroring::Mirroring::releases);
        let records = Records { store: Arc::clone(&ledger.store), shared };
        let mut tried = 0;
        loop {
            let found = facts::ask(&self.kit.place, &question, &self.record.host, within, &records).await;
            let (report, said) = (found.report.found, found.report.summary.plain());
            *learnt = Some(found);
            if report == Found::Pass {
                return Ok(said);
            }
            tried += 1;
            if tried > self.rule.retries || self.orders.enough.is_cancelled() {
                let reason = if report == Found::Fail { Reason::NonZeroExit } else { Reason::Inconclusive };
                let tries = if tried == 1 { String::new() } else { format!(" (asked {tried} times)") };
                return Err((reason, format!("{said}{tries}")));
            }
            self.tell(format!("try {tried} of {}: {said}", self.rule.retries + 1)).await;
            tokio::select! {
                () = self.kit.place.pause(self.part.options.every) => {}
                () = self.orders.enough.cancelled() => {}
            }
        }
    }
}

/// Its evidence line by line, as it is recorded.
pub(super) fn checks(learnt: &Learnt, now: jiff::Timestamp) -> Vec<Check> {
    let broken = match learnt.report.found {
        Found::Pass | Found::Fail => Finding::Bad,
        Found::Error | Found::Inconclusive => Finding::Unknown,
    };
    let mut checks: Vec<Check> = Vec::new();
    for detail in &learnt.report.details {
        let finding = if detail.holds { Finding::Good } else { broken };
        checks.push(Check { name: detail.what.plain(), finding, told: detail.found.clone() });
    }
    let good = if learnt.report.found == Found::Pass { Finding::Good } else { broken };
    if let Some(at) = learnt.as_of {
        let told = match Duration::try_from(now.duration_since(at)) {
            Ok(age) => format!("{}, {} old", at.strftime("%Y-%m-%d %H:%M UTC"), crate::domain::time::short(age)),
            Err(_) => format!("{}, by a clock that is ahead of ours", at.strftime("%Y-%m-%d %H:%M UTC")),
        };
        checks.push(Check { name: "as of".to_owned(), finding: good, told: told.into() });
    }
    if let Some(link) = &learnt.link {
        checks.push(Check { name: "look".to_owned(), finding: good, told: link.as_str().into() });
    }
    checks
}
