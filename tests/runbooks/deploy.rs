//! A person at a deploy: the pages from what to verdict, what blocks, what is waived, how one goes back.

use std::time::Duration;

use quarterdeck::domain::run::{RunState, StepState};
use quarterdeck::port::procedure::Need;
use quarterdeck::port::release::ReleaseWish;
use quarterdeck::port::{Effect, Event, ReleaseNews};

use super::console::Console;
use super::deploys::{self, at_the_gate, chosen, decided, needs, opened, passed, running};
use super::{SIZES, pages, says};

#[test]
fn the_first_page_says_what_can_be_brought_and_what_is_new_in_it() {
    for size in SIZES {
        let mut console = opened(size);
        says(&console, &["PRODUCTION", "Deploy the shop", "v2.31.0", "Go back to an earlier release"]);
        console.asked();
        console.keys("enter");
        let wish = ReleaseWish::Facts { version: "v2.31.0".into(), since: Some(format!("{:040x}", 3)) };
        assert!(console.asked().contains(&Effect::ReadReleases(wish)), "git is asked about what lies under the cursor");
        says(&console, &["git is being asked"]);
        console.say(Event::Release(ReleaseNews::Facts("v2.31.0".into(), Ok(Box::new(deploys::facts())))));
        says(&console, &["Checkout asks for the tax number"]);
        console.keys("tab +");
        console.keys("pgdn pgdn");
        console.keys("pgup pgup");
        says(&console, &["14 commits by ada 9, bo 5", "It replaces v2.30.4"]);
        console.keys("esc");
    }
}

#[test]
fn choosing_the_version_has_the_gate_judged_which_only_looks() {
    for size in SIZES {
        let mut console = chosen(size);
        console.asked();
        console.keys("enter");
        // What is still to be said is asked for in a form; the version was said already.
        assert!(console.screen().contains("ticket"), "{}", console.screen());
        console.types("OPS-7").keys("enter");
        let begun = console.asked().iter().any(|effect| matches!(effect, Effect::Conduct(_)));
        assert!(begun, "{}", console.screen());
        assert!(!console.screen().contains("type production"), "{}", console.screen());
    }
}

#[test]
fn the_gate_says_what_blocks_with_the_evidence_beside_it() {
    for size in SIZES {
        let (console, _told) = at_the_gate(size);
        assert!(pages(&console).contains("2 Gate 2 of 5"), "{}", pages(&console));
        says(&console, &["Performance tests on staging", "p95 612 ms, limit 500 ms", "Blocked"]);
        says(&console, &["\u{201c}Performance tests on staging\u{201d} does not hold"]);
        if size.0 >= 120 {
            says(
                &console,
                &["checked", "evidence", "attested", "1 fails", "2 wait for you", "counts", "http_req_failed"],
            );
            says(&console, &["waives it, as lead", "looks again"]);
        }
    }
}

#[test]
fn an_item_is_checked_again_waived_judged_and_attested_by_keys() {
    for size in SIZES {
        let (mut console, mut told) = at_the_gate(size);
        console.asked();
        console.keys("r");
        assert_eq!(decided(&mut console), ["Recheck(Some(\"performance-tests-on-staging\"))"]);
        console.keys("W").types("known and mended in 2.31.1").keys("enter");
        let all = decided(&mut console);
        assert!(all.len() == 1 && all[0].starts_with("Waive(\"performance-tests-on-staging\""), "{all:?}");
        told.step(&mut console, 2, |step| {
            (step.state, step.by) = (StepState::Waived, Some("ada".into()));
            step.note = "known and mended".into();
        });
        needs(&mut console, &told, vec![Need::Tick(deploys::part(3)), Need::Tick(deploys::part(4))]);
        says(&console, &["waived by ada"]);
        // The cursor goes along with what waits, until a person puts it somewhere.
        console.keys("space");
        says(&console, &["Judge: Migrations reviewed", "it is good"]);
        console.keys("enter");
        assert!(decided(&mut console)[0].starts_with("Tick(\"migrations-reviewed\""));
        told.ticked(&mut console, 3, "ada");
        needs(&mut console, &told, vec![Need::Tick(deploys::part(4))]);
        console.keys("space").types("all four are off").keys("enter");
        assert!(decided(&mut console)[0].contains("all four are off"));
    }
}

#[test]
fn what_can_not_be_waived_says_so() {
    let (mut console, _told) = at_the_gate((120, 40));
    console.keys("g W");
    says(&console, &["waive:"]);
    assert!(decided(&mut console).is_empty());
}

