//! Runs that nobody is at, as whoever comes back to the console finds them.

use std::time::Duration;

use quarterdeck::domain::lock::Stands;
use quarterdeck::domain::procedure::Given;
use quarterdeck::domain::release::Verdict;
use quarterdeck::domain::run::{Go, RunState, StepState};
use quarterdeck::domain::{InputName, Release, Run};
use quarterdeck::port::Event;
use quarterdeck::port::act::RunNews;
use quarterdeck::port::procedure::{OpenRun, ProcedureNews};

use super::deploys;
use super::{SIZES, says};

/// A deploy of this version that was left; its gate is judged, the rest as far as `begun`.
fn run(number: u32, version: &str, begun: bool) -> Run {
    let mut run = super::procedures::run_of(&deploys::deploy(), number, "02:12:40");
    for step in run.steps.iter_mut().take(deploys::GATE) {
        step.state = StepState::Verified;
    }
    if begun {
        (run.steps[deploys::GATE].state, run.steps[deploys::GATE].attempt) = (StepState::Verified, 1);
    }
    let document = run.document.as_mut().unwrap();
    document.decided.go = if begun { Go::Given } else { Go::Waits };
    document.given = vec![Given { name: InputName::new("version").unwrap(), value: Some(version.to_owned()) }];
    run
}

#[test]
fn runs_that_were_left_are_told_apart_and_told_until_somebody_hides_that() {
    for size in SIZES {
        let mut console = deploys::opened(size);
        let (half, judged) = (run(51, "v1.2", true), run(52, "v1.3", false));
        let open = |run: &Run| OpenRun { run: run.clone(), elsewhere: false, left: None };
        console.say(Event::Procedure(ProcedureNews::Open(vec![open(&half), open(&judged)])));
        let mut lock = super::following::held(Stands::Held);
        lock.holder.run = Some(half.id.clone());
        console.say(Event::Procedure(ProcedureNews::Lock(Some(Box::new(lock)))));
        says(&console, &["v1.2  4 Run", "v1.3  2 Gate", half.id.short()]);
        assert!(console.row_with("v1.2  4 Run").contains("has the lock"), "{}", console.screen());
        assert!(!console.row_with("v1.3  2 Gate").contains("has the lock"), "{}", console.screen());
        // In a low window the end of the details has to be scrolled to.
        if size.0 >= 100 {
            console.keys("g");
            says(&console, &["half-way: take it up"]);
            console.keys("j");
            says(&console, &["nothing was changed yet"]);
        }
        // On another screen, long after.
        console.keys("1");
        console.pass(Duration::from_secs(120));
        says(&console, &["2 runs were left", "7 shows them", "your run is left open"]);
        assert!(!console.screen().contains("locked by"), "{}", console.screen());
        console.keys("esc");
        assert!(!console.screen().contains("runs were left"), "{}", console.screen());
        // A third one is a word of its own.
        let more = run(53, "v1.4", false);
        console.say(Event::Procedure(ProcedureNews::Open(vec![open(&half), open(&judged), open(&more)])));
        says(&console, &["A run was left"]);
    }
}

/// The lock of a run that was left here is free when that is taken up: to wait for it would have no end.
#[test]
fn whoever_comes_back_to_a_run_that_has_the_lock_stands_on_it_and_is_not_told_to_wait() {
    for size in SIZES {
        let mut console = deploys::opened(size);
        let half = run(51, "v1.2", true);
        let mut lock = super::following::held(Stands::Held);
        lock.holder.run = Some(half.id.clone());
        console.say(Event::Procedure(ProcedureNews::Lock(Some(Box::new(lock)))));
        assert!(console.screen().contains("L waits for it"), "{}", console.screen());
        console.keys("L");
        let open = OpenRun { run: half.clone(), elsewhere: false, left: None };
        console.say(Event::Procedure(ProcedureNews::Open(vec![open])));
        // Whoever waited for it before that was known waits no more.
        says(&console, &["a run that you left has the lock; enter takes it up"]);
        assert!(!console.screen().contains("Waits for the lock"), "{}", console.screen());
        assert!(!console.screen().contains("L waits for it"), "{}", console.screen());
        assert!(!console.screen().contains("Locked:"), "{}", console.screen());
        console.keys("L");
        says(&console, &["a run that you left has it"]);
        // Whoever moves away from it is left there, and still told where it is.
        console.keys("j");
        says(&console, &["has the lock; enter on its row takes it up"]);
        console.keys("k enter");
        says(&console, &["Unfinished:", "take it up"]);
    }
}

