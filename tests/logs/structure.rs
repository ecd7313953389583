//! A person who reads messages of JSON and logfmt, traces, and lines that come again and again.

use std::time::Duration;

use quarterdeck::domain::Query;
use quarterdeck::domain::highlight::{Highlight, Hue};
use quarterdeck::port::log::LogRow;

use super::console::Console;
use super::log_scene::{at, batch, entry, fields, line, opened, wish};
use super::{MIDDLE, SMALL, reading, scene, screen_row};

#[test]
fn an_object_is_told_in_words_with_its_fields_behind_and_as_it_was_written_on_a_key() {
    let mut console = Console::in_trouble(MIDDLE);
    opened(&mut console);
    let row = console.row_with("payment confirmation missing after 30s");
    assert!(row.contains("order=88061") && !row.contains('{'), "{row}");
    console.keys("r");
    assert!(console.screen().contains(r#"{"msg":"payment confirmation"#), "{}", console.screen());
    console.keys("r");
    assert!(!console.screen().contains(r#"{"msg""#));
}

#[test]
fn what_a_message_says_of_its_level_counts_when_it_is_more_than_the_journal_has() {
    let (mut console, tail) = reading(MIDDLE);
    let rows = vec![
        line("02:13:00", "backend", 6, r#"{"level":"error","msg":"cart lost","cart":7}"#),
        line("02:13:01", "backend", 6, r#"ts=1 level=warn msg="slow query" took=1.2s"#),
        line("02:13:02", "backend", 3, r#"{"level":"debug","msg":"said as an error"}"#),
        line("02:13:03", "backend", 6, "all is well"),
    ];
    console.say(batch(tail, "app-1", rows));
    assert!(console.row_with("cart lost").contains("error"), "{}", console.screen());
    assert!(console.row_with("slow query").contains("warn") && console.row_with("slow query").contains("took=1.2s"));
    assert!(console.row_with("said as an error").contains("error  said"), "{}", console.screen());
    console.keys("L");
    assert!(console.screen().contains("3 of 4 lines"), "{}", console.screen());
    console.keys("esc").types("/level>=error").keys("enter");
    assert!(console.screen().contains("2 of 4 lines"), "{}", console.screen());
    console.keys("esc g e y");
    assert!(console.0.shown().copied.unwrap().contains("said as an error"), "from the first error to the next");
}

#[test]
fn a_field_of_an_unfolded_line_is_copied_and_looked_for() {
    let mut console = Console::in_trouble(MIDDLE);
    opened(&mut console);
    console.types("/confirmation").keys("enter k enter");
    console.say(fields());
    assert!(console.row_with("provider ").contains("stripe"), "{}", console.screen());
    console.keys("tab j y");
    assert_eq!(console.0.shown().copied.as_deref(), Some("88061"), "{}", console.screen());
    console.keys("c");
    assert!(console.row_with("message").contains("order"), "{}", console.screen());
    let row = console.row_with("confirmation missing");
    assert!(row.find("88061").unwrap() < row.find("payment").unwrap() && !row.contains("order="), "{row}");
    console.keys("c");
    assert!(console.row_with("confirmation missing").contains("order="), "{}", console.screen());
    console.keys("=");
    assert!(console.screen().contains("query (confirmation) order=88061"), "{}", console.screen());
    assert!(console.screen().contains("1 of 17 lines"), "{}", console.screen());
    // The journal's own fields as well, where a query can ask for them.
    console.keys("tab G =");
    assert!(console.row(39).contains("a query can't ask for _TRANSPORT"), "{}", console.row(39));
    console.keys("esc y");
    assert!(console.0.shown().copied.unwrap().contains("02:14:02.044"), "the keys are the lines' again");
}

/// On a small screen what is unfolded does not begin where messages do: these have less than half of it.
#[test]
fn what_is_unfolded_has_the_width_that_there_is() {
    let value = "a value that has room in a line of eighty columns";
    for (size, before) in [(SMALL, 2..=7), (MIDDLE, 30..=60), ((200, 60), 30..=60)] {
        let mut console = Console::in_trouble(size);
        let tail = opened(&mut console);
        let message = format!(r#"{{"msg":"said at length","note":"{value}"}}"#);
        console.say(batch(tail, "app-1", vec![line("02:14:02", "backend", 6, &message)]));
        console.types("/length").keys("enter p enter");
        let row = console.row_with("note ");
        let begins = row.chars().take_while(|c| *c == ' ').count();
        assert!(before.contains(&begins) && row.contains(value), "{begins}: {}", console.screen());
    }
}

#[test]
fn the_field_that_has_the_keys_is_in_sight() {
    let (mut console, tail) = reading(SMALL);
    let fields: Vec<String> = (0..60).map(|n| format!("\"field_{n}\":{n}")).collect();
    let message = format!("{{\"msg\":\"many\",{}}}", fields.join(","));
    console.say(batch(tail, "app-1", vec![line("02:13:00", "backend", 6, &message)]));
    console.keys("k enter tab G");
    assert!(console.screen().contains("field_59"), "{}", console.screen());
    console.keys("g");
    assert!(console.row_with("msg ").contains("many"), "{}", console.screen());
}

#[test]
fn what_is_nested_stands_in_lines_of_its_own() {
    let (mut console, tail) = reading(MIDDLE);
    let message = r#"{"msg":"failed","http":{"status":504,"tags":["a","b"]},"ok":false}"#;
    console.say(batch(tail, "app-1", vec![line("02:13:00", "backend", 6, message)]));
    assert!(console.row_with("failed").contains("http.status=504"), "{}", console.screen());
    console.keys("k enter");
    let places = ["\"status\": 504,", "\"tags\": [", "  \"b\"", "ok "].map(|text| screen_row(&console, text));
    assert!(places.is_sorted() && places[0] + 1 == places[1], "{}", console.screen());
}

#[test]
fn lines_that_a_rule_finds_are_marked_and_others_are_not() {
    let rule = |name: &str, query: &str, hue: Hue| {
        let query = Query::parse(query).unwrap().unwrap();
        Highlight { name: name.to_owned(), query, hue }
    };
    let mut environment = scene::production();
    environment.highlights = [rule("refunds", "refund", Hue::Good), rule("slow", "took>1s", Hue::Warn)].into();
    let mut console = Console::well_in(MIDDLE, environment);
    console.keys("alt-2");
    let tail = wish(console.asked()).unwrap().id;
    let said = |second: u32, message: &str| line(&format!("02:13:{second:02}"), "backend", 6, message);
    let lines = vec![said(1, "refund took=20ms"), said(2, "request took=1200ms"), said(3, "request took=20ms")];
    console.say(batch(tail, "app-1", lines));
    assert!(console.row_with("refund").starts_with('◆'), "{}", console.screen());
    assert!(console.row_with("1200ms").starts_with('▲'), "{}", console.screen());
    assert!(console.row_with("request took=20ms").starts_with(' '), "{}", console.screen());
}

#[test]
fn lines_of_a_trace_that_came_one_by_one_hold_together() {
    for size in [MIDDLE, SMALL] {
        let (mut console, tail) = reading(size);
        let frame = |millis: u32, message: &str| {
            entry(at(&format!("02:13:00.{millis:03}")), Some(scene::unit_of("backend")), 3, message)
        };
        let trace: Vec<LogRow> = vec![
            frame(1, "TypeError: cart is null"),
            frame(2, "    at total (cart.js:12:4)"),
            frame(3, "    at pay (pay.js:80:1)"),
            frame(4, "    at async Layer.handle"),
            frame(5, "    at async Server.emit"),
            frame(900, "restarted"),
        ];
        console.say(batch(tail, "app-1", trace));
        let first = screen_row(&console, "cart is null");
        assert!(console.row(first + 1).trim_start().starts_with('┊'), "{}", console.screen());
        assert!(console.row(first + 2).contains("+2 lines"), "{}", console.screen());
        assert_eq!(screen_row(&console, "restarted"), first + 3, "{}", console.screen());
        // What is found in the middle of it brings the line with which it begins.
        console.types("/Layer").keys("enter");
        assert!(console.screen().contains("cart is null") && console.screen().contains("Layer.handle"));
        assert!(!console.screen().contains("restarted"), "{}", console.screen());
        // One step is one step.
        console.keys("esc k k enter");
        assert!(console.screen().contains("Server.emit"), "all of it: {}", console.screen());
        for text in ["cart is null", "cart.js:12:4", "pay.js:80:1", "Server.emit"] {
            assert_eq!(console.screen().matches(text).count(), 1, "told once: {}", console.screen());
        }
    }
}

#[test]
fn lines_that_say_the_same_are_folded_with_their_count() {
    let (mut console, tail) = reading(MIDDLE);
    let rejected = |n: u32| {
        let time = format!("02:13:{:02}.{:03}", n / 10, n % 10 * 100);
        line(&time, "backend", 3, &format!("webhook rejected  order={n} status=502"))
    };
    console.say(batch(tail, "app-1", vec![line("02:12:59", "backend", 6, "before")]));
    console.say(batch(tail, "app-1", (0..42).map(rejected).collect()));
    console.say(batch(tail, "app-1", vec![line("02:13:05", "backend", 6, "behind")]));
    let row = screen_row(&console, "webhook rejected");
    assert!(console.row(row).contains("order=0 "), "{}", console.screen());
    assert!(
        console.row(row + 1).contains("the same 42 times in 4.1 s, the last at 02:13:04.100"),
        "{}",
        console.screen()
    );
    assert!(console.row(row + 2).contains("behind") && console.screen().contains("44 lines"), "{}", console.screen());
    // Another one counts.
    console.keys("G").say(batch(
        tail,
        "app-1",
        vec![line("02:13:06", "backend", 3, "webhook rejected  order=9 status=502")],
    ));
    console.pass(Duration::from_secs(1));
    assert!(console.screen().contains("order=9 "), "the run was interrupted: {}", console.screen());
    // It unfolds, and folds again.
    console.keys("k k enter");
    assert!(console.screen().contains("order=17 ") && !console.screen().contains("42 times"), "{}", console.screen());
    console.keys("esc");
    assert!(console.screen().contains("42 times"), "{}", console.screen());
    console.keys("z");
    assert!(console.screen().contains("order=20 "), "{}", console.screen());
    console.keys("z");
    // A run is one error.
    console.keys("g e e e");
    assert!(console.row(39).contains("There is no error below"), "{}", console.row(39));
}

#[test]
fn a_run_stands_still_while_it_is_read_and_what_joins_it_is_new() {
    for size in [SMALL, MIDDLE] {
        let (mut console, tail) = reading(size);
        let tick = |n: u32| line(&format!("02:13:{n:02}"), "backend", 3, &format!("tick order={n}"));
        console.say(batch(tail, "app-1", (0..20).map(tick).collect()));
        console.keys("p");
        console.say(batch(tail, "app-1", (20..25).map(tick).collect()));
        console.pass(Duration::from_secs(2));
        let screen = console.screen();
        assert!(screen.contains("the same 20 times in 19.0 s, the last at"), "{screen}");
        assert!(screen.contains("paused  5 new"), "{screen}");
        console.keys("f");
        assert!(console.screen().contains("the same 25 times"), "{}", console.screen());
    }
}

#[test]
fn a_message_that_says_nothing_in_its_form_is_shown_as_it_stands() {
    let (mut console, tail) = reading(MIDDLE);
    let said = [r#"{}"#, r#"{"msg":""}"#, r#"{"msg":"  ","level":"warn"}"#, r#"{"msg":"","n":1}"#];
    let rows = (0..).zip(said).map(|(second, text)| line(&format!("02:11:{second:02}"), "backend", 6, text));
    console.say(batch(tail, "app-1", rows.collect()));
    let screen = console.screen();
    for told in &said[..3] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    assert!(screen.contains(" n=1") && !screen.contains(r#""n":1"#), "{screen}");
}
