//! How long things took before and take now: what is expected, and what takes longer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::cli::output;
use crate::domain::procedure::Procedure;
use crate::domain::run::{RunStep, StepState};
use crate::domain::{Environment, HostName, PartId, Run};
use crate::engine::store::{Past, PastWish, Sqlite, Store};
use crate::state::deploy::Spent;

/// How long the store may take to tell of earlier runs: they are a help and nothing more.
const WITHIN: Duration = Duration::from_secs(2);
/// What takes less than this longer than usual is not told.
const GRACE: Duration = Duration::from_secs(5);

/// What is known of earlier runs.
#[derive(Debug, Default)]
pub(in crate::cli) struct Times {
    past: Past,
}

impl Times {
    /// Reads them. Where nothing is recorded nothing is known.
    pub(super) async fn read(environment: &Environment, procedure: Option<&Procedure>) -> Self {
        let (Some(procedure), Ok(places)) = (procedure, output::here()) else { return Self::default() };
        if !Sqlite::is_there(&places.data) {
            return Self::default();
        }
        let wish = PastWish { site: environment.site.clone(), procedure: procedure.name.clone() };
        let store = Sqlite::open(&places.data);
        let reading = async {
            let _ = store.state().changed().await;
            store.past(wish).await
        };
        let past = tokio::time::timeout(WITHIN, reading).await.ok().and_then(Result::ok).unwrap_or_default();
        super::follow::tell_of(&store);
        Self { past }
    }

    /// These.
    pub(super) fn of_past(past: Past) -> Self {
        Self { past }
    }

    /// How long a part usually takes on a host.
    pub(super) fn on(&self, part: &PartId, host: &HostName) -> Option<Duration> {
        self.past.expected(part, host)
    }

    /// How long a part usually takes.
    pub(super) fn of(&self, part: &PartId) -> Option<Duration> {
        self.past.usually(part)
    }
}

/// What is under way, since when, and of what it was said already that it takes long.
#[derive(Debug, Default)]
pub(super) struct Watch {
    steps: BTreeMap<usize, Instant>,
    told: BTreeSet<usize>,
    /// When it was said last how a step that waits is getting on.
    said: BTreeMap<usize, Instant>,
    over: bool,
}

/// How a step that only waits is getting on is said so often: it may do so for an hour, and nobody looks on.
const SAID: Duration = Duration::from_secs(30);

/// Something that takes longer than it should.
pub(super) enum Late {
    /// This step takes so long, and usually so long.
    Step(usize, Duration, Duration),
    /// The whole takes longer from its go than this, by so much.
    Budget(Duration, Duration),
}

impl Watch {
    /// A step stands so.
    pub(super) fn step(&mut self, number: usize, step: &RunStep) {
        if matches!(step.state, StepState::Intent | StepState::Started | StepState::Done) {
            self.steps.entry(number).or_insert_with(Instant::now);
        } else {
            self.steps.remove(&number);
            self.told.remove(&number);
        }
    }

    /// Whether it is said now how a step that waits is getting on; the first time at once.
    pub(super) fn says(&mut self, number: usize) -> bool {
        let due = self.said.get(&number).is_none_or(|said| said.elapsed() >= SAID);
        if due {
            self.said.insert(number, Instant::now());
        }
        due
    }

    /// What takes longer than it should by now; each once.
    pub(super) fn late(&mut self, run: &Run, times: &Times, budget: Option<(Duration, Spent)>) -> Vec<Late> {
        let mut late = Vec::new();
        for (number, since) in &self.steps {
            let Some((part, host)) = run.steps.get(*number).and_then(|step| Some((step.part.as_ref()?, &step.host)))
            else {
                continue;
            };
            let so_far = since.elapsed();
            if let Some(usual) = times.on(part, host)
                && so_far > usual.mul_f32(1.5).max(usual + GRACE)
                && self.told.insert(*number)
            {
                late.push(Late::Step(*number, so_far, usual));
            }
        }
        // What went by while nobody was at it counts too: it is told at once when the run is taken up.
        if let Some((budget, over)) = budget.and_then(|(budget, spent)| Some((budget, spent.over?)))
            && !std::mem::replace(&mut self.over, true)
        {
            late.push(Late::Budget(budget, over));
        }
        late
    }
}

/// A time as a person reads it, in the words of plans.
pub(super) use crate::state::procedures::wording::measured as told;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_are_told_as_people_say_them() {
        let told = |millis| super::told(Duration::from_millis(millis));
        assert_eq!([told(40), told(9_940), told(61_000), told(185_000)], ["0.0 s", "9.9 s", "61 s", "3 min 5 s"]);
    }

    #[test]
    fn how_a_step_is_getting_on_that_waits_is_said_every_half_minute() {
        let mut watch = Watch::default();
        assert_eq!([watch.says(1), watch.says(1), watch.says(2)], [true, false, true]);
        *watch.said.get_mut(&1).unwrap() -= SAID;
        assert_eq!([watch.says(1), watch.says(1), watch.says(2)], [true, false, false]);
    }

    #[test]
    fn what_takes_much_longer_than_usual_is_told_once() {
        let (part, host) = (PartId::new("pull").unwrap(), HostName::new("web-1").unwrap());
        let took = vec![(part.clone(), host.clone(), Duration::from_secs(10))];
        let past = Past { took, ..Past::default() };
        let times = Times { past };
        let step = RunStep { host, part: Some(part), state: StepState::Started, ..RunStep::default() };
        let run = crate::cli::run::told::tests::run(vec![step.clone()]);
        let mut watch = Watch::default();
        watch.step(0, &step);
        assert!(watch.late(&run, &times, None).is_empty());
        *watch.steps.get_mut(&0).unwrap() -= Duration::from_secs(16);
        let spent = |over| Spent { from: jiff::Timestamp::UNIX_EPOCH, time: Duration::from_secs(15), over };
        let budget = |over| Some((Duration::from_secs(15), spent(over)));
        let late = watch.late(&run, &times, budget(None));
        assert!(matches!(late.as_slice(), [Late::Step(0, ..)]), "{}", late.len());
        let late = watch.late(&run, &times, budget(Some(Duration::from_secs(1))));
        assert!(matches!(late.as_slice(), [Late::Budget(..)]), "{}", late.len());
        assert!(watch.late(&run, &times, budget(Some(Duration::from_secs(2)))).is_empty());
    }
}
