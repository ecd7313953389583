//! Windows: what they keep from beginning, what they don't, and how a run goes on behind one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::tests::{NOW, begun, end, plan, run_part};
use super::*;
use crate::domain::procedure::{Danger, Role};
use crate::domain::run::Overridden;

fn deploy() -> ProcedurePlan {
    let look = PlannedPart { danger: Danger::Read, ..run_part("look", Role::Phase, 0, 1) };
    plan(true, vec![look, run_part("first", Role::Phase, 0, 2), run_part("second", Role::Phase, 1, 1)])
}

/// It has looked, and one of the two hosts is done.
fn half_done() -> Course {
    let mut course = begun(&deploy());
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Verified, None);
    assert_eq!(course.next(NOW), [Do::Begin(1)]);
    end(&mut course, 1, StepState::Verified, None);
    course
}

#[test]
fn nothing_that_changes_begins_outside_a_window_and_what_reads_does() {
    let mut course = begun(&deploy());
    course.close(true);
    assert_eq!(course.next(NOW), [Do::Begin(0)], "to look is allowed");
    end(&mut course, 0, StepState::Verified, None);
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Window]));
    course.go_on();
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Window]), "a word alone opens no window");
    course.close(false);
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Window]), "it does not begin by itself");
    course.go_on();
    assert_eq!((course.next(NOW), course.wants()), (vec![Do::Begin(1)], vec![]));
}

#[test]
fn e16_a_window_that_ends_in_the_middle_of_a_part_leaves_it_to_be_finished_on_all_hosts() {
    let mut course = half_done();
    course.close(true);
    assert_eq!(course.next(NOW), [Do::Begin(2)], "the other host of the same part");
    end(&mut course, 2, StepState::Verified, None);
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Window]), "the next part waits");
}

#[test]
fn it_is_overridden_once_and_whoever_goes_on_knows_it() {
    let mut course = half_done();
    assert!(course.may_override().is_err(), "nothing is in the way");
    end(&mut course, 2, StepState::Verified, None);
    course.close(true);
    assert!(course.next(NOW).is_empty() && course.may_override().is_ok());
    course.override_windows();
    assert!(course.may_override().is_err());
    assert_eq!((course.next(NOW), course.wants()), (vec![Do::Begin(3)], vec![]));
    let mut again = Course::new(true, Vec::new(), course.steps().to_vec());
    let overridden = Some(Overridden { by: "ada".into(), why: "the shop is down".into() });
    again.recall(&Decided { overridden, ..Decided::default() });
    again.learn(&deploy());
    again.close(true);
    assert_eq!(again.next(NOW), [Do::Begin(3)]);
}

#[test]
fn the_way_back_waits_for_no_window() {
    let mut course = half_done();
    end(&mut course, 2, StepState::Failed, Some(crate::domain::run::Reason::NonZeroExit));
    course.close(true);
    let back = ProcedurePlan {
        whole: false,
        purpose: crate::domain::procedure::Purpose::Rollback,
        ..plan(true, vec![run_part("back", Role::Rollback, 2, 1)])
    };
    let numbers = course.permit(&back, super::tests::fresh).unwrap();
    let orders = course.next(NOW);
    let orders = if orders.iter().any(|order| matches!(order, Do::Skip(..))) {
        end(&mut course, 3, StepState::Skipped, None);
        course.next(NOW)
    } else {
        orders
    };
    assert_eq!(orders, [Do::Begin(numbers[0])]);
    assert!(course.wants().is_empty());
}
