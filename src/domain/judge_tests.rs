//! The table of states, row by row.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::*;
use crate::domain::link::LinkFailure;
use crate::domain::time::Moment;
use crate::domain::unit::Exit;

const UP: Link =
    Link::Up { since: Moment(Duration::ZERO), round_trip: None, heard: Moment(Duration::ZERO), means: None };

fn unit(active: Active) -> UnitFacts {
    UnitFacts { load: Load::Loaded, active, ..UnitFacts::default() }
}

fn evidence<'a>(link: &'a Link, unit: &'a UnitFacts) -> Evidence<'a> {
    Evidence {
        runtime: RuntimeKind::Systemd,
        expected: Expected::Running,
        scale: None,
        link,
        no_systemd: false,
        unit: Some(unit),
        current: true,
        recent_restarts: 0,
        probes: Vec::new(),
        flapping: Vec::new(),
        needs: Vec::new(),
    }
}

fn word(evidence: &Evidence<'_>) -> (State, String) {
    let verdict = judge(evidence);
    (verdict.state, verdict.why)
}

#[test]
fn a_running_unit_without_probes_is_up() {
    let unit = unit(Active::Active);
    assert_eq!(word(&evidence(&UP, &unit)), (State::Up, String::new()));
}

#[test]
fn without_systemd_nobody_waits_for_a_unit_to_be_read() {
    let (unit, no_systemd) = (UnitFacts::default(), true);
    let nothing = Evidence { unit: None, no_systemd, ..evidence(&UP, &unit) };
    assert_eq!(word(&nothing), (State::Unknown, "its host has no systemd".to_owned()));
    assert_eq!(word(&Evidence { no_systemd: false, ..nothing }).1, "not read yet");
}

#[test]
fn a_lost_link_makes_everything_unknown_whatever_was_last_seen() {
    let lost = Link::Waiting {
        heard: Some(Moment::default()),
        retry_at: Moment::default(),
        attempt: 1,
        why: LinkFailure::Silent,
    };
    for active in [Active::Active, Active::Failed, Active::Inactive, Active::Activating] {
        let unit = unit(active);
        assert_eq!(word(&evidence(&lost, &unit)), (State::Unknown, "host lost: silent".to_owned()));
    }
}

#[test]
fn a_host_that_was_never_heard_is_not_lost() {
    let never = Link::Stopped { heard: None, why: LinkFailure::Silent };
    let unit = unit(Active::Unknown);
    assert_eq!(word(&evidence(&never, &unit)).1, "not reached: silent");
}

#[test]
fn a_reading_from_before_the_link_came_back_proves_nothing() {
    let unit = unit(Active::Active);
    let old = Evidence { current: false, ..evidence(&UP, &unit) };
    assert_eq!(word(&old).0, State::Unknown);
}

#[test]
fn a_failed_unit_says_how_it_ended() {
    let failed = UnitFacts { result: "exit-code".into(), exit: Exit::Exited(3), ..unit(Active::Failed) };
    assert_eq!(word(&evidence(&UP, &failed)), (State::Down, "exit 3".to_owned()));
    let limit = UnitFacts { result: "start-limit-hit".into(), ..unit(Active::Failed) };
    let evidence = Evidence { recent_restarts: 4, ..evidence(&UP, &limit) };
    assert_eq!(word(&evidence), (State::CrashLooping, "start limit hit, 4 restarts in 5m".to_owned()));
}

#[test]
fn what_is_expected_decides_about_a_stopped_unit() {
    let unit = unit(Active::Inactive);
    let with = |expected| word(&Evidence { expected, ..evidence(&UP, &unit) }).0;
    assert_eq!(with(Expected::Running), State::Down);
    assert_eq!(with(Expected::Stopped), State::Stopped);
    assert_eq!(with(Expected::Oneshot), State::Up);
}

