//! The gate: evidence, waivers, what is checked once more at go, the go itself; and the way back that begins by itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use super::tests::{NOW, begun, end, fresh, part, plan, run_part};
use super::*;
use crate::domain::name::{PartId, RoleName};
use crate::domain::procedure::{Danger, Doing, Role};
use crate::domain::run::Reason;

fn checked(id: &str) -> PlannedPart {
    PlannedPart { danger: Danger::Read, ..run_part(id, Role::Gate, 0, 1) }
}

fn waivable(mut part: PlannedPart) -> PlannedPart {
    part.options.waiver = Some(RoleName::new("lead").unwrap());
    part
}

fn id(word: &str) -> PartId {
    PartId::new(word).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// A step comes to stand so, at this moment.
fn stands(course: &mut Course, number: usize, state: StepState, seconds: i64) {
    let step = RunStep { state, attempt: 1, at: Some(at(seconds)), ..course.steps()[number].clone() };
    course.set(number, step, true);
}

#[test]
fn evidence_is_fetched_and_then_judged_by_a_person() {
    let mut evidence = checked("graph");
    evidence.options.evidence = true;
    let mut course = begun(&plan(true, vec![evidence, run_part("change", Role::Phase, 1, 1)]));
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    assert!(course.may_tick(&id("graph")).unwrap_err().contains("not there"));
    stands(&mut course, 0, StepState::Done, 0);
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Tick(0)]));
    // E19: whoever goes on after a restart is asked, and nothing is fetched again.
    let mut again = Course::new(true, Vec::new(), course.steps().to_vec());
    again.learn(&plan(
        true,
        vec![
            {
                let mut evidence = checked("graph");
                evidence.options.evidence = true;
                evidence
            },
            run_part("change", Role::Phase, 1, 1),
        ],
    ));
    assert_eq!((again.next(NOW), again.wants()), (vec![], vec![Want::Tick(0)]));
    assert_eq!(course.may_tick(&id("graph")).unwrap(), [0]);
    stands(&mut course, 0, StepState::Verified, 0);
    assert_eq!(course.may_untick(&id("graph")).unwrap(), [(0, StepState::Done)]);
    assert_eq!(course.next(NOW), [Do::Begin(1)]);
    assert!(course.may_untick(&id("graph")).is_err(), "something behind the gate has begun");
}

#[test]
fn evidence_that_can_not_be_fetched_is_a_failure_and_nothing_to_judge() {
    let mut evidence = checked("graph");
    evidence.options.evidence = true;
    let mut course = begun(&plan(true, vec![evidence, run_part("change", Role::Phase, 1, 1)]));
    course.next(NOW);
    end(&mut course, 0, StepState::Failed, Some(Reason::NonZeroExit));
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Failure(0)]));
    assert!(course.may_tick(&id("graph")).is_err());
}

#[test]
fn a_waiver_wants_the_role_and_an_item_that_did_not_pass() {
    let parts = vec![waivable(checked("ci")), checked("disk"), run_part("change", Role::Phase, 1, 1)];
    let mut course = begun(&plan(true, parts));
    assert!(course.may_waive(&id("ci"), |_| true).unwrap_err().contains("not checked yet"));
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    assert!(course.may_waive(&id("ci"), |_| true).unwrap_err().contains("being checked"));
    end(&mut course, 0, StepState::Failed, Some(Reason::NonZeroExit));
    assert_eq!(course.next(NOW), [Do::Begin(1)]);
    end(&mut course, 1, StepState::Failed, Some(Reason::NonZeroExit));
    assert!(course.may_waive(&id("ci"), |_| false).unwrap_err().contains("lead"));
    assert!(course.may_waive(&id("disk"), |_| true).unwrap_err().contains("must pass"));
    assert!(course.may_waive(&id("change"), |_| true).unwrap_err().contains("no part of a gate"));
    for number in [0, 1] {
        assert!(course.may_mark(number).unwrap_err().contains("gate"), "nobody goes round a gate by marking it done");
        assert!(course.may_skip(number).unwrap_err().contains("gate"));
    }
    assert_eq!(course.may_waive(&id("ci"), |role| role.as_str() == "lead").unwrap(), [0]);
    end(&mut course, 0, StepState::Waived, Some(Reason::NonZeroExit));
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Failure(1)]));
    end(&mut course, 1, StepState::Verified, None);
    assert_eq!(course.next(NOW), [Do::Begin(2)]);
    end(&mut course, 2, StepState::Verified, None);
    assert_eq!(course.next(NOW), [Do::End(RunState::Succeeded)]);
}

