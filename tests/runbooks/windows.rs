//! A deploy outside its windows, as a person sees it before the go.

use quarterdeck::domain::Environment;
use quarterdeck::domain::procedure::Kind;
use quarterdeck::domain::run::Overridden;
use quarterdeck::domain::window::{Days, Window, Windows};

use super::deploys::{self, passed_in};
use super::{SIZES, says};

/// Production, which is changed from half past three on.
fn closed() -> Environment {
    let window = Window {
        days: Days::parse("daily").unwrap(),
        from: "03:30".parse().unwrap(),
        to: "05:00".parse().unwrap(),
        zone: jiff::tz::TimeZone::UTC,
    };
    let windows = Windows { open: vec![window], kinds: vec![Kind::Deploy], ..Windows::default() };
    Environment { windows, ..deploys::production() }
}

#[test]
fn a_closed_window_is_told_with_the_plan_and_in_the_confirmation() {
    for size in SIZES {
        let (mut console, mut told) = passed_in(size, closed());
        says(&console, &["Window: closed, opens 03:30 UTC, in 1h", "it stops before a change"]);
        console.keys("enter");
        says(&console, &["type production", "window", "closed, opens 03:30 UTC", "it stops before its"]);
        // Whoever overrode it has been told enough.
        console.keys("esc");
        told.decided(&mut console, |decided| {
            decided.overridden = Some(Overridden { by: "ada".to_owned(), why: "the shop is down".to_owned() });
        });
        says(&console, &["The gate is passed: enter"]);
        console.keys("enter");
        assert!(!console.screen().contains("it stops before"), "{}", console.screen());
    }
}
