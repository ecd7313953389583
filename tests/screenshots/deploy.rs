//! The pages of a deploy: what and where, the gate and a waiver, the plan, the run with its guard and the way back, the
//! verification, the verdict, and the rollback that one key opens.

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::domain::Environment;
use quarterdeck::domain::procedure::{Back, Doing};
use quarterdeck::domain::run::{Reason, RunState, RunStep, StepState, StepVerdict};
use quarterdeck::port::Event;
use quarterdeck::port::procedure::{Need, ProcedureNews};

use super::console::Console;
use super::{SIZE, SIZES, compare, deploys, scene};

/// What a guard has seen of a figure and of a probe.
fn watching(console: &Console, tripped: bool) -> quarterdeck::domain::course::Watching {
    use quarterdeck::domain::course::{Judgement, Measured, Reading, Watching};
    use quarterdeck::domain::probe::Found;
    let reading =
        |value: f64, bad: bool| Reading { found: if bad { Found::Fail } else { Found::Pass }, value: Some(value) };
    let measured = |name: &str, unit: &str, limits: &str, values: &[f64], bad: bool| Measured {
        name: name.to_owned(),
        unit: unit.to_owned(),
        limits: limits.to_owned(),
        judgement: if bad {
            Judgement::Ends(Reason::GuardFailed, "2 answers failed, more than the 1 that may".to_owned())
        } else {
            Judgement::Holds
        },
        passes: values.len() as u32,
        failures: (u32::from(bad) * 2, 1),
        inconclusive: (0, 0),
        errors: (0, 4),
        count: None,
        told: "".into(),
        last: values.iter().map(|value| reading(*value, bad && *value > 5.0)).collect(),
        asked: Some(console.now().mono),
    };
    let errors: &[f64] = if tripped { &[0.3, 0.4, 0.9, 7.1, 8.4] } else { &[0.3, 0.4, 0.3, 0.5, 0.31] };
    Watching {
        until: console.now().mono.after(Duration::from_secs(372)),
        series: vec![
            measured("backend/errors", "%", "< 5", errors, tripped),
            measured("backend/p95", "ms", "< 500", &[281.0, 290.0, 312.0, 277.0, 288.0], false),
        ],
    }
}

#[test]
fn deploy_what() {
    for (size, suffix) in SIZES {
        compare(&format!("deploy-what{suffix}"), &deploys::chosen(size));
    }
}

#[test]
fn deploy_gate() {
    for (size, suffix) in SIZES {
        let (mut console, _told) = deploys::at_the_gate(size);
        console.pass(Duration::from_secs(12));
        compare(&format!("deploy-gate{suffix}"), &console);
        if suffix.is_empty() {
            console.keys("W").types("one slow query, known and mended in 2.31.1");
            compare("deploy-waiver", &console);
        }
    }
}

#[test]
fn deploy_plan() {
    for (size, suffix) in SIZES {
        let (console, _told) = deploys::passed(size);
        compare(&format!("deploy-plan{suffix}"), &console);
    }
}

#[test]
fn deploy_run() {
    for (size, suffix) in SIZES {
        let (mut console, mut told) = deploys::running(size);
        told.done(&mut console, 7, 41_000).started(&mut console, 8);
        console.pass(Duration::from_secs(2));
        told.done(&mut console, 8, 1_900).started(&mut console, 9);
        told.says(&mut console, 9, "Started pakashop-backend.service\n");
        console.pass(Duration::from_secs(3));
        compare(&format!("deploy-run{suffix}"), &console);
        let seen = watching(&console, true);
        console.say(Event::Procedure(ProcedureNews::Guarded(told.run.id.clone(), 9, Box::new(seen))));
        told.step(&mut console, 9, |step| {
            (step.state, step.reason) = (StepState::Failed, Some(Reason::GuardFailed));
            step.note = "backend/errors: 2 answers failed, more than the 1 that may".into();
        });
        deploys::needs(&mut console, &told, vec![Need::Failure(9, Box::default())]);
        compare(&format!("deploy-guard{suffix}"), &console);
    }
}

#[test]
fn deploy_hold() {
    let (mut console, mut told) = deploys::running(SIZE);
    told.done(&mut console, 7, 41_000).done(&mut console, 8, 1_900).started(&mut console, 9);
    let seen = watching(&console, false);
    console.say(Event::Procedure(ProcedureNews::Guarded(told.run.id.clone(), 9, Box::new(seen))));
    console.pass(Duration::from_secs(20));
    compare("deploy-hold", &console);
}

#[test]
fn deploy_rolls_back_by_itself() {
    for (size, suffix) in SIZES {
        let (mut console, mut told, back) = deploys::going_back(size);
        console.pass(Duration::from_secs(31));
        told.done(&mut console, back, 31_000).started(&mut console, back + 1);
        console.pass(Duration::from_secs(9));
        compare(&format!("deploy-rollback{suffix}"), &console);
    }
}

