//! A person who looks at the lines over time, and at what is new since a moment.

use quarterdeck::port::log::TailState;

use super::console::Console;
use super::log_scene::{at, batch, busy, entry, line, stands, wish};
use super::{MIDDLE, SMALL, reading};

/// The rows of the histogram: those with bars.
fn bars(console: &Console) -> usize {
    console.screen().lines().filter(|row| row.matches(|c| "▁▂▃▄▅▆▇█".contains(c)).count() > 15).count()
}

#[test]
fn the_lines_over_time_stand_above_them_where_there_is_room() {
    let mut console = Console::in_trouble(MIDDLE);
    busy(&mut console);
    assert!(bars(&console) > 0, "{}", console.screen());
    console.keys("i");
    assert_eq!(bars(&console), 0, "{}", console.screen());
    let mut console = Console::in_trouble(SMALL);
    busy(&mut console);
    assert_eq!(bars(&console), 0, "{}", console.screen());
    console.keys("i");
    assert!(bars(&console) > 0, "{}", console.screen());
}

/// The row of times below the bars.
fn axis(console: &Console) -> String {
    let screen = console.screen();
    let rows: Vec<&str> = screen.lines().collect();
    let last = rows.iter().rposition(|row| row.matches(|c| "▁▂▃▄▅▆▇█_".contains(c)).count() > 15 && !row.contains('┌'));
    rows.get(last.unwrap() + 1).unwrap().trim_end().to_owned()
}

#[test]
fn the_lines_over_time_begin_where_most_lie_and_end_now() {
    let mut console = Console::in_trouble(MIDDLE);
    let tail = busy(&mut console);
    // What services said when they began, days ago.
    let ago = |hours: i64| at("02:00:00").checked_sub(jiff::SignedDuration::from_hours(hours)).unwrap();
    let old = (0..20).map(|n| entry(ago(100 - n), None, 6, &format!("unit {} began", "x".repeat(n as usize))));
    console.say(batch(tail, "app-2", old.collect()));
    console.pass(std::time::Duration::from_secs(1));
    assert!(axis(&console).ends_with("now") && axis(&console).contains(", 20 lines before"), "{}", console.screen());
    assert!(bars(&console) > 0, "{}", console.screen());
    // Half an hour of silence is half of the picture.
    console.until("03:14:09");
    let lowest = |console: &Console| {
        let (screen, below) = (console.screen(), axis(console));
        let rows: Vec<&str> = screen.lines().map(str::trim_end).collect();
        let place = rows.iter().position(|row| *row == below).unwrap();
        rows[place - 1].to_owned()
    };
    assert!(lowest(&console).ends_with("__________") && lowest(&console).contains('█'), "{}", console.screen());
    assert!(axis(&console).ends_with("now"), "{}", console.screen());
    // Of a host without a link nobody knows.
    console.say(stands(tail, "app-2", TailState::NoLink));
    assert!(!lowest(&console).ends_with('_'), "{}", console.screen());
}

#[test]
fn a_span_that_was_asked_for_is_the_axis() {
    let mut console = Console::in_trouble(MIDDLE);
    busy(&mut console);
    console.keys("t 4");
    let tail = wish(console.asked()).unwrap().id;
    console.say(batch(tail, "app-1", vec![line("02:14:03", "backend", 6, "alone")]));
    assert!(axis(&console).trim_start().starts_with("01:59"), "{}", console.screen());
}

#[test]
fn a_span_that_is_chosen_has_an_end_and_is_not_followed() {
    let mut console = Console::in_trouble(SMALL);
    busy(&mut console);
    console.keys("v h h h enter");
    let screen = console.screen();
    assert!(screen.contains("span alone") && !screen.contains("following"), "{screen}");
    assert!(!screen.contains("to 02:14:10") && bars(&console) > 0, "nothing of it is yet to come: {screen}");
    console.keys("f");
    assert!(console.screen().contains("following"), "{}", console.screen());
}

#[test]
fn a_mark_below_the_bars_writes_over_no_time() {
    let mut console = Console::in_trouble(MIDDLE);
    busy(&mut console);
    for word in axis(&console).split_whitespace() {
        assert!(word.len() > 1 || !word.bytes().all(|byte| byte.is_ascii_digit()), "{}", console.screen());
    }
}

