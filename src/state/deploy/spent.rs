//! How long a run takes: from its go, which is what its budget is about, and with its gate.

use std::time::Duration;

use jiff::Timestamp;

use super::{Page, Wizard};
use crate::domain::time::short;

/// How long a run has taken from its go, also while nobody was at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// When it was given.
    pub from: Timestamp,
    /// Since then, until its end.
    pub time: Duration,
    /// How much longer that is than its budget; nothing while it is not, or where there is none.
    pub over: Option<Duration>,
}

impl Wizard<'_> {
    /// How long it has taken from its go, or from its begin where it has no gate. Nothing before that.
    pub fn spent(&self, now: Timestamp) -> Option<Spent> {
        let run = self.run()?;
        let from = if self.parts(Page::Gate).is_empty() { run.begun } else { self.begun_at()? };
        let time = between(from, run.ended.unwrap_or(now));
        let budget = self.sheet.procedure.header.budget.filter(|_| self.is_whole());
        Some(Spent {
            from,
            time,
            over: budget.and_then(|budget| time.checked_sub(budget)).filter(|over| !over.is_zero()),
        })
    }

    /// How long it took, from its begin to its end: with the time for which people were waited for at its gate.
    pub fn took(&self) -> Option<Duration> {
        let run = self.run()?;
        Some(between(run.begun, run.ended?))
    }

    /// How long it took, in words: from the go, and with the gate where it has one.
    pub fn took_told(&self) -> Option<String> {
        let (run, took) = (self.run()?, self.took()?);
        let budget = self.sheet.procedure.header.budget;
        let spent = self.spent(run.ended?);
        let gate = !self.parts(Page::Gate).is_empty();
        let of = |spent: Spent| match (spent.over, budget) {
            (Some(over), Some(budget)) => format!(", over its budget of {} by {}", short(budget), short(over)),
            (Some(_), None) | (None, _) => String::new(),
        };
        Some(match spent {
            Some(spent) if gate => {
                format!("{} from the go{}; {} with the gate", short(spent.time), of(spent), short(took))
            }
            Some(spent) => format!("{}{}", short(took), of(spent)),
            None => format!("{}, before any go", short(took)),
        })
    }

    fn is_whole(&self) -> bool {
        self.run().and_then(|run| run.document.as_ref()).is_some_and(|document| document.whole)
    }
}

fn between(from: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(from)).unwrap_or_default()
}
