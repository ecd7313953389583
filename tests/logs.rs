//! A person at the logs: what is read, what keys do, what stands on the screen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "logs/bookmarks.rs"]
mod bookmarks;
#[path = "logs/choosing.rs"]
mod choosing;
#[path = "logs/columns.rs"]
mod columns;
#[path = "common/console.rs"]
mod console;
#[path = "logs/cursor.rs"]
mod cursor;
#[path = "logs/leaving.rs"]
mod leaving;
#[path = "common/log_scene.rs"]
mod log_scene;
#[path = "logs/older.rs"]
mod older;
#[path = "logs/pager.rs"]
mod pager;
#[path = "logs/query.rs"]
mod query;
#[path = "common/scene.rs"]
mod scene;
#[path = "logs/shape.rs"]
mod shape;
#[path = "logs/span.rs"]
mod span;
#[path = "logs/structure.rs"]
mod structure;

use std::time::Duration;

use console::Console;
use log_scene::{at, batch, cursor_of, entry, line, loss, opened, stands, wish};
use quarterdeck::domain::Environment;
use quarterdeck::domain::host::ClockOffset;
use quarterdeck::port::event::HostEvent;
use quarterdeck::port::log::{LogFields, LogRow, LossKind, Since, TailState};
use quarterdeck::port::{Effect, Event};
use quarterdeck::text::Foreign;

const MIDDLE: (u16, u16) = (120, 40);
const SMALL: (u16, u16) = (80, 24);

/// Everything is read, and every host follows.
fn reading(size: (u16, u16)) -> (Console, u64) {
    reading_of(size, scene::production())
}

/// The same of this environment.
fn reading_of(size: (u16, u16), environment: Environment) -> (Console, u64) {
    let mut console = Console::well_in(size, environment);
    console.keys("alt-2");
    let tail = wish(console.asked()).unwrap().id;
    for host in ["app-1", "app-2", "db-1"] {
        console.say(stands(tail, host, TailState::Following));
    }
    (console, tail)
}

/// So many lines of the backend on app-1, a second apart; no two of them say the same.
fn lines(from: u32, count: u32) -> Vec<LogRow> {
    let letters = |n: u32| -> String { n.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect() };
    let one = |n: u32| {
        let time = format!("02:{:02}:{:02}", 10 + n / 60, n % 60);
        line(&time, "backend", 6, &format!("line {n} end {}", letters(n)))
    };
    (from..from + count).map(one).collect()
}

fn screen_row(console: &Console, text: &str) -> usize {
    let screen = console.screen();
    screen.lines().position(|row| row.contains(text)).unwrap_or_else(|| panic!("no {text:?} in\n{screen}"))
}

#[test]
fn rows_of_an_older_tail_are_no_longer_meant() {
    let (mut console, old) = reading(MIDDLE);
    console.say(batch(old, "app-1", lines(0, 3)));
    console.keys("t 3");
    let new = wish(console.asked()).unwrap();
    assert_eq!(new.since, Since::Ago(Duration::from_secs(300)));
    console.say(batch(old, "app-1", lines(3, 3)));
    console.say(batch(new.id, "app-1", lines(6, 1)));
    let screen = console.screen();
    assert!(
        screen.contains("line 6 end") && !screen.contains("line 3 end") && !screen.contains("line 0 end"),
        "{screen}"
    );
    assert!(screen.contains("last 5m"), "{screen}");
}

#[test]
fn folding_leaves_no_empty_lines_below() {
    let (mut console, tail) = reading(SMALL);
    console.say(batch(tail, "app-1", lines(0, 60)));
    console.keys("k enter");
    assert!(!console.screen().contains("line 59 end"), "unfolded it fills the screen: {}", console.screen());
    console.keys("enter");
    let screen = console.screen();
    assert!(screen.contains("line 59 end") && screen.lines().rev().nth(1).unwrap().contains("line 59 end"), "{screen}");
}

#[test]
fn long_names_of_a_family_are_told_apart() {
    let (mut console, tail) = reading(SMALL);
    console.keys("3 alt-3 g l");
    let tail = wish(console.asked()).map_or(tail, |wish| wish.id);
    let of = |service: &str| {
        let unit = scene::unit_name(&format!("{service}.service"));
        entry(at("02:14:00"), Some(unit), 6, &format!("said by {service}"))
    };
    console.say(batch(tail, "app-1", vec![of("acme-backoffice-importer"), of("acme-backoffice-exporter")]));
    for name in ["importer", "exporter"] {
        let row = console.row_with(&format!("said by acme-backoffice-{name}"));
        assert!(row.split("said by").next().unwrap().contains(name), "{row}");
    }
}

#[test]
fn clocks_that_are_apart_are_corrected_and_told() {
    let mut console = Console::well(MIDDLE);
    for (host, millis) in [("app-1", -5000), ("db-1", 5000)] {
        let mut facts = scene::facts(0.3, 4 << 30, 9 << 30);
        facts.clock = Some(ClockOffset { millis, error: 6, at: at("02:13:00") });
        console.say(Event::Host(scene::host_name(host), HostEvent::Facts(Box::new(facts))));
    }
    console.keys("alt-2");
    let tail = wish(console.asked()).unwrap().id;
    console.say(batch(tail, "db-1", vec![line("02:13:15.300", "postgresql", 6, "third")]));
    console.say(batch(tail, "app-1", vec![line("02:13:05.100", "gateway", 6, "first")]));
    console.say(batch(tail, "app-2", vec![line("02:13:10.200", "gateway", 6, "second")]));
    let places = ["first", "second", "third"].map(|text| screen_row(&console, text));
    assert!(places.is_sorted(), "{}", console.screen());
    assert!(console.row_with("first").contains("02:13:10.100"), "{}", console.screen());
    assert!(console.screen().contains("app-1 clock -5.0s, corrected"), "{}", console.screen());
    console.keys("t t");
    assert!(console.row_with("first").contains("14s"), "{}", console.screen());
    console.keys("t t");
    assert!(console.row_with("first").contains("02:13:05.100"), "by the host's own clock: {}", console.screen());
}

