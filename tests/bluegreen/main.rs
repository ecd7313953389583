//! Saleor's own deploy on real containers: two colours behind a real HAProxy, a real PostgreSQL, real git, and somebody who
//! asks for a page all the time and counts what fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod back_long;
#[path = "../procedures/console.rs"]
#[allow(dead_code, reason = "this file uses a part of the modules it shares")]
mod console;
mod github;
mod kit;
#[path = "../common/lab.rs"]
#[allow(dead_code, reason = "this file uses a part of the modules it shares")]
mod lab;
mod long;
mod shop;

use kit::Desk;
use lab::Lab;
use shop::Shop;

/// One lab, one shop, one release after the other, as days go: to make a shop takes longer than to bring a release to it.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn releases_go_from_colour_to_colour_and_a_bad_one_goes_back_by_itself() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let shop = Shop::open(&lab);
    let desk = Desk::new(&lab, &shop);

    // A good one: blue serves, green gets it, nobody notices.
    let load = shop.ask();
    let first = desk.release("one", &["APP_MIGRATIONS=0016"]);
    let ended = desk.deploy(&first, &["--waive", "rollback=there is none yet"]);
    let asked = load.end();
    assert_eq!(ended.code, 0, "{}", ended.told());
    assert_eq!(asked.failed(), 0, "{asked:?}");
    assert_eq!(shop.weights(), [("blue-1".to_owned(), 0), ("green-1".to_owned(), 100)]);
    assert!(asked.versions() >= 2, "both colours have answered: {asked:?}");
    let release = desk.newest_release();
    assert_eq!((release["verdict"].as_str(), release["version"].as_str()), (Some("good"), Some(first.tag.as_str())));
    assert_eq!(release["commit"].as_str(), Some(first.commit.as_str()));
    assert!(release["migrations"].to_string().contains("0016_product_colour"), "{release}");
    assert_eq!(shop.migrated(), "0016_product_colour", "in the database itself");

    // A bad one: all is well with it until it has a tenth of the traffic, and then half of what it answers is wrong.
    let load = shop.ask();
    let second = desk.release("two", &["APP_MIGRATIONS=0016"]);
    let mut console = desk.begin(&second, &[]);
    shop.wait_for_weight("blue-1", 10);
    shop.turns("blue", "errors:50");
    let ended = console.wait_ended();
    let gone_back = shop.now();
    load.linger();
    let asked = load.end();
    assert_eq!(ended.code(), Some(2), "{}", console.complaint());
    assert_eq!(shop.weights(), [("blue-1".to_owned(), 0), ("green-1".to_owned(), 100)], "{}", console.complaint());
    assert!(asked.failed() > 0, "its errors were seen by somebody, or nothing was proven");
    assert_eq!(asked.failed_since(gone_back), 0, "{asked:?}");
    assert!(asked.failed() * 10 < asked.sent(), "most were served all the time: {asked:?}");
    assert_eq!(shop.reached(), 10, "it never had more than a tenth: {}", console.complaint());
    let release = desk.newest_release();
    assert_eq!(release["verdict"].as_str(), Some("rolled-back"), "{release}");
    assert_eq!(desk.runs_now(), first.tag, "what ran before runs again");
    assert!(!shop.is_up("blue"), "the bad one is gone");
}