#[test]
fn when_the_gate_is_passed_the_plan_comes_and_nothing_begins_without_its_name() {
    for size in SIZES {
        let (mut console, _told) = passed(size);
        says(&console, &["The gate is passed", "If it has to go back", "v2.30.4"]);
        assert!(pages(&console).contains("3 Plan go?"), "{}", pages(&console));
        says(&console, &["can't be taken back", "orders/0032_drop_old_total.py"]);
        console.asked();
        console.keys("enter").types("production").keys("enter");
        // What was released meanwhile is read first.
        assert!(console.asked().iter().all(|effect| !matches!(effect, Effect::Conduct(_))));
        deploys::knows(&mut console);
        let begun = console.asked().iter().any(|effect| matches!(effect, Effect::Conduct(_)));
        assert!(begun, "{}", console.screen());
    }
}

#[test]
fn pages_go_along_with_the_run_but_not_for_somebody_who_looks_at_another() {
    for size in SIZES {
        let (mut console, told) = at_the_gate(size);
        console.keys("left");
        says(&console, &["Go back to an earlier release", "goes along: Gate"]);
        needs(&mut console, &told, vec![Need::Go]);
        says(&console, &["Go back to an earlier release"]);
        console.keys("f");
        says(&console, &["If it has to go back"]);
        // One page back, and from the first to where one came from.
        console.keys("esc esc esc");
        assert!(!console.screen().contains("1 What"), "{}", console.screen());
    }
}

#[test]
fn the_run_shows_phases_with_their_time_hosts_and_what_code_runs() {
    for size in SIZES {
        let (mut console, mut told) = running(size);
        says(&console, &["Phase 1: backup", "46s of 5m", "Fetch and install", "HEAD is now at 4f0c2d11"]);
        assert!(pages(&console).contains("4 Run running"), "{}", pages(&console));
        told.done(&mut console, 7, 41_000).started(&mut console, 8);
        told.done(&mut console, 8, 1_900).started(&mut console, 9);
        says(&console, &["new: backend on app-1"]);
        console.asked();
        console.keys("P");
        assert_eq!(decided(&mut console), ["Pause"]);
    }
}

#[test]
fn after_the_go_the_pages_follow_the_run_to_its_verdict() {
    for size in SIZES {
        let (mut console, mut told) = passed(size);
        console.keys("enter").types("production").keys("enter");
        deploys::goes(&mut console, &mut told);
        told.started(&mut console, 5);
        assert!(pages(&console).contains("4 Run running"), "{}", console.screen());
        says(&console, &["Running: Dump the database", "Phase 1: backup"]);
        assert!(!console.screen().contains("Judging"), "{}", console.screen());
        console.keys("P");
        assert_eq!(decided(&mut console), ["Pause"]);
        for number in 5..10 {
            told.done(&mut console, number, 1_000);
        }
        told.started(&mut console, 10);
        assert!(pages(&console).contains("5 Verify 0 of 2"), "{}", console.screen());
        told.done(&mut console, 10, 1_000).ticked(&mut console, 11, "ada");
        deploys::ends(&mut console, &told, RunState::Succeeded);
        assert!(pages(&console).contains("6 Verdict good"), "{}", console.screen());
    }
}

#[test]
fn a_failure_offers_the_way_back_with_its_time_and_goes_it_by_its_own_key() {
    for size in SIZES {
        let (mut console, mut told) = running(size);
        told.failed(&mut console, 7, 128, "the command ended with 128");
        needs(&mut console, &told, vec![Need::Failure(7, Box::default())]);
        says(&console, &["Failed", "rolls back in 4m"]);
        assert!(pages(&console).contains("4 Run failed"), "{}", pages(&console));
        console.keys("d");
        says(&console, &["retry", "roll back"]);
        console.keys("esc U");
        says(&console, &["Put the code before back", "PRODUCTION"]);
    }
}

#[test]
fn the_verification_counts_its_tries_and_the_verdict_keeps_the_waiver() {
    for size in SIZES {
        let (mut console, mut told) = running(size);
        told.done(&mut console, 7, 41_000).done(&mut console, 8, 1_900).done(&mut console, 9, 1_900);
        told.started(&mut console, 10);
        told.step(&mut console, 10, |step| step.note = "try 3 of 30: 503".into());
        assert!(pages(&console).contains("5 Verify"), "{}", pages(&console));
        says(&console, &["The shop answers", "try 3 of 30: 503", "up to 30 × 5s"]);
        told.done(&mut console, 10, 12_000);
        needs(&mut console, &told, vec![Need::Tick(deploys::part(9))]);
        console.keys("space down enter");
        assert!(decided(&mut console).iter().any(|one| one.starts_with("Tick(\"a-test-order")));
        told.ticked(&mut console, 11, "ada");
        needs(&mut console, &told, Vec::new());
        deploys::ends(&mut console, &told, RunState::Succeeded);
        says(&console, &["2.31.1", "ucceeded, 1 waived", "B goes back"]);
        assert!(pages(&console).contains("6 Verdict good"), "{}", pages(&console));
    }
}