#[test]
fn an_item_that_waits_for_a_person_can_be_waived_and_taken_back() {
    let item = waivable(part("signed", Doing::Ask, Role::Gate, 0, 1));
    let mut course = begun(&plan(true, vec![item, part("other", Doing::Ask, Role::Gate, 0, 1)]));
    assert_eq!(course.may_waive(&id("signed"), |_| true).unwrap(), [0]);
    stands(&mut course, 0, StepState::Waived, 0);
    assert_eq!(course.wants(), [Want::Tick(1)]);
    assert_eq!(course.may_untick(&id("signed")).unwrap(), [(0, StepState::Planned)]);
}

#[test]
fn at_go_what_is_too_old_is_checked_once_more_and_what_fails_then_blocks() {
    let mut long = checked("backup");
    long.options.expires = Some(Duration::from_secs(3600));
    let sign = part("sign", Doing::Ask, Role::Gate, 0, 1);
    let parts = vec![checked("ci"), long, sign, run_part("change", Role::Phase, 1, 1)];
    let mut course = begun(&plan(true, parts));
    course.next(NOW);
    stands(&mut course, 0, StepState::Verified, 0);
    course.next(NOW);
    stands(&mut course, 1, StepState::Verified, 0);
    assert_eq!(
        (course.next(at(600)), course.wants()),
        (vec![], vec![Want::Tick(2)]),
        "nothing is checked without need"
    );
    stands(&mut course, 2, StepState::Verified, 600);
    assert_eq!(course.next(at(600)), [Do::Reopen(0)], "ten minutes are too old, for the backup they are not");
    stands(&mut course, 0, StepState::Planned, 600);
    assert_eq!(course.next(at(600)), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Failed, Some(Reason::NonZeroExit));
    assert_eq!((course.next(at(610)), course.wants()), (vec![], vec![Want::Failure(0)]));
    assert!(course.steps()[3].state == StepState::Planned);
    // Seen to an hour later: the other is too old by then.
    assert_eq!(course.may_recheck(Some(&id("ci"))).unwrap(), [0]);
    stands(&mut course, 0, StepState::Planned, 4000);
    assert_eq!(course.next(at(4000)), [Do::Begin(0)]);
    stands(&mut course, 0, StepState::Verified, 4000);
    assert_eq!(course.next(at(4000)), [Do::Reopen(1)]);
    stands(&mut course, 1, StepState::Planned, 4000);
    assert_eq!(course.next(at(4000)), [Do::Begin(1)]);
    // It takes longer than a minute, and the first is not checked for ever.
    stands(&mut course, 1, StepState::Verified, 4100);
    assert_eq!(course.next(at(4100)), [Do::Begin(3)]);
    stands(&mut course, 3, StepState::Started, 4100);
    assert!(course.may_recheck(None).is_err() && course.may_recheck(Some(&id("ci"))).is_err());
}

#[test]
fn a_tick_of_the_gate_expires_until_something_behind_it_has_begun() {
    let mut sign = part("sign", Doing::Ask, Role::Gate, 0, 1);
    sign.options.expires = Some(Duration::from_secs(60));
    let mut course = begun(&plan(true, vec![sign, run_part("change", Role::Phase, 1, 1)]));
    stands(&mut course, 0, StepState::Verified, 0);
    assert_eq!(course.next(at(61)), [Do::Reopen(0)], "expired before anything began, and nothing begins beside it");
    stands(&mut course, 0, StepState::Verified, 70);
    assert_eq!(course.next(at(71)), [Do::Begin(1)]);
    stands(&mut course, 1, StepState::Failed, 72);
    assert_eq!(course.next(at(1000)), [], "it counts for the rest of the run");
    assert_eq!(course.expires_at(), None);
}

