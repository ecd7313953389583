//! Older lines: fetched from the hosts in pages, joined to what is there, chosen on the host while something is looked for.

use quarterdeck::port::log::{Cursor, LogRow, TailState};
use quarterdeck::port::log_page::{LogPage, PageEnd, PageWish};
use quarterdeck::port::{Effect, Event};
use quarterdeck::text::Foreign;

use super::console::Console;
use super::log_scene::{batch, entry, stands, wish};
use super::{SMALL, at, scene};

/// Line `number` of app-1, written so many seconds after two o'clock.
fn row(number: u32) -> LogRow {
    let time = at(&format!("02:{:02}:{:02}", number / 60, number % 60));
    let word = if number.is_multiple_of(10) { "timeout" } else { "fine" };
    // No two of them say the same: such would be folded.
    let own: String = number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
    let said = format!("line {number} {word} end {own}");
    let LogRow::Entry(mut entry) = entry(time, Some(scene::unit_of("backend")), 6, &said) else { panic!("a line") };
    let micros = time.as_microsecond();
    entry.cursor = Cursor::new(&format!("s={:032x};i={number:x};b={:032x};m=1;t={micros:x};x=1", 5, 7)).unwrap();
    LogRow::Entry(entry)
}

fn rows(numbers: impl IntoIterator<Item = u32>) -> Vec<LogRow> {
    numbers.into_iter().map(row).collect()
}

fn cursor(number: u32) -> Option<Cursor> {
    let LogRow::Entry(entry) = row(number) else { panic!("a line") };
    Some(entry.cursor)
}

/// The newest five hundred lines of app-1 are there; the other hosts have nothing.
fn reading() -> Console {
    let (mut console, tail) = followed();
    console.say(batch(tail, "app-1", rows(1000..1500)));
    console
}

fn asked(console: &mut Console) -> Vec<PageWish> {
    let page = |effect| match effect {
        Effect::ReadPage(wish) => Some(wish),
        _ => None,
    };
    console.asked().into_iter().filter_map(page).collect()
}

fn page(wish: &PageWish, rows: Vec<LogRow>, end: PageEnd) -> Event {
    Event::LogPage(Box::new(LogPage { wish: wish.clone(), rows, end }))
}

#[test]
fn above_the_first_line_older_ones_are_fetched_and_nothing_moves() {
    let mut console = reading();
    console.keys("g");
    let wishes = asked(&mut console);
    assert_eq!(wishes.len(), 1, "only who gave as many as were asked for may have more");
    assert_eq!((wishes[0].host.as_str(), &wishes[0].before, wishes[0].lines), ("app-1", &cursor(1000), 2000));
    assert_eq!(wishes[0].only, None);
    console.keys("k");
    assert!(asked(&mut console).is_empty(), "one at a time");
    assert!(console.screen().contains("fetching older lines of app-1 …"), "{}", console.screen());
    let place = console.screen().lines().position(|line| line.contains("line 1000 ")).unwrap();
    // What comes twice is there once.
    console.say(page(&wishes[0], rows(700..1001), PageEnd::More));
    let after = console.screen().lines().position(|line| line.contains("line 1000 "));
    assert_eq!(after, Some(place), "{}", console.screen());
    assert_eq!(console.screen().matches("line 1000 ").count(), 1);
    assert!(console.screen().contains("800 lines") && console.screen().contains("0 lost"), "{}", console.screen());
    console.keys("k k");
    assert!(console.screen().contains("line 999 ") && console.screen().contains("line 998 "), "{}", console.screen());
    // The next page begins above this one.
    console.keys("K");
    let wishes = asked(&mut console);
    assert_eq!(wishes[0].before, cursor(700));
    console.say(page(&wishes[0], rows(650..700), PageEnd::Beginning));
    console.keys("g k");
    assert!(console.screen().contains("nothing older stands in the journals"), "{}", console.screen());
    assert!(console.screen().contains("line 650 "), "{}", console.screen());
    console.keys("K");
    assert!(asked(&mut console).is_empty());
    assert!(console.screen().contains("There are no older lines"), "{}", console.screen());
}

/// The whole journals of three hosts that are followed, and the number of the wish.
fn followed() -> (Console, u64) {
    let mut console = Console::well(SMALL);
    console.keys("alt-2");
    let tail = wish(console.asked()).unwrap().id;
    for host in ["app-1", "app-2", "db-1"] {
        console.say(stands(tail, host, TailState::Following));
    }
    (console, tail)
}

