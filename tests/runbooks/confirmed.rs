//! The page of the plan behind the go: it shows what was confirmed, also when the run has ended long ago.

use quarterdeck::domain::procedure::{Danger, Given, Procedure, Term, Terms};
use quarterdeck::domain::release::Verdict;
use quarterdeck::domain::run::{Go, RunState, StepState};
use quarterdeck::domain::{InputName, Release};
use quarterdeck::port::procedure::Need;

use super::console::Console;
use super::deploys::{self, needs};
use super::{SIZES, pages, says};

/// The keyboard is in the details, and they have the whole screen.
fn reads_the_plan(console: &mut Console) {
    console.keys("tab +");
}

#[test]
fn after_a_good_deploy_the_plan_still_says_what_it_could_have_gone_back_to() {
    for size in SIZES {
        let (mut console, told) = deploys::good(size);
        deploys::recorded(&mut console, &told);
        console.keys("left left left");
        says(&console, &["If it had to go back", "v2.30.4, recorded as good", "orders/0032_drop_old_total.py"]);
        assert!(!console.screen().contains("v2.31.0, recorded as good"), "{}", console.screen());
        reads_the_plan(&mut console);
        says(&console, &["What was confirmed", "Dump the database", "pg_dump -Fc shop"]);
        assert!(!console.screen().contains("Every command"), "{}", console.screen());
    }
}

/// A rollback in whose gate somebody decides whether the database goes back too.
fn deciding() -> Procedure {
    let header = deploys::rollback().header.clone();
    let mut doc = super::procedures::Doc::new("rollback-shop", "Go back to an earlier release", header.kind);
    doc.0.header = header;
    doc.heading(2, "Gate").decide("database", &[("code", "it can live with them"), ("both", "a backup")]);
    doc.heading(2, "Phase 1").ask("The database goes back to a backup");
    doc.but(|part| part.options.when = Terms(vec![Term::Equals("database".into(), "both".into())]));
    doc.run("Put it back", "git checkout \"$release\"", &["app-1", "app-2"], Danger::Change);
    doc.done().as_ref().clone()
}

#[test]
fn after_a_rollback_the_plan_follows_what_was_decided_before_its_go() {
    for size in SIZES {
        let back = std::sync::Arc::new(deciding());
        let mut environment = deploys::production();
        let known = environment.procedures.iter_mut().find(|one| one.name == back.name).unwrap();
        *known = back.clone();
        let mut console = deploys::opened_in(size, environment);
        console.keys("B enter");
        let mut run = super::procedures::run_of(&back, 43, "02:13:20");
        let rest = run.steps.split_off(1);
        let document = run.document.as_mut().unwrap();
        document.decided.go = Go::Waits;
        document.given = vec![Given { name: InputName::new("release").unwrap(), value: Some("v2.30.2".to_owned()) }];
        (run.steps[0].state, run.steps[0].value) = (StepState::Verified, Some("code".to_owned()));
        let mut told = deploys::Told::begin(&mut console, run);
        needs(&mut console, &told, vec![Need::Go]);
        console.keys("enter").types("production").keys("enter");
        told.more(&mut console, rest).decided(&mut console, |decided| decided.go = Go::Given);
        needs(&mut console, &told, Vec::new());
        told.step(&mut console, 1, |step| step.state = StepState::Skipped);
        told.done(&mut console, 2, 9_000).done(&mut console, 3, 9_000);
        deploys::ends(&mut console, &told, RunState::Succeeded);
        let made = Release {
            run: told.run.id.clone(),
            kind: back.header.kind,
            ..deploys::release(1, "v2.30.2", "2026-11-20T02:14:00Z", Verdict::Good, "ada")
        };
        let at = super::scene::at("02:14:00");
        deploys::reads(&mut console, deploys::before().into_iter().chain([Release { at, ..made }]));
        assert!(pages(&console).contains("6 Verdict good"), "{}", console.screen());
        console.keys("left left left");
        says(&console, &["If this rollback failed", "v2.30.4, recorded as good"]);
        reads_the_plan(&mut console);
        says(&console, &["What was confirmed", "database = code", "will be skipped: database is code"]);
        assert!(!console.screen().contains("can't be planned"), "{}", console.screen());
        assert!(!console.screen().contains("as soon as this is said"), "{}", console.screen());
    }
}
