//! How releases are told, and what can be chosen of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::domain::release::{Examined, Migration, Reversible, Verdict};
use crate::domain::source::{Commit, Named, NewMigration, Since};
use crate::domain::{EnvName, Environment, HostName, Release, RunId, SiteName};

fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(1_760_000_000 + hours * 3600).unwrap()
}

pub(super) fn release(number: i64, version: &str, verdict: Verdict) -> Release {
    Release {
        run: RunId::new(&format!("01939a2e-77aa-7c11-8f3e-{number:012x}")).unwrap(),
        site: SiteName::new("shop").unwrap(),
        environment: EnvName::new("production").unwrap(),
        kind: Kind::Deploy,
        service: None,
        version: version.into(),
        commit: Some(format!("{number:040x}").as_str().into()),
        images: Vec::new(),
        migrations: Vec::new(),
        backup: None,
        hosts: vec![HostName::new("app-1").unwrap()],
        person: "ada".into(),
        workstation: "ada@desk".into(),
        at: at(number),
        took: Duration::from_secs(312),
        verdict,
        waivers: Vec::new(),
        follow_ups: Vec::new(),
        overridden: None,
        examined: None,
        login: None,
    }
}

fn commit(id: &str, subject: &str) -> Commit {
    Commit { id: id.repeat(40), at: Some(at(70)), author: "Bo\u{1b}[2J".into(), subject: subject.into() }
}

fn environment() -> Environment {
    let host = |name: &str| crate::domain::Host {
        name: HostName::new(name).unwrap(),
        reach: crate::domain::Reach::Local,
        tags: Vec::new(),
        become_root: crate::domain::BecomeRoot::Never,
        shell: crate::domain::Shell::Plain,
    };
    Environment {
        hosts: vec![host("app-1"), host("app-2")],
        ..Environment::new(SiteName::new("shop").unwrap(), EnvName::new("production").unwrap())
    }
}

fn procedure(front: &str) -> Procedure {
    let text = format!("+++\n{front}\n+++\n\n# Deploy\n\n```sh {{#a host=app-1}}\necho $version\n```\n");
    crate::site::procedure::load(Path::new("deploy.md"), text.as_bytes(), &Default::default()).0
}

#[test]
fn a_list_says_what_runs_and_how_each_stands() {
    let mut back = release(4, "v1", Verdict::Good);
    (back.kind, back.commit) = (Kind::Rollback, Some(format!("{:040x}", 1).as_str().into()));
    let mut looked = release(3, "v3", Verdict::Failed);
    let reason = "the disk was full".into();
    looked.examined = Some(Examined { by: "bo".into(), workstation: "bo@desk".into(), at: at(5), reason });
    let history = History::of([release(1, "v1", Verdict::Good), release(2, "v2", Verdict::Good), looked, back]);
    let text = list(&history, 20);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].starts_with("> ") && lines[1].contains("good") && lines[1].contains("v1"), "{text}");
    assert!(lines[2].contains("failed, examined"), "{text}");
    assert!(lines[3].contains("taken back"), "{text}");
    assert!(lines[1].contains("5m") && lines[1].contains("ada"), "{text}");
    assert_eq!(list(&history, 1).lines().count(), 2);
    let full = in_full(&history, &history.releases()[2]);
    assert!(full.contains("examined     by bo") && full.contains("nobody can go back to it"), "{full}");
}

#[test]
fn what_runs_but_for_one_service_is_told_as_that() {
    let mut web = release(3, "v1", Verdict::Good);
    (web.kind, web.service) = (Kind::Rollback, crate::domain::ServiceName::new("web").ok());
    let all = [release(1, "v1", Verdict::Good), release(2, "v2", Verdict::Good), web];
    let text = list(&History::of(all), 20);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].starts_with("> ") && lines[1].contains("  web "), "{text}");
    assert!(lines[2].starts_with("> ") && lines[2].contains("good") && lines[2].contains("all but web"), "{text}");
    assert!(lines[3].starts_with("  ") && !lines[3].contains("but"), "{text}");
}

#[test]
fn a_release_in_full_says_what_going_back_means() {
    let mut second = release(2, "v2", Verdict::Good);
    second.migrations = Migration::read(b"orders 0003 irreversible");
    second.backup = Some("dump-2".into());
    let history = History::of([release(1, "v1", Verdict::Good), second]);
    let full = in_full(&history, &history.releases()[0]);
    assert!(full.contains("database     what can't be taken back: orders 0003"), "{full}");
    assert!(full.contains("database     restore dump-2, made for v2 before"), "{full}");
    assert!(in_full(&history, &history.releases()[1]).contains("it is what runs"));
    let json = serde_json::to_value(Listed::of(&history, &[], 20)).unwrap();
    let first = &json["releases"][1];
    assert_eq!((first["target"].as_bool(), first["going_back"]["backup"].as_str()), (Some(true), Some("dump-2")));
}

