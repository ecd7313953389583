//! A deploy whose lock somebody else has: it is waited for, and nothing begins on what was judged and confirmed before.

use std::time::Duration;

use quarterdeck::domain::Lock;
use quarterdeck::domain::lock::{Heard, Holder, Stands};
use quarterdeck::port::procedure::{Need, ProcedureNews};
use quarterdeck::port::{Effect, Event};

use super::SIZES;
use super::console::Console;
use super::deploys::{decided, goes, needs, opened, passed};
use super::procedures::run_id;

/// Bo has it for another run, or has given it back.
fn lock(console: &mut Console, stands: Stands) {
    let holder = Holder {
        person: "bo".into(),
        workstation: "bo@far".into(),
        run: Some(run_id(7)),
        message: "Move the shop".into(),
        since: None,
    };
    let (login, heard) = ("root".into(), Heard::Unknown);
    let lock = Lock {
        token: 7,
        holder,
        login,
        by_hand: false,
        reserved: true,
        stands,
        heard,
        broken: None,
        beside: Vec::new(),
    };
    console.say(Event::Procedure(ProcedureNews::Lock(Some(Box::new(lock)))));
}

#[test]
fn when_the_lock_that_was_waited_for_is_free_the_gate_is_judged_anew_and_the_go_is_asked_for_anew() {
    for size in SIZES {
        let (mut console, mut told) = passed(size);
        lock(&mut console, Stands::Held);
        assert!(console.screen().contains("L waits for it"), "{}", console.screen());
        console.keys("L").pass(Duration::from_secs(130));
        let screen = console.screen();
        assert!(screen.contains("Waits for the lock, 2m: bo (bo@far) holds it"), "{screen}");
        assert!(screen.contains("esc gives up"), "{screen}");
        console.asked();
        lock(&mut console, Stands::Free);
        assert_eq!(decided(&mut console), ["Recheck(None)"], "{}", console.screen());
        needs(&mut console, &told, Vec::new());
        needs(&mut console, &told, vec![Need::Go]);
        assert!(console.asked().iter().all(|effect| !matches!(effect, Effect::Conduct(_))), "{}", console.screen());
        assert!(console.screen().contains("The gate is passed"), "{}", console.screen());
        // What begins is confirmed by its name, as if nobody had waited.
        console.keys("enter").types("production");
        assert!(console.screen().contains("type production"), "{}", console.screen());
        console.keys("enter");
        goes(&mut console, &mut told);
    }
}

/// The key that answers asks for no go that could not be taken.
#[test]
fn while_somebody_else_has_the_lock_no_key_asks_for_the_go() {
    for size in SIZES {
        let (mut console, _told) = passed(size);
        lock(&mut console, Stands::Held);
        console.keys("d");
        assert!(!console.screen().contains("type production"), "{}", console.screen());
        assert!(console.screen().contains("bo has the lock"), "{}", console.screen());
        console.pass(Duration::from_secs(20));
        assert!(!console.screen().contains("is passed: go"), "{}", console.screen());
        lock(&mut console, Stands::Free);
        console.keys("d").types("production");
        assert!(console.screen().contains("type production"), "{}", console.screen());
    }
}

/// A run that was taken up half-way is confirmed anew for what is left of it.
#[test]
fn what_is_confirmed_anew_half_way_is_only_what_is_left() {
    for size in SIZES {
        let (mut console, mut told) = passed(size);
        goes(&mut console, &mut told);
        told.started(&mut console, 5).done(&mut console, 5, 46_000);
        needs(&mut console, &told, vec![Need::Go]);
        // Page 4 still says how far it is.
        assert!(!console.row_with("4 Run").contains("\u{25cb} 4 Run"), "{}", console.screen());
        console.keys("d");
        assert!(console.screen().contains("1 step: only what is left is shown"), "{}", console.screen());
        assert!(!console.screen().contains("pg_dump"), "{}", console.screen());
    }
}

#[test]
fn who_gives_up_waiting_has_nothing_judged_when_it_is_free() {
    for size in SIZES {
        let (mut console, _told) = passed(size);
        lock(&mut console, Stands::Held);
        console.keys("L");
        assert!(console.screen().contains("Waits for the lock"), "{}", console.screen());
        console.keys("esc");
        assert!(!console.screen().contains("Waits for the lock"), "{}", console.screen());
        assert!(console.screen().contains("L waits for it"), "it can be waited for again\n{}", console.screen());
        console.asked();
        lock(&mut console, Stands::Free);
        assert!(decided(&mut console).is_empty());
    }
}

#[test]
fn it_is_waited_for_also_while_another_screen_is_in_front() {
    let (mut console, _told) = passed((120, 40));
    lock(&mut console, Stands::Held);
    console.keys("L 1");
    console.asked();
    lock(&mut console, Stands::Reserved);
    assert!(decided(&mut console).is_empty(), "its run is to be taken over or given up first");
    lock(&mut console, Stands::Free);
    assert_eq!(decided(&mut console), ["Recheck(None)"]);
    assert!(console.screen().contains("The lock is free"), "{}", console.screen());
}

#[test]
fn before_a_run_has_begun_it_is_waited_for_and_nothing_begins_by_itself() {
    for size in SIZES {
        let mut console = opened(size);
        assert!(!console.screen().contains("waits for it"), "{}", console.screen());
        console.keys("L");
        assert!(console.screen().contains("nobody else has it"), "{}", console.screen());
        lock(&mut console, Stands::Held);
        console.keys("L");
        assert!(console.screen().contains("Waits for the lock"), "{}", console.screen());
        console.asked();
        lock(&mut console, Stands::Free);
        assert!(console.screen().contains("nothing begins before it is confirmed"), "{}", console.screen());
        let begun = |effect: &Effect| matches!(effect, Effect::Conduct(_) | Effect::Decide(..));
        assert!(!console.asked().iter().any(begun));
    }
}
