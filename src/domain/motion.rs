//! What runs new and what runs old code while services are started anew one after the other: of every service that a run
//! starts anew, from its record alone, so that it is the same on every console and at every moment.

use super::name::{HostName, ServiceName};
use super::run::{RunStep, StepState};
use super::unit::UnitName;

/// How one instance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// It was started anew, and that was verified.
    New,
    /// It was begun, and is not verified: under way, failed, or not known.
    Between,
    /// It was not begun, or was taken back: it runs what it ran before.
    Old,
}

impl Code {
    /// All, in the order in which they are told.
    pub const ALL: [Code; 3] = [Code::New, Code::Between, Code::Old];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Code::New => "new",
            Code::Between => "between",
            Code::Old => "old",
        }
    }
}

/// Every instance that a run starts anew, in the order of its steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Motion {
    all: Vec<Moved>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Moved {
    service: ServiceName,
    host: HostName,
    unit: Option<UnitName>,
    code: Code,
}

impl Motion {
    /// How the services of these steps stand. Steps without a service say nothing; of several for one instance the last
    /// that was begun counts.
    pub fn of<'a>(steps: impl IntoIterator<Item = &'a RunStep>) -> Self {
        Self::there_and_back(steps.into_iter().map(|step| (step, false)))
    }

    /// The same with the way back: what a step of it has started anew runs what it ran before the run.
    pub fn there_and_back<'a>(steps: impl IntoIterator<Item = (&'a RunStep, bool)>) -> Self {
        let mut all: Vec<Moved> = Vec::new();
        for (step, back) in steps {
            let Some(service) = &step.service else { continue };
            let begun = code(step);
            let code = if back && begun == Code::New { Code::Old } else { begun };
            let same =
                |known: &&mut Moved| known.service == *service && known.host == step.host && known.unit == step.unit;
            match all.iter_mut().find(same) {
                Some(known) if begun != Code::Old => known.code = code,
                Some(_) => {}
                None => {
                    all.push(Moved { service: service.clone(), host: step.host.clone(), unit: step.unit.clone(), code })
                }
            }
        }
        Self { all }
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How a service stands on a host: between where its units there do not stand alike.
    pub fn code(&self, service: &ServiceName, host: &HostName) -> Option<Code> {
        let own = self.all.iter().filter(|one| one.service == *service && one.host == *host);
        let codes: Vec<Code> = own.map(|one| one.code).collect();
        let first = codes.first()?;
        Some(if codes.iter().all(|code| code == first) { *first } else { Code::Between })
    }

    /// Those that stand so: a service by its name where all its instances do, else each with its host.
    pub fn those(&self, code: Code) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for one in self.all.iter().filter(|one| one.code == code) {
            let mut own = self.all.iter().filter(|other| other.service == one.service);
            let name = if own.all(|other| other.code == code) {
                one.service.to_string()
            } else {
                let beside = self.all.iter().filter(|other| other.service == one.service && other.host == one.host);
                match &one.unit {
                    Some(unit) if beside.count() > 1 => format!("{unit} on {}", one.host),
                    Some(_) | None => format!("{} on {}", one.service, one.host),
                }
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// All of it in a line: `new: config, gateway; between: backend on app-1; old: search`. What nothing stands as is left
    /// out.
    pub fn words(&self) -> String {
        self.words_by(|code| code.word().to_owned())
    }

    /// The same with other names for how something stands.
    pub fn words_by(&self, name: impl Fn(Code) -> String) -> String {
        let told = Code::ALL.into_iter().filter_map(|code| {
            let those = self.those(code);
            (!those.is_empty()).then(|| format!("{}: {}", name(code), those.join(", ")))
        });
        told.collect::<Vec<_>>().join("; ")
    }
}

fn code(step: &RunStep) -> Code {
    match step.state {
        StepState::Verified => Code::New,
        StepState::Planned | StepState::Waived => Code::Old,
        StepState::Intent | StepState::Started | StepState::Done | StepState::Unknown => Code::Between,
        StepState::Failed | StepState::Skipped => {
            // A change by hand has a verdict once it was sent.
            let unsent = step.reason.is_some() && !step.may_have_happened();
            let tried = step.attempt > 0 && (step.state == StepState::Failed || step.reason.is_some());
            if !unsent && (tried || step.verdict.is_some()) { Code::Between } else { Code::Old }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::run::Reason;

    fn step(service: &str, host: &str, state: StepState) -> RunStep {
        let begun = !matches!(state, StepState::Planned);
        RunStep {
            service: ServiceName::new(service).ok(),
            host: HostName::new(host).unwrap(),
            unit: UnitName::new(&format!("{service}.service")),
            attempt: u32::from(begun),
            state,
            ..RunStep::default()
        }
    }

    #[test]
    fn each_service_is_new_old_or_between() {
        let mut unreached = step("search", "app-2", StepState::Failed);
        unreached.reason = Some(Reason::Unreachable);
        let steps = [
            step("config", "app-1", StepState::Verified),
            step("backend", "app-1", StepState::Verified),
            step("backend", "app-2", StepState::Started),
            step("fraud", "app-2", StepState::Failed),
            unreached,
            step("pricing", "app-2", StepState::Planned),
            RunStep::default(),
        ];
        let motion = Motion::of(&steps);
        assert_eq!(
            motion.words(),
            "new: config, backend on app-1; between: backend on app-2, fraud; old: search, pricing"
        );
        assert!(Motion::of(&[RunStep::default()]).is_empty());
    }

    #[test]
    fn what_failed_and_was_then_skipped_is_still_between() {
        let mut skipped = step("fraud", "app-2", StepState::Skipped);
        assert_eq!(Motion::of([&skipped]).words(), "old: fraud", "nothing of it was sent");
        skipped.reason = Some(Reason::GuardFailed);
        assert_eq!(Motion::of([&skipped]).words(), "between: fraud");
    }

    #[test]
    fn of_several_steps_for_one_instance_the_last_that_was_begun_counts() {
        let first = step("config", "app-1", StepState::Verified);
        let again = step("config", "app-1", StepState::Planned);
        assert_eq!(Motion::of([&first, &again]).words(), "new: config");
        let again = step("config", "app-1", StepState::Started);
        assert_eq!(Motion::of([&first, &again]).words(), "between: config");
    }
    #[test]
    fn what_the_way_back_has_started_anew_runs_old_code_again() {
        let forth = [step("config", "app-1", StepState::Verified), step("fraud", "app-2", StepState::Failed)];
        let words = |back: &[RunStep]| {
            let there = forth.iter().map(|step| (step, false));
            Motion::there_and_back(there.chain(back.iter().map(|step| (step, true)))).words()
        };
        let back = |one, two| [step("config", "app-1", one), step("fraud", "app-2", two)];
        assert_eq!(words(&back(StepState::Planned, StepState::Planned)), "new: config; between: fraud");
        assert_eq!(words(&back(StepState::Verified, StepState::Planned)), "between: fraud; old: config");
        assert_eq!(words(&back(StepState::Started, StepState::Verified)), "between: config; old: fraud");
        // One that only the way back has started.
        assert_eq!(words(&[step("search", "app-1", StepState::Failed)]), "new: config; between: fraud, search");
    }

    #[test]
    fn what_was_cancelled_while_it_waited_for_its_turn_runs_what_it_ran() {
        let mut waited = step("config", "app-1", StepState::Failed);
        (waited.attempt, waited.reason) = (0, Some(Reason::Cancelled));
        assert_eq!(Motion::of([&waited]).words(), "old: config");
        waited.attempt = 1;
        assert_eq!(Motion::of([&waited]).words(), "old: config");
        waited.verdict = Some(crate::domain::run::StepVerdict { took: std::time::Duration::ZERO, checks: Vec::new() });
        assert_eq!(Motion::of([&waited]).words(), "between: config");
    }
}