#[test]
fn a_version_is_told_with_what_it_replaces_and_what_is_new() {
    let history = History::of([release(1, "v1", Verdict::Good), release(2, "v2", Verdict::Good)]);
    let since = Since {
        from: commit("a", "old"),
        ahead: 300,
        behind: 0,
        commits: vec![commit("b", "Pay by card \u{1b}]0;x\u{7}")],
        authors: vec![("Bo".into(), 299), ("Ada".into(), 1)],
        migrations: vec![NewMigration {
            migration: Migration { name: "db/0004.sql".into(), reversible: Reversible::No },
            why: vec!["DROP TABLE a;".into()],
        }],
        gone: Vec::new(),
        changed: vec!["db/0001.sql".into()],
        more: true,
    };
    let facts = Facts { version: "v3".into(), commit: commit("b", "Pay by card"), since: Some(Ok(since)) };
    let environment = environment();
    let asked = What {
        environment: &environment,
        service: None,
        history: &history,
        facts: Ok(&facts),
        version: "v3",
        trouble: None,
        now: at(74),
    };
    let text = what(&asked);
    for wanted in [
        "v3 is commit bbbbbbbbbb",
        "It replaces v2 (0000000000) (3d, good, by ada)",
        "300 commits by Bo 299, Ada 1",
        "and 299 more",
        "1 new migration, and it is not certain that it can be taken back:",
        "    DROP TABLE a;",
        "db/0001.sql was there before and is changed or gone",
        "app-1: v2 (0000000000), by ada on",
        "app-2: nothing that is recorded",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "nothing foreign acts");
    let json = serde_json::to_value(WhatJson::of(&asked, &[])).unwrap();
    assert_eq!(json["replaces"]["version"], "v2");
    assert_eq!(json["git"]["migrations"][0]["reversible"], "irreversible");
    // Where the site does not say what a migration is, that none is seen says nothing.
    let none = |facts: &Facts| {
        let mut facts = facts.clone();
        facts.since = facts.since.map(|since| since.map(|since| Since { migrations: Vec::new(), ..since }));
        facts
    };
    let none = none(&facts);
    let unseen = what(&What { facts: Ok(&none), ..asked });
    assert!(unseen.contains("New migrations are not looked for") && !unseen.contains("No new"), "{unseen}");
    let place = crate::domain::source::Place::Clone("~/shop".to_owned());
    let source = crate::domain::source::Source { place, migrations: vec!["db".into()], destructive: Vec::new() };
    let looks = crate::domain::Environment { source: Some(std::sync::Arc::new(source)), ..environment.clone() };
    let unseen = what(&What { environment: &looks, facts: Ok(&none), ..asked });
    assert!(unseen.contains("No new migration is seen"), "{unseen}");
    let unknown = what(&What { facts: Err("git is not found on this machine: install it"), ..asked });
    assert!(unknown.starts_with("v3: git is not found") && unknown.contains("It replaces v2"), "{unknown}");
    let failed = History::of([release(1, "v1", Verdict::Good), release(2, "v2", Verdict::Failed)]);
    let unclear = what(&What { history: &failed, ..asked });
    assert!(unclear.contains("What it replaces is not clear: v2") && unclear.contains("or v1"), "{unclear}");
}

#[test]
fn inputs_are_offered_what_is_known_and_nothing_that_could_not_be_typed() {
    let document = procedure("kind = \"rollback\"\n[release]\nversion = \"back\"\n[inputs.back]\ntype = \"release\"");
    let mut shelf = Known::default();
    assert_eq!(shelf.listed(&document), [], "nothing is known yet");
    let mut odd = release(2, "v2\u{202e}", Verdict::Good);
    odd.commit = None;
    let releases = [release(1, "v1", Verdict::Good), odd, release(3, "v3", Verdict::Good)];
    let known = Releases { history: History::of(releases), ..Releases::default() };
    shelf.take(ReleaseNews::Releases(known));
    let listed = shelf.listed(&document);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].1, ["v1"]);
    let deploy = procedure("kind = \"deploy\"\n[inputs.version]\ntype = \"version\"");
    let named = |name: &str, named| Version { name: name.into(), named, commit: commit("c", "x") };
    let versions = vec![named("v1", Named::Tag), named("a\u{1b}b", Named::Tag), named("main", Named::Branch)];
    shelf.take(ReleaseNews::Versions(Ok(versions)));
    assert_eq!(shelf.listed(&deploy)[0].1, ["v1", "main"]);
    for number in 0..20 {
        shelf.take(ReleaseNews::Facts(format!("v{number}").into(), Err("no".to_owned())));
    }
    assert!(shelf.facts("v19").is_some() && shelf.facts("v1").is_none(), "bounded");
}

#[test]
fn what_failed_is_named_with_the_command_that_lets_it_be_tried_again() {
    let document = procedure("kind = \"deploy\"\n[release]\nversion = \"version\"\n[inputs.version]");
    let mut failed = release(2, "v2", Verdict::Failed);
    failed.person = "bo".into();
    let history = History::of([release(1, "v1", Verdict::Good), failed.clone()]);
    let sentence = trouble(&history, &document, "v2", None).unwrap();
    assert!(
        sentence.contains("failed, by bo")
            && sentence.contains("qd release examine 00000002 shop -e production --reason"),
        "{sentence}"
    );
    let word = crate::domain::SiteWord::path("/srv/sites/shop");
    let mut known = Known::default();
    known.take(ReleaseNews::Releases(Releases { history: history.clone().in_site(word), ..Releases::default() }));
    let before = known.before(&failed.run, Timestamp::MAX).releases.unwrap().history;
    for of_path in [known.releases.unwrap().history, History::of([failed.clone()]).in_site(before.site_word().clone())]
    {
        let sentence = trouble(&of_path, &document, "v2", None).unwrap();
        assert!(sentence.contains("examine 00000002 /srv/sites/shop -e production"), "{sentence}");
    }
    assert_eq!(trouble(&history, &document, "v1", None), None);
    assert!(trouble(&history, &document, "main", Some(&format!("{:040x}", 2))).is_some(), "the same commit");
    assert_eq!(trouble(&history, &document, "v2", Some(&format!("{:040x}", 77))), None, "the name has moved");
    let runbook = procedure("kind = \"rollback\"\n[release]\nversion = \"version\"\n[inputs.version]");
    assert_eq!(trouble(&history, &runbook, "v2", None), None, "a rollback is for what can't wait");
}
