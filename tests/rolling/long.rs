//! What takes too long for an ordinary run: `tests/run --long` makes it.

use std::thread::sleep;
use std::time::Duration;

use super::kit::{HOST, Shop};
use super::lab::{Lab, report};
use super::{GOOD, all_run, none_failed};

/// It is well when its instances are asked, two seconds after they began, and turns bad before the whole is looked at,
/// some fifteen seconds after.
const LATER: (&str, &[&str]) = ("v1.18.0", &["APP_MIGRATIONS=0016", "APP_MODE=later:8"]);

#[test]
#[ignore = "needs the lab: run tests/run"]
fn what_turns_bad_when_it_was_rolled_out_already_is_rolled_back_and_nobody_fails_afterwards() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let shop = Shop::new(&lab, &[GOOD, LATER]);
    let watched = shop.watched();
    let ran = shop.deploy("v1.18.0", &["--on-failure", "abort"]);
    let watched = watched.ends();
    assert_ne!(ran.code, 0, "{}", ran.out);
    all_run(&shop, "v1.15.0");
    let after = shop.asked(8200, 100);
    sleep(Duration::from_secs(4));
    none_failed(&after.count(), "after the way back");
    assert_eq!(shop.releases()[0]["verdict"].as_str(), Some("rolled-back"), "{watched}");
    report("rolling deploy", 1, 1, "one that turns bad when it was rolled out is taken back by itself");
}
