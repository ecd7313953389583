//! Services that are started anew in the order of what they need: nothing begins before everything it needs is verified,
//! what needs nothing of another goes with it, and a failure stops what is left.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use proptest::prelude::*;

use super::tests::{NOW, host, plan};
use super::*;
use crate::domain::host::BecomeRoot;
use crate::domain::name::{PartId, ServiceName};
use crate::domain::plan::PlannedStep;
use crate::domain::procedure::{Danger, Doing, OnError, Options, Role, Script};
use crate::domain::run::Reason;

/// One part that starts a service for each of these, which needs those before it, by their places; all on one host.
fn restart(needs: &[Vec<usize>], at_once: usize) -> PlannedPart {
    let job = |(at, after): (usize, &Vec<usize>)| Job {
        host: host("app-1"),
        become_root: None,
        script: Script { text: format!("restart s{at}"), ..Script::default() },
        timeout: Duration::from_secs(60),
        change: Some(Box::new(PlannedStep {
            host: host("app-1"),
            service: ServiceName::new(&format!("s{at}")).ok(),
            unit: UnitName::new(&format!("s{at}.service")),
            user: false,
            command: Vec::new(),
            become_root: BecomeRoot::AlreadyRoot,
            after: after.clone(),
            settle: Duration::ZERO,
            deadline: Duration::from_secs(60),
        })),
    };
    PlannedPart {
        part: PartId::new("core").unwrap(),
        title: "core".into(),
        kind: "restart",
        doing: Doing::Restart(Vec::new()),
        role: Role::Plain,
        section: Some(0),
        together: 1,
        danger: Danger::Change,
        recognised: Danger::Change,
        options: Options::default(),
        edited: None,
        at_once,
        jobs: needs.iter().enumerate().map(job).collect(),
        previews: Vec::new(),
        misread: None,
        silent: None,
    }
}

fn course(part: PlannedPart) -> Course {
    let plan = plan(true, vec![part]);
    let fresh = |part: &PlannedPart, job: &Job| RunStep {
        service: job.change.as_ref().and_then(|change| change.service.clone()),
        unit: job.change.as_ref().and_then(|change| change.unit.clone()),
        ..super::tests::fresh(part, job)
    };
    let mut course = Course::new(plan.whole, Vec::new(), Vec::new());
    course.permit(&plan, fresh).unwrap();
    course
}

fn begins(course: &mut Course) -> Vec<usize> {
    let orders = course.next(NOW);
    orders.iter().filter_map(|order| if let Do::Begin(number) = order { Some(*number) } else { None }).collect()
}

fn ends(course: &mut Course, number: usize, state: StepState) {
    let reason = (state == StepState::Failed).then_some(Reason::GuardFailed);
    let step = RunStep { state, reason, attempt: 1, at: Some(NOW), ..course.steps()[number].clone() };
    course.set(number, step, true);
}

#[test]
fn what_needs_nothing_of_another_goes_with_it_and_the_rest_waits() {
    // config, then gateway and search beside each other, then backend, which needs both.
    let mut course = course(restart(&[vec![], vec![0], vec![0], vec![1, 2]], 8));
    assert_eq!(begins(&mut course), [0]);
    assert!(begins(&mut course).is_empty(), "config is under way");
    ends(&mut course, 0, StepState::Verified);
    assert_eq!(begins(&mut course), [1, 2]);
    ends(&mut course, 1, StepState::Verified);
    assert!(begins(&mut course).is_empty(), "backend needs search too");
    ends(&mut course, 2, StepState::Verified);
    assert_eq!(begins(&mut course), [3]);
    ends(&mut course, 3, StepState::Verified);
    assert_eq!(course.next(NOW), [Do::End(RunState::Succeeded)]);
}