#[test]
fn a_unit_that_waits_for_its_second_restart_loops() {
    let waiting = UnitFacts {
        sub: "auto-restart".into(),
        result: "signal".into(),
        exit: Exit::Killed(11),
        ..unit(Active::Activating)
    };
    assert_eq!(word(&Evidence { recent_restarts: 1, ..evidence(&UP, &waiting) }).0, State::Starting);
    let looping = Evidence { recent_restarts: 2, ..evidence(&UP, &waiting) };
    assert_eq!(word(&looping), (State::CrashLooping, "SIGSEGV, 2 restarts in 5m".to_owned()));
}

#[test]
fn probes_decide_about_a_running_unit_and_silence_is_never_green() {
    let unit = unit(Active::Active);
    let with = |verdict| {
        let probes =
            vec![("live", ProbeVerdict::Pass, String::new()), ("ready", verdict, "GET :80/ready → 503".to_owned())];
        word(&Evidence { probes, ..evidence(&UP, &unit) })
    };
    assert_eq!(with(ProbeVerdict::Pass).0, State::Up);
    assert_eq!(with(ProbeVerdict::Fail), (State::Degraded, "GET :80/ready → 503".to_owned()));
    for verdict in [ProbeVerdict::Error, ProbeVerdict::Stale, ProbeVerdict::Inconclusive] {
        assert_eq!(with(verdict).0, State::Unknown);
    }
}

#[test]
fn a_probe_that_changes_its_mind_all_the_time_is_no_pass() {
    let unit = unit(Active::Active);
    let probes = vec![("ready", ProbeVerdict::Pass, String::new())];
    let flapping = Evidence { probes, flapping: vec!["ready"], ..evidence(&UP, &unit) };
    assert_eq!(word(&flapping), (State::Degraded, "ready flaps".to_owned()));
}

#[test]
fn a_dependency_that_is_down_counts_unless_the_service_proves_itself_ready() {
    let unit = unit(Active::Active);
    let needs = vec![("redis", State::Down)];
    let without = Evidence { needs: needs.clone(), ..evidence(&UP, &unit) };
    assert_eq!(word(&without), (State::Degraded, "needs redis, which is down".to_owned()));
    let proven = Evidence { needs, probes: vec![("ready", ProbeVerdict::Pass, String::new())], ..evidence(&UP, &unit) };
    assert_eq!(word(&proven).0, State::Up);
}

#[test]
fn a_service_of_probes_alone_is_as_good_as_they_are() {
    let lost = Link::Stopped { heard: None, why: LinkFailure::Silent };
    let with = |probes| {
        word(&Evidence { runtime: RuntimeKind::Http, unit: None, probes, ..evidence(&lost, &UnitFacts::default()) }).0
    };
    assert_eq!(with(vec![]), State::Unknown);
    assert_eq!(with(vec![("up", ProbeVerdict::Pass, String::new())]), State::Up);
    assert_eq!(with(vec![("up", ProbeVerdict::Fail, String::new())]), State::Down);
}

#[test]
fn what_runs_without_its_unit_file_is_neither_down_nor_well_nor_stopped() {
    for (load, why) in [
        (Load::NotFound, "runs, but its unit file is gone"),
        (Load::Masked, "runs, but is masked"),
        (Load::BadSetting, "runs, but its unit file has a bad setting"),
        (Load::Error, "runs, but its unit file can't be read"),
    ] {
        let runs = UnitFacts { load, ..unit(Active::Active) };
        assert_eq!(word(&evidence(&UP, &runs)), (State::Degraded, why.to_owned()));
        let unwanted = Evidence { expected: Expected::Stopped, ..evidence(&UP, &runs) };
        assert_eq!(word(&unwanted).0, State::Degraded, "{load:?}: expected to be stopped, and it runs");
        let rests = UnitFacts { load, ..unit(Active::Inactive) };
        assert_eq!(word(&evidence(&UP, &rests)).0, State::Down, "{load:?}");
    }
}
