//! What is known of releases and versions is read again and again, and once more before what they decide about begins.

use std::time::Duration;

use quarterdeck::domain::lock::{Heard, Holder, Lock, Stands};
use quarterdeck::domain::release::Verdict;
use quarterdeck::port::procedure::ProcedureNews;
use quarterdeck::port::release::ReleaseWish;
use quarterdeck::port::{Effect, Event};

use super::SIZES;
use super::console::Console;
use super::deploys::{self, before, opened, passed, reads, release, versions};
use super::procedures::run_id;

/// How often releases and versions were asked for since the last look.
fn asked(console: &mut Console) -> (usize, usize) {
    let all = console.asked();
    let of = |wanted: ReleaseWish| all.iter().filter(|one| **one == Effect::ReadReleases(wanted.clone())).count();
    (of(ReleaseWish::Releases), of(ReleaseWish::Versions))
}

fn begins(console: &mut Console) -> bool {
    console.asked().iter().any(|effect| matches!(effect, Effect::Conduct(_)))
}

/// Bo has released this an hour ago.
fn made(version: &str, verdict: Verdict) -> quarterdeck::domain::Release {
    let mut made = release(0x51, version, "2026-03-14T01:13:00Z", verdict, "bo");
    made.commit = None;
    made
}

#[test]
fn the_screen_reads_anew_when_it_is_opened_when_it_is_old_and_when_it_is_told_to() {
    let mut console = opened((120, 40));
    assert!(asked(&mut console).0 >= 1, "opened");
    deploys::knows(&mut console);
    assert_eq!(asked(&mut console), (0, 0));
    // It grows old, and is read once however long the answer takes.
    console.pass(Duration::from_secs(29));
    assert_eq!(asked(&mut console), (0, 0));
    console.pass(Duration::from_secs(2));
    assert_eq!(asked(&mut console), (1, 1));
    console.pass(Duration::from_secs(20));
    console.keys("1 7 r ctrl-r");
    assert_eq!(asked(&mut console), (0, 0), "one at a time");
    // What a person asked for meanwhile is asked behind it.
    deploys::knows(&mut console);
    assert_eq!(asked(&mut console), (1, 1));
    deploys::knows(&mut console);
    // Somewhere else nothing is asked; coming back is.
    console.keys("1");
    console.pass(Duration::from_secs(120));
    assert_eq!(asked(&mut console), (0, 0));
    console.keys("7");
    assert_eq!(asked(&mut console), (1, 1));
    deploys::knows(&mut console);
    // Another procedure on the same page.
    console.keys("B");
    assert_eq!(asked(&mut console), (1, 1));
}

#[test]
fn what_others_do_is_seen() {
    for size in SIZES {
        let mut console = opened(size);
        deploys::knows(&mut console);
        assert!(!console.screen().contains("v2.32.0"), "{}", console.screen());
        assert!(console.row_with("Version").contains("read 0s ago"), "{}", console.screen());
        console.pass(Duration::from_secs(9));
        assert!(console.row_with("Version").contains("read 9s ago"), "{}", console.screen());
        versions(&mut console, &["v2.32.0"]);
        assert!(console.screen().contains("v2.32.0"), "{}", console.screen());
        // Bo releases it; when the lock is free again, that is read.
        let holder = Holder {
            person: "bo".into(),
            workstation: "bo@far".into(),
            run: Some(run_id(7)),
            message: "Deploy the shop".into(),
            since: None,
        };
        let (login, heard) = ("root".into(), Heard::Unknown);
        let held = Lock {
            token: 7,
            holder,
            login,
            by_hand: false,
            reserved: true,
            stands: Stands::Held,
            heard,
            broken: None,
            beside: Vec::new(),
        };
        let free = Lock { stands: Stands::Free, ..held.clone() };
        console.say(Event::Procedure(ProcedureNews::Lock(Some(Box::new(held)))));
        console.asked();
        console.say(Event::Procedure(ProcedureNews::Lock(Some(Box::new(free)))));
        assert_eq!(asked(&mut console).0, 1);
        reads(&mut console, before().into_iter().chain([made("v2.32.0", Verdict::Good)]));
        console.keys("B");
        assert!(console.row_with("v2.32.0").contains("it runs now"), "{}", console.screen());
    }
}

#[test]
fn what_was_said_of_a_branch_that_moved_is_asked_again() {
    let mut console = opened((120, 40));
    console.keys("enter j");
    let facts = |console: &mut Console| {
        let all = console.asked();
        let of_main = |one: &&Effect| matches!(one, Effect::ReadReleases(ReleaseWish::Facts { version, .. }) if version == "main");
        all.iter().filter(of_main).count()
    };
    assert_eq!(facts(&mut console), 1);
    deploys::knows(&mut console);
    assert_eq!(facts(&mut console), 0, "it is where it was");
    deploys::moved(&mut console);
    assert_eq!(facts(&mut console), 1);
}

#[test]
fn the_go_waits_for_what_was_released_meanwhile() {
    for size in SIZES {
        let (mut console, _told) = passed(size);
        console.asked();
        console.keys("enter").types("production").keys("enter");
        assert!(!begins(&mut console));
        assert!(console.screen().contains("released meanwhile"), "{}", console.screen());
        // Nothing else begins while it waits.
        console.keys("enter");
        assert!(!console.screen().contains("type production"), "{}", console.screen());
        // It failed elsewhere a minute ago: nothing begins, and it is said who and how.
        reads(&mut console, before().into_iter().chain([made("v2.31.0", Verdict::Failed)]));
        versions(&mut console, &[]);
        assert!(!begins(&mut console), "{}", console.screen());
        assert!(console.screen().contains("did not go well"), "{}", console.screen());
        console.keys("esc");
        // Nobody answers: nothing begins either.
        let (mut console, _told) = passed(size);
        console.asked();
        console.keys("enter").types("production").keys("enter");
        console.pass(Duration::from_secs(45));
        assert!(console.screen().contains("could not be read"), "{}", console.screen());
        deploys::knows(&mut console);
        assert!(!begins(&mut console), "{}", console.screen());
    }
}

#[test]
fn nobody_goes_back_to_what_was_taken_back_meanwhile() {
    let mut console = opened((120, 40));
    console.keys("1 B");
    deploys::knows(&mut console);
    console.keys("enter");
    assert!(console.screen().contains("type production"), "{}", console.screen());
    console.asked();
    console.types("production").keys("enter");
    assert!(!begins(&mut console));
    // Bo went back to it a minute ago: it runs now.
    reads(&mut console, before().into_iter().chain([made("v2.30.2", Verdict::Good)]));
    versions(&mut console, &[]);
    assert!(!begins(&mut console), "{}", console.screen());
    assert!(console.screen().contains("There is no way back to it any more"), "{}", console.screen());
}