#[test]
fn why_a_run_was_not_taken_up_is_read_whole_where_it_is_taken_up() {
    for size in SIZES.into_iter().filter(|(columns, _)| *columns >= 100) {
        let mut console = deploys::opened(size);
        let half = run(51, "v1.2", true);
        let open = OpenRun { run: half.clone(), elsewhere: false, left: None };
        console.say(Event::Procedure(ProcedureNews::Open(vec![open])));
        let why = "The run can't be taken over: the lock host db-1 can't be written (Read-only file system). Nothing was begun. \
                   Mend that and take it up again. The commands of its way back: qd run ship shop -e prod --plan";
        console.say(Event::Procedure(ProcedureNews::NotTaken(half.id.clone(), why.to_owned())));
        console.say(Event::Run(RunNews::Refused(why.to_owned())));
        // However its lines are broken: beside its row, and where it is taken up.
        let is_whole = |console: &super::console::Console| {
            let shown = console.screen();
            why.split(' ').for_each(|word| assert!(shown.contains(word), "{word}: {shown}"));
        };
        console.keys("g");
        is_whole(&console);
        console.keys("enter");
        says(&console, &["Unfinished:", "It was not taken up", "take it up"]);
        is_whole(&console);
        // It is nothing of a run that goes on.
        console.keys("esc");
        console.say(Event::Run(RunNews::Begun(Box::new(half.clone()))));
        assert!(!console.screen().contains("It was not taken up"), "{}", console.screen());
    }
}

#[test]
fn while_a_rollback_goes_on_the_code_is_told_by_its_release() {
    use quarterdeck::domain::{ServiceName, procedure::Kind};
    for size in SIZES {
        let mut console = deploys::opened(size);
        console.keys("B");
        let back = deploys::rollback();
        assert_eq!(back.header.kind, Kind::Rollback);
        let mut run = super::procedures::run_of(&back, 61, "02:13:20");
        for (step, name) in run.steps.iter_mut().zip(["backend", "gateway"]) {
            step.service = Some(ServiceName::new(name).unwrap());
        }
        let given = Given { name: InputName::new("release").unwrap(), value: Some("v2.30.2".to_owned()) };
        run.document.as_mut().unwrap().given = vec![given];
        let mut told = deploys::Told::begin(&mut console, run);
        told.done(&mut console, 0, 2_000).started(&mut console, 1);
        assert!(!console.screen().contains("new: backend"), "{}", console.screen());
        says(&console, &["v2.30.2: backend"]);
        // Behind the verdict it says what it took the place of.
        told.done(&mut console, 1, 2_000);
        deploys::ends(&mut console, &told, RunState::Succeeded);
        let own = deploys::release(1, "v2.30.2", "2026-01-01T00:00:00Z", Verdict::Good, "ada");
        let own = Release { run: told.run.id.clone(), kind: Kind::Rollback, at: super::scene::at("02:14:00"), ..own };
        deploys::reads(&mut console, deploys::before().into_iter().chain([own]));
        let taken = console.row_with("took back");
        assert!(taken.contains("v2.30.4"), "{}", console.screen());
    }
}

#[test]
fn whoever_leaves_a_deploy_reads_how_far_it_has_come_as_its_pages_say() {
    let said = |console: &super::console::Console| {
        let words = console.screen().replace('│', " ");
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for size in SIZES {
        // In its gate nothing was changed, however much of it was judged.
        let (mut console, _told) = deploys::at_the_gate(size);
        console.keys("q");
        says(&console, &["Leave in the middle of a run?", "nothing has been changed yet", "3 of 5 items"]);
        assert!(!said(&console).contains("steps are done"), "{}", console.screen());
        assert!(said(&console).contains("offered again at the next start"), "{}", console.screen());
        // Behind the go its steps are counted, and not the gate.
        let (mut console, mut told) = deploys::running(size);
        console.keys("q");
        says(&console, &["1 of 3 steps are done"]);
        told.done(&mut console, 7, 41_000).done(&mut console, 8, 1_900).done(&mut console, 9, 1_900);
        says(&console, &["3 of 3 steps are done, and it is being"]);
        // A drill keeps nothing of it.
        let mut environment = deploys::production();
        std::sync::Arc::make_mut(&mut environment.channels).drill = true;
        let (mut console, _told) = deploys::running_in(size, environment);
        console.keys("q");
        says(&console, &["A drill forgets"]);
        assert!(!said(&console).contains("It is offered again"), "{}", console.screen());
    }
}