#[test]
fn one_key_goes_back_from_anywhere_and_only_to_what_was_good() {
    for size in SIZES {
        for screen in ["1", "3", "4", "5", "6", "7"] {
            let mut console = opened(size);
            console.keys(screen).keys("B");
            says(&console, &["Back to", "v2.30.2", "can't be chosen: it runs now"]);
            says(&console, &["can't be chosen: it was rolled back"]);
        }
        let mut console = opened(size);
        console.keys("1 B");
        console.asked();
        // The cursor stands on the one that can be chosen; above it stands one that can't.
        console.keys("k enter");
        assert!(console.screen().contains("it was rolled back"), "{}", console.screen());
        assert!(console.asked().iter().all(|effect| !matches!(effect, Effect::Conduct(_))));
        console.keys("j enter");
        says(&console, &["git checkout", "v2.30.2", "type production"]);
    }
}

#[test]
fn a_run_that_goes_on_goes_back_by_its_own_way() {
    let (mut console, _told) = running((120, 40));
    console.keys("1");
    console.pass(Duration::from_secs(1));
    console.keys("B");
    says(&console, &["Put the code before back"]);
}

#[test]
fn what_goes_back_already_is_not_begun_a_second_time() {
    let (mut console, _told, _) = deploys::going_back((120, 40));
    assert!(!console.screen().contains("roll back"), "{}", console.screen());
    console.asked();
    console.keys("1 B");
    says(&console, &["Put the code before back", "it goes back already"]);
    assert!(decided(&mut console).is_empty());
}

#[test]
fn what_fails_on_the_way_back_is_not_mended_by_going_it_once_more() {
    for size in SIZES {
        let (mut console, mut told, back) = deploys::going_back(size);
        told.failed(&mut console, back, 1, "the command ended with 1");
        needs(&mut console, &told, vec![Need::Failure(back, Box::default())]);
        console.keys("d");
        says(&console, &["retry", "end the run"]);
        assert!(!console.screen().contains("roll back"), "{}", console.screen());
    }
}

#[test]
fn tabs_and_their_desks_do_not_disturb_each_other() {
    let (mut console, _told) = running((120, 40));
    console.keys("4").types("/payments").keys("enter enter");
    says(&console, &["Payments failing"]);
    console.keys("7");
    says(&console, &["Phase 1: backup"]);
    console.keys("4");
    says(&console, &["Payments failing"]);
}

/// What was not begun because of how the run goes is skipped.
fn skipped(console: &mut Console, told: &mut deploys::Told, numbers: std::ops::Range<usize>, why: &str) {
    for number in numbers {
        told.step(console, number, |step| {
            (step.state, step.attempt, step.note) = (StepState::Skipped, 0, why.into());
        });
    }
}

#[test]
fn a_run_that_has_gone_back_says_so_in_one_word_and_offers_no_second_way_back() {
    for size in SIZES {
        let (mut console, mut told, back) = deploys::going_back(size);
        skipped(&mut console, &mut told, 8..12, "not begun: the run is rolled back");
        assert!(pages(&console).contains("4 Run rolling back"), "{}", console.screen());
        told.done(&mut console, back, 9_000).done(&mut console, back + 1, 9_000);
        deploys::ends(&mut console, &told, RunState::Failed);
        assert!(pages(&console).contains("6 Verdict rolled back"), "{}", console.screen());
        says(&console, &["Rolled back by ada: what runs now is v2.30.4", "took back", "runs now"]);
        assert!(!console.screen().contains("goes back"), "{}", console.screen());
        assert!(!console.screen().contains(" failed"), "{}", console.screen());
        console.keys("left");
        assert!(!pages(&console).contains("5 Verify done"), "{}", pages(&console));
        says(&console, &["0 of 2 pass", "2 skipped"]);
        console.keys("left");
        let told = pages(&console);
        assert!(size.0 < 120 || told.contains("4 Run rolled back"), "{told}");
        assert!(!console.screen().contains("U roll back"), "{}", console.screen());
        console.asked();
        console.keys("U");
        says(&console, &["it has gone back"]);
        assert!(console.asked().iter().all(|effect| !matches!(effect, Effect::Conduct(_))));
    }
}

