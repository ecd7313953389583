//! The way back where one host is away or refuses it: the others go on, and whoever takes the run up finishes it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::tests::{NOW, begun, end, fresh, plan, run_part};
use super::*;
use crate::domain::procedure::{OnError, Purpose, Role};
use crate::domain::run::Reason;

/// A run of two hosts whose second phase failed on the first, and that is on its way back: its steps 4 and 5.
fn going_back() -> (Course, ProcedurePlan, ProcedurePlan) {
    let whole = plan(true, vec![run_part("place", Role::Phase, 0, 2), run_part("switch", Role::Phase, 1, 2)]);
    let back =
        ProcedurePlan { purpose: Purpose::Rollback, ..plan(false, vec![run_part("back", Role::Rollback, 8, 2)]) };
    let mut course = begun(&whole);
    for number in [0, 1] {
        assert_eq!(course.next(NOW), [Do::Begin(number)]);
        end(&mut course, number, StepState::Verified, None);
    }
    assert_eq!(course.next(NOW), [Do::Begin(2)]);
    end(&mut course, 2, StepState::Failed, Some(Reason::NonZeroExit));
    assert_eq!(course.permit(&back, fresh).unwrap(), [4, 5]);
    assert!(matches!(&course.next(NOW)[..], [Do::Skip(3, _)]));
    end(&mut course, 3, StepState::Skipped, None);
    assert_eq!(course.next(NOW), [Do::Begin(4)], "one after the other");
    (course, whole, back)
}

#[test]
fn the_other_hosts_go_back_while_one_is_away_and_that_one_when_it_is_there_again() {
    let (mut course, ..) = going_back();
    end(&mut course, 4, StepState::Planned, None);
    course.put_away(4);
    assert_eq!((course.next(NOW), course.wants()), (vec![Do::Begin(5)], vec![]));
    course.come_back(4);
    assert_eq!(course.next(NOW), [], "one after the other");
    end(&mut course, 5, StepState::Verified, None);
    assert_eq!(course.next(NOW), [Do::Begin(4)]);
    end(&mut course, 4, StepState::Verified, None);
    assert!(course.is_rolled_back());
    assert_eq!(course.next(NOW), [Do::End(RunState::Failed)]);
}

#[test]
fn a_host_that_was_waited_for_in_vain_leaves_the_run_open_and_is_tried_by_whoever_takes_it_up() {
    let (mut course, whole, back) = going_back();
    end(&mut course, 4, StepState::Planned, None);
    course.put_away(4);
    assert_eq!(course.next(NOW), [Do::Begin(5)]);
    course.wait_in_vain(4);
    end(&mut course, 4, StepState::Failed, Some(Reason::Unreachable));
    end(&mut course, 5, StepState::Verified, None);
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Failure(4)]));
    let mut again = Course::new(true, Vec::new(), course.steps().to_vec());
    again.recall(&Decided { rolls_back: true, ..Decided::default() });
    again.learn(&whole);
    again.learn(&ProcedurePlan { purpose: Purpose::Forward, ..back.clone() });
    assert_eq!((again.next(NOW), again.wants()), (vec![Do::Begin(4)], vec![]));
    // What failed with something sent is for a person, as before.
    end(&mut course, 4, StepState::Failed, Some(Reason::NonZeroExit));
    let mut again = Course::new(true, Vec::new(), course.steps().to_vec());
    again.recall(&Decided { rolls_back: true, ..Decided::default() });
    again.learn(&whole);
    again.learn(&ProcedurePlan { purpose: Purpose::Forward, ..back });
    assert_eq!((again.next(NOW), again.wants()), (vec![], vec![Want::Failure(4)]));
}

#[test]
fn a_way_back_that_was_refused_before_it_began_leaves_the_run_open_and_is_tried_by_whoever_takes_it_up() {
    let (mut course, whole, mut back) = going_back();
    for part in &mut back.parts {
        part.options.on_error = OnError::Abort;
    }
    course.learn(&back);
    end(&mut course, 4, StepState::Failed, Some(Reason::Refused));
    assert_eq!(course.next(NOW), [Do::Begin(5)], "a host that refuses keeps no other one as it is");
    assert_eq!(course.wants(), [], "nobody is asked while another host is taken back");
    end(&mut course, 5, StepState::Verified, None);
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Failure(4)]), "it is not tried in a circle");
    assert!(!course.is_rolled_back());
    let mut again = Course::new(true, Vec::new(), course.steps().to_vec());
    again.recall(&Decided { rolls_back: true, ..Decided::default() });
    again.learn(&whole);
    again.learn(&ProcedurePlan { purpose: Purpose::Forward, ..back.clone() });
    assert_eq!((again.next(NOW), again.wants()), (vec![Do::Begin(4)], vec![]));
    end(&mut again, 4, StepState::Failed, Some(Reason::Refused));
    assert_eq!((again.next(NOW), again.wants()), (vec![], vec![Want::Failure(4)]), "refused once more");
    // Of what was sent and failed the document says that it ends the run.
    end(&mut again, 4, StepState::Failed, Some(Reason::NonZeroExit));
    assert_eq!(again.next(NOW), [Do::End(RunState::Failed)]);
}

#[test]
fn a_forward_step_whose_host_is_away_is_for_a_person() {
    let mut course = begun(&plan(true, vec![run_part("a", Role::Phase, 0, 2)]));
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Failed, Some(Reason::Unreachable));
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Failure(0)]));
}
