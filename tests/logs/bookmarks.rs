//! Bookmarks: kept before they are shown, gone to, listed, and found again when the line is held no more.

use quarterdeck::port::keepsake::{Bookmark, Keepsake, KeepsakeName, KeepsakeNews, KeepsakeWish};
use quarterdeck::port::log::{Since, TailState};
use quarterdeck::port::{Effect, Event};

use super::console::Console;
use super::log_scene::{batch, line, stands, wish};
use super::{MIDDLE, lines, reading, screen_row};

/// What was wished for of what is kept.
pub fn wished(console: &mut Console) -> Vec<KeepsakeWish> {
    let effects = console.asked().into_iter();
    effects
        .filter_map(|effect| match effect {
            Effect::Keepsake(site, wish) => {
                assert_eq!(site.as_str(), "pakashop");
                Some(wish)
            }
            _ => None,
        })
        .collect()
}

fn kept(wishes: Vec<KeepsakeWish>) -> Bookmark {
    match wishes.as_slice() {
        [KeepsakeWish::Keep(Keepsake::Bookmark(bookmark))] => (**bookmark).clone(),
        other => panic!("{other:?}"),
    }
}

fn says(console: &mut Console, news: KeepsakeNews) {
    console.say(Event::Keepsakes(news));
}

fn keep(console: &mut Console) -> Bookmark {
    let bookmark = kept(wished(console));
    says(console, KeepsakeNews::Kept(Keepsake::Bookmark(Box::new(bookmark.clone()))));
    bookmark
}

#[test]
fn a_bookmark_is_shown_when_it_is_kept_and_not_before() {
    let mut fresh = Console::well(MIDDLE);
    assert_eq!(wished(&mut fresh), [], "nobody has looked at logs yet");
    fresh.keys("2");
    assert_eq!(wished(&mut fresh), [KeepsakeWish::Read]);
    let (mut console, tail) = reading(MIDDLE);
    console.say(batch(tail, "app-1", lines(0, 20)));
    console.keys("k k m");
    let bookmark = kept(wished(&mut console));
    assert_eq!((bookmark.text.as_str(), bookmark.note.as_str()), ("line 17 end bh", ""));
    assert!(!console.screen().contains('★'), "nobody has kept it yet: {}", console.screen());
    let name = KeepsakeName::Bookmark(bookmark.place.clone());
    let sentence = "The bookmark could not be kept: the disk is full.".to_owned();
    says(&mut console, KeepsakeNews::Failed(name.clone(), sentence.clone()));
    assert!(!console.screen().contains('★') && console.screen().contains(&sentence), "{}", console.screen());
    console.keys("m");
    assert_eq!(keep(&mut console), bookmark);
    assert!(console.row(screen_row(&console, "line 17 end")).contains('★'), "{}", console.screen());
    console.keys("m");
    assert_eq!(wished(&mut console), [KeepsakeWish::Remove(name.clone())]);
    assert!(console.screen().contains('★'), "it is still there");
    says(&mut console, KeepsakeNews::Removed(name));
    assert!(!console.screen().contains('★'));
}

#[test]
fn a_note_stands_below_its_line_and_survives_a_slip() {
    let (mut console, tail) = reading(MIDDLE);
    console.say(batch(tail, "app-1", vec![line("02:11:00", "backend", 3, "login password=hunter2 refused")]));
    console.asked();
    console.keys("a").types("here it began ").keys("enter");
    let bookmark = keep(&mut console);
    assert_eq!(bookmark.note, "here it began");
    assert!(!bookmark.text.contains("hunter2") && bookmark.text.contains("[hidden]"), "{}", bookmark.text);
    assert!(console.screen().contains("★ here it began"), "{}", console.screen());
    console.keys("m").asked();
    says(&mut console, KeepsakeNews::Removed(KeepsakeName::Bookmark(bookmark.place.clone())));
    assert!(!console.screen().contains("here it began"));
    console.keys("m");
    assert_eq!(kept(wished(&mut console)).note, "here it began", "it comes back with its note");
    // Another note; esc keeps what was.
    console.keys("a").types("no").keys("esc");
    assert_eq!(wished(&mut console), []);
}

