//! The runs of the environment that is watched: those that the store had, and what is heard of those that go on.

use jiff::SignedDuration;

use crate::domain::change::What;
use crate::domain::run::{RunState, RunStep, StepState};
use crate::domain::{Change, Environment, Moment, Run, RunId};
use crate::port::act::RunNews;

/// What is seen so soon after a step has ended may still come from it.
const FOLLOWS: SignedDuration = SignedDuration::from_secs(10);
/// Runs that are kept; the oldest go first.
pub const KEPT: usize = 500;

/// Runs, the newest first.
#[derive(Debug, Default)]
pub struct Runs {
    list: Vec<Run>,
    /// When the store was read; `None` until it was.
    pub read: Option<Moment>,
}

impl Runs {
    /// All, the newest first.
    pub fn all(&self) -> &[Run] {
        &self.list
    }

    /// One by its name.
    pub fn get(&self, id: &RunId) -> Option<&Run> {
        self.list.iter().find(|run| run.id == *id)
    }

    /// Those that go on.
    pub fn going(&self) -> impl Iterator<Item = &Run> {
        self.list.iter().filter(|run| run.state == RunState::Running)
    }

    /// What the store had. What was heard meanwhile of a run that is known already may be newer, and stays.
    pub fn replace(&mut self, runs: Vec<Run>, here: &Environment, at: Moment) {
        let before = std::mem::take(&mut self.list);
        let mut runs: Vec<Run> = runs.into_iter().filter(|run| is_of(run, here)).collect();
        for known in before.into_iter().rev() {
            let newest = runs.first().is_none_or(|newest| newest.id < known.id);
            match runs.iter_mut().find(|run| run.id == known.id) {
                Some(read) if progress(&known) > progress(read) => *read = known,
                Some(_) => {}
                // Recorded after the store was read.
                None if newest => runs.insert(0, known),
                None => {}
            }
        }
        runs.truncate(KEPT);
        self.list = runs;
        self.read = Some(at);
    }

    /// Takes news in. Those of runs elsewhere are of no interest here.
    pub fn observe(&mut self, news: RunNews, here: &Environment) {
        match news {
            RunNews::Begun(run) if !is_of(&run, here) => {}
            RunNews::Begun(run) => match self.list.iter_mut().find(|known| known.id == run.id) {
                Some(known) => *known = *run,
                None => {
                    // Runs that were found unfinished come here too, and are older than others.
                    let older = |known: &Run| run.state == RunState::Running || known.id < run.id;
                    let place = self.list.iter().position(older).unwrap_or(self.list.len());
                    self.list.insert(place, *run);
                    self.list.truncate(KEPT);
                }
            },
            RunNews::Step(id, number, step) => {
                let Some(run) = self.known(&id) else { return };
                // The way back, and what is chosen later, stand behind the others.
                if number == run.steps.len() {
                    run.steps.push(*step);
                } else if let Some(known) = run.steps.get_mut(number) {
                    *known = *step;
                }
            }
            RunNews::Decided(id, decided) => {
                if let Some(run) = self.known(&id) {
                    run.decide(&decided);
                }
            }
            RunNews::Ended(id, state) => {
                if let Some(run) = self.known(&id) {
                    run.state = state;
                    run.ended = run.ended.or_else(|| run.steps.iter().filter_map(|step| step.at).max());
                }
            }
            RunNews::Refused(_) => {}
        }
    }

