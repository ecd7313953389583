//! What runs new and what runs old code while services are started anew one after the other: of every service that a run
//! starts anew, from its record alone, so that it is the same on every console and at every moment.

use super::name::{HostName, ServiceName};
use super::run::{Reason, RunStep, StepState};
use super::unit::UnitName;

/// How one instance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// It was started anew, and that was verified.
    New,
    /// It was begun, and is not verified: under way, failed, or not known.
    Between,
    /// It was not begun: it runs what it ran before.
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
        let mut all: Vec<Moved> = Vec::new();
        for step in steps {
            let Some(service) = &step.service else { continue };
            let code = code(step);
            let same =
                |known: &&mut Moved| known.service == *service && known.host == step.host && known.unit == step.unit;
            match all.iter_mut().find(same) {
                Some(known) if code != Code::Old => known.code = code,
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
        let told = Code::ALL.into_iter().filter_map(|code| {
            let those = self.those(code);
            (!those.is_empty()).then(|| format!("{}: {}", code.word(), those.join(", ")))
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
            // What was refused, or could not be reached, was never sent; a change by hand has a verdict once it was.
            let unsent = matches!(step.reason, Some(Reason::Unreachable | Reason::Refused));
            let tried = step.attempt > 0 && (step.state == StepState::Failed || step.reason.is_some());
            if !unsent && (tried || step.verdict.is_some()) { Code::Between } else { Code::Old }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
}
