//! Two workstations and one environment: who holds its lock changes it, and nobody else does.

use std::fs;
use std::process::Output;

use rustix::process::Signal;

use super::elsewhere::{HOSTS, Hosts, workstation};
use super::lab::{Lab, report};
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
