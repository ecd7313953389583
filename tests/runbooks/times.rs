//! How long a deploy takes: from its go, which its budget is about, whether or not anybody is at it, and with its gate.

use std::time::Duration;

use quarterdeck::domain::run::RunState;
use quarterdeck::port::Event;
use quarterdeck::port::act::RunNews;
use quarterdeck::port::procedure::{OpenRun, ProcedureNews};

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
