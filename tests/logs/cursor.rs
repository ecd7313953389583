//! A person who moves among the lines while others come.

use std::time::Duration;

use quarterdeck::port::log::TailState;

use super::console::Console;
use super::log_scene::{batch, line, stands, wish};
use super::{MIDDLE, SMALL, lines, reading, screen_row};

#[test]
fn it_follows_and_a_step_up_holds_while_lines_go_on_coming() {
    let (mut console, tail) = reading(SMALL);
    console.say(batch(tail, "app-1", lines(0, 60)));
    assert!(console.screen().contains("line 59 end") && console.row_with("all services").ends_with("following"));
    console.keys("k k");
    let place = screen_row(&console, "line 57 end");
    console.say(batch(tail, "app-1", lines(60, 128)));
    console.pass(Duration::from_secs(1));
    assert!(console.row_with("all services").ends_with("paused  128 new"), "{}", console.screen());
    assert_eq!(screen_row(&console, "line 57 end"), place, "{}", console.screen());
    assert!(!console.screen().contains("line 187 end"));
    console.keys("f");
    assert!(console.screen().contains("line 187 end") && console.screen().contains("following"));
    console.keys("p").say(batch(tail, "app-1", lines(188, 2)));
    console.pass(Duration::from_secs(1));
    assert!(console.screen().contains("2 new") && !console.screen().contains("line 189 end"), "{}", console.screen());
    console.keys("p");
    assert!(console.screen().contains("line 189 end"));
}

#[test]
fn b13_the_line_under_the_cursor_stays_when_late_lines_come_above_it() {
    let (mut console, tail) = reading(MIDDLE);
    console.say(batch(tail, "app-1", lines(0, 100)));
    console.keys("k k k k k k k k k k");
    let place = screen_row(&console, "line 89 end");
    let late = |n: u32| line(&format!("02:11:{:02}.500", 10 + n), "backend", 4, &format!("late {n}"));
    console.say(batch(tail, "app-2", (0..18).map(late).collect()));
    console.pass(Duration::from_secs(1));
    assert_eq!(screen_row(&console, "line 89 end"), place, "{}", console.screen());
    assert!(screen_row(&console, "late 17") < place);
    assert!(console.row_with("late 17").starts_with('↑'), "{}", console.row_with("late 17"));
    assert!(console.screen().contains("↑ 18 late"), "{}", console.screen());
}

#[test]
fn a_page_and_the_ends() {
    let (mut console, tail) = reading(SMALL);
    console.say(batch(tail, "app-1", lines(0, 200)));
    console.keys("g");
    assert!(console.screen().contains("line 0 end"), "{}", console.screen());
    console.keys("k");
    assert!(console.screen().contains("nothing older stands in the journals"), "{}", console.screen());
    console.keys("space");
    assert!(
        !console.screen().contains("line 0 end") && console.screen().contains("line 20 end"),
        "{}",
        console.screen()
    );
    console.keys("pgup");
    assert!(console.screen().contains("line 0 end"), "{}", console.screen());
    console.keys("G");
    assert!(console.screen().contains("line 199 end") && console.screen().contains("following"));
}

#[test]
fn older_lines_are_told_of_only_where_there_may_be_some() {
    let (mut console, tail) = reading(SMALL);
    console.say(batch(tail, "app-1", lines(0, 3)));
    assert!(console.screen().contains("nothing older stands in the journals"), "{}", console.screen());
    // One that was asked for its newest lines and gave as many may hold more.
    console.say(batch(tail, "app-1", lines(3, 497)));
    console.keys("g k");
    assert!(console.screen().contains("fetching older lines of app-1 …"), "{}", console.screen());
    // Of one that told all it has a lost link says nothing.
    let (mut console, tail) = reading(SMALL);
    console.say(stands(tail, "db-1", TailState::NoLink));
    console.say(batch(tail, "app-1", lines(0, 3)));
    assert!(console.screen().contains("nothing older stands in the journals"), "{}", console.screen());
    // Nobody knows of a host that was not read.
    let mut console = Console::well(SMALL);
    console.keys("alt-2");
    let tail = wish(console.asked()).unwrap().id;
    for (host, state) in [("app-1", TailState::Following), ("app-2", TailState::Following), ("db-1", TailState::NoLink)]
    {
        console.say(stands(tail, host, state));
    }
    console.say(batch(tail, "app-1", lines(0, 3)));
    assert!(console.screen().contains("older lines may be on db-1; K fetches 2,000"), "{}", console.screen());
}