#[test]
fn a_failure_stops_the_rest_until_a_person_says_what_becomes_of_it() {
    let mut course = course(restart(&[vec![], vec![0], vec![]], 2));
    assert_eq!(begins(&mut course), [0, 2]);
    ends(&mut course, 0, StepState::Failed);
    ends(&mut course, 2, StepState::Verified);
    assert!(course.next(NOW).is_empty());
    assert_eq!(course.wants(), [Want::Failure(0)]);
    // A person who skips it means the rest to go on without it.
    let skipped = RunStep { state: StepState::Skipped, by: Some("ada".into()), ..course.steps()[0].clone() };
    course.set(0, skipped, true);
    assert_eq!(begins(&mut course), [1]);
}

#[test]
fn what_is_skipped_by_itself_keeps_what_needs_it_from_ever_being_begun() {
    let mut part = restart(&[vec![], vec![0], vec![1], vec![]], 1);
    part.options.on_error = OnError::Skip;
    let mut course = course(part);
    assert_eq!(begins(&mut course), [0]);
    ends(&mut course, 0, StepState::Failed);
    let skip = |course: &mut Course| {
        let orders = course.next(NOW);
        for order in &orders {
            if let Do::Skip(number, why) = order {
                let step =
                    RunStep { state: StepState::Skipped, note: why.as_str().into(), ..course.steps()[*number].clone() };
                course.set(*number, step, true);
            }
        }
        orders
    };
    assert!(matches!(skip(&mut course).as_slice(), [Do::Skip(0, _)]));
    let orders = skip(&mut course);
    let [Do::Skip(1, why), Do::Skip(2, _) | Do::Begin(3), ..] = orders.as_slice() else { panic!("{orders:?}") };
    assert_eq!(why, "not begun: it needs s0 on app-1, which did not end well");
    skip(&mut course);
    assert_eq!(course.steps()[2].state, StepState::Skipped, "what needs that one neither");
    ends(&mut course, 3, StepState::Verified);
    assert_eq!(course.next(NOW), [Do::End(RunState::Succeeded)]);
}

#[test]
fn whoever_takes_it_over_holds_to_the_order_although_it_is_planned_in_another() {
    let part = restart(&[vec![], vec![0], vec![1]], 8);
    let mut first = course(part.clone());
    assert_eq!(begins(&mut first), [0]);
    // The same services, planned the other way round.
    let mut turned = part.clone();
    turned.jobs.reverse();
    for (job, after) in turned.jobs.iter_mut().zip([vec![1], vec![2], vec![]]) {
        job.change.as_mut().unwrap().after = after;
    }
    let mut second = Course::new(true, Vec::new(), first.steps().to_vec());
    second.learn(&plan(true, vec![turned]));
    assert_eq!(begins(&mut second), [0]);
    ends(&mut second, 0, StepState::Verified);
    assert_eq!(begins(&mut second), [1]);
    ends(&mut second, 1, StepState::Verified);
    assert_eq!(begins(&mut second), [2]);
}

proptest! {
    /// Whatever needs what, and in whichever order they end: never before a need is verified, never more at once than may
    /// be, and in the end all.
    #[test]
    fn the_order_holds_whatever_ends_first(
        needs in prop::collection::vec(prop::collection::vec(0usize..20, 0..4), 1..20),
        at_once in 1usize..9,
        picks in prop::collection::vec(0usize..64, 40),
    ) {
        let needs: Vec<Vec<usize>> =
            needs.iter().enumerate().map(|(at, all)| all.iter().copied().filter(|need| *need < at).collect()).collect();
        let mut course = course(restart(&needs, at_once));
        let mut going: Vec<usize> = Vec::new();
        let mut done: Vec<usize> = Vec::new();
        let mut picks = picks.into_iter().cycle();
        loop {
            for number in begins(&mut course) {
                prop_assert!(needs[number].iter().all(|need| done.contains(need)), "{number} was begun too early");
                going.push(number);
            }
            prop_assert!(going.len() <= at_once);
            if going.is_empty() {
                break;
            }
            let number = going.remove(picks.next().unwrap() % going.len());
            ends(&mut course, number, StepState::Verified);
            done.push(number);
        }
        prop_assert_eq!(done.len(), needs.len());
    }
}
