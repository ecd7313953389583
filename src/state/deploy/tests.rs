//! Pages and phases, away from any screen.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use jiff::Timestamp;

use super::{Page, span};
use crate::domain::run::{RunStep, StepState, StepVerdict};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn step(state: StepState, moment: i64, took: u64) -> RunStep {
    RunStep {
        state,
        attempt: u32::from(state != StepState::Planned),
        at: (state != StepState::Planned).then(|| at(moment)),
        verdict: state.is_final().then(|| StepVerdict { took: Duration::from_secs(took), checks: Vec::new() }),
        ..RunStep::default()
    }
}

#[test]
fn pages_have_their_numbers_and_end_at_both_ends() {
    let numbers: Vec<usize> = Page::ALL.iter().map(|page| page.number()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    assert_eq!(
        (Page::What.moved(-1), Page::What.moved(1), Page::Verdict.moved(1)),
        (Page::What, Page::Gate, Page::Verdict)
    );
}

#[test]
fn a_phase_lasts_from_its_first_begin_to_its_last_end_or_until_now() {
    let done = |moment, took| step(StepState::Verified, moment, took);
    assert_eq!(span(&[step(StepState::Planned, 0, 0)], at(500)), None);
    assert_eq!(span(&[done(110, 10), done(130, 5)], at(500)), Some(Duration::from_secs(30)));
    assert_eq!(span(&[done(110, 10), step(StepState::Started, 120, 0)], at(150)), Some(Duration::from_secs(50)));
    assert_eq!(span(&[done(110, 10), step(StepState::Planned, 0, 0)], at(500)), Some(Duration::from_secs(10)));
}

#[test]
fn the_time_of_a_phase_never_goes_down_while_a_step_of_it_is_tried_again_or_ends() {
    let tried =
        |state, moment, took, begun| RunStep { begun: Some(at(begun)), attempt: 2, ..step(state, moment, took) };
    let rest = step(StepState::Verified, 125, 5);
    let so_far = |first: RunStep, now| span(&[first, rest.clone()], at(now)).unwrap().as_secs();
    let times = [
        so_far(step(StepState::Started, 100, 0), 130),
        // It fails, somebody tries it once more, and what was told last of it is new.
        so_far(tried(StepState::Failed, 131, 31, 100), 135),
        so_far(tried(StepState::Started, 140, 0, 100), 141),
        so_far(tried(StepState::Verified, 144, 4, 100), 500),
    ];
    assert_eq!(times, [30, 31, 41, 44]);
}