#[test]
fn the_way_back_of_a_run_is_not_gone_without_the_run() {
    for size in SIZES {
        let mut console = opened(size);
        console.keys("U");
        says(&console, &["no run of it goes on"]);
        let (mut console, mut told) = running(size);
        told.failed(&mut console, 7, 128, "the command ended with 128");
        skipped(&mut console, &mut told, 8..12, "not begun: the run was ended by ada: wrong night");
        deploys::ends(&mut console, &told, RunState::Failed);
        console.asked();
        console.keys("U");
        says(&console, &["its run has ended: B goes back to an earlier release"]);
        assert!(console.asked().iter().all(|effect| !matches!(effect, Effect::Conduct(_))));
    }
}

#[test]
fn a_gate_that_was_left_is_not_passed() {
    for size in SIZES {
        let mut console = chosen(size);
        console.keys("enter").types("OPS-7").keys("enter");
        let mut told = deploys::Told::begin(&mut console, deploys::judged());
        told.done(&mut console, 0, 1_000);
        skipped(&mut console, &mut told, 1..5, "not begun: the run was ended by ada: wrong version");
        deploys::ends(&mut console, &told, RunState::Stopped);
        says(&console, &["Stopped: nothing was changed."]);
        console.keys("left left left left");
        says(&console, &["1 of 5 pass", "4 skipped"]);
        let told = pages(&console);
        assert!(size.0 < 120 || told.contains("2 Gate not passed"), "{told}");
    }
}

#[test]
fn the_plan_names_the_way_back_that_is_taken() {
    let mut environment = deploys::production();
    let both = environment.procedures.iter_mut().find(|one| one.name.as_str() == "deploy-shop").unwrap();
    let header = &mut std::sync::Arc::make_mut(both).header;
    header.rollback = Some(quarterdeck::domain::ProcedureName::new("rollback-shop").unwrap());
    header.back = quarterdeck::domain::procedure::Back::Auto;
    for size in SIZES {
        let mut console = deploys::opened_in(size, environment.clone());
        console.keys("right right");
        says(&console, &["its own section Rollback"]);
        assert!(!console.screen().contains("the procedure rollback-shop"), "{}", console.screen());
    }
}

#[test]
fn a_version_that_is_older_says_what_it_takes_away_and_nothing_of_what_nobody_looked_for() {
    for size in SIZES {
        let mut facts = deploys::facts();
        let since = facts.since.as_mut().unwrap().as_mut().unwrap();
        (since.ahead, since.behind) = (0, 2);
        since.migrations.clear();
        let mut console = opened(size);
        console.keys("enter");
        console.say(Event::Release(ReleaseNews::Facts("v2.31.0".into(), Ok(Box::new(facts)))));
        console.keys("enter").types("OPS-7").keys("enter");
        deploys::Told::begin(&mut console, deploys::judged());
        says(&console, &["2 commits taken away"]);
        assert!(!console.screen().contains("0 migrations"), "{}", console.screen());
        console.keys("right");
        says(&console, &["not looked"]);
        assert!(!console.screen().contains("no new migration is seen"), "{}", console.screen());
    }
}

#[test]
fn who_overrode_the_window_stands_at_the_gate() {
    for size in SIZES {
        let (mut console, mut told) = at_the_gate(size);
        told.decided(&mut console, |decided| {
            let (by, why) = ("ada".to_owned(), "the shop is down".to_owned());
            decided.overridden = Some(quarterdeck::domain::run::Overridden { by, why });
        });
        says(&console, &["overridden by ada: the shop is down"]);
    }
}

#[test]
fn the_row_of_pages_keeps_its_arrows_and_a_passed_gate_says_what_the_key_does() {
    for size in SIZES {
        for console in [at_the_gate(size).0, passed(size).0, running(size).0, deploys::going_back(size).0] {
            assert_eq!(pages(&console).matches('▸').count(), 5, "{}", pages(&console));
        }
        let (mut console, _told) = passed(size);
        console.keys("left");
        says(&console, &["enter shows the plan and its go"]);
    }
}

#[test]
fn the_verdict_shows_what_the_step_that_failed_printed_of_why() {
    for size in SIZES {
        let (mut console, mut told) = running(size);
        told.says(&mut console, 7, "added 3 packages in 1s\nnpm error code EUSAGE\nnpm error\n");
        told.says(&mut console, 7, "npm error `npm ci` can only install packages when both files are in sync\n");
        told.failed(&mut console, 7, 1, "its command left with status 1");
        skipped(&mut console, &mut told, 8..12, "not begun: the run was ended by ada: wrong night");
        deploys::ends(&mut console, &told, RunState::Failed);
        console.keys("f");
        says(&console, &["npm error code EUSAGE", "npm error `npm ci` can"]);
        assert!(!console.screen().contains("added 3 packages"), "{}", console.screen());
    }
}
