//! Runs to look at: a night's worth of restarts, of every kind of end.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::Duration;

use quarterdeck::domain::run::{Check, Finding, RunState, RunStep, StepState, StepVerdict};
use quarterdeck::domain::{EnvName, ServiceName};
use quarterdeck::domain::{Run, RunId, SiteName};
use quarterdeck::text::Foreign;

use super::scene;

/// A step that restarts a service on a host.
pub fn step(service: &str, host: &str, state: StepState, at: &str, note: &str) -> RunStep {
    let unit = scene::unit_of(service);
    let check = |name: &str, finding: Finding, told: &str| Check { name: name.into(), finding, told: told.into() };
    let verdict = match state {
        StepState::Verified => Some(StepVerdict {
            took: Duration::from_millis(7_412),
            checks: vec![
                check("active", Finding::Good, "running since its start"),
                check("same invocation for 5 s", Finding::Good, "8c1d0f3a"),
                check("probe ready", Finding::Good, "200 ready in 9ms"),
                check("errors in its log", Finding::Good, "none since"),
            ],
        }),
        StepState::Failed => Some(StepVerdict {
            took: Duration::from_secs(30),
            checks: vec![
                check("active", Finding::Good, "running since its start"),
                check("probe ready", Finding::Bad, "503: redis: connection refused"),
                check("errors in its log", Finding::Unknown, "the journal could not be read"),
            ],
        }),
        _ => None,
    };
    RunStep {
        host: scene::host_name(host),
        service: Some(ServiceName::new(service).unwrap()),
        command: format!("sudo -n systemctl --no-ask-password restart {unit}"),
        unit: Some(unit),
        state,
        at: (!at.is_empty()).then(|| scene::at(at)),
        invocation_before: "0f1e2d3c4b5a69788796a5b4c3d2e1f0".into(),
        invocation: if state == StepState::Verified {
            "8c1d0f3a5e6b4c7d9a0b1c2d3e4f5061".into()
        } else {
            String::new()
        },
        note: Foreign::from(note),
        verdict,
        ..RunStep::default()
    }
}

/// A run of that night.
pub fn run(number: u32, title: &str, begun: &str, ended: &str, state: RunState, steps: Vec<RunStep>) -> Run {
    Run {
        id: RunId::new(&format!("0195a2c0-77aa-7c11-8f3e-01234567{number:04x}")).unwrap(),
        site: SiteName::new("pakashop").unwrap(),
        environment: EnvName::new("production").unwrap(),
        person: if number.is_multiple_of(2) { "ada".into() } else { "grace.hopper".into() },
        workstation: "ada@bastion-2".into(),
        kind: title.split(' ').next().unwrap_or_default().into(),
        title: title.into(),
        confirmed: "typed".into(),
        begun: scene::at(begun),
        ended: (!ended.is_empty()).then(|| scene::at(ended)),
        state,
        document: None,
        steps,
    }
}

/// The runs of the night in question, the newest first; the newest goes on.
pub fn night() -> Vec<Run> {
    use StepState::{Failed, Planned, Skipped, Started, Unknown, Verified};
    vec![
        run(
            8,
            "restart gateway on 2 hosts",
            "02:13:58",
            "",
            RunState::Running,
            vec![step("gateway", "app-1", Started, "02:13:59", ""), step("gateway", "app-2", Planned, "", "")],
        ),
        run(
            7,
            "restart backend",
            "02:13:20",
            "02:13:50",
            RunState::Failed,
            vec![step("backend", "app-1", Failed, "02:13:50", "its probe never passed: 503 from /health/ready")],
        ),
        run(
            6,
            "restart search on 2 hosts",
            "02:01:10",
            "02:01:26",
            RunState::Succeeded,
            vec![step("search", "app-1", Verified, "02:01:18", ""), step("search", "app-2", Verified, "02:01:26", "")],
        ),
        run(
            5,
            "restart pricing, coupon, loyalty and fraud",
            "01:40:00",
            "01:41:12",
            RunState::Unknown,
            vec![
                step("pricing", "app-1", Verified, "01:40:08", ""),
                step(
                    "coupon",
                    "app-1",
                    Unknown,
                    "01:41:12",
                    "qd ended as this was about to be sent: it may or may not have happened. Look before you repeat it.",
                ),
                step("loyalty", "app-1", Skipped, "01:41:12", "It was never sent: qd ended before its turn."),
            ],
        ),
        run(
            4,
            "stop scheduler",
            "01:12:44",
            "01:12:46",
            RunState::Stopped,
            vec![step("scheduler", "app-2", Skipped, "01:12:46", "It was never sent: you stopped the run.")],
        ),
    ]
}