#[test]
fn a_line_unfolds_to_all_its_fields_and_its_json() {
    let mut console = Console::in_trouble(MIDDLE);
    opened(&mut console);
    console.keys("k k k k k k k");
    assert!(console.row_with("payment confirmation missing").contains("02:14:02.044"), "{}", console.screen());
    console.types("/confirmation").keys("enter k enter");
    let read = console.asked().into_iter().find_map(|effect| match effect {
        Effect::ReadFields(host, cursor) => Some((host, cursor)),
        _ => None,
    });
    let row = line(log_scene::UNFOLDED.0, "settlement", 3, log_scene::UNFOLDED.1);
    assert_eq!(read, Some((scene::host_name("app-2"), cursor_of(&row))), "{}", console.screen());
    assert!(console.screen().contains("All fields are being read."));
    assert!(console.row_with("elapsed_ms").contains("30004"), "the message is there at once: {}", console.screen());
    console.say(log_scene::fields());
    assert!(console.row_with("_SYSTEMD_UNIT").contains("pakashop-settlement.service"), "{}", console.screen());
    assert!(screen_row(&console, "PRIORITY") < screen_row(&console, "_PID"), "the program's own come first");
    console.keys("enter");
    assert!(!console.screen().contains("_PID"));
    console.keys("enter");
    let why = Err("app-2 gives no answer: the link is lost.".to_owned());
    let failed = LogFields { host: scene::host_name("app-2"), cursor: cursor_of(&row), fields: why };
    console.say(Event::LogFields(Box::new(failed)));
    assert!(console.screen().contains("app-2 gives no answer: the link is lost."), "{}", console.screen());
}

#[test]
fn what_is_missing_is_counted_and_how_each_host_stands_is_said() {
    let (mut console, tail) = reading(MIDDLE);
    console.say(batch(tail, "app-1", lines(0, 5)));
    assert!(console.screen().contains("5 lines  ·  0 lost"), "{}", console.screen());
    console.say(batch(tail, "app-2", vec![loss("02:13:00", LossKind::Suppressed(None), Some(1204))]));
    console.say(batch(tail, "app-2", vec![loss("02:13:01", LossKind::JournaldRestarted, None)]));
    console.say(stands(tail, "db-1", TailState::NoLink));
    let why = "deploy is in no group that may read the journal: add it to systemd-journal.";
    console.say(stands(tail, "app-2", TailState::Limited(Foreign::from(why))));
    let screen = console.screen();
    assert!(screen.contains("1,204 lost, 1 gap not counted"), "{screen}");
    assert!(screen.contains("db-1 no link") && screen.contains("app-2 in part"), "{screen}");
    assert!(screen.contains(&format!("app-2: {why}")), "{screen}");
    assert!(screen.contains("app-2: journald threw lines away, they came too fast, 1204 lost"), "{screen}");
}

#[test]
fn nothing_to_read_is_said_in_a_sentence() {
    let (mut console, _) = reading(MIDDLE);
    assert!(console.screen().contains("Nothing of this stands in the logs yet."), "{}", console.screen());
    console.keys("t 3");
    let tail = wish(console.asked()).unwrap().id;
    for host in ["app-1", "app-2", "db-1"] {
        console.say(stands(tail, host, TailState::Following));
    }
    let screen = console.screen();
    assert!(
        screen.contains("Nothing was written: the last 5 minutes.") && screen.contains("t 5 reads the last hour"),
        "{screen}"
    );
    for host in ["app-1", "app-2", "db-1"] {
        console.say(stands(tail, host, TailState::NoLink));
    }
    assert!(console.screen().contains("No host can be reached just now."), "{}", console.screen());
}

#[test]
fn a_message_can_not_pass_for_lines_and_hostile_bytes_do_nothing() {
    let (mut console, tail) = reading(MIDDLE);
    let forged = "one\n02:13:59.000  app-1  backend          error  forged\x1b[2J\x1b]52;c;aGk=\x07\r";
    console.say(batch(tail, "app-1", vec![line("02:13:20", "backend", 6, forged)]));
    let row = console.row_with("forged");
    assert!(row.trim_start().starts_with('┊'), "{row}");
    assert!(row.contains("‹csi J›") && row.contains("‹osc52›"), "{row}");
    // A program without a unit is called by its own name.
    let hostile = entry(at("02:13:21"), None, 6, "from a program");
    console.say(batch(tail, "app-1", vec![hostile]));
    assert!(console.row_with("from a program").contains("node"));
}

#[test]
fn long_lines_are_cut_or_broken() {
    let (mut console, tail) = reading(SMALL);
    let long = format!("begin {} finish", "word ".repeat(40));
    console.say(batch(tail, "app-1", vec![line("02:13:20", "backend", 6, &long)]));
    assert!(console.row_with("begin").ends_with('…') && !console.screen().contains("finish"), "{}", console.screen());
    console.keys("w");
    assert!(console.screen().contains("finish"), "{}", console.screen());
    let huge = "x".repeat(60_000);
    console.say(batch(tail, "app-1", vec![line("02:13:21", "backend", 6, &huge)]));
    assert!(console.screen().contains('x'));
    console.keys("w");
    assert!(console.screen().contains("begin"));
}
