//! Facts as they are written, hostile ones too.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn wrong(text: &str) -> (String, String) {
    let wrong = Fact::read(text).unwrap_err();
    (text[wrong.at.clone()].to_owned(), wrong.message)
}

#[test]
fn a_fact_is_a_kind_and_what_is_said_of_it() {
    let fact = Fact::read("backup path=/srv/backups/shop-*.sql.gz age=1h ends='dump complete' size=1.5MiB").unwrap();
    let Question::Backup(backup) = fact.question().unwrap() else { panic!("{fact:?}") };
    assert_eq!((backup.age, backup.size, backup.ratio), (Duration::from_secs(3600), 3 << 19, 800));
    assert_eq!((backup.ends.as_deref(), backup.compared), (Some("dump complete"), false));
    assert_eq!(fact.told(), "backup path=/srv/backups/shop-*.sql.gz age=1h ends=\"dump complete\" size=1.5MiB");
    assert_eq!(Fact::read(&fact.told()).unwrap(), fact);
    let certificate = Fact::read("certificate address=[::1]:443 days=14 name=shop.example").unwrap();
    let wanted = Question::Certificate { host: "::1".into(), port: 443, days: 14, name: "shop.example".into() };
    assert_eq!(certificate.question().unwrap(), wanted);
}

#[test]
fn what_is_not_understood_is_told_with_its_place() {
    for (text, place, words) in [
        ("", "", "does not say what"),
        ("backap path=/x", "backap", "nothing is known"),
        ("ci=1", "ci=1", "nothing is known"),
        ("disk path=/ fre=20%", "fre=20%", "knows nothing called `fre`"),
        ("disk path=/ free=20", "20", "neither a share"),
        ("disk path=/ free=120%", "120%", "no share"),
        ("disk path=x free=20%", "x", "begins with /"),
        ("disk path=/", "disk", "wants to know `free=…`"),
        ("disk path free=1GiB", "path", "has no value"),
        ("disk path= free=1GiB", "path=", "empty"),
        ("disk path=/ path=/ free=1GiB", "path=/", "twice"),
        ("backup path=\"/x", "\"", "not closed"),
        ("backup path=\"/x\"y", "path=\"/x\"", "blank"),
        ("backup path=/a/*/x", "/a/*/x", "last part"),
        ("backup path=/a/../x", "/a/../x", ".."),
        ("certificate address=shop days=1", "shop", "HOST:PORT"),
        ("reviews count=0", "0", "whole number"),
        ("ci workflow=../x.yml", "../x.yml", "workflow's file"),
        ("ci commit=../../user", "../../user", "no commit"),
        ("ci commit=a?b", "a?b", "no commit"),
        ("rollback x=1", "x=1", "knows nothing called `x`"),
    ] {
        let (at, message) = wrong(text);
        assert_eq!(at, place, "{text}");
        assert!(message.contains(words), "{text}: {message}");
    }
}

#[test]
fn an_input_is_data_and_is_judged_when_it_is_known() {
    let fact = Fact::read("ci commit=$commit workflow=ci.yml").unwrap();
    assert_eq!(fact.inputs().iter().map(InputName::as_str).collect::<Vec<_>>(), ["commit"]);
    assert!(fact.question().unwrap_err().contains("commit is not known"));
    let told = |value: &str| fact.filled(|_| Some(value.to_owned())).question();
    let Ok(Question::Ci { commit, .. }) = told("3f9a1c2\n") else { panic!() };
    assert_eq!(commit, "3f9a1c2");
    for hostile in ["", "$commit", "../../user", "a b", "x\u{1b}[2J", "a?b=c", "a#b", "-x", "a%2e", "${x}"] {
        assert!(told(hostile).is_err(), "{hostile}");
    }
    let lacking = Fact::read("reviews count=2").unwrap();
    assert!(lacking.lacks_commit() && lacking.question().unwrap_err().contains("[release]"));
    let name = |name: &str| InputName::new(name).unwrap();
    let with = lacking.clone().of_release(Some(&name("tag")), Some(&name("sha")), None, None);
    assert_eq!(with.told(), "reviews count=2 commit=$sha");
    assert_eq!(lacking.of_release(Some(&name("tag")), None, None, None).told(), "reviews count=2 commit=$tag");
    let release = Fact::read("release").unwrap();
    assert!(release.question().is_err() && !release.lacks_commit());
    let release =
        release.of_release(Some(&name("tag")), None, Some(crate::domain::phrase::Phrase::read("backend")), Some("x"));
    assert_eq!(release.told(), "release version=$tag service=backend");
    // What looks for an earlier release on a host speaks of that one's commit, and not of this run's.
    let back =
        Fact::read("rollback host=tag:app").unwrap().of_release(None, Some(&name("sha")), None, Some("has $commit"));
    let filled = back.filled(|_| Some("this-run".into()));
    let Ok(Question::Rollback { present: Some(present), .. }) = filled.question() else { panic!("{filled:?}") };
    assert_eq!(present, "has $commit");
    let Ok(Question::Release { version, commit: None, .. }) = release.filled(|_| Some("v1".into())).question() else {
        panic!("{release:?}")
    };
    assert_eq!(version.as_deref(), Some("v1"));
    assert!(
        Fact::read("backup path=/srv/$site.gz").unwrap().filled(|_| Some("a/../../etc".into())).question().is_err()
    );
}

#[test]
fn sizes_are_told_as_they_are() {
    for (bytes, told) in
        [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (10 << 30, "10 GiB"), (u64::MAX, "16777215 TiB")]
    {
        assert_eq!(size_told(bytes), told);
    }
    assert_eq!(value::size("1GB"), Ok(1_000_000_000));
    assert!(value::size("0B").is_err() && value::size("99999999999TiB").is_err() && value::size("1 GiB").is_err());
}

#[test]
fn the_table_names_every_kind_once() {
    let mut words: Vec<&str> = Kind::all().map(Kind::word).collect();
    assert!(words.iter().all(|word| Kind::of_word(word).is_some_and(|kind| kind.word() == *word)));
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Kind::all().count());
}

proptest! {
    /// Anything is read or refused with a place inside of it, and what was read is written so that it is read again.
    #[test]
    fn anything_is_read_or_refused(text in "(ci|backup|disk|reviews|probes|x)?( [a-z]{1,7}=?['\"]?[^\\s]{0,9}['\"]?){0,5}|\\PC{0,40}") {
        match Fact::read(&text) {
            Ok(fact) => {
                let again = Fact::read(&fact.told());
                let quotes = fact.told().contains('\'') && fact.told().contains('"');
                prop_assert!(quotes || again == Ok(fact.clone()), "{:?} {:?}", fact, again);
                let _ = fact.question();
                let _ = fact.filled(|_| Some(text.clone())).question();
            }
            Err(wrong) => {
                prop_assert!(text.get(wrong.at.clone()).is_some(), "{:?}", wrong);
                prop_assert!(!wrong.message.is_empty());
            }
        }
    }
}
