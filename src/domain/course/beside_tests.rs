//! What stands beside the order of a run, conditions before questions, and what was decided before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::tests::{NOW, begun, end, fresh, host, part, plan, run_part};
use super::*;
use crate::domain::name::PartId;
use crate::domain::procedure::{Doing, Role, Term, Terms, Way};
use crate::domain::run::Reason;

fn chosen(purpose: Purpose, parts: Vec<PlannedPart>) -> ProcedurePlan {
    ProcedurePlan { purpose, ..plan(false, parts) }
}

#[test]
fn what_undoes_a_failed_part_goes_ahead_of_it_and_then_the_failure_is_asked_about_again() {
    let mut course = begun(&plan(true, vec![run_part("a", Role::Phase, 0, 1), run_part("b", Role::Phase, 1, 1)]));
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Failed, Some(Reason::NonZeroExit));
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Failure(0)]));
    let back = chosen(Purpose::Undo, vec![run_part("back", Role::Rollback, 9, 1)]);
    assert_eq!(course.permit(&back, fresh).unwrap(), [2]);
    assert_eq!((course.next(NOW), course.wants()), (vec![Do::Begin(2)], vec![]));
    end(&mut course, 2, StepState::Verified, None);
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Failure(0)]));
    // It was undone, so it may be done once more, and the rest behind it.
    course.permit(&chosen(Purpose::Forward, vec![run_part("a", Role::Phase, 0, 1)]), fresh).unwrap();
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Verified, None);
    assert_eq!(course.next(NOW), [Do::Begin(1)]);
}

#[test]
fn an_undo_that_is_a_part_of_the_order_is_done_although_the_failure_stands_before_it() {
    let parts = vec![run_part("a", Role::Plain, 0, 1), run_part("clean", Role::Plain, 1, 1)];
    let mut course = begun(&plan(true, parts));
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Failed, Some(Reason::NonZeroExit));
    course.permit(&chosen(Purpose::Undo, vec![run_part("clean", Role::Plain, 1, 1)]), fresh).unwrap();
    assert_eq!(course.next(NOW), [Do::Begin(1)]);
}

#[test]
fn on_the_way_back_nothing_else_begins_and_the_run_ends_with_it_as_failed() {
    let parts = ["a", "b", "c"].into_iter().enumerate();
    let whole = plan(true, parts.map(|(at, id)| run_part(id, Role::Phase, at, 1)).collect());
    let mut course = begun(&whole);
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Verified, None);
    assert_eq!(course.next(NOW), [Do::Begin(1)]);
    end(&mut course, 1, StepState::Failed, Some(Reason::NonZeroExit));
    let back =
        chosen(Purpose::Rollback, vec![run_part("one", Role::Rollback, 8, 1), run_part("two", Role::Rollback, 8, 1)]);
    assert_eq!(course.permit(&back, fresh).unwrap(), [3, 4]);
    let orders = course.next(NOW);
    assert!(matches!(&orders[..], [Do::Skip(2, why)] if why.contains("rolled back")), "{orders:?}");
    end(&mut course, 2, StepState::Skipped, None);
    assert_eq!((course.next(NOW), course.wants()), (vec![Do::Begin(3)], vec![]));
    // Killed here: the next console knows it from the record.
    end(&mut course, 3, StepState::Failed, Some(Reason::NonZeroExit));
    let mut again = Course::new(true, Vec::new(), course.steps().to_vec());
    again.recall(&Decided { left_out: Vec::new(), rolls_back: true, ..Decided::default() });
    again.learn(&whole);
    again.learn(&chosen(Purpose::Forward, back.parts.clone()));
    assert_eq!((again.next(NOW), again.wants()), (vec![], vec![Want::Failure(3)]), "of the way back it is asked");
    let refused = again.permit(&chosen(Purpose::Forward, vec![run_part("b", Role::Phase, 1, 1)]), fresh).unwrap_err();
    assert!(refused.contains("rolled back"), "{refused}");
    again.permit(&chosen(Purpose::Forward, vec![run_part("one", Role::Rollback, 8, 1)]), fresh).unwrap();
    assert_eq!(again.next(NOW), [Do::Begin(3)]);
    end(&mut again, 3, StepState::Verified, None);
    assert_eq!(again.next(NOW), [Do::Begin(4)]);
    end(&mut again, 4, StepState::Verified, None);
    assert_eq!(again.next(NOW), [Do::End(RunState::Failed)]);
}

#[test]
fn a_condition_is_looked_at_before_anybody_is_asked_and_waits_for_what_it_speaks_of() {
    let ways =
        || vec![Way { word: "go".into(), about: "go".into() }, Way { word: "stay".into(), about: "stay".into() }];
    let which = part("which", Doing::Decide(ways()), Role::Gate, 0, 1);
    let mut item = part("item", Doing::Ask, Role::Gate, 0, 1);
    item.options.when = Terms(vec![Term::Differs("which".into(), "stay".into())]);
    let mut course = begun(&plan(true, vec![which, item]));
    // In a gate all is asked at once, but not what a way that is not chosen yet decides.
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Choose(0)]));
    assert!(course.may_tick(&PartId::new("item").unwrap()).is_err());
    let step = RunStep { state: StepState::Verified, value: Some("stay".into()), ..course.steps()[0].clone() };
    course.set(0, step, true);
    course.pause();
    assert_eq!(course.wants(), [Want::Paused], "paused or not, nobody notes down what is skipped then");
    let why = course.may_tick(&PartId::new("item").unwrap()).unwrap_err();
    assert!(why.contains("condition does not hold"), "{why}");
    course.go_on();
    assert!(matches!(&course.next(NOW)[..], [Do::Skip(1, _)]));
}

#[test]
fn a_host_that_was_left_out_is_so_for_whoever_goes_on() {
    let whole = plan(true, vec![run_part("a", Role::Plain, 0, 2)]);
    let mut course = begun(&whole);
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    let mut step = RunStep { state: StepState::Started, attempt: 1, ..course.steps()[0].clone() };
    course.set(0, step.clone(), false);
    let mut again = Course::new(true, Vec::new(), course.steps().to_vec());
    again.recall(&Decided { left_out: vec![host("app-1")], rolls_back: false, ..Decided::default() });
    again.learn(&whole);
    assert_eq!(again.next(NOW), [Do::Adopt(0)]);
    (step.state, step.reason) = (StepState::Failed, Some(Reason::NonZeroExit));
    again.set(0, step, true);
    assert!(matches!(&again.next(NOW)[..], [Do::Skip(0, why)] if why.contains("left out")));
}

#[test]
fn a_host_that_is_left_out_stays_so() {
    let mut course = begun(&plan(true, vec![run_part("a", Role::Plain, 0, 2), run_part("b", Role::Plain, 0, 2)]));
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Failed, Some(Reason::NonZeroExit));
    assert_eq!(course.leave_out(&host("app-1")).unwrap(), [0, 2]);
    for number in [0, 2] {
        end(&mut course, number, StepState::Skipped, None);
    }
    assert_eq!(course.next(NOW), [Do::Begin(1)]);
    end(&mut course, 1, StepState::Verified, None);
    assert_eq!(course.next(NOW), [Do::Begin(3)]);
}