#[test]
fn deploy_verify_and_verdict() {
    for (size, suffix) in SIZES {
        let (mut console, mut told) = deploys::running(size);
        told.done(&mut console, 7, 41_000).done(&mut console, 8, 1_900).done(&mut console, 9, 1_900);
        told.started(&mut console, 10);
        told.step(&mut console, 10, |step| step.note = "try 3 of 30: GET /health \u{2192} 503".into());
        console.pass(Duration::from_secs(12));
        compare(&format!("deploy-verify{suffix}"), &console);
        told.done(&mut console, 10, 12_000).ticked(&mut console, 11, "ada");
        deploys::ends(&mut console, &told, RunState::Succeeded);
        deploys::recorded(&mut console, &told);
        compare(&format!("deploy-verdict{suffix}"), &console);
    }
}

#[test]
fn deploy_back() {
    for (size, suffix) in SIZES {
        let mut console = deploys::opened(size);
        console.keys("1 B");
        compare(&format!("deploy-back{suffix}"), &console);
    }
}

#[test]
fn deploy_follow_up() {
    use quarterdeck::domain::release::Said;
    for (size, suffix) in SIZES {
        let (mut console, told) = deploys::good(size);
        deploys::followed(&mut console, &told);
        let checks = |said: Said, at: &str, note: &str| deploys::seen(&told, "hour-checks", said, at, note);
        let all = vec![
            checks(Said::Bad, "02:15:20", "search/http: 503"),
            checks(Said::Well, "02:16:00", "all 12 probes pass"),
            deploys::seen(&told, "hour-figures", Said::Bad, "02:16:10", "p95 is 612 ms, limit 500 ms"),
        ];
        deploys::kept(&mut console, &told, all);
        console.pass(Duration::from_secs(3700));
        console.keys("g j");
        compare(&format!("deploy-follow{suffix}"), &console);
    }
}

/// Production, where the deploy moves traffic by weights in its second phase and rolls itself back.
fn shifting() -> Environment {
    let mut environment = deploys::production();
    let deploy = environment.procedures.iter_mut().find(|one| one.name.as_str() == "deploy-shop").unwrap();
    let mut document = (**deploy).clone();
    document.header.back = Back::Auto;
    let part = &mut document.parts[7];
    part.title = "Move traffic to the new version".into();
    let get = Some("shop-weight get backend-new".to_owned());
    part.doing = Doing::Shift("shop-weight set backend-new \"$weight\"".to_owned(), get, vec![10, 50, 100]);
    *deploy = Arc::new(document);
    environment
}

/// Traffic stands at a half when the guard trips, and goes back to none.
fn shifted(size: (u16, u16)) -> (Console, deploys::Told) {
    let (mut console, mut told) = deploys::running_in(size, shifting());
    let weight = |told: &mut deploys::Told, console: &mut Console, number: usize, weight: u32| {
        told.step(console, number, |step| {
            (step.host, step.service, step.state) = (scene::host_name("app-1"), None, StepState::Started);
            step.command = format!("shop-weight set backend-new {weight}");
        });
    };
    told.done(&mut console, 7, 41_000);
    weight(&mut told, &mut console, 8, 10);
    told.says(&mut console, 8, "backend-new 10\n");
    console.pass(Duration::from_secs(12));
    told.done(&mut console, 8, 12_000);
    told.step(&mut console, 8, |step| step.note = "weight 10, held for 10s: 2 of 2 passed".into());
    weight(&mut told, &mut console, 9, 50);
    told.says(&mut console, 9, "backend-new 50\n");
    console.pass(Duration::from_secs(31));
    let seen = watching(&console, true);
    console.say(Event::Procedure(ProcedureNews::Guarded(told.run.id.clone(), 9, Box::new(seen))));
    told.step(&mut console, 9, |step| {
        (step.state, step.reason) = (StepState::Failed, Some(Reason::GuardFailed));
        step.note = "guard failed: backend/errors: 2 answers failed, more than the 1 that may".into();
        step.verdict = Some(StepVerdict { took: Duration::from_secs(31), checks: Vec::new() });
    });
    let sends_back = told.run.steps[9].clone();
    told.more(&mut console, [RunStep { state: StepState::Planned, attempt: 0, ..sends_back }]);
    let last = told.run.steps.len() - 1;
    weight(&mut told, &mut console, last, 0);
    told.step(&mut console, last, |step| {
        (step.reason, step.verdict, step.note) = (None, None, "sends traffic back to weight 0".into());
    });
    told.says(&mut console, last, "backend-new 0\n");
    console.pass(Duration::from_secs(1));
    (console, told)
}

#[test]
fn deploy_shift_whose_guard_trips() {
    for (size, suffix) in SIZES {
        let (console, _told) = shifted(size);
        compare(&format!("deploy-shift{suffix}"), &console);
    }
}

#[test]
fn deploy_rolled_back_by_rule() {
    for (size, suffix) in SIZES {
        let (mut console, mut told) = shifted(size);
        let sent = told.run.steps.len() - 1;
        told.done(&mut console, sent, 900);
        let back = deploys::goes_back(&mut console, &mut told);
        told.started(&mut console, back).started(&mut console, back + 1);
        console.pass(Duration::from_secs(31));
        told.done(&mut console, back, 30_000).done(&mut console, back + 1, 31_000);
        deploys::ends(&mut console, &told, RunState::Failed);
        deploys::knows(&mut console);
        compare(&format!("deploy-rolled-back{suffix}"), &console);
    }
}
