//! What takes too long for an ordinary run: `tests/run --long` makes it.

use super::kit::Desk;
use super::lab::{Lab, report};
use super::shop::Shop;

/// The console dies while traffic is held at a tenth, the release turns bad meanwhile, and whoever goes on with the run
/// judges first.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn whoever_goes_on_after_the_console_has_died_judges_first() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let shop = Shop::open(&lab);
    let desk = Desk::new(&lab, &shop);
    // Figures of which nobody asks for a page prove nothing.
    let load = shop.ask();
    let first = desk.release("one", &["APP_MIGRATIONS=0016"]);
    let ended = desk.deploy(&first, &["--waive", "rollback=there is none yet"]);
    load.end();
    assert_eq!(ended.code, 0, "{}", ended.told());

    let load = shop.ask();
    let second = desk.release("two", &["APP_MIGRATIONS=0016"]);
    let mut killed = desk.begin(&second, &[]);
    shop.wait_for_weight("blue-1", 10);
    killed.kill();
    shop.turns("blue", "errors:50");
    let resumed = desk.resume();
    let gone_back = shop.now();
    load.linger();
    let asked = load.end();
    assert_eq!(resumed.code, 2, "{}", resumed.told());
    assert_eq!(shop.weights(), [("blue-1".to_owned(), 0), ("green-1".to_owned(), 100)], "{}", resumed.told());
    assert_eq!(shop.reached(), 10, "no more was shifted before it was judged: {}", resumed.told());
    assert!(asked.failed() > 0);
    assert_eq!(asked.failed_since(gone_back), 0, "{asked:?}");
    assert_eq!(desk.newest_release()["verdict"].as_str(), Some("rolled-back"));
    assert_eq!(desk.runs_now(), first.tag, "what ran before runs again");
    report(
        "console killed",
        1,
        1,
        "while a release has a tenth of the traffic: whoever resumes judges first, and it goes back",
    );
}
