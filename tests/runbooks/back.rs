//! The confirmation of a way back: it is headed as one, and says at its top from which release to which, where, and what
//! becomes of data.

use quarterdeck::port::Event;
use quarterdeck::port::procedure::Need;

use super::deploys::{self, needs, opened, running};
use super::{SIZES, says};

fn words(console: &super::console::Console) -> String {
    console.screen().replace(['│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_way_back_of_a_deploy_is_not_headed_like_its_go() {
    for size in SIZES {
        for key in ["U", "B"] {
            let (mut console, mut told) = running(size);
            told.failed(&mut console, 7, 128, "the command ended with 128");
            needs(&mut console, &told, vec![Need::Failure(7, Box::default())]);
            console.keys(key);
            let head = console.row_with("Roll back: v2.31.0");
            assert!(head.contains("v2.30.4") && head.contains("PRODUCTION"), "{}", console.screen());
            says(&console, &["from v2.31.0 to v2.30.4", "app-1", "app-2", "type production"]);
            let told = words(&console);
            assert!(told.contains("can't be taken back: orders/0032_drop_old_total.py"), "{}", console.screen());
            assert!(told.contains("only what the steps below take back goes back"), "{}", console.screen());
            assert!(!told.contains("its own section Rollback"), "{}", console.screen());
        }
    }
}

#[test]
fn what_git_has_not_said_is_not_known_of_the_way_back() {
    for size in SIZES {
        let (mut console, _told) = running(size);
        let nothing = Err("git can't be asked".to_owned());
        console.say(Event::Release(quarterdeck::port::ReleaseNews::Facts("v2.31.0".into(), nothing)));
        console.keys("U");
        assert!(words(&console).contains("what this version did to the database is not known"), "{}", console.screen());
    }
}

#[test]
fn a_rollback_says_at_its_top_from_what_to_what_and_what_becomes_of_data() {
    for size in SIZES {
        let mut console = opened(size);
        console.keys("1 B j enter");
        let head = console.row_with("Roll back: v2.30.4");
        assert!(head.contains("v2.30.2") && head.contains("PRODUCTION"), "{}", console.screen());
        says(&console, &["from v2.30.4 to v2.30.2", "app-1", "type production"]);
        let told = words(&console);
        assert!(told.contains("data nothing was done to it since"), "{}", console.screen());
        // The go of a deploy keeps its own heading.
        let (mut console, _told) = deploys::passed(size);
        console.keys("enter");
        says(&console, &["Deploy the shop", "type production"]);
        assert!(!console.screen().contains("Roll back:"), "{}", console.screen());
    }
}
