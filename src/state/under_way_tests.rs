//! What is shown of a change from its permit to its end.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;

use super::*;
use crate::domain::{EnvName, SiteName};

fn step(host: &str, state: StepState) -> RunStep {
    RunStep {
        host: HostName::new(host).unwrap(),
        service: None,
        unit: UnitName::new("a.service"),
        command: "systemctl restart -- a.service".into(),
        state,
        at: None,
        invocation_before: "a".into(),
        invocation: "a".into(),
        note: "".into(),
        verdict: None,
        ..RunStep::default()
    }
}

fn run(number: u8, state: RunState) -> Run {
    Run {
        id: RunId::new(&format!("01939a2e-77aa-7c11-8f3e-0123456789{number:02x}")).unwrap(),
        site: SiteName::new("shop").unwrap(),
        environment: EnvName::new("lab").unwrap(),
        person: "ada".into(),
        workstation: "ada@desk".into(),
        kind: "restart".into(),
        title: "restart a on 2 hosts".into(),
        confirmed: "yes".into(),
        begun: Timestamp::UNIX_EPOCH,
        ended: None,
        state,
        document: None,
        steps: vec![step("app-1", StepState::Planned), step("app-2", StepState::Planned)],
    }
}

fn lab() -> Environment {
    Environment {
        colour: crate::domain::EnvColour::Grey,
        trusted: true,
        read: Default::default(),
        ..Environment::new(SiteName::new("shop").unwrap(), EnvName::new("lab").unwrap())
    }
}

fn begun(number: u8, state: RunState) -> RunNews {
    RunNews::Begun(Box::new(run(number, state)))
}

#[test]
fn a_change_is_shown_from_its_permit_to_its_end_and_told_until_it_is_seen() {
    let mut under_way = UnderWay::default();
    assert!(under_way.is_empty());
    under_way.send("restart a on 2 hosts".into(), 2, Moment::default());
    assert!(under_way.is_busy() && under_way.shown().is_none() && under_way.stoppable().is_none());
    under_way.observe(&begun(1, RunState::Running), Now::START);
    assert_eq!(under_way.told().unwrap().progress(), (0, 2));
    let id = run(1, RunState::Running).id;
    assert!(under_way.doing(&lab()).is_empty(), "its turn has not come");
    let news = RunNews::Step(id.clone(), 0, Box::new(step("app-1", StepState::Started)));
    under_way.observe(&news, Now::START);
    let (host, unit) = (HostName::new("app-1").unwrap(), UnitName::new("a.service").unwrap());
    assert_eq!(under_way.doing(&lab()), [(host, unit, "restarting")]);
    let elsewhere = Environment { name: EnvName::new("production").unwrap(), ..lab() };
    assert!(under_way.doing(&elsewhere).is_empty(), "hosts of other environments may be called the same");
    let news = RunNews::Step(id.clone(), 0, Box::new(step("app-1", StepState::Verified)));
    under_way.observe(&news, Now::START);
    assert_eq!(under_way.told().unwrap().progress(), (1, 2));
    under_way.look();
    assert!(under_way.told().is_some(), "what goes on is told also when it was looked at");
    assert_eq!(under_way.stoppable(), Some(&id));
    under_way.stop();
    assert_eq!(under_way.stoppable(), None, "once is enough");
    under_way.observe(&RunNews::Ended(id, RunState::Stopped), Now::START);
    assert!(!under_way.is_busy() && under_way.told().is_some());
    assert!(under_way.dismiss() && under_way.told().is_none() && !under_way.dismiss());
    assert!(under_way.shown().is_some(), "it can still be looked at");
}

#[test]
fn a_refusal_ends_the_waiting_and_is_kept_until_it_is_let_go() {
    let mut under_way = UnderWay::default();
    under_way.send("restart a".into(), 1, Moment::default());
    under_way.observe(&RunNews::Refused("the disk is full".into()), Now::START);
    assert!(!under_way.is_busy());
    assert_eq!(under_way.refused.as_deref(), Some("the disk is full"));
    assert!(under_way.dismiss() && under_way.is_empty());
}

#[test]
fn what_was_found_unfinished_is_shown_but_never_in_place_of_what_goes_on() {
    let mut under_way = UnderWay::default();
    under_way.observe(&begun(3, RunState::Unknown), Now::START);
    assert!(under_way.told().is_some() && !under_way.is_busy());
    under_way.observe(&begun(2, RunState::Unknown), Now::START);
    assert_eq!(under_way.shown().unwrap().run.id, run(3, RunState::Unknown).id, "the newest");
    under_way.observe(&begun(4, RunState::Running), Now::START);
    under_way.observe(&begun(5, RunState::Unknown), Now::START);
    assert_eq!(under_way.shown().unwrap().run.id, run(4, RunState::Running).id);
    under_way.observe(&RunNews::Ended(run(9, RunState::Running).id, RunState::Failed), Now::START);
    assert!(under_way.is_busy(), "news of another run");
}

#[test]
fn a_step_that_failed_before_anything_happened_left_the_old_one_running() {
    let with = |state, invocation: &str| side(&RunStep { invocation: invocation.into(), ..step("app-1", state) });
    assert_eq!(with(StepState::Failed, "a"), Side::Old);
    assert_eq!(with(StepState::Failed, "b"), Side::Bad);
    assert_eq!(with(StepState::Failed, ""), Side::Bad);
    assert_eq!(with(StepState::Verified, "b"), Side::New);
    assert_eq!(with(StepState::Skipped, ""), Side::Old);
    assert_eq!(with(StepState::Intent, "a"), Side::Unknown);
}
