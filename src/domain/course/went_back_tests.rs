//! What a way back comes to, by what its steps came to and by what its conditions know.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::tests::{NOW, begun, end, fresh, plan, run_part};
use super::*;
use crate::domain::name::InputName;
use crate::domain::phrase::Phrase;
use crate::domain::procedure::{Danger, Doing, Options, Role, Term, Terms};
use crate::domain::run::{Reason, WentBack};

/// A part of the way back that runs only where `switched` is set.
fn takes_back(id: &str, section: usize) -> PlannedPart {
    let when = Terms(vec![Term::Is("switched".into())]);
    PlannedPart { options: Options { when, ..Options::default() }, ..run_part(id, Role::Rollback, section, 1) }
}

/// What is looked at on the way back.
fn looks(id: &str, section: usize) -> PlannedPart {
    let danger = Danger::Read;
    PlannedPart { danger, recognised: danger, ..run_part(id, Role::Rollback, section, 1) }
}

/// A run that places, then switches, which gives `switched`; step 0 and step 1.
fn forward() -> ProcedurePlan {
    let capture = Some(InputName::new("switched").unwrap());
    let options = Options { capture, ..Options::default() };
    let switch = PlannedPart { options, ..run_part("switch", Role::Phase, 1, 1) };
    plan(true, vec![run_part("place", Role::Phase, 0, 1), switch])
}

/// It failed at this step, which may have given a value, and goes back by these parts: everything of it is done until
/// nothing begins any more.
fn goes_back(failed: usize, gave: Option<&str>, parts: Vec<PlannedPart>) -> Course {
    let mut course = begun(&forward());
    for number in 0..=failed {
        assert_eq!(course.next(NOW), [Do::Begin(number)]);
        let ends = if number < failed { StepState::Verified } else { StepState::Failed };
        let reason = (number == failed).then_some(Reason::NonZeroExit);
        end(&mut course, number, ends, reason);
    }
    if let Some(value) = gave {
        let step = RunStep { value: Some(value.into()), state: StepState::Verified, ..course.steps()[failed].clone() };
        course.set(failed, step, true);
    }
    let back = ProcedurePlan { purpose: Purpose::Rollback, ..plan(false, parts) };
    course.permit(&back, fresh).unwrap();
    course
}

/// Nothing of it was ever sent.
fn skip(course: &mut Course, number: usize) {
    let step = RunStep { state: StepState::Skipped, ..course.steps()[number].clone() };
    course.set(number, step, true);
}

fn to_its_end(course: &mut Course) {
    for _ in 0..20 {
        for order in course.next(NOW) {
            match order {
                Do::Begin(number) => end(course, number, StepState::Verified, None),
                Do::Skip(number, _) => skip(course, number),
                Do::End(_) => return,
                Do::Adopt(_) | Do::Reopen(_) | Do::TurnBack(_) => panic!("{order:?}"),
            }
        }
    }
    panic!("no end: {:?}", course.wants());
}

fn came_to(failed: usize, gave: Option<&str>, parts: Vec<PlannedPart>) -> Option<WentBack> {
    let mut course = goes_back(failed, gave, parts);
    to_its_end(&mut course);
    let came = course.went_back();
    assert_eq!(course.is_rolled_back(), came != Some(WentBack::Short));
    came
}

#[test]
fn a_way_back_whose_conditions_know_of_nothing_has_nothing_to_take_back() {
    let parts = || vec![takes_back("back", 8), looks("look", 9)];
    assert_eq!(came_to(0, None, parts()), Some(WentBack::Needless), "what gives it was never begun");
    assert_eq!(came_to(1, Some("no"), parts()), Some(WentBack::Needless), "it is known that it did not switch");
    assert_eq!(came_to(1, Some("yes"), parts()), Some(WentBack::Whole));
    let also_told = || {
        let notify = Doing::Notify("team".into(), Phrase::default());
        let tell = super::tests::part("tell", notify, Role::Rollback, 10, 1);
        [parts(), vec![tell]].concat()
    };
    assert_eq!(came_to(0, None, also_told()), Some(WentBack::Needless), "a notice takes nothing back");
    let two = vec![takes_back("back", 8), run_part("always", Role::Rollback, 9, 1)];
    assert_eq!(came_to(0, None, two), Some(WentBack::Whole), "something was taken back all the same");
    let other = vec![run_part("rollback.switch", Role::Phase, 0, 1)];
    assert_eq!(came_to(0, None, other), Some(WentBack::Whole), "another procedure is the way back");
}

#[test]
fn a_way_back_that_nobody_can_vouch_for_is_short() {
    let unknown = "what gives it was begun, and gave nothing: it may have switched";
    assert_eq!(came_to(1, None, vec![takes_back("back", 8)]), Some(WentBack::Short), "{unknown}");
    assert_eq!(came_to(1, None, Vec::new()), Some(WentBack::Short), "a way back without a step takes nothing back");
    assert_eq!(begun(&forward()).went_back(), None);
}

#[test]
fn a_way_back_that_was_ended_before_it_was_done_is_short() {
    let mut course =
        goes_back(0, None, vec![run_part("first", Role::Rollback, 8, 1), run_part("last", Role::Rollback, 9, 1)]);
    assert!(matches!(&course.next(NOW)[..], [Do::Skip(1, _)]));
    skip(&mut course, 1);
    assert_eq!(course.next(NOW), [Do::Begin(2)]);
    end(&mut course, 2, StepState::Verified, None);
    course.halt("ended by ada");
    to_its_end(&mut course);
    assert_eq!(course.went_back(), Some(WentBack::Short));
}

#[test]
fn a_step_of_the_way_back_that_the_document_or_a_person_goes_on_without_is_no_gap() {
    let parts = vec![run_part("back", Role::Rollback, 8, 1), run_part("tell", Role::Rollback, 9, 1)];
    for (by, attempt) in [(None, 1), (Some("ada".to_owned()), 0)] {
        let mut course = goes_back(0, None, parts.clone());
        course.next(NOW);
        skip(&mut course, 1);
        assert_eq!(course.next(NOW), [Do::Begin(2)]);
        end(&mut course, 2, StepState::Verified, None);
        let step = RunStep { state: StepState::Skipped, by, attempt, ..course.steps()[3].clone() };
        course.set(3, step, true);
        assert_eq!(course.went_back(), Some(WentBack::Whole));
    }
}
