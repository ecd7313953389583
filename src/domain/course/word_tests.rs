//! A run that is taken up where much is at stake: what it changes waits for a word, what it reads and asks does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::tests::{NOW, begun, end, plan, run_part};
use super::*;
use crate::domain::procedure::{Danger, Purpose, Role};

fn look(name: &str, section: usize) -> PlannedPart {
    PlannedPart { danger: Danger::Read, ..run_part(name, Role::Phase, section, 1) }
}

fn deploy() -> ProcedurePlan {
    plan(true, vec![look("look", 0), run_part("first", Role::Phase, 0, 1), run_part("second", Role::Phase, 1, 1)])
}

/// A console has looked, and died; another one takes it up.
fn taken_up() -> Course {
    let mut course = begun(&deploy());
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Verified, None);
    let mut again = Course::new(true, Vec::new(), course.steps().to_vec());
    again.learn(&deploy());
    again.wait_for_word();
    again
}

#[test]
fn nothing_that_changes_begins_before_the_plan_was_confirmed_where_it_goes_on() {
    let mut course = taken_up();
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Go]));
    course.go_on();
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Go]), "to go on is no word");
    let numbers = course.permit(&deploy(), |_, _| panic!("all of it is recorded")).unwrap();
    assert_eq!(numbers, [1, 2], "what was done stays done");
    assert_eq!((course.next(NOW), course.wants()), (vec![Do::Begin(1)], vec![]));
    end(&mut course, 1, StepState::Verified, None);
    assert_eq!(course.next(NOW), [Do::Begin(2)]);
}

#[test]
fn what_only_reads_waits_for_no_word() {
    let reads = plan(true, vec![look("look", 0), look("again", 0)]);
    let mut course = Course::new(true, Vec::new(), begun(&reads).steps().to_vec());
    course.learn(&reads);
    course.wait_for_word();
    assert_eq!((course.next(NOW), course.wants()), (vec![Do::Begin(0)], vec![]));
}

#[test]
fn the_word_for_one_step_is_none_for_the_next() {
    let mut course = taken_up();
    assert!(course.next(NOW).is_empty());
    let one = ProcedurePlan { whole: false, ..plan(false, vec![run_part("first", Role::Phase, 0, 1)]) };
    assert_eq!(course.permit(&one, |_, _| panic!("it is recorded")).unwrap(), [1]);
    assert_eq!(course.next(NOW), [Do::Begin(1)]);
    end(&mut course, 1, StepState::Verified, None);
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Go]));
}

#[test]
fn the_way_back_waits_for_no_word() {
    let mut course = taken_up();
    assert!(course.next(NOW).is_empty());
    let back = plan(true, vec![run_part("back", Role::Rollback, 2, 1)]);
    let back = ProcedurePlan { whole: false, purpose: Purpose::Rollback, ..back };
    course
        .permit(&back, |part, job| RunStep {
            host: job.host.clone(),
            part: Some(part.part.clone()),
            ..RunStep::default()
        })
        .unwrap();
    let orders = course.next(NOW);
    assert!(orders.iter().all(|order| matches!(order, Do::Skip(..))), "{orders:?}");
    for number in [1, 2] {
        end(&mut course, number, StepState::Skipped, None);
    }
    assert_eq!((course.next(NOW), course.wants()), (vec![Do::Begin(3)], vec![]));
}

#[test]
fn what_waited_for_the_lock_is_judged_and_confirmed_anew_before_anything_changes() {
    let gate = PlannedPart { role: Role::Gate, ..look("gate", 0) };
    let all = plan(true, vec![gate, look("look", 1), run_part("first", Role::Phase, 1, 1)]);
    let mut course = begun(&all);
    for number in [0, 1] {
        assert_eq!(course.next(NOW), [Do::Begin(number)]);
        end(&mut course, number, StepState::Verified, None);
    }
    assert_eq!(course.next(NOW), [Do::Begin(2)]);
    // It finds the lock taken, and waits.
    course.put_back(2);
    course.wait_for_word();
    let anew = course.checked_before_any_change();
    assert_eq!(anew, [0], "what was looked at behind the gate has changed nothing, so the gate is judged anew");
    end(&mut course, 0, StepState::Planned, None);
    assert_eq!((course.next(NOW), course.wants()), (vec![Do::Begin(0)], vec![]));
    end(&mut course, 0, StepState::Verified, None);
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Go]));
    assert_eq!(course.permit(&all, |_, _| panic!("all of it is recorded")).unwrap(), [2]);
    assert_eq!(course.next(NOW), [Do::Begin(2)]);
    end(&mut course, 2, StepState::Failed, None);
    assert_eq!(course.checked_before_any_change(), [0; 0], "something was changed: the gate counts for the rest");
}
