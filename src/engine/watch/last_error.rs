//! Which units are asked for the last error line of their log, and when: once for each failure, one at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::domain::UnitName;
use crate::domain::unit::{Active, Exit, UnitFacts};

/// The journal has the last words a moment after the unit has its state.
const SETTLE: Duration = Duration::from_millis(400);
/// Shortest time between two questions about one unit.
const EVERY: Duration = Duration::from_secs(10);
/// Shortest time between two questions of one host.
const HOST_EVERY: Duration = Duration::from_secs(1);

/// What tells one failure from the next.
type Failure = (String, u32, Exit, Option<Timestamp>);

/// The failures of a host's units.
#[derive(Debug, Default)]
pub struct Failures {
    asked: BTreeMap<UnitName, (Failure, Instant)>,
    due: BTreeMap<UnitName, (Instant, Failure)>,
    rest_until: Option<Instant>,
}

/// The failure a unit is in, if it is in one.
fn failure(facts: &UnitFacts) -> Option<Failure> {
    let failed = facts.active == Active::Failed || facts.sub.raw().starts_with(b"auto-restart");
    failed.then(|| (facts.invocation.clone(), facts.restarts, facts.exit, facts.exited_at))
}

impl Failures {
    /// Takes what is known of a unit now.
    pub fn observe(&mut self, name: &UnitName, facts: &UnitFacts, now: Instant) {
        let Some(failure) = failure(facts) else { return };
        let asked = self.asked.get(name);
        if asked.is_some_and(|(before, _)| *before == failure) {
            return;
        }
        let at = asked.map_or(now + SETTLE, |(_, at)| (*at + EVERY).max(now + SETTLE));
        // One that waits keeps its turn and asks about what is newest then.
        let due = self.due.entry(name.clone()).or_insert_with(|| (at, failure.clone()));
        due.1 = failure;
    }

    /// When the next question is due.
    pub fn next(&self) -> Option<Instant> {
        let first = self.due.values().map(|(at, _)| *at).min()?;
        Some(self.rest_until.map_or(first, |rest| first.max(rest)))
    }

    /// The unit to be asked about now, if one is.
    pub fn take(&mut self, now: Instant) -> Option<UnitName> {
        if self.next()? > now {
            return None;
        }
        let name = self.due.iter().min_by_key(|(_, (at, _))| *at).map(|(name, _)| name.clone())?;
        let (_, failure) = self.due.remove(&name)?;
        self.asked.insert(name.clone(), (failure, now));
        self.rest_until = Some(now + HOST_EVERY);
        Some(name)
    }

    /// Forgets units that are not kept any more.
    pub fn keep(&mut self, kept: impl Fn(&UnitName) -> bool) {
        self.asked.retain(|name, _| kept(name));
        self.due.retain(|name, _| kept(name));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_failure_is_asked_about_once_and_a_storm_seldom() {
        let unit = UnitName::new("a.service").unwrap();
        let mut failures = Failures::default();
        let start = Instant::now();
        let fails = |restarts| UnitFacts { active: Active::Failed, restarts, ..UnitFacts::default() };
        let mut questions = 0;
        for tenth in 0..300u32 {
            let now = start + Duration::from_millis(100) * tenth;
            failures.observe(&unit, &fails(tenth / 5), now);
            questions += u32::from(failures.take(now).is_some());
        }
        assert_eq!(questions, 3, "every ten seconds while it goes on");
        let later = start + Duration::from_secs(60);
        assert!(failures.take(later).is_some(), "and a last time for the last failure");
        failures.observe(&unit, &fails(59), later + Duration::from_secs(60));
        assert_eq!(failures.next(), None, "the same failure is not asked about again");
        failures.observe(&unit, &UnitFacts { active: Active::Active, ..UnitFacts::default() }, later);
        assert_eq!(failures.next(), None);
    }

    #[test]
    fn many_failures_are_asked_about_one_after_the_other() {
        let mut failures = Failures::default();
        let start = Instant::now();
        for number in 0..5 {
            let unit = UnitName::new(&format!("a{number}.service")).unwrap();
            failures.observe(&unit, &UnitFacts { active: Active::Failed, ..UnitFacts::default() }, start);
        }
        let asked = (0..30u32).filter(|tenth| failures.take(start + Duration::from_millis(100) * *tenth).is_some());
        assert_eq!(asked.count(), 3);
    }
}
