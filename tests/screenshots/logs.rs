//! The logs: the merged stream, a line unfolded, a filter with context, the lines over time with a span, what is new.

use quarterdeck::domain::release::Verdict;

use super::console::Console;
use super::{SIZES, compare, deploys, log_scene, logs_of_the_night};

/// An hour of the shop, in which a deploy went wrong.
fn hour(size: (u16, u16)) -> Console {
    let mut console = Console::in_trouble(size);
    deploys::reads(&mut console, [deploys::release(1, "v2.31.0", "2026-03-14T02:11:40Z", Verdict::Good, "ada")]);
    log_scene::busy(&mut console);
    console
}

#[test]
fn unfolded_json() {
    for (size, suffix) in SIZES {
        let mut console = logs_of_the_night(size);
        console.say(log_scene::nested(log_scene::TAIL));
        console.types("/gateway timeout").keys("enter p enter x x x x");
        console.keys("esc");
        compare(&format!("logs-json{suffix}"), &console);
    }
}

#[test]
fn filter_with_context() {
    for (size, suffix) in SIZES {
        let mut console = logs_of_the_night(size);
        console.types("/status>=500 or /confirm.*30s/").keys("enter x N N");
        compare(&format!("logs-context{suffix}"), &console);
    }
}

#[test]
fn over_time() {
    for (size, suffix) in SIZES {
        let mut console = hour(size);
        console.keys("v left left left left left left left left");
        compare(&format!("logs-histogram{suffix}"), &console);
    }
}

#[test]
fn what_is_new() {
    for (size, suffix) in SIZES {
        let mut console = hour(size);
        console.keys("P");
        compare(&format!("logs-new{suffix}"), &console);
    }
}

#[test]
fn bookmarks() {
    use quarterdeck::port::keepsake::{KeepsakeNews, KeepsakeWish};
    use quarterdeck::port::{Effect, Event};

    // What the store would say.
    let kept = |console: &mut Console| {
        for effect in console.asked() {
            if let Effect::Keepsake(_, KeepsakeWish::Keep(keepsake)) = effect {
                console.say(Event::Keepsakes(KeepsakeNews::Kept(keepsake)));
            }
        }
    };
    for (size, suffix) in SIZES {
        let mut console = logs_of_the_night(size);
        console.asked();
        console.keys("k k k a").types("ask the payment provider").keys("enter");
        kept(&mut console);
        console.keys("k k k m");
        kept(&mut console);
        compare(&format!("logs-bookmarks{suffix}"), &console);
        console.keys("'");
        compare(&format!("logs-bookmarks-list{suffix}"), &console);
    }
}
