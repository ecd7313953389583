//! Smaller things of a deploy that would mislead whoever is tired.

use quarterdeck::domain::Release;
use quarterdeck::domain::release::Verdict;
use quarterdeck::domain::run::{RunState, StepState};
use quarterdeck::port::procedure::Need;

use super::deploys::{self, decided, needs, running};
use super::{SIZES, says};

#[test]
fn the_question_whether_a_command_is_ended_goes_with_the_command() {
    for size in SIZES {
        let (mut console, mut told) = running(size);
        console.keys("X");
        says(&console, &["End the command on app-2?"]);
        told.done(&mut console, 7, 41_000).started(&mut console, 8);
        assert!(!console.screen().contains("End the command on"), "{}", console.screen());
        says(&console, &["nothing was ended"]);
        console.asked();
        console.keys("down enter");
        assert_eq!(decided(&mut console), Vec::<String>::new());
    }
}

#[test]
fn a_reason_of_one_letter_is_none_and_esc_leaves_a_dialog_with_one_way_at_once() {
    for size in SIZES {
        let (mut console, _told) = running(size);
        console.asked();
        console.keys("Q").types("x").keys("enter");
        says(&console, &["three letters"]);
        assert_eq!(decided(&mut console), Vec::<String>::new());
        console.keys("esc");
        assert!(!console.screen().contains("End the run of"), "{}", console.screen());
        console.keys("Q").types("wrong night").keys("enter");
        assert_eq!(decided(&mut console), ["Abort(\"wrong night\")"]);
    }
}

#[test]
fn on_the_way_back_by_rule_the_code_is_told_by_its_releases() {
    for size in SIZES {
        let (mut console, mut told) = running(size);
        told.done(&mut console, 7, 41_000).done(&mut console, 8, 1_900);
        told.failed(&mut console, 9, 1, "the command ended with 1");
        let back = deploys::goes_back(&mut console, &mut told);
        told.started(&mut console, back);
        assert!(!console.screen().contains("new: backend"), "{}", console.screen());
        says(&console, &["still v2.31.0: backend"]);
        needs(&mut console, &told, vec![Need::Paused]);
        assert!(size.0 < 120 || console.screen().contains("paused, half-way back"), "{}", console.screen());
        // A failure on the last step of it: the verdict says the same.
        told.step(&mut console, back, |step| step.state = StepState::Verified);
        told.step(&mut console, back + 1, |step| step.state = StepState::Verified);
        needs(&mut console, &told, Vec::new());
        deploys::ends(&mut console, &told, RunState::Failed);
        assert!(!console.screen().contains("new: backend"), "{}", console.screen());
    }
}

#[test]
fn while_one_pane_has_the_screen_the_footer_says_how_the_other_comes_back() {
    for size in SIZES {
        let (mut console, _told) = deploys::passed(size);
        console.keys("+");
        says(&console, &["+ both panes again"]);
        console.keys("+");
        assert!(!console.screen().contains("both panes again"), "{}", console.screen());
    }
}

#[test]
fn after_a_deploy_that_failed_another_one_does_not_begin_with_the_same_version() {
    for size in SIZES {
        let (mut console, mut told) = running(size);
        told.failed(&mut console, 7, 128, "the command ended with 128");
        deploys::ends(&mut console, &told, RunState::Failed);
        let made = Release {
            run: told.run.id.clone(),
            commit: Some(format!("{:040x}", 0x4f0c_2d11).as_str().into()),
            ..deploys::release(4, "v2.31.0", &super::scene::at("02:15:03").to_string(), Verdict::RolledBack, "ada")
        };
        deploys::reads(&mut console, deploys::before().into_iter().chain([made]));
        console.keys("enter");
        says(&console, &["enter choose"]);
        console.keys("enter");
        let screen = console.screen();
        assert!(screen.contains("main branch") && !screen.contains("e examine"), "{screen}");
    }
}
