//! A span of time that is typed, and filters that are kept.

use quarterdeck::domain::SiteName;
use quarterdeck::domain::highlight::SavedFilter;
use quarterdeck::port::Event;
use quarterdeck::port::keepsake::{Keepsake, KeepsakeNews, KeepsakeWish};
use quarterdeck::port::log::{Since, TailState};
use quarterdeck::text::Foreign;

use super::bookmarks::wished;
use super::log_scene::{at, batch, stands, wish};
use super::{MIDDLE, SMALL, lines, reading};

#[test]
fn a_span_of_time_is_typed_as_it_is_on_the_command_line() {
    let (mut console, _) = reading(MIDDLE);
    console.asked();
    console.keys("t s").types("01:30..02:10").keys("enter");
    let span = wish(console.asked()).unwrap();
    assert_eq!((span.since, span.until, span.follow), (Since::At(at("01:30:00")), Some(at("02:10:00")), false));
    for host in ["app-1", "app-2", "db-1"] {
        console.say(stands(span.id, host, TailState::Ended));
    }
    console.say(batch(span.id, "app-1", lines(0, 3)));
    let screen = console.screen();
    assert!(screen.contains("01:30 to") && screen.contains("span alone"), "{screen}");
    // The command that prints the same.
    console.keys("$");
    let copied = console.0.shown().copied.unwrap();
    assert!(copied.contains("--since") && copied.contains("--until") && !copied.contains(" -f"), "{copied}");
    // And back to what comes.
    console.keys("f");
    let back = wish(console.asked()).unwrap();
    assert_eq!((back.since, back.until, back.follow), (Since::Newest(500), None, true));
    console.keys("t s").types("-20m").keys("enter");
    let open = wish(console.asked()).unwrap();
    assert_eq!((open.since, open.follow), (Since::Ago(std::time::Duration::from_secs(1200)), true));
}

#[test]
fn a_mistake_in_a_span_is_pointed_at_and_nothing_is_read() {
    for size in [SMALL, MIDDLE, (200, 60)] {
        let (mut console, _) = reading(size);
        console.asked();
        console.keys("t s").types("yesterday 25:00").keys("enter");
        assert_eq!(wish(console.asked()), None);
        let screen = console.screen();
        let column = |text: &str| {
            let row = screen.lines().find(|row| row.contains(text)).unwrap_or_else(|| panic!("{screen}"));
            row.chars().collect::<String>().split_once(text).unwrap().0.chars().count()
        };
        assert_eq!(column("^ this is no moment"), column("25:00"), "{screen}");
        // It goes with the next letter, and nothing was lost.
        console.keys("ctrl-w").types("22:00..23:15").keys("enter");
        assert!(wish(console.asked()).unwrap().until.is_some(), "{}", console.screen());
    }
}

#[test]
fn what_was_looked_for_and_filters_with_a_name_are_there_after_a_restart() {
    let (mut console, tail) = reading(MIDDLE);
    console.asked();
    let site = || SiteName::new("pakashop").unwrap();
    let before: Vec<String> = (0..20).map(|n| format!("before{n}")).collect();
    let all = vec![
        Keepsake::Looked(before.clone()),
        Keepsake::Filter { name: "night".to_owned(), query: "level>=error".to_owned() },
    ];
    console.say(Event::Keepsakes(KeepsakeNews::Read(site(), all)));
    console.say(batch(tail, "app-1", lines(0, 20)));
    console.keys("/").types("line 1").keys("enter");
    let wishes = wished(&mut console);
    let [KeepsakeWish::Keep(Keepsake::Looked(looked))] = wishes.as_slice() else { panic!("{wishes:?}") };
    assert_eq!((looked.len(), looked[0].as_str(), looked[1].as_str()), (20, "line 1", "before0"));
    console.keys("F");
    let screen = console.screen();
    assert!(screen.contains("night") && screen.contains("before0"), "{screen}");
    // One that was kept is taken away; one that was only looked for can't be.
    console.keys("del");
    let wishes = wished(&mut console);
    assert!(matches!(wishes.as_slice(), [KeepsakeWish::Remove(_)]), "{wishes:?}");
    console.keys("down del");
    assert_eq!(wished(&mut console), []);
}

#[test]
fn a_filter_is_kept_under_a_name_that_no_file_has() {
    let mut environment = super::scene::production();
    environment.filters = [SavedFilter { name: "mine".to_owned(), query: "a".to_owned() }].into();
    let (mut console, _) = super::reading_of(MIDDLE, environment);
    console.asked();
    console.keys("/").types("status>=500").keys("alt-s");
    assert!(console.screen().contains("Keep the filter"), "{}", console.screen());
    console.asked();
    console.types("mine").keys("enter");
    assert!(console.screen().contains("the site has a filter mine"), "{}", console.screen());
    assert_eq!(wished(&mut console), []);
    console.keys("ctrl-u").types("five hundreds").keys("enter");
    let filter = Keepsake::Filter { name: "five hundreds".to_owned(), query: "status>=500".to_owned() };
    assert_eq!(wished(&mut console), [KeepsakeWish::Keep(filter.clone())]);
    console.keys("F");
    assert!(!console.screen().contains("five hundreds"), "not before it is kept: {}", console.screen());
    console.say(Event::Keepsakes(KeepsakeNews::Kept(filter)));
    assert!(console.screen().contains("five hundreds"), "{}", console.screen());
    // What can't be read has no name.
    console.keys("esc / ctrl-u").types("status>=").keys("alt-s");
    assert!(!console.screen().contains("Keep the filter"), "{}", console.screen());
}

#[test]
fn a_host_that_refuses_its_journal_is_not_called_empty_in_a_span_with_an_end() {
    for size in [SMALL, MIDDLE] {
        let (mut console, _) = reading(size);
        console.asked();
        console.keys("t s").types("01:30..02:10").keys("enter");
        let span = wish(console.asked()).unwrap();
        let why = Foreign::from("the host keeps no journal that could be read");
        console.say(stands(span.id, "db-1", TailState::Refused(why)));
        for host in ["app-1", "app-2", "db-1"] {
            console.say(stands(span.id, host, TailState::Ended));
        }
        let screen = console.screen();
        assert!(screen.contains("db-1 refused") && screen.contains("db-1: the host keeps no journal"), "{screen}");
        assert!(screen.contains("Nothing was written as far as it could be read"), "{screen}");
        console.say(batch(span.id, "app-1", lines(0, 3)));
        let screen = console.screen();
        assert!(screen.contains("db-1 refused") && !screen.contains("of db-1"), "{screen}");
        assert!(screen.contains("nothing of app-2 stands in the journals of that time"), "{screen}");
    }
}

#[test]
fn a_span_of_seconds_is_told_to_the_second_and_whole_also_on_a_small_screen() {
    let (mut console, _) = reading(SMALL);
    console.asked();
    console.keys("t s").types("01:30:05..01:30:15").keys("enter");
    let span = wish(console.asked()).unwrap();
    for host in ["app-1", "app-2", "db-1"] {
        console.say(stands(span.id, host, TailState::Ended));
    }
    assert!(console.screen().contains("03-14 01:30:05 to 01:30:15 UTC"), "{}", console.screen());
    let words: Vec<String> = console.screen().split_whitespace().map(str::to_owned).collect();
    let told = words.join(" ");
    assert!(told.contains("since 2026-03-14 01:30:05 UTC until 2026-03-14 01:30:15 UTC."), "{}", console.screen());
}