#[test]
fn a_host_without_lines_is_named_and_where_each_journal_begins_is_told() {
    let (mut console, tail) = followed();
    console.say(batch(tail, "app-1", rows(0..3)));
    console.say(batch(tail, "db-1", rows(600..602)));
    console.pass(std::time::Duration::from_secs(1));
    let screen = console.screen();
    assert!(console.row_with("0 lost").contains("no lines of app-2"), "{screen}");
    assert!(screen.contains("nothing of app-2 stands in the journals"), "{screen}");
    assert!(screen.contains("db-1: nothing older stands in its journal"), "{screen}");
    assert!(!screen.contains("app-1: nothing older"), "it begins where the picture begins: {screen}");
    // What comes later is told of at once.
    console.say(batch(tail, "app-2", rows(700..701)));
    console.pass(std::time::Duration::from_secs(1));
    assert!(!console.screen().contains("no lines of"), "{}", console.screen());
}

#[test]
fn where_nothing_older_passes_one_word_says_so() {
    let mut console = reading();
    console.types("/timeout").keys("enter g");
    let wishes = asked(&mut console);
    console.say(page(&wishes[0], Vec::new(), PageEnd::Beginning));
    console.keys("k");
    let screen = console.screen();
    assert!(!screen.contains("from here up"), "{screen}");
    assert!(screen.contains("nothing older that passes stands in the journals"), "{screen}");
    // Another query may find something there.
    console.keys("esc K");
    assert_eq!(asked(&mut console).len(), 1, "{}", console.screen());
}

#[test]
fn a_page_that_could_not_be_read_is_told_and_can_be_asked_for_again() {
    let mut console = reading();
    console.keys("g k");
    let wishes = asked(&mut console);
    console.say(page(&wishes[0], Vec::new(), PageEnd::Failed(Foreign::from("there is no link to app-1 now"))));
    console.keys("k");
    assert!(console.screen().contains("could not be fetched: there is no link to app-1 now"), "{}", console.screen());
    assert!(console.screen().contains("K fetches 2,000"), "{}", console.screen());
    console.keys("K");
    assert_eq!(asked(&mut console).len(), 1);
    // One that comes late, of another wish, is not taken.
    console.say(page(&PageWish { tail: 0, ..wishes[0].clone() }, rows(990..1000), PageEnd::More));
    assert!(console.screen().contains("500 lines"), "{}", console.screen());
}

/// Sentences about one host don't contradict each other, and an answer that is over does not stay.
#[test]
fn what_a_cut_link_kept_from_being_fetched_is_told_as_long_as_it_is_cut() {
    let (mut console, tail) = followed();
    console.say(batch(tail, "app-1", rows(1000..1500)));
    // Of app-2, which had nothing, nothing older is there, whatever becomes of its link.
    for host in ["app-1", "app-2"] {
        console.say(stands(tail, host, TailState::NoLink));
    }
    console.keys("g");
    let wishes = asked(&mut console);
    assert_eq!(wishes.iter().map(|wish| wish.host.as_str()).collect::<Vec<_>>(), ["app-1"]);
    console.say(page(&wishes[0], Vec::new(), PageEnd::Failed(Foreign::from("there is no link to app-1 now"))));
    console.keys("k");
    assert!(console.screen().contains("could not be fetched: there is no link to app-1 now"), "{}", console.screen());
    for state in [TailState::Reading, TailState::Following] {
        for host in ["app-1", "app-2"] {
            console.say(stands(tail, host, state.clone()));
        }
    }
    console.keys("k");
    let screen = console.screen();
    assert!(!screen.contains("could not be fetched") && screen.contains("fetching older lines of app-1"), "{screen}");
    assert!(screen.contains("nothing of app-2, db-1 stands in the journals"), "{screen}");
}

#[test]
fn while_something_is_looked_for_the_host_chooses_and_says_so() {
    let mut console = reading();
    console.types("/timeout").keys("enter");
    assert!(console.screen().contains("50 of 500 lines"), "{}", console.screen());
    console.keys("g");
    let wishes = asked(&mut console);
    let only = wishes[0].only.clone().unwrap();
    assert_eq!((only.grep, only.least, only.told.as_str()), (Some(("timeout".to_owned(), false)), 7, "timeout"));
    console.say(page(&wishes[0], rows((500..1000).step_by(10)), PageEnd::More));
    assert!(console.screen().contains("100 of 550 lines"), "{}", console.screen());
    console.keys("k k");
    let row = console.row_with("only lines with timeout from here up");
    assert!(row.contains("chosen on the host"), "{row}");
    // What was chosen by a query has holes for another one.
    console.keys("esc");
    assert!(console.screen().contains("550 lines"), "{}", console.screen());
    console.keys("K");
    let wishes = asked(&mut console);
    assert_eq!((&wishes[0].before, &wishes[0].only), (&cursor(1000), &None));
    assert!(console.screen().contains("500 lines"), "{}", console.screen());
    console.say(page(&wishes[0], rows(900..1000), PageEnd::More));
    assert!(console.screen().contains("600 lines"), "{}", console.screen());
    assert!(!console.screen().contains("chosen on the host"), "{}", console.screen());
}