#[test]
fn all_that_a_gate_checks_is_checked_once_more_at_a_word() {
    let parts = vec![checked("a"), waivable(checked("b")), checked("c"), part("item", Doing::Ask, Role::Gate, 0, 1)];
    let mut course = begun(&plan(true, parts));
    for (number, state) in [(0, StepState::Verified), (1, StepState::Waived), (2, StepState::Failed)] {
        stands(&mut course, number, state, 0);
    }
    assert_eq!(course.may_recheck(None).unwrap(), [0, 2], "a waiver stands");
    assert!(course.may_recheck(Some(&id("b"))).unwrap_err().contains("b was waived, and that stays"));
    assert!(course.may_recheck(Some(&id("item"))).is_err());
    // Whoever takes the waiver back has it looked at anew by that.
    assert_eq!(course.may_untick(&id("b")).unwrap(), [(1, StepState::Planned)]);
}

#[test]
fn what_a_person_has_judged_or_waived_is_not_looked_at_anew_with_all_the_rest() {
    let mut graph = checked("graph");
    graph.options.evidence = true;
    let parts = vec![checked("a"), graph, waivable(checked("b")), run_part("change", Role::Phase, 1, 1)];
    let mut course = begun(&plan(true, parts));
    for (number, state) in [(0, StepState::Verified), (1, StepState::Verified), (2, StepState::Waived)] {
        stands(&mut course, number, state, 0);
    }
    assert_eq!(course.may_recheck(None).unwrap(), [0]);
    assert_eq!(course.checked_before_any_change(), [0], "nor where the lock was waited for");
    assert!(course.may_recheck(Some(&id("graph"))).unwrap_err().contains("graph was judged, and that stays"));
    // What was fetched and judged by nobody yet is fetched anew.
    stands(&mut course, 1, StepState::Done, 0);
    assert_eq!(course.may_recheck(None).unwrap(), [0, 1]);
}

#[test]
fn a_gate_that_was_judged_alone_waits_for_the_go_and_can_be_left_at_any_time() {
    let sign = || part("sign", Doing::Ask, Role::Gate, 0, 1);
    let gate = ProcedurePlan { purpose: Purpose::Judge, ..plan(true, vec![checked("ci"), sign()]) };
    let rest = plan(true, vec![run_part("change", Role::Phase, 1, 1)]);
    let mut course = begun(&gate);
    course.next(NOW);
    stands(&mut course, 0, StepState::Verified, 0);
    assert_eq!(course.wants(), [Want::Tick(1)]);
    assert!(course.permit(&rest, fresh).unwrap_err().contains("sign"), "no go before it is passed");
    let beside = plan(false, vec![run_part("change", Role::Phase, 1, 1)]);
    assert!(course.permit(&beside, fresh).unwrap_err().contains("behind the gate"));
    stands(&mut course, 1, StepState::Verified, 10);
    assert_eq!(
        (course.next(at(500)), course.wants()),
        (vec![], vec![Want::Go]),
        "it ends not, and checks not without a go"
    );
    let mut left = course.clone();
    left.halt("not today");
    assert_eq!(left.next(at(500)), [Do::End(RunState::Stopped)]);
    // Killed: the record says that it waits.
    let mut again = Course::new(true, Vec::new(), course.steps().to_vec());
    again.recall(&Decided { go: Go::Waits, ..Decided::default() });
    again.learn(&gate);
    assert_eq!((again.next(at(500)), again.wants()), (vec![], vec![Want::Go]));
    assert_eq!(again.permit(&rest, fresh).unwrap(), [2]);
    assert_eq!(again.next(at(500)), [Do::Reopen(0)], "at go");
    stands(&mut again, 0, StepState::Verified, 500);
    assert_eq!(again.next(at(500)), [Do::Begin(2)]);
    stands(&mut again, 2, StepState::Verified, 501);
    assert_eq!(again.next(at(501)), [Do::End(RunState::Succeeded)]);
}

