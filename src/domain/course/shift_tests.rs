//! How a guarded shift goes: weight by weight, and back by itself when one did not pass.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::tests::{NOW, begun, end, fresh, host, part, plan, run_part};
use super::*;
use crate::domain::procedure::{Doing, Guard, Guarded, OnError, Role, SendBack, Shifts};
use crate::domain::run::Reason;

/// Weights 10 and 50 on so many balancers, then what sends back to 0 on each; a part behind it.
fn shifted(balancers: usize) -> ProcedurePlan {
    let mut shift =
        part("shift", Doing::Shift("set".into(), Some("get".into()), vec![10, 50]), Role::Phase, 0, balancers);
    let one = shift.jobs.clone();
    let weight = |judged: bool| {
        let mut jobs = one.clone();
        jobs.last_mut().unwrap().script.shifts = judged.then_some(Shifts::Judged(0));
        jobs
    };
    let mut back = one.clone();
    for job in &mut back {
        job.script.shifts = Some(Shifts::Back(0, (0..balancers * 2).collect()));
    }
    shift.jobs = [weight(true), weight(true), back].concat();
    let guard = Guard {
        probes: Vec::new(),
        interval: std::time::Duration::from_secs(5),
        delay: std::time::Duration::ZERO,
        count: None,
        failures: 0,
        inconclusive: 0,
        errors: 4,
        successes: 0,
    };
    let hold = std::time::Duration::from_secs(60);
    shift.options.guarded = Some(Box::new(Guarded { hold, guard, back: SendBack::To(0), deadman: None }));
    plan(true, vec![shift, run_part("after", Role::Phase, 1, 1)])
}

#[test]
fn where_every_weight_passes_nothing_is_sent_back() {
    let mut course = begun(&shifted(1));
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Verified, None);
    assert_eq!(course.next(NOW), [Do::Begin(1)]);
    end(&mut course, 1, StepState::Verified, None);
    assert!(matches!(course.next(NOW).as_slice(), [Do::Skip(2, why)] if why.contains("nothing tripped")));
    end(&mut course, 2, StepState::Skipped, None);
    assert_eq!(course.next(NOW), [Do::Begin(3)]);
}

#[test]
fn what_trips_is_sent_back_by_itself_before_anything_else_and_on_every_balancer() {
    let mut course = begun(&shifted(2));
    for number in 0..3 {
        assert_eq!(course.next(NOW), [Do::Begin(number)]);
        end(&mut course, number, StepState::Verified, None);
    }
    assert_eq!(course.next(NOW), [Do::Begin(3)]);
    end(&mut course, 3, StepState::Failed, Some(Reason::GuardFailed));
    assert_eq!(course.next(NOW), [Do::Begin(4), Do::Begin(5)]);
    assert_eq!(course.wants(), [], "nobody is asked, and nobody leaves, before it is back");
    end(&mut course, 4, StepState::Verified, None);
    end(&mut course, 5, StepState::Verified, None);
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Failure(3)]), "then a person says what becomes");
}

#[test]
fn a_weight_that_was_never_sent_is_not_sent_back() {
    for (reason, exit, sent) in [
        (Reason::Refused, None, false),
        (Reason::Unreachable, None, false),
        (Reason::Cancelled, None, false),
        (Reason::Cancelled, Some(0), true),
        (Reason::NonZeroExit, Some(1), true),
        (Reason::Timeout, None, true),
        (Reason::Inconclusive, Some(0), true),
    ] {
        let mut course = begun(&shifted(1));
        assert_eq!(course.next(NOW), [Do::Begin(0)]);
        let step = RunStep { exit, ..course.steps()[0].clone() };
        course.set(0, step, false);
        end(&mut course, 0, StepState::Failed, Some(reason));
        let wanted = if sent { vec![Do::Begin(2)] } else { Vec::new() };
        assert_eq!(course.next(NOW), wanted, "{reason:?} {exit:?}");
    }
}

