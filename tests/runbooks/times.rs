//! How long a deploy takes: from its go, which its budget is about, whether or not anybody is at it, and with its gate.

use std::time::Duration;

use quarterdeck::domain::Run;
use quarterdeck::domain::run::{RunState, StepState, StepVerdict};
use quarterdeck::port::Event;
use quarterdeck::port::act::RunNews;
use quarterdeck::port::procedure::{OpenRun, ProcedureNews};
use quarterdeck::state::procedures::Sheet;

use super::console::Console;
use super::deploys::{self, needs, running};
use super::{SIZES, says};

#[test]
fn time_for_which_nobody_was_at_a_deploy_counts_against_its_budget() {
    for size in SIZES {
        let (mut console, mut told) = running(size);
        // The console is closed, and 40 minutes later somebody takes the run up.
        let open = OpenRun { run: told.run.clone(), elsewhere: false, left: None };
        console.say(Event::Procedure(ProcedureNews::Open(vec![open])));
        console.pass(Duration::from_secs(40 * 60));
        console.keys("g enter");
        assert!(console.screen().contains("over its budget by 11m"), "{}", console.screen());
        console.keys("enter");
        console.say(Event::Procedure(ProcedureNews::Open(Vec::new())));
        console.say(Event::Run(RunNews::Begun(Box::new(told.run.clone()))));
        told.started(&mut console, 7);
        says(&console, &["41m of 30m", "ver its budget by 11m"]);
        told.done(&mut console, 7, 1_000).done(&mut console, 8, 1_900).done(&mut console, 9, 1_900);
        told.done(&mut console, 10, 12_000).ticked(&mut console, 11, "ada");
        needs(&mut console, &told, Vec::new());
        deploys::ends(&mut console, &told, RunState::Succeeded);
        let screen = console.screen().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(screen.contains("41m from the go"), "{}", console.screen());
        assert!(screen.contains("of 30m"), "{}", console.screen());
    }
}

#[test]
fn what_was_taken_by_the_gate_is_told_apart_from_what_was_taken_from_the_go() {
    for size in SIZES {
        let (mut console, told) = deploys::good(size);
        deploys::recorded(&mut console, &told);
        console.keys("g");
        let text: String = console.screen().lines().map(|line| format!("{}\n", line.trim())).collect();
        assert!(text.contains("from the go"), "{text}");
        assert!(text.contains("with the gate") || text.contains("with the"), "{text}");
        assert!(size.0 < 120 || text.contains("took 2m with its gate"), "{text}");
    }
}

#[test]
fn the_time_from_the_go_counts_also_where_the_first_step_ended_while_nobody_was_there() {
    for size in SIZES {
        let (mut console, mut told) = deploys::passed(size);
        // Somebody reads the plan before they give the go, and leaves at once.
        console.pass(Duration::from_secs(5 * 60));
        let gone = console.now().wall;
        deploys::goes(&mut console, &mut told);
        told.decided(&mut console, |decided| decided.gone = Some(gone)).started(&mut console, 5);
        let open = OpenRun { run: told.run.clone(), elsewhere: false, left: None };
        console.say(Event::Procedure(ProcedureNews::Open(vec![open])));
        console.pass(Duration::from_secs(70));
        // The next console finds the step at its end: of that it knows only when it was found.
        console.say(Event::Procedure(ProcedureNews::Open(Vec::new())));
        console.say(Event::Run(RunNews::Begun(Box::new(told.run.clone()))));
        told.done(&mut console, 5, 0);
        console.keys("f");
        says(&console, &["1m of 30m", "Phase 1: backup"]);
        says(&console, &["while nobody was at it"]);
        assert!(!console.screen().contains("<1ms") && !console.screen().contains("0s of 5m"), "{}", console.screen());
        for number in 6..11 {
            told.done(&mut console, number, 1_000);
        }
        told.ticked(&mut console, 11, "ada");
        needs(&mut console, &told, Vec::new());
        deploys::ends(&mut console, &told, RunState::Succeeded);
        let screen = console.screen().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(screen.contains("1m from the go; 6m"), "{}", console.screen());
    }
}

/// A run of the deploy that ended so, each of whose steps took so many seconds.
fn past(number: u32, state: RunState, seconds: u64) -> Run {
    let mut run = super::procedures::run_of(&deploys::deploy(), number, "02:10:00");
    for step in &mut run.steps {
        (step.state, step.attempt, step.exit) = (StepState::Verified, 1, Some(0));
        step.verdict = Some(StepVerdict { took: Duration::from_secs(seconds), checks: Vec::new() });
    }
    run.state = state;
    run
}

#[test]
fn how_long_it_usually_takes_is_known_from_other_runs_that_came_to_a_good_end() {
    let procedure = deploys::deploy();
    let usually = |run: Option<&Run>, runs: &[Run]| {
        Sheet { procedure: &procedure, run }.usually(&deploys::part(5), runs).map(|usual| usual.as_secs())
    };
    let (good, slow) = (past(31, RunState::Succeeded, 10), past(32, RunState::Succeeded, 30));
    let bad = [RunState::Failed, RunState::Stopped, RunState::Unknown].map(|state| past(33, state, 1));
    assert_eq!(usually(None, &bad), None, "a deploy that failed at once says nothing of how long one takes");
    assert_eq!(usually(None, &[good.clone(), bad[0].clone()]), Some(10));
    // The one that is shown is no measure of itself.
    assert_eq!(usually(Some(&good), std::slice::from_ref(&good)), None);
    assert_eq!(usually(Some(&good), &[good.clone(), slow]), Some(30));
    // Of what ended while nobody was at it nobody knows how long it took.
    assert_eq!(usually(None, &[past(34, RunState::Succeeded, 0)]), None);
}

#[test]
fn a_hold_says_how_long_it_is_held_already_and_of_how_long() {
    use quarterdeck::domain::procedure::{Doing, Kind};
    for size in SIZES {
        let mut doc = super::procedures::Doc::new("ship", "Ship it", Kind::Deploy);
        doc.heading(2, "Phase 1").run(
            "Watch it a while",
            "true",
            &["here"],
            quarterdeck::domain::procedure::Danger::Read,
        );
        doc.but(|part| part.doing = Doing::Hold(Duration::from_secs(10), None));
        doc.ask("It is done");
        let doc = doc.done();
        let environment = super::procedures::production(vec![doc.clone()]);
        let mut console = Console::well_in(size, quarterdeck::domain::Environment { trusted: true, ..environment });
        let run = super::procedures::run_of(&doc, 41, "02:13:20");
        let mut told = deploys::Told::begin(&mut console, run);
        console.keys("7");
        told.started(&mut console, 0);
        let since = told.run.steps[0].at;
        for left in (2..8).rev() {
            console.pass(Duration::from_secs(1));
            // What it says is no new beginning.
            told.step(&mut console, 0, |step| (step.at, step.note) = (since, format!("{left}s left").into()));
        }
        console.pass(Duration::from_secs(1));
        says(&console, &["7s of 10s"]);
    }
}