#[test]
fn the_command_of_an_item_is_not_edited_to_pass() {
    let whole = plan(true, vec![checked("ci"), run_part("change", Role::Phase, 1, 1)]);
    let mut course = begun(&whole);
    course.next(NOW);
    end(&mut course, 0, StepState::Failed, Some(Reason::NonZeroExit));
    let edited = PlannedPart { edited: Some("true".into()), ..checked("ci") };
    assert!(course.permit(&plan(false, vec![edited]), fresh).unwrap_err().contains("gate"));
    course.permit(&plan(false, vec![checked("ci")]), fresh).unwrap();
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
}

fn with_way_back() -> ProcedurePlan {
    let back = plan(false, vec![run_part("restore", Role::Rollback, 9, 1)]);
    let back = ProcedurePlan { purpose: Purpose::Rollback, ..back };
    let parts = vec![run_part("change", Role::Phase, 0, 1), run_part("look", Role::Verify, 1, 1)];
    ProcedurePlan { back: Some(Box::new(back)), ..plan(true, parts) }
}

#[test]
fn e12_the_way_back_begins_by_itself_once_and_its_failure_stops_for_a_person() {
    for (failed, reason, turns) in [
        (1, Reason::NonZeroExit, true),
        (1, Reason::GuardFailed, true),
        (0, Reason::Timeout, true),
        (1, Reason::Inconclusive, false),
        (1, Reason::Refused, false),
        (1, Reason::Cancelled, false),
    ] {
        let whole = with_way_back();
        let mut course = begun(&whole);
        assert_eq!(course.next(NOW), [Do::Begin(0)]);
        if failed == 1 {
            end(&mut course, 0, StepState::Verified, None);
            assert_eq!(course.next(NOW), [Do::Begin(1)]);
        }
        end(&mut course, failed, StepState::Failed, Some(reason));
        if !turns {
            assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Failure(failed)]), "{reason:?}");
            continue;
        }
        assert_eq!(course.next(NOW), [Do::TurnBack(failed)]);
        // Killed when it was recorded that it goes back, and nothing else: whoever goes on does the same.
        let mut again = Course::new(true, Vec::new(), course.steps().to_vec());
        again.recall(&Decided { rolls_back: true, ..Decided::default() });
        again.learn(&whole);
        assert_eq!(again.next(NOW), [Do::TurnBack(failed)]);
        for course in [&mut course, &mut again] {
            let back = course.way_back().unwrap().clone();
            assert_eq!(course.permit(&back, fresh).unwrap(), [2]);
            for order in course.next(NOW) {
                let Do::Skip(number, _) = order else { continue };
                end(course, number, StepState::Skipped, None);
            }
            let begins = course.is_going() || course.next(NOW) == [Do::Begin(2)];
            assert!(begins);
            let mut fails = course.clone();
            end(&mut fails, 2, StepState::Failed, Some(Reason::NonZeroExit));
            assert_eq!((fails.next(NOW), fails.wants()), (vec![], vec![Want::Failure(2)]), "and no second try");
            end(course, 2, StepState::Verified, None);
            assert_eq!(course.next(NOW), [Do::End(RunState::Failed)]);
            assert!(course.is_rolled_back());
        }
    }
}

#[test]
fn nothing_goes_back_where_nothing_was_changed() {
    let mut whole = with_way_back();
    whole.parts.insert(0, PlannedPart { danger: Danger::Read, ..run_part("read", Role::Plain, 0, 1) });
    let mut course = begun(&whole);
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Failed, Some(Reason::NonZeroExit));
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Failure(0)]));
}