#[test]
fn errors_come_first_among_what_is_new_and_who_can_not_be_compared_is_told() {
    let (mut console, tail) = reading(MIDDLE);
    let said = |second: u32, service: &str, level: u8, message: &str| {
        line(&format!("02:13:{second:02}"), service, level, message)
    };
    let done = |n: u32| said(10 + n, "gateway", 6, &format!(r#"{{"msg":"request done","n":{n},"status":200}}"#));
    let also = |n: u32| said(10 + n, "fraud", 6, &format!(r#"{{"msg":"request done","n":{n},"status":200}}"#));
    console.say(batch(tail, "app-1", vec![said(1, "backend", 6, "begun"), said(2, "backend", 6, "ready")]));
    console.keys("P m");
    console.say(batch(tail, "app-1", (0..9).map(done).chain((0..4).map(also)).collect()));
    console.say(batch(tail, "app-2", vec![said(3, "backend", 6, "cold cache"), said(3, "fraud", 3, "broken pipe")]));
    console.pass(std::time::Duration::from_secs(1));
    let screen = console.screen();
    let place = |text: &str| {
        let found = screen.lines().enumerate().filter(|(_, row)| row.contains(text)).last();
        found.unwrap_or_else(|| panic!("{text}: {screen}")).0
    };
    assert!(place("broken pipe") < place("cold cache") && place("cold cache") < place("request done"), "{screen}");
    assert!(screen.contains("is held of 2 of 3 programs"), "{screen}");
    // Its lines are those of the row: of its unit, and with what makes it a pattern.
    console.keys("j j j");
    assert!(console.row_with(" 9  gateway").contains("status=200"), "{}", console.screen());
    console.keys("enter");
    assert!(console.screen().contains("9 of 17 lines"), "{}", console.screen());
    assert!(console.screen().contains(".status=200"), "{}", console.screen());
}

#[test]
fn a_span_of_it_is_chosen_and_given_back() {
    let mut console = Console::in_trouble(MIDDLE);
    busy(&mut console);
    assert!(console.screen().contains("925 lines"), "{}", console.screen());
    console.keys("v g");
    assert!(console.screen().contains("925 lines, 310 errors, 15 warnings"), "{}", console.screen());
    // Who thinks better of it is where they were.
    console.keys("esc");
    assert!(!console.screen().contains("15 warnings"), "{}", console.screen());
    console.keys("v left left left enter");
    let shown = console.row_with("of 925 lines");
    assert!(!shown.contains("925 of 925"), "{shown}");
    assert!(console.screen().contains("only 02:1"), "{}", console.screen());
    console.keys("esc");
    assert!(console.screen().contains("925 lines") && !console.screen().contains("of 925"), "{}", console.screen());
}

#[test]
fn what_is_new_since_a_moment_is_told_with_how_often_and_leads_to_its_lines() {
    for size in [MIDDLE, SMALL] {
        let (mut console, tail) = reading(size);
        let said = |second: u32, message: &str| line(&format!("02:13:{second:02}"), "backend", 6, message);
        let before = (0..5).map(|n| said(n, &format!("request {n} done")));
        let behind = [
            said(10, "cache is cold"),
            said(11, "request 77 done"),
            said(12, "webhook rejected order=1"),
            said(13, "webhook rejected order=2"),
        ];
        console.say(batch(tail, "app-1", before.chain(behind).collect()));
        console.keys("P");
        assert!(console.screen().contains("5 minutes before the newest line"), "{}", console.screen());
        assert!(console.screen().contains("everything counts as new"), "{}", console.screen());
        // Since the line under the cursor.
        console.keys("tab k k k tab m");
        let row = console.row_with("webhook rejected order=…");
        assert!(row.contains(" 2 ") && row.contains("02:13:12"), "{row}");
        assert!(!console.screen().contains("request … done"), "{}", console.screen());
        console.say(batch(tail, "app-1", vec![said(14, "webhook rejected order=3")]));
        console.pass(std::time::Duration::from_secs(1));
        assert!(console.row_with("webhook rejected order=…").contains(" 3 "), "{}", console.screen());
        console.keys("g enter");
        assert!(console.screen().contains("3 of 10 lines"), "{}", console.screen());
        console.keys("P");
        assert!(!console.screen().contains("New since"), "{}", console.screen());
    }
}
