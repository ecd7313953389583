//! Runs as the engine tells of them, for the console of the shop.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::Duration;

use quarterdeck::domain::run::{Check, Finding, RunState, RunStep, StepState, StepVerdict};
use quarterdeck::domain::{Plan, Run, RunId};
use quarterdeck::port::act::RunNews;
use quarterdeck::port::{Effect, Event};
use quarterdeck::runtimes::shell::shown;
use quarterdeck::runtimes::systemd_change::as_root;
use quarterdeck::text::Foreign;

use super::console::Console;
use super::scene;

pub fn id() -> RunId {
    RunId::new("01939a2e-77aa-7c11-8f3e-0123456789ab").unwrap()
}

/// The run that a plan becomes when it is recorded.
pub fn run_of(plan: &Plan, time: &str) -> Run {
    let step = |step: &quarterdeck::domain::plan::PlannedStep| RunStep {
        host: step.host.clone(),
        service: step.service.clone(),
        unit: step.unit.clone(),
        command: shown(&as_root(step.become_root, &step.command)),
        state: StepState::Planned,
        at: None,
        invocation_before: "a".repeat(32),
        invocation: "a".repeat(32),
        note: Foreign::default(),
        verdict: None,
        ..RunStep::default()
    };
    Run {
        id: id(),
        site: plan.site.clone(),
        environment: plan.environment.clone(),
        person: "ada".into(),
        workstation: "ada@desk".into(),
        kind: plan.verb.word().into(),
        title: plan.title(),
        confirmed: "typed".into(),
        begun: scene::at(time),
        ended: None,
        state: RunState::Running,
        document: None,
        steps: plan.steps.iter().map(step).collect(),
    }
}

pub fn check(name: &str, finding: Finding, told: &str) -> Check {
    Check { name: name.into(), finding, told: Foreign::from(told) }
}

pub fn well() -> Vec<Check> {
    vec![
        check("active", Finding::Good, "active (running)"),
        check("same invocation for 5 s", Finding::Good, "7f3a"),
        check("probe ready", Finding::Good, "200 in 9ms"),
        check("errors in its log", Finding::Good, "none"),
    ]
}

/// A console with a run that goes on, told step by step.
pub struct Running {
    pub run: Run,
}

impl Running {
    /// Takes the permit that the console has just given and records it.
    pub fn begin(console: &mut Console, time: &str) -> Self {
        let permit = console.asked().into_iter().find_map(|effect| match effect {
            Effect::Execute(permit) => Some(permit),
            _ => None,
        });
        let permit = permit.unwrap_or_else(|| panic!("nothing was permitted:\n{}", console.screen()));
        let run = run_of(permit.plan(), time);
        console.say(Event::Run(RunNews::Begun(Box::new(run.clone()))));
        Self { run }
    }

    /// A step comes to stand so.
    pub fn step(&mut self, console: &mut Console, number: usize, state: StepState) {
        let now = console.now().wall;
        let step = &mut self.run.steps[number];
        (step.state, step.at) = (state, Some(now));
        match state {
            StepState::Verified => {
                step.invocation = "b".repeat(32);
                step.verdict = Some(StepVerdict { took: Duration::from_millis(7400), checks: well() });
            }
            StepState::Failed => {
                step.invocation = "b".repeat(32);
                step.note = Foreign::from("the probe ready failed 3 times in a row");
                let mut checks = well();
                checks[2] = check("probe ready", Finding::Bad, "GET :3110/health/ready → 503, expected 200");
                checks[3] = check("errors in its log", Finding::Unknown, "the journal could not be read");
                step.verdict = Some(StepVerdict { took: Duration::from_millis(12_000), checks });
            }
            StepState::Planned
            | StepState::Intent
            | StepState::Started
            | StepState::Done
            | StepState::Skipped
            | StepState::Waived
            | StepState::Unknown => {}
        }
        console.say(Event::Run(RunNews::Step(self.run.id.clone(), number, Box::new(step.clone()))));
    }

    pub fn end(&mut self, console: &mut Console, state: RunState) {
        self.run.state = state;
        console.say(Event::Run(RunNews::Ended(self.run.id.clone(), state)));
    }
}
