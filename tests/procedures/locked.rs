//! Two workstations and one environment: who holds its lock changes it, and nobody else does.

use std::fs;
use std::process::Output;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::elsewhere::{HOSTS, Hosts, workstation};
use super::lab::{Lab, repetitions, report};
use super::{Desk, kill, told};

/// The same document as one that wants the lock.
fn locking(lab: &Lab, person: &str) -> Desk {
    let desk = workstation(lab, person);
    let text = fs::read_to_string(desk.path("run.md")).unwrap();
    desk.write("run.md", &format!("+++\nlock = true\n+++\n{text}"));
    desk
}

fn lock(desk: &Desk, words: &[&str]) -> Output {
    let (what, more) = words.split_first().unwrap();
    desk.qd(&[&["lock", *what], more, &["shop", "-e", "lab"]].concat(), None).output().unwrap()
}

fn token(desk: &Desk) -> String {
    let said: serde_json::Value = serde_json::from_slice(&lock(desk, &["status", "--json"]).stdout).unwrap();
    said["token"].to_string()
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn two_consoles_one_holds_the_lock_and_the_other_sees_who_and_begins_nothing() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let hosts = Hosts::new(&lab);
    let (ada, bea) = (locking(&lab, "ada"), locking(&lab, "bea"));
    assert_eq!(lock(&bea, &["status"]).status.code(), Some(0));
    let child = ada.begin(&[]);
    hosts.wait_for("app-2", "there");

    let seen = lock(&bea, &["status"]);
    assert_eq!(seen.status.code(), Some(1), "{}", told(&seen));
    assert!(told(&seen).contains("ada (") && told(&seen).contains("holds it for \"Three\""), "{}", told(&seen));
    let refused = bea.run(&[], None);
    assert_eq!(refused.status.code(), Some(77), "{}", told(&refused));
    let said = "The environment is locked, so nothing was begun: ada (";
    assert!(told(&refused).contains(said) && !told(&refused).contains("goes on"), "{}", told(&refused));

    let first = child.wait_with_output().unwrap();
    assert!(first.status.success(), "{}", told(&first));
    assert_eq!(hosts.times(), ["one\n", "two\n", "three\n"], "{}", told(&refused));
    assert_eq!(lock(&bea, &["status"]).status.code(), Some(0));
    // By hand it keeps everybody away until it is released.
    let taken = lock(&bea, &["take", "-m", "moving"]);
    assert_eq!(taken.status.code(), Some(0), "{}", told(&taken));
    let kept = ada.run(&[], None);
    assert!(told(&kept).contains("bea (") && told(&kept).contains("by hand for \"moving\""), "{}", told(&kept));
    assert_eq!(lock(&ada, &["release"]).status.code(), Some(77));
    assert_eq!(lock(&bea, &["release"]).status.code(), Some(0));
    assert_eq!(hosts.times(), ["one\n", "two\n", "three\n"]);
    report("two consoles", 1, 1, "the second sees who holds the lock and for what, and changes nothing");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn e8_who_slept_while_the_lock_was_broken_changes_nothing_when_it_wakes() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let hosts = Hosts::new(&lab);
    let (ada, bea) = (locking(&lab, "ada"), locking(&lab, "bea"));
    let child = ada.begin(&[]);
    hosts.wait_for("app-2", "there");
    kill(&child, Signal::STOP);
    let wrong = lock(&bea, &["break", "7", "--reason", "asleep"]);
    assert_eq!(wrong.status.code(), Some(77), "{}", told(&wrong));
    let broken = lock(&bea, &["break", &token(&bea), "--reason", "asleep"]);
    assert_eq!(broken.status.code(), Some(0), "{}", told(&broken));
    let second = bea.run(&[], None);
    assert!(second.status.success(), "{}", told(&second));
    kill(&child, Signal::CONT);
    let first = child.wait_with_output().unwrap();
    assert!(!first.status.success() && told(&first).contains("lock"), "{}", told(&first));
    assert_eq!(hosts.times(), ["one\none\n", "two\ntwo\n", "three\n"], "{}", told(&first));
    report("E8", 1, 1, "a console that slept while its lock was broken begins nothing more on any host");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn e8_who_was_awake_while_the_lock_was_broken_begins_no_further_change() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let hosts = Hosts::new(&lab);
    let (ada, bea) = (locking(&lab, "ada"), locking(&lab, "bea"));
    let child = ada.begin(&[]);
    hosts.wait_for("app-2", "there");
    let broken = lock(&bea, &["break", &token(&bea), "--reason", "mine now"]);
    assert_eq!(broken.status.code(), Some(0), "{}", told(&broken));
    let taken = lock(&bea, &["take", "-m", "moving"]);
    assert_eq!(taken.status.code(), Some(0), "{}", told(&taken));
    let first = child.wait_with_output().unwrap();
    assert_eq!(lock(&bea, &["release"]).status.code(), Some(0));
    assert!(!first.status.success() && told(&first).contains("not ours any more"), "{}", told(&first));
    assert_eq!(hosts.times(), ["one\n", "two\n", ""], "{}", told(&first));
    report("E8", 1, 1, "a lock that was broken stops its old holder before its next change, also when it is awake");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn e7_whoever_comes_after_a_killed_owner_sees_whom_and_takes_over_within_a_minute() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let hosts = Hosts::new(&lab);
    let (ada, bea) = (locking(&lab, "ada"), locking(&lab, "bea"));
    let child = ada.begin(&[]);
    hosts.wait_for("app-2", "there");
    kill(&child, Signal::KILL);
    let (dead, first) = (Instant::now(), child.wait_with_output().unwrap());
    let run = ada.newest();
    // At once nobody else may: who it is and since when is said.
    let early = bea.resume_this(&run, &[]);
    assert_eq!(early.status.code(), Some(77), "{}{}", told(&first), told(&early));
    assert!(told(&early).contains("ada from ") && told(&early).contains("(heard "), "{}", told(&early));
    let early = bea.run(&[], None);
    assert!(told(&early).contains("ada (") && told(&early).contains("holds it for \"Three\""), "{}", told(&early));

    // The whole minute only where there is time for it: else the lock host is told that it has passed.
    let waits = repetitions(0, 1) == 1;
    if !waits {
        hosts.age();
    }
    let mut second = bea.resume_this(&run, &[]);
    while waits && second.status.code() == Some(77) && dead.elapsed() < Duration::from_secs(80) {
        std::thread::sleep(Duration::from_secs(1));
        second = bea.resume_this(&run, &[]);
    }
    let after = dead.elapsed();
    assert!(second.status.success(), "{}{}", told(&first), told(&second));
    assert!(!waits || after < Duration::from_secs(60) + Duration::from_secs(10), "{after:?}");
    let said = told(&second);
    let whom = "Taken over from ada from ";
    assert!(said.contains(whom) && said.contains("was not heard on the lock host app-1 for"), "{said}");
    assert_eq!(hosts.times(), ["one\n", "two\n", "three\n"], "{said}");
    assert_eq!(lock(&bea, &["status"]).status.code(), Some(0));
    report(
        "E7",
        1,
        1,
        "an owner was killed: refused at once with who and why, taken over within the minute, nothing twice",
    );
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn e7_a_killed_owner_is_told_with_host_age_and_reason_and_keeps_the_environment_for_its_run() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let hosts = Hosts::new(&lab);
    let (ada, bea) = (locking(&lab, "ada"), locking(&lab, "bea"));
    let child = ada.begin(&[]);
    hosts.wait_for("app-2", "there");
    kill(&child, Signal::KILL);
    child.wait_with_output().unwrap();
    hosts.age();
    let seen = told(&lock(&bea, &["status"]));
    for words in [
        "ada (",
        "began a change under it, which has no verdict, and is gone for \"Three\"",
        "heard 1m",
        "qd run --resume",
    ] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    // Another run is not let past it, and says the same.
    let other = bea.run(&[], None);
    assert_eq!(other.status.code(), Some(77), "{}", told(&other));
    assert!(told(&other).contains("which has no verdict, and is gone"), "{}", told(&other));
    assert_eq!(hosts.times(), ["one\n", "two\n", ""]);
    report("E7", 1, 1, "a dead owner is told with host, age and reason, and its environment stays its run's");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn e9_a_run_whose_lock_host_goes_read_only_stops_before_its_next_change() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let hosts = Hosts::new(&lab);
    let ada = locking(&lab, "ada");
    let child = ada.begin(&[]);
    hosts.wait_for("app-2", "there");
    hosts.read_only(true);
    let stopped = child.wait_with_output().unwrap();
    hosts.read_only(false);
    let said = told(&stopped);
    assert!(!stopped.status.success() && said.contains("lock host app-1 can't be written"), "{said}");
    assert_eq!(hosts.times(), ["one\n", "two\n", ""], "{said}");
    // Mended, it goes on where it stood.
    let resumed = ada.resume_this(&ada.newest(), &["--on-failure", "retry", "--yes"]);
    assert!(resumed.status.success(), "{}", told(&resumed));
    assert_eq!(hosts.times(), ["one\n", "two\n", "three\n"], "{}", told(&resumed));
    report("E9", 1, 1, "the lock host becomes read-only in the middle of a run: no further change begins");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_restart_by_hand_is_never_impossible_and_never_unnoticed_while_somebody_has_the_lock() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let hosts = Hosts::new(&lab);
    let (ada, bea) = (locking(&lab, "ada"), locking(&lab, "bea"));
    let unit = "qdt-idle.service";
    hosts.sh("app-2", &format!("systemd-run --quiet --unit={unit} -p Type=exec sleep 600"));
    for desk in [&ada, &bea] {
        let site = desk.path("config/quarterdeck/sites/shop");
        let text = fs::read_to_string(site.join("site.toml")).unwrap();
        let service = format!("[services.idle]\nruntime = \"systemd\"\nunits = [\"{unit}\"]\nhosts = [\"app-2\"]\n");
        fs::write(site.join("site.toml"), format!("{text}{service}")).unwrap();
        fs::create_dir_all(site.join("procedures")).unwrap();
        fs::write(site.join("procedures/move.md"), "+++\nlock = true\n+++\n# Move\n").unwrap();
    }
    let restart = |more: &[&str]| {
        let words = [&["restart", "idle", "-S", "shop", "-e", "lab"], more].concat();
        ada.qd(&words, None).output().unwrap()
    };
    let taken = lock(&bea, &["take", "-m", "moving"]);
    assert_eq!(taken.status.code(), Some(0), "{}", told(&taken));
    let refused = restart(&["--yes"]);
    assert_eq!(refused.status.code(), Some(77), "{}", told(&refused));
    for words in ["locked: bea (", "by hand for \"moving\"", "--despite-lock does it all the same"] {
        assert!(told(&refused).contains(words), "{words}: {}", told(&refused));
    }
    let done = restart(&["--yes", "--despite-lock"]);
    assert_eq!(done.status.code(), Some(0), "{}", told(&done));
    let kept = ada.qd(&["runs", "--json"], None).output().unwrap();
    assert!(told(&kept).contains("although the environment was locked: bea ("), "{}", told(&kept));
    assert_eq!(lock(&bea, &["release"]).status.code(), Some(0));
    let usual = restart(&["--yes"]);
    hosts.sh("app-2", &format!("systemctl stop {unit}; systemctl reset-failed {unit} 2>/dev/null; true"));
    assert_eq!(usual.status.code(), Some(0), "{}", told(&usual));
}
