//! Which approvals count, and which never do.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use jiff::Timestamp;

use super::{Approval, Asked, Bound, Counted, Proof, Quorum, Rules, Seen};
use crate::domain::name::{EnvName, ProcedureName, RoleName, SiteName};
use crate::domain::roles::Roles;
use crate::domain::run::RunId;

fn bound(digit: &str) -> Bound {
    let digest = digit.repeat(64);
    Bound { plan: digest.clone(), inventory: digest.clone(), version: digest }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

fn approval(person: &str, seconds: i64) -> Approval {
    Approval {
        run: RunId::new("01939a2e-77aa-7c11-8f3e-0123456789ab").unwrap(),
        site: SiteName::new("shop").unwrap(),
        environment: EnvName::new("production").unwrap(),
        procedure: ProcedureName::new("deploy").unwrap(),
        bound: bound("a"),
        person: person.to_owned(),
        workstation: format!("{person}@desk"),
        at: at(seconds),
    }
}

fn seen(person: &str, seconds: i64, proof: Proof) -> Seen {
    Seen { approval: approval(person, seconds), login: "deploy".into(), proof, key: None }
}

fn role() -> RoleName {
    RoleName::new("lead").unwrap()
}

fn asked(count: u32, rules: &Rules, now: &Bound, seen: Vec<Seen>) -> Counted {
    let quorum = Quorum { count, role: role(), not_self: true };
    let people = ["ada", "bo", "cy"].map(str::to_owned).to_vec();
    let roles = Roles::new([(role(), people)]);
    let own = [("ada".to_owned(), "ada@desk".to_owned())];
    let (quorum, roles, own) = (&quorum, &roles, &own);
    Asked { quorum, rules, roles, bound: now, own, expires: None, now: at(1000) }.count(seen)
}

fn why(counted: &Counted) -> Vec<&str> {
    counted.others.iter().map(|(_, why)| why.as_str()).collect()
}

#[test]
fn two_different_people_with_the_role_are_two() {
    let rules = Rules::default();
    let all = vec![seen("bo", 10, Proof::Proven), seen("bo", 20, Proof::Proven), seen("dee", 30, Proof::Proven)];
    let counted = asked(2, &rules, &bound("a"), all);
    assert_eq!((counted.counts.len(), counted.missing), (1, 1));
    assert_eq!(counted.counts[0].approval.at, at(20), "the newest");
    assert_eq!(why(&counted), ["it is of nobody with the role lead"]);
    let counted = asked(2, &rules, &bound("a"), vec![seen("bo", 10, Proof::Proven), seen("cy", 20, Proof::Proven)]);
    assert_eq!((counted.counts.len(), counted.missing, counted.others.len()), (2, 0, 0));
}

#[test]
fn e18_what_changed_since_is_not_what_was_approved() {
    let rules = Rules::default();
    let one = || vec![seen("bo", 10, Proof::Proven)];
    let now = bound("a");
    for (now, words) in [
        (Bound { plan: "b".repeat(64), ..now.clone() }, "the plan is another one"),
        (Bound { inventory: "b".repeat(64), ..now.clone() }, "hosts and services"),
        (Bound { version: "b".repeat(64), ..now.clone() }, "another version"),
    ] {
        let counted = asked(1, &rules, &now, one());
        assert_eq!(counted.missing, 1);
        assert!(why(&counted)[0].contains(words), "{:?}", why(&counted));
    }
    assert_eq!(asked(1, &rules, &now, one()).missing, 0);
}

#[test]
fn e18_an_approval_counts_for_its_time_only() {
    let short = Rules { expires: Some(Duration::from_secs(600)), ..Rules::default() };
    let counted = |rules: &Rules, seconds| asked(1, rules, &bound("a"), vec![seen("bo", seconds, Proof::Proven)]);
    assert_eq!(counted(&short, 401).missing, 0);
    let late = counted(&short, 400);
    assert_eq!((late.missing, why(&late)[0]), (1, "it has expired: an approval counts for 10m"));
    assert_eq!(counted(&Rules::default(), 1060).missing, 0);
    let ahead = counted(&Rules::default(), 1061);
    assert_eq!((ahead.missing, why(&ahead)[0]), (1, "it is dated later than now: look at the clocks"));
}

#[test]
fn e18_nobody_approves_a_run_of_their_own() {
    let rules = Rules { claimed: true, ..Rules::default() };
    let own = asked(1, &rules, &bound("a"), vec![seen("ada", 10, Proof::Proven)]);
    assert_eq!((own.missing, why(&own)[0]), (1, "nobody approves a run of their own"));
    // Whoever only says to be another is known by the workstation.
    let mut mask = seen("bo", 10, Proof::Claimed);
    mask.approval.workstation = "ada@desk".into();
    let masked = asked(1, &rules, &bound("a"), vec![mask.clone()]);
    assert_eq!((masked.missing, why(&masked)[0]), (1, "nobody approves a run of their own"));
    // A key of another name proves nothing of who sits there (fault A3).
    mask.proof = Proof::Proven;
    let masked = asked(1, &rules, &bound("a"), vec![mask.clone()]);
    assert_eq!((masked.missing, why(&masked)[0]), (1, "nobody approves a run of their own"));
    mask.approval.workstation = "bo@desk".into();
    assert_eq!(asked(1, &rules, &bound("a"), vec![mask]).missing, 0);
}

#[test]
fn what_is_only_claimed_counts_where_the_site_says_so() {
    let one = || vec![seen("bo", 10, Proof::Claimed)];
    let refused = asked(1, &Rules::default(), &bound("a"), one());
    assert_eq!(why(&refused), ["it is claimed and not proven, and this site counts what is signed"]);
    let open = Rules { claimed: true, ..Rules::default() };
    assert_eq!(asked(1, &open, &bound("a"), one()).missing, 0);
    let mut twin = seen("cy", 20, Proof::Claimed);
    twin.approval.workstation = "bo@desk".into();
    let counted = asked(2, &open, &bound("a"), vec![seen("bo", 10, Proof::Claimed), twin]);
    assert_eq!(why(&counted), ["it is claimed from the workstation from which cy approved"]);
    let broken = Proof::Broken("its signature does not hold".into());
    assert_eq!(asked(1, &open, &bound("a"), vec![seen("bo", 10, broken)]).missing, 1);
}

#[test]
fn a_key_that_stands_for_two_names_is_one_person() {
    let with = |person, seconds, key: &str| Seen { key: Some(key.into()), ..seen(person, seconds, Proof::Proven) };
    let counted = asked(2, &Rules::default(), &bound("a"), vec![with("bo", 20, "k"), with("cy", 10, "k")]);
    assert_eq!((counted.missing, why(&counted)[0]), (1, "it is signed with the key with which bo approved"));
    let counted = asked(2, &Rules::default(), &bound("a"), vec![with("bo", 20, "k"), with("cy", 10, "l")]);
    assert_eq!(counted.missing, 0);
}

#[test]
fn what_is_signed_is_read_back_exactly() {
    let one = approval("bo", 7);
    let text = one.statement().unwrap();
    assert_eq!(Approval::read(&text), Some(one.clone()));
    assert_eq!(Approval::read(&format!("{text}x y\n")), None);
    assert_eq!(Approval::read(&text.replace("person bo", "person bo ")), None);
    assert_eq!(Approval::read(&text.replace("aaaa", "AAAA")), None);
    assert_eq!(Approval::read(&text[..text.len() - 1]), None);
    let (first, rest) = text.split_once("\nsite ").unwrap();
    assert_eq!(Approval::read(&format!("{first}\nsite shop\nsite {rest}")), None, "nothing is said twice");
    assert!(Approval { person: "bo\nplan x".into(), ..one }.statement().is_err());
}
