//! Bookmarks: kept before they are shown, gone to, listed, and found again when the line is held no more.

use quarterdeck::app::Setup;
use quarterdeck::domain::log_source::{LogCommand, LogPath};
use quarterdeck::domain::site_log::SiteLog;
use quarterdeck::domain::{LogName, LogSource};
use quarterdeck::port::keepsake::{Bookmark, Keepsake, KeepsakeName, KeepsakeNews, KeepsakeWish};
use quarterdeck::port::log::{LogBatch, LossKind, Since, TailState};
use quarterdeck::port::{Effect, Event};
use quarterdeck::text::Foreign;

use super::console::Console;
use super::log_scene::{batch, line, loss, stands, wish};
use super::{MIDDLE, SMALL, lines, reading, reading_of, scene, screen_row};

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

#[test]
fn a_bookmark_opens_the_log_in_which_its_line_stands() {
    let log = |name: &str, source: LogSource| SiteLog {
        name: LogName::new(name).unwrap(),
        title: Foreign::default(),
        source,
        hosts: vec![scene::host_name("app-2")],
        is_placed: true,
    };
    let access = LogSource::File(LogPath::new("/var/log/nginx/access.log").unwrap());
    let ticks = LogSource::Command(LogCommand { name: "ticks".to_owned(), argv: vec!["ticks".to_owned()] });
    let mut environment = scene::production();
    environment.logs = vec![log("access", access.clone()), log("ticks", ticks.clone())];
    let (mut console, _) = reading_of(MIDDLE, environment);
    let reads = |console: &mut Console| {
        let wish = wish(console.asked()).unwrap();
        let sources: Vec<LogSource> = wish.sources.into_values().flatten().collect();
        (wish.id, sources)
    };
    console.asked();
    // A line of the file, and one of the command.
    let mut all = Vec::new();
    for (down, source, text) in [("down", &access, "GET / 200"), ("down down", &ticks, "tick")] {
        console.keys("O").keys(down).keys("enter");
        let (tail, sources) = reads(&mut console);
        assert_eq!(sources, std::slice::from_ref(source));
        let rows = vec![line("02:11:00", "backend", 6, text)];
        let (host, lane) = (scene::host_name("app-2"), source.lane());
        console.say(Event::Log(LogBatch { tail, host, lane, rows }));
        console.keys("k m");
        all.push(keep(&mut console));
    }
    let [_, printed] = all.as_slice() else { panic!() };
    assert_eq!(printed.place.origin.lane, ticks.lane());
    // From the other log, and from all services, its own is opened.
    for from in ["O down down enter", "O enter"] {
        console.keys(from).asked();
        console.keys("'").types("GET").keys("enter");
        let (tail, sources) = reads(&mut console);
        assert_eq!(sources, std::slice::from_ref(&access), "{from}");
        let screen = console.screen();
        assert!(screen.contains("log access") && screen.contains("is read of log access"), "{screen}");
        // Where it is not there any more that is said.
        console.say(Event::Tail(tail, scene::host_name("app-2"), access.lane(), TailState::Ended));
        assert!(console.screen().contains("is not in the log of app-2 any more"), "{}", console.screen());
    }
    // What a command printed can't be read again, so nothing is.
    console.keys("'").types("tick").keys("enter");
    assert_eq!(wish(console.asked()), None);
    assert!(console.screen().contains("printed by the command ticks"), "{}", console.screen());
}

#[test]
fn a_sentence_that_is_longer_than_the_last_line_is_told_whole() {
    let (mut console, tail) = reading(SMALL);
    console.say(batch(tail, "app-1", lines(0, 30)));
    console.asked();
    console.keys("k k m");
    keep(&mut console);
    console.keys("u");
    let rows = format!("{} {}", console.row(22), console.row(23));
    let told = rows.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("No line below has a bookmark, of those that are shown; ' lists them all."), "{told}");
    console.pass(std::time::Duration::from_secs(4));
    assert!(console.row(22).contains("line 29 end"), "it goes with the sentence: {}", console.screen());
}

#[test]
fn what_is_no_line_has_no_bookmark_and_a_drill_says_that_it_forgets() {
    let (mut console, tail) = reading(MIDDLE);
    console.say(batch(tail, "app-1", vec![loss("02:11:00", LossKind::Timeless, None)]));
    console.keys("k m");
    assert!(console.screen().contains("only lines of logs have bookmarks"), "{}", console.screen());

    let setup = Setup { sites: vec![scene::site()], drill: Some("Calm".to_owned()), ..Setup::default() };
    let mut console = Console::begin("02:12:05", MIDDLE, setup);
    console.keys("esc").say(Event::Opened(std::sync::Arc::new(scene::production())));
    console.keys("2");
    let tail = wish(console.asked()).unwrap().id;
    console.say(batch(tail, "app-1", lines(0, 3)));
    console.keys("k m");
    keep(&mut console);
    assert!(console.screen().contains("The bookmark is kept until this drill ends."), "{}", console.screen());
    // What no command can read is not offered as if one could.
    console.keys("$");
    let told = console.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("the hosts of a drill are inside this program"), "{told}");
}
