//! A run of a deploy that a person paused, and the keys in the footer while it is verified.

use std::time::Duration;

use quarterdeck::domain::run::StepState;
use quarterdeck::port::procedure::Need;

use super::console::Console;
use super::deploys::{self, decided, needs, passed, running};
use super::{SIZES, pages, says};

/// A person paused the run and looks at it: nothing but the key of the pause takes it up.
fn stays_paused(console: &mut Console) {
    assert!(console.screen().contains("no further step begins"), "{}", console.screen());
    says(console, &["P goes on", "P go on"]);
    console.asked();
    for key in ["enter", "d", "tab", "enter", "right", "enter", "f", "left", "enter", "f"] {
        console.keys(key);
        assert!(console.screen().contains("paused"), "{key}: {}", console.screen());
        console.pass(Duration::from_millis(1100));
    }
    let row = console.screen().lines().last().unwrap_or_default().to_owned();
    assert!(!row.contains("enter answer"), "{row}");
    assert_eq!(decided(console), Vec::<String>::new());
    console.keys("P");
    assert_eq!(decided(console), ["Continue"]);
}

#[test]
fn a_paused_run_is_taken_up_by_its_own_key_and_no_other_on_every_page() {
    for size in SIZES {
        let (mut console, told) = running(size);
        needs(&mut console, &told, vec![Need::Paused]);
        assert!(pages(&console).contains("4 Run paused"), "{}", pages(&console));
        says(&console, &["Paused: no further step begins"]);
        stays_paused(&mut console);
        // While the gate is judged again behind the go.
        let (mut console, mut again) = passed(size);
        deploys::goes(&mut console, &mut again);
        again.step(&mut console, 0, |step| step.state = StepState::Planned);
        needs(&mut console, &again, vec![Need::Paused]);
        assert!(pages(&console).contains("2 Gate paused"), "{}", pages(&console));
        says(&console, &["Paused: no further step begins"]);
        stays_paused(&mut console);
        // While it is verified.
        let (mut console, mut told) = running(size);
        told.done(&mut console, 7, 41_000).done(&mut console, 8, 1_900).done(&mut console, 9, 1_900);
        needs(&mut console, &told, vec![Need::Paused]);
        assert!(pages(&console).contains("5 Verify paused"), "{}", pages(&console));
        stays_paused(&mut console);
        // On the way back.
        let (mut console, told, _) = deploys::going_back(size);
        needs(&mut console, &told, vec![Need::Paused]);
        says(&console, &["Paused half-way back: no further step begins"]);
        stays_paused(&mut console);
    }
}

#[test]
fn the_answer_to_a_question_of_a_paused_run_is_asked_for_by_the_key_that_answers() {
    for size in SIZES {
        let (mut console, mut told) = running(size);
        told.failed(&mut console, 7, 128, "the command ended with 128");
        needs(&mut console, &told, vec![Need::Paused, Need::Failure(7, Box::default())]);
        says(&console, &["Paused. Failed"]);
        console.keys("enter");
        says(&console, &["Failed on app-2", "retry"]);
    }
}

#[test]
fn while_it_is_verified_the_way_back_stands_before_the_key_that_ends_the_run() {
    for size in SIZES {
        let (mut console, mut told) = running(size);
        told.done(&mut console, 7, 41_000).done(&mut console, 8, 1_900).done(&mut console, 9, 1_900);
        told.started(&mut console, 10);
        let footer = |console: &Console| console.screen().lines().last().unwrap_or_default().to_owned();
        let back = footer(&console).find("U roll back").unwrap_or_else(|| panic!("{}", console.screen()));
        assert!(footer(&console).contains("P pause"), "{}", footer(&console));
        assert!(footer(&console).find("Q end the run").is_none_or(|end| back < end), "{}", footer(&console));
        told.done(&mut console, 10, 12_000);
        needs(&mut console, &told, vec![Need::Tick(deploys::part(9))]);
        assert!(footer(&console).contains("U roll back"), "{}", footer(&console));
    }
}
