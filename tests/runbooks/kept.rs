//! What a person has decided at the gate stays until they take it back, and the answer to a key goes as answers do.

use std::time::Duration;

use quarterdeck::port::Event;
use quarterdeck::port::procedure::{Need, ProcedureNews};

use super::deploys::{self, decided, needs, passed, running};
use super::{SIZES, says};

#[test]
fn a_waiver_is_not_lost_by_the_key_that_looks_again_behind_the_gate() {
    for size in SIZES {
        let (mut console, _told) = passed(size);
        says(&console, &["If it has to go back"]);
        console.asked();
        // The cursor still stands on the item that was waived, and nobody sees it here.
        console.keys("r");
        assert_eq!(decided(&mut console), ["Recheck(None)"], "{}", console.screen());
        says(&console, &["What a person has waived"]);
        // On the page that shows it the key says who waived it and what takes that back.
        console.keys("left g j j r");
        assert_eq!(decided(&mut console), Vec::<String>::new(), "{}", console.screen());
        says(&console, &["it is waived by ada, which stays"]);
        console.pass(Duration::from_secs(4)).keys("space");
        assert_eq!(decided(&mut console), ["Untick(\"performance-tests-on-staging\")"], "{}", console.screen());
    }
}

#[test]
fn evidence_that_somebody_judged_is_not_fetched_anew_before_that_is_taken_back() {
    for size in SIZES {
        let (mut console, _told) = passed(size);
        console.keys("left g j j j");
        console.asked();
        console.keys("r");
        assert_eq!(decided(&mut console), Vec::<String>::new(), "{}", console.screen());
        says(&console, &["it was judged by ada, which stays"]);
    }
}

#[test]
fn a_key_that_looks_again_too_late_is_answered_at_the_foot_and_leaves_nothing_behind() {
    for size in SIZES {
        let (mut console, told) = running(size);
        console.asked();
        console.keys("r");
        assert_eq!(decided(&mut console), Vec::<String>::new());
        let words = console.screen().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("something behind the gate has begun"), "{}", console.screen());
        assert!(words.contains("what the gate has found counts for the run"), "{}", console.screen());
        console.keys("f");
        assert!(!console.screen().contains("has begun"), "{}", console.screen());
        // What the run itself refuses goes in the same way: no strip, and gone by itself.
        let why = "Nothing that a gate checks can be checked once more now.";
        console.say(Event::Procedure(ProcedureNews::Denied(told.run.id.clone(), why.to_owned())));
        says(&console, &[why]);
        assert!(!console.screen().contains("hides this"), "{}", console.screen());
        console.pass(Duration::from_secs(11));
        assert!(!console.screen().contains(why), "{}", console.screen());
    }
}

#[test]
fn what_another_run_refuses_is_told_with_its_name() {
    let (mut console, told) = deploys::at_the_gate((120, 40));
    needs(&mut console, &told, vec![Need::Go]);
    console.keys("1");
    console.say(Event::Procedure(ProcedureNews::Denied(told.run.id.clone(), "That can't be.".to_owned())));
    says(&console, &["run 00000041: That can't be"]);
}

#[test]
fn whoever_may_not_waive_is_not_offered_to() {
    for size in [(120, 40), (200, 60)] {
        let roles = std::sync::Arc::new(quarterdeck::domain::Roles::new([]));
        let environment = quarterdeck::domain::Environment { roles, ..deploys::production() };
        let (console, _told) = deploys::at_the_gate_in(size, environment);
        says(&console, &["Only the role lead may waive it."]);
        assert!(!console.screen().contains("waives it, as lead"), "{}", console.screen());
    }
}

#[test]
fn the_keys_that_matter_stay_and_before_the_go_there_is_nothing_to_pause_or_take_back() {
    for size in SIZES {
        let (console, _told) = running(size);
        let keys = console.row(usize::from(size.1) - 1);
        assert!(keys.contains("quit") && keys.contains("help"), "{}", console.screen());
        let (mut console, _told) = passed(size);
        console.keys("right");
        let keys = console.row(usize::from(size.1) - 1);
        assert!(!keys.contains("pause") && !keys.contains("roll back"), "{}", console.screen());
        assert!(keys.contains("quit") && keys.contains("help"), "{}", console.screen());
    }
}