#[test]
fn lines_that_are_in_sight_are_not_counted_as_new() {
    let (mut console, tail) = reading(SMALL);
    console.say(batch(tail, "app-1", lines(0, 5)));
    console.keys("k");
    console.say(batch(tail, "app-1", lines(5, 5)));
    console.pass(Duration::from_secs(1));
    assert!(console.screen().contains("line 9 end"));
    assert!(console.row_with("all services").ends_with("paused"), "all of them are seen: {}", console.screen());
    console.say(batch(tail, "app-1", lines(10, 40)));
    console.pass(Duration::from_secs(1));
    let unseen = 49 - (5..50).filter(|n| console.screen().contains(&format!("line {n} end"))).max().unwrap();
    assert!(console.row_with("all services").ends_with(&format!("paused  {unseen} new")), "{}", console.screen());
    // Who goes there sees them, and going back makes nothing new again.
    console.keys("space space space pgup");
    assert!(!console.row_with("all services").contains("new"), "{}", console.screen());
}

#[test]
fn what_stands_behind_a_dialog_does_not_change() {
    let (mut console, tail) = reading(MIDDLE);
    console.keys("t 3");
    let tail = wish(console.asked()).map_or(tail, |wish| wish.id);
    for host in ["app-1", "app-2", "db-1"] {
        console.say(stands(tail, host, TailState::Following));
    }
    let (before, place) = (console.row_with("reads the last hour"), screen_row(&console, "reads the last hour"));
    console.keys("?");
    // What the dialog leaves of the row.
    let row = console.screen().lines().nth(place).unwrap_or_default().to_owned();
    let behind = row.split('│').next().unwrap_or_default();
    assert!(!behind.is_empty() && behind != row && before.starts_with(behind), "{before}\n{}", console.screen());
}

#[test]
fn what_was_typed_and_dropped_leads_back_to_where_one_was() {
    let (mut console, tail) = reading(MIDDLE);
    console.say(batch(tail, "app-1", lines(0, 200)));
    console.keys("k k k k k k k k k k k k");
    let place = screen_row(&console, "line 187 end");
    console.types("/\"line 7\"");
    assert!(
        !console.screen().contains("line 187 end") && console.screen().contains("line 70 end"),
        "{}",
        console.screen()
    );
    console.keys("esc");
    assert_eq!(screen_row(&console, "line 187 end"), place, "{}", console.screen());
}

#[test]
fn the_first_line_stays_the_first_while_hosts_are_being_read() {
    let (mut console, tail) = reading(SMALL);
    console.say(stands(tail, "app-2", TailState::Reading));
    console.say(batch(tail, "app-1", lines(100, 30)));
    console.keys("g");
    console.say(batch(tail, "app-2", vec![line("02:05:00", "backend", 6, "long before")]));
    console.say(stands(tail, "app-2", TailState::Following));
    console.keys("H");
    assert!(console.screen().contains("only app-2"), "the cursor is on the first line: {}", console.screen());
}

#[test]
fn from_the_end_the_next_error_is_the_newest() {
    let (mut console, tail) = reading(MIDDLE);
    let mut rows = lines(0, 30);
    rows.extend([line("02:11:00", "backend", 3, "broken pipe"), line("02:11:01", "backend", 6, "goes on")]);
    console.say(batch(tail, "app-1", rows));
    assert!(console.row_with("32 lines").contains("1 error"), "{}", console.screen());
    console.keys("e");
    assert!(
        !console.screen().contains("There is no error") && console.screen().contains("paused"),
        "{}",
        console.screen()
    );
    console.keys("e");
    assert!(console.screen().contains("There is no error below"), "{}", console.screen());
}

#[test]
fn the_wheel_and_a_click_hold_a_line() {
    let (mut console, tail) = reading(MIDDLE);
    console.say(batch(tail, "app-1", lines(0, 100)));
    let row = screen_row(&console, "line 80 end");
    console.0.input(quarterdeck::port::Input::Click(50, u16::try_from(row).unwrap()));
    console.keys("y");
    assert!(console.0.shown().copied.unwrap().contains("line 80 end"));
    assert!(console.screen().contains("paused"));
    console.0.input(quarterdeck::port::Input::Wheel(50, 20, true));
    console.keys("y");
    assert!(console.0.shown().copied.unwrap().contains("line 77 end"));
}