    /// The run that most likely led to a change: it was doing something to this very unit, or to this service on this
    /// host, when the change was seen or shortly before.
    pub fn behind(&self, change: &Change) -> Option<&Run> {
        let (service, host, unit) = match &change.what {
            What::State { service, host, unit, .. } => (service, host, unit.as_ref()),
            What::Restarted { service, host, unit } => (service, host, Some(unit)),
            What::Probe { service, host: Some(host), .. } => (service, host, None),
            What::Probe { host: None, .. } => return None,
            What::LinkLost { .. } | What::LinkUp { .. } | What::Rebooted { .. } => return None,
        };
        let did = |step: &RunStep| {
            let sent = !matches!(step.state, StepState::Planned | StepState::Skipped);
            let same = match unit {
                Some(unit) => step.unit.as_ref() == Some(unit),
                None => step.service.as_ref() == Some(service),
            };
            // A step that goes on may lead to changes now; one that has ended soon after its end only.
            let ended = step.state.is_final().then_some(step.at).flatten();
            let over = ended.is_some_and(|at| change.at.duration_since(at) > FOLLOWS);
            sent && same && step.host == *host && !over
        };
        // A change is seen after it happened, so never before its run was begun.
        let when = |run: &&Run| run.begun <= change.at;
        self.list.iter().filter(when).find(|run| run.steps.iter().any(did))
    }

    fn known(&mut self, id: &RunId) -> Option<&mut Run> {
        self.list.iter_mut().find(|run| run.id == *id)
    }
}

fn is_of(run: &Run, here: &Environment) -> bool {
    run.site == here.site && run.environment == here.name
}

/// How far a run has come, to tell the newer of two readings of it.
fn progress(run: &Run) -> (bool, usize) {
    (run.state != RunState::Running, run.steps.iter().map(|step| step.state as usize).sum())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::Timestamp;

    use super::*;
    use crate::domain::run::{RunStep, StepState};
    use crate::domain::{EnvColour, EnvName, HostName, SiteName};
    use crate::text::Foreign;

    fn here() -> Environment {
        Environment {
            colour: EnvColour::Grey,
            trusted: true,
            read: Default::default(),
            ..Environment::new(SiteName::new("shop").unwrap(), EnvName::new("lab").unwrap())
        }
    }

    fn run(number: u32, state: StepState) -> Run {
        Run {
            id: RunId::new(&format!("01939a2e-77aa-7c11-8f3e-{number:012}")).unwrap(),
            site: SiteName::new("shop").unwrap(),
            environment: EnvName::new("lab").unwrap(),
            person: "ada".into(),
            workstation: "ada@desk".into(),
            kind: "restart".into(),
            title: "restart a".into(),
            confirmed: "yes".into(),
            begun: Timestamp::UNIX_EPOCH,
            ended: None,
            state: RunState::Running,
            document: None,
            steps: vec![RunStep {
                host: HostName::new("app-1").unwrap(),
                service: None,
                unit: None,
                command: "true".into(),
                state,
                at: None,
                invocation_before: String::new(),
                invocation: String::new(),
                note: Foreign::default(),
                verdict: None,
                ..RunStep::default()
            }],
        }
    }

    fn ids(runs: &Runs) -> Vec<String> {
        runs.all().iter().map(|run| run.id.short().trim_start_matches('0').to_owned()).collect()
    }

    #[test]
    fn a_reading_that_is_older_than_what_was_heard_changes_nothing() {
        let (mut runs, here) = (Runs::default(), here());
        runs.observe(RunNews::Begun(Box::new(run(3, StepState::Verified))), &here);
        runs.observe(RunNews::Begun(Box::new(run(4, StepState::Planned))), &here);
        runs.replace(
            vec![run(3, StepState::Intent), run(2, StepState::Done), run(1, StepState::Done)],
            &here,
            Moment::default(),
        );
        assert_eq!(ids(&runs), ["4", "3", "2", "1"]);
        assert_eq!(runs.all()[1].steps[0].state, StepState::Verified);
        runs.observe(RunNews::Ended(run(4, StepState::Planned).id, RunState::Failed), &here);
        assert_eq!(runs.going().count(), 3);
    }

    #[test]
    fn runs_of_another_environment_stay_out() {
        let (mut runs, mut here) = (Runs::default(), here());
        here.name = EnvName::new("production").unwrap();
        runs.observe(RunNews::Begun(Box::new(run(3, StepState::Verified))), &here);
        runs.replace(vec![run(2, StepState::Done)], &here, Moment::default());
        assert!(runs.all().is_empty());
    }
}