#[test]
fn neither_a_pause_nor_the_end_of_the_run_nor_its_way_back_keeps_traffic_from_being_sent_back() {
    for how in ["pause", "abort", "skip"] {
        let mut planned = shifted(1);
        planned.parts[0].options.on_error = match how {
            "abort" => OnError::Abort,
            "skip" => OnError::Skip,
            _ => OnError::Ask,
        };
        let mut course = begun(&planned);
        assert_eq!(course.next(NOW), [Do::Begin(0)]);
        if how == "pause" {
            course.pause();
        }
        end(&mut course, 0, StepState::Failed, Some(Reason::GuardFailed));
        assert_eq!(course.next(NOW), [Do::Begin(2)], "{how}");
        end(&mut course, 2, StepState::Verified, None);
        let orders = course.next(NOW);
        assert!(!orders.iter().any(|order| matches!(order, Do::Begin(_))), "{how}: no further weight: {orders:?}");
    }
}

#[test]
fn what_its_host_sent_back_already_is_not_sent_twice() {
    let mut course = begun(&shifted(1));
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    let step = RunStep { value: Some("0".into()), ..course.steps()[0].clone() };
    course.set(0, step, false);
    end(&mut course, 0, StepState::Failed, Some(Reason::GuardFailed));
    assert!(matches!(course.next(NOW).as_slice(), [Do::Skip(2, why)] if why.contains("0 was read there already")));
}

#[test]
fn a_weight_that_is_tried_again_can_be_sent_back_again_and_waits_for_what_is_still_to_be_sent_back() {
    let planned = shifted(1);
    let mut course = begun(&planned);
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Failed, Some(Reason::GuardFailed));
    assert_eq!(course.next(NOW), [Do::Begin(2)]);
    end(&mut course, 2, StepState::Failed, Some(Reason::NonZeroExit));
    assert_eq!(course.next(NOW), []);
    assert_eq!(course.wants(), [Want::Failure(0), Want::Failure(2)]);
    // All of the part that did not end well is permitted once more: first it is sent back.
    let again = plan(false, vec![planned.parts[0].clone()]);
    course.permit(&again, fresh).unwrap();
    assert_eq!(course.next(NOW), [Do::Begin(2)]);
    end(&mut course, 2, StepState::Verified, None);
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    assert_eq!(course.next(NOW), [Do::Reopen(2)]);
    end(&mut course, 2, StepState::Planned, None);
    assert_eq!(course.next(NOW), []);
    end(&mut course, 0, StepState::Failed, Some(Reason::GuardFailed));
    assert_eq!(course.next(NOW), [Do::Begin(2)]);
}

#[test]
fn whoever_takes_it_up_judges_before_anything_else_begins() {
    let planned = shifted(1);
    let before = begun(&planned);
    let mut steps = before.steps().to_vec();
    (steps[0].state, steps[0].attempt) = (StepState::Done, 1);
    let mut course = Course::new(true, Vec::new(), steps);
    course.learn(&planned);
    assert_eq!(course.next(NOW), [Do::Adopt(0)]);
    assert_eq!(course.next(NOW), []);
    end(&mut course, 0, StepState::Failed, Some(Reason::GuardFailed));
    assert_eq!(course.next(NOW), [Do::Begin(2)]);
    // What was being sent back is found out as well.
    let mut steps = course.steps().to_vec();
    (steps[2].state, steps[2].attempt) = (StepState::Intent, 1);
    let mut course = Course::new(true, Vec::new(), steps);
    course.learn(&planned);
    assert_eq!(course.next(NOW), [Do::Adopt(2)]);
}

#[test]
fn a_balancer_that_was_left_out_is_not_touched() {
    let mut course = begun(&shifted(2));
    for number in 0..3 {
        assert_eq!(course.next(NOW), [Do::Begin(number)]);
        end(&mut course, number, StepState::Verified, None);
    }
    assert_eq!(course.next(NOW), [Do::Begin(3)]);
    course.recall(&Decided { left_out: vec![host("app-1")], ..Decided::default() });
    end(&mut course, 3, StepState::Failed, Some(Reason::GuardFailed));
    assert_eq!(course.next(NOW), [Do::Begin(5)]);
}
