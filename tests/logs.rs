//! A person at the logs: what is read, what keys do, what stands on the screen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/console.rs"]
mod console;
#[path = "common/log_scene.rs"]
mod log_scene;
#[path = "logs/older.rs"]
mod older;
#[path = "logs/query.rs"]
mod query;
#[path = "common/scene.rs"]
mod scene;
#[path = "logs/shape.rs"]
mod shape;
#[path = "logs/structure.rs"]
mod structure;

use std::time::Duration;

use console::Console;
use log_scene::{at, batch, cursor_of, entry, line, loss, opened, stands, wish};
use quarterdeck::domain::LogSource;
use quarterdeck::domain::highlight::SavedFilter;
use quarterdeck::domain::host::ClockOffset;
use quarterdeck::port::event::HostEvent;
use quarterdeck::port::export::{ExportFormat, Exported};
use quarterdeck::port::log::{LogFields, LogRow, LossKind, Since, TailState};
use quarterdeck::port::{Effect, Event};
use quarterdeck::text::Foreign;

const MIDDLE: (u16, u16) = (120, 40);
const SMALL: (u16, u16) = (80, 24);

/// Everything is read, and every host follows.
fn reading(size: (u16, u16)) -> (Console, u64) {
    let mut console = Console::well(size);
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
fn the_second_tab_reads_everything_and_a_row_its_own_log() {
    let mut console = Console::well(MIDDLE);
    console.asked();
    console.keys("2");
    let all = wish(console.asked()).unwrap();
    assert_eq!((all.since, all.follow, all.least), (Since::Newest(500), true, 7));
    assert_eq!(all.sources.keys().map(|host| host.as_str()).collect::<Vec<_>>(), ["app-1", "app-2", "db-1"]);
    assert!(console.screen().contains("all services on 3 hosts"), "{}", console.screen());
    assert!(console.screen().contains("Reading the newest 500 lines of each host …"));
    // Back to where one came from; the log goes on being read.
    console.keys("esc");
    assert!(console.screen().contains("SERVICE"));
    console.keys("2");
    assert_eq!(wish(console.asked()), None, "it is read already");
    console.keys("esc").types("/backend").keys("enter l");
    let own = wish(console.asked()).unwrap();
    assert!(own.id > all.id);
    let units: Vec<&str> =
        own.sources.values().flatten().flat_map(LogSource::units).map(|unit| unit.as_str()).collect();
    assert_eq!(units, ["pakashop-backend.service"]);
    assert!(console.screen().contains("backend on app-1"), "{}", console.screen());
    // What is marked is meant, when something is.
    console
        .keys("esc")
        .types("/")
        .keys("ctrl-u")
        .types("gateway")
        .keys("enter space")
        .types("/")
        .keys("ctrl-u")
        .types("redis")
        .keys("enter space l");
    let marked = wish(console.asked()).unwrap();
    let units: std::collections::BTreeSet<&str> =
        marked.sources.values().flatten().flat_map(LogSource::units).map(|unit| unit.stem()).collect();
    assert!(units.contains("pakashop-gateway") && units.len() == 2, "{units:?}");
    // On the hosts the whole host is meant.
    console.keys("esc alt-3 g j l");
    let host = wish(console.asked()).unwrap();
    assert_eq!(
        host.sources.into_iter().map(|(host, units)| (host.to_string(), units)).collect::<Vec<_>>(),
        [("app-2".to_owned(), vec![LogSource::whole()])]
    );
    assert!(console.screen().contains("everything on app-2"));
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
    // Nobody knows of a host that was not read.
    let (mut console, tail) = reading(SMALL);
    console.say(stands(tail, "db-1", TailState::NoLink));
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
fn what_stands_behind_a_dialog_does_not_change() {
    let (mut console, tail) = reading(MIDDLE);
    console.keys("t 3");
    let tail = wish(console.asked()).map_or(tail, |wish| wish.id);
    for host in ["app-1", "app-2", "db-1"] {
        console.say(stands(tail, host, TailState::Following));
    }
    let before = console.row_with("reads the last hour");
    console.keys("?");
    let behind: String = console.row_with("t 5 reads").chars().take(10).collect();
    assert!(before.starts_with(&behind), "{before}\n{}", console.screen());
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
fn levels_filters_and_hits() {
    let mut console = Console::in_trouble(MIDDLE);
    opened(&mut console);
    console.keys("L");
    assert!(
        console.screen().contains("level ≥ warn") && console.screen().contains("11 of 17 lines"),
        "{}",
        console.screen()
    );
    assert!(!console.screen().contains("GET / 200"));
    assert!(console.screen().contains("14 s without link, 0 lost"), "what is missing is always shown");
    console.keys("esc").types("/Webhook");
    assert!(console.screen().contains("1 of 17 lines"), "a capital counts: {}", console.screen());
    console.keys("ctrl-u").types("!/webhook|upstream/");
    assert!(console.screen().contains("7 of 17 lines"), "{}", console.screen());
    console.keys("ctrl-u").types("status=5(");
    assert!(console.screen().contains("0 of 17 lines"), "{}", console.screen());
    console.keys("esc").types("/order=881*").keys("enter");
    assert!(
        console.screen().contains("6 of 17 lines") && console.screen().contains("query order=881*"),
        "{}",
        console.screen()
    );
    assert!(!console.screen().contains("score service slow"), "{}", console.screen());
    console.keys("x");
    assert!(console.screen().contains("6 of 17 lines, 6 errors, 1 line around"), "{}", console.screen());
    assert!(console.screen().contains("score service slow") && !console.screen().contains("GET / 200"));
    console.keys("x x x");
    assert!(console.screen().contains("GET / 200") && console.screen().contains("with all others"));
    console.keys("N N N");
    assert!(console.screen().contains("paused"));
    console.keys("y");
    assert!(console.0.shown().copied.unwrap().contains("order=88127"), "{:?}", console.0.shown().copied);
    console.keys("N y");
    assert!(console.0.shown().copied.unwrap().contains("order=88124"));
    console.keys("n y");
    assert!(console.0.shown().copied.unwrap().contains("order=88127"));
    console.keys("esc g E");
    assert!(console.row(39).contains("There is no error above; e looks below."), "{}", console.row(39));
    console.keys("e y");
    assert!(console.0.shown().copied.unwrap().contains("order=88121"));
    console.keys("e y");
    assert!(console.0.shown().copied.unwrap().contains("order=88123"));
    // Only this host, only this unit, all again.
    console.keys("H");
    assert!(
        console.screen().contains("only app-2") && !console.screen().contains("order=88121"),
        "{}",
        console.screen()
    );
    console.keys("S");
    assert!(console.screen().contains("only pakashop-backend") && !console.screen().contains("score service"));
    console.keys("H S");
    assert!(console.screen().contains("17 lines"), "{}", console.screen());
}

#[test]
fn a_digit_is_a_screen_everywhere_and_spans_of_time_stand_behind_a_key_of_their_own() {
    for size in [SMALL, MIDDLE] {
        let (mut console, tail) = reading(size);
        console.say(batch(tail, "app-1", lines(0, 30)));
        for (begin, end) in [("p", "p"), ("P", "P"), ("v", "esc")] {
            console.keys(begin);
            assert!(console.screen().contains(" 1 Overview"), "{}", console.screen());
            console.keys("1");
            assert!(console.screen().contains("SERVICE"), "{begin}: {}", console.screen());
            assert_eq!(wish(console.asked()), None, "a slip reads nothing");
            console.keys("2").keys(end);
        }
        console.keys("t");
        let box_shown = console.screen();
        for words in ["2  Read the last minute", "7  Read since the newest release"] {
            assert!(box_shown.contains(words), "{box_shown}");
        }
        console.keys("2");
        assert_eq!(wish(console.asked()).unwrap().since, Since::Ago(Duration::from_secs(60)));
        // Nobody knows how much everything is.
        console.keys("t a");
        assert_eq!(wish(console.asked()), None);
        assert!(
            console.screen().contains("t a again reads all of the journals of 3 hosts, however much it is."),
            "{}",
            console.screen()
        );
        console.pass(Duration::from_secs(11)).keys("t a");
        assert_eq!(wish(console.asked()), None, "what was asked long ago is not answered");
        console.keys("t a");
        assert_eq!(wish(console.asked()).unwrap().since, Since::Head);
    }
}

#[test]
fn a_filter_is_chosen_from_those_with_a_name_and_those_that_were_looked_for() {
    let mut environment = scene::production();
    let saved = SavedFilter { name: "payments".to_owned(), query: "order=881*".to_owned() };
    environment.filters = [saved].into();
    let mut console = Console::in_trouble_of(MIDDLE, environment);
    opened(&mut console);
    console.types("/upstream").keys("enter esc").types("F");
    let screen = console.screen();
    assert!(screen.contains("payments (site)") && screen.contains("order=881*"), "{screen}");
    assert!(screen.contains("looked for before") && screen.contains("upstream"), "{screen}");
    console.keys("enter");
    assert!(console.screen().contains("6 of 17 lines"), "{}", console.screen());
    console.keys("esc").types("F").keys("down enter");
    assert!(console.screen().contains("query upstream"), "{}", console.screen());
}

#[test]
fn the_command_line_that_prints_what_is_shown_is_copied() {
    let mut console = Console::in_trouble((200, 60));
    opened(&mut console);
    let copied = |console: &mut Console| {
        console.keys("$");
        let told = console.row(59);
        told.split_once(": ").map(|(_, line)| line.trim().split("   ").next().unwrap().to_owned()).unwrap()
    };
    assert_eq!(copied(&mut console), "qd logs pakashop -e production -n 500 -f");
    console.keys("L").types("/order=881* webhook").keys("enter");
    assert_eq!(
        copied(&mut console),
        "qd logs pakashop -e production -n 500 --level warn --query 'order=881* webhook' -f"
    );
    console.keys("esc esc t 4 k");
    assert_eq!(copied(&mut console), "qd logs pakashop -e production --since 900s -f");
    console.keys("alt-3 g j l");
    assert_eq!(copied(&mut console), "qd logs pakashop -e production --host app-2 --whole -n 500 -f");
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
    assert!(console.screen().contains("Nothing of this stands in the journals yet."), "{}", console.screen());
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

#[test]
fn what_passes_goes_into_a_file_and_where_is_said() {
    let mut console = Console::in_trouble(MIDDLE);
    opened(&mut console);
    console.types("/order=881*").keys("enter ctrl-s");
    let export = console.asked().into_iter().find_map(|effect| match effect {
        Effect::Export(export) => Some(export),
        _ => None,
    });
    let export = export.unwrap();
    assert_eq!((export.format, export.rows.len()), (ExportFormat::Plain, 7), "six lines, and what is missing");
    assert!(export.rows.iter().all(|row| export.row(*row).is_some()));
    let path = Foreign::from("/home/o/pakashop-production-20261121T021409Z.log");
    console.say(Event::Exported(Ok(Exported { path, lines: 7, hidden: 2 })));
    assert!(
        console.row(39).contains("7 lines in /home/o/pakashop-production-20261121T021409Z.log, 2 secrets hidden"),
        "{}",
        console.row(39)
    );
    console.say(Event::Exported(Err("The lines could not be written (/: read-only).".to_owned())));
    assert!(console.row(1).contains("could not be written"), "{}", console.row(1));
}

#[test]
fn whoever_leaves_waits_for_what_is_being_written() {
    let exported = |console: &mut Console| {
        let path = Foreign::from("/home/o/pakashop-production-20261121T021409Z.log");
        console.say(Event::Exported(Ok(Exported { path, lines: 7, hidden: 0 })));
    };
    let farewell = |console: &Console| console.0.ended().map(|(_, model)| model.writing.farewell());
    let begun = || {
        let mut console = Console::in_trouble(MIDDLE);
        opened(&mut console);
        console.keys("ctrl-s q");
        assert_eq!(farewell(&console), None);
        assert!(console.row(39).contains("qd leaves when the lines are written: q leaves now, esc stays."));
        console
    };
    let mut console = begun();
    console.keys("j").pass(Duration::from_secs(5));
    assert!(console.row(39).contains("qd leaves when"), "it is said as long as it holds");
    exported(&mut console);
    assert_eq!(farewell(&console), Some(None));
    // Asked again it leaves at once, and tells that the file is incomplete.
    let mut console = begun();
    console.keys("q");
    assert!(farewell(&console).flatten().unwrap().contains("is incomplete"));
    // What hangs keeps nobody.
    let mut console = begun();
    console.pass(Duration::from_secs(31));
    assert!(farewell(&console).flatten().unwrap().contains("is incomplete"));
    // A person may stay, and stays where there is no file in the end.
    let mut console = begun();
    console.keys("esc");
    exported(&mut console);
    assert_eq!(farewell(&console), None);
    let mut console = begun();
    console.say(Event::Exported(Err("The lines could not be written (/: read-only).".to_owned())));
    assert!(farewell(&console).is_none() && console.row(1).contains("could not be written"));
    console.keys("q");
    assert_eq!(farewell(&console), Some(None));
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

#[test]
fn a_service_without_units_says_why_there_is_no_log() {
    use quarterdeck::domain::service::RuntimeKind;
    let mut environment = scene::production();
    for service in &mut environment.services {
        if service.name.as_str() == "backend" {
            (service.runtime, service.units) = (RuntimeKind::Http, Vec::new());
        }
    }
    let mut console = Console::watching("02:12:05", MIDDLE, environment);
    console.types("/backend").keys("enter l");
    assert!(console.screen().contains("backend is known by its probes only"), "{}", console.screen());
    assert!(console.asked().contains(&Effect::EndTail));
}