#[test]
fn one_goes_from_bookmark_to_bookmark_among_those_that_are_shown() {
    let (mut console, tail) = reading(MIDDLE);
    console.say(batch(tail, "app-1", lines(0, 20)));
    console.keys("u");
    assert!(console.screen().contains("there is no bookmark"), "{}", console.screen());
    console.asked();
    console.keys("k k m");
    keep(&mut console);
    console.keys("k k k k k m");
    keep(&mut console);
    console.keys("f U y");
    assert!(console.0.shown().copied.unwrap().contains("line 17 end"));
    console.keys("U y");
    assert!(console.0.shown().copied.unwrap().contains("line 12 end"));
    console.keys("U");
    assert!(console.screen().contains("No line above has a bookmark"), "{}", console.screen());
    console.keys("u y");
    assert!(console.0.shown().copied.unwrap().contains("line 17 end"));
    // One that a filter hides is passed over.
    console.keys("/").types("/line 1[0-5]/").keys("enter f U y");
    assert!(console.0.shown().copied.unwrap().contains("line 12 end"));
}

#[test]
fn the_list_leads_to_a_line_that_a_filter_hides_and_takes_bookmarks_away() {
    let (mut console, tail) = reading(MIDDLE);
    console.say(batch(tail, "app-1", lines(0, 20)));
    console.asked();
    console.keys("k k m");
    let bookmark = keep(&mut console);
    console.keys("/").types("/line 5/").keys("enter");
    assert!(!console.screen().contains("line 17 end"));
    console.keys("'");
    let screen = console.screen();
    assert!(screen.contains("Bookmarks") && screen.contains("line 17 end"), "{screen}");
    console.keys("enter y");
    assert!(console.0.shown().copied.unwrap().contains("line 17 end"), "{}", console.screen());
    console.asked();
    console.keys("' del");
    let name = KeepsakeName::Bookmark(bookmark.place);
    assert_eq!(wished(&mut console), [KeepsakeWish::Remove(name.clone())]);
    says(&mut console, KeepsakeNews::Removed(name));
    assert!(console.screen().contains("No bookmark holds that."), "{}", console.screen());
}

#[test]
fn after_a_restart_a_line_that_is_not_held_is_fetched_with_what_stands_around_it() {
    let (mut console, tail) = reading(MIDDLE);
    console.say(batch(tail, "app-1", lines(0, 20)));
    console.asked();
    console.keys("k k a").types("look here").keys("enter");
    let bookmark = keep(&mut console);

    // Another console, which holds what came since.
    let (mut console, tail) = reading(MIDDLE);
    console.asked();
    let site = quarterdeck::domain::SiteName::new("pakashop").unwrap();
    says(&mut console, KeepsakeNews::Read(site, vec![Keepsake::Bookmark(Box::new(bookmark.clone()))]));
    console.say(batch(tail, "app-1", vec![line("03:11:00", "backend", 6, "long after it")]));
    console.keys("'");
    let screen = console.screen();
    assert!(screen.contains("look here") && screen.contains("line 17 end bh"), "{screen}");
    console.keys("enter");
    let wish = wish(console.asked()).unwrap();
    let (from, until) =
        (bookmark.at - jiff::SignedDuration::from_mins(1), bookmark.at + jiff::SignedDuration::from_mins(1));
    assert_eq!((wish.since, wish.until, wish.follow), (Since::At(from), Some(until), false));
    assert!(console.screen().contains("The line is not held any more"), "{}", console.screen());
    console.say(batch(wish.id, "app-1", lines(10, 20)));
    console.keys("y");
    assert!(console.0.shown().copied.unwrap().contains("line 17 end"), "{}", console.screen());
    assert!(console.screen().contains("★ look here"), "{}", console.screen());

    // A host that has it no more.
    console.keys("t 1");
    let tail = super::log_scene::wish(console.asked()).unwrap().id;
    console.say(batch(tail, "app-1", vec![line("03:11:00", "backend", 6, "long after it")]));
    console.keys("' enter");
    let fetch = super::log_scene::wish(console.asked()).unwrap().id;
    console.say(stands(fetch, "app-1", TailState::Ended));
    assert!(console.screen().contains("is not in the log of app-1 any more"), "{}", console.screen());
    // What follows goes on with what comes.
    console.keys("f");
    assert!(super::log_scene::wish(console.asked()).unwrap().follow);
}
