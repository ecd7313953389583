//! Columns by choice: which there are, how wide they are, what stands above them, and what they leave to the message.

use quarterdeck::domain::SiteName;
use quarterdeck::port::Event;
use quarterdeck::port::keepsake::{Keepsake, KeepsakeNews, KeepsakeWish};

use super::bookmarks::wished;
use super::console::Console;
use super::log_scene::{batch, line};
use super::{MIDDLE, SMALL, reading, screen_row};

/// These columns were kept, with the line's own.
fn kept(console: &mut Console, fields: &[&str]) {
    let columns = ["time", "host", "unit", "level"].iter().chain(fields).map(|name| (*name).to_owned()).collect();
    let site = SiteName::new("pakashop").unwrap();
    console.say(Event::Keepsakes(KeepsakeNews::Read(site, vec![Keepsake::Columns(columns)])));
}

/// The column in which a text begins on a row.
fn column(row: &str, text: &str) -> usize {
    row.split_once(text).unwrap_or_else(|| panic!("no {text} in {row}")).0.chars().count()
}

#[test]
fn columns_are_chosen_and_kept_for_the_site() {
    let (mut console, tail) = reading(MIDDLE);
    let rows = vec![
        line("02:11:00", "backend", 6, "took order=4711 status=502 user=ada"),
        line("02:11:01", "backend", 6, "took order=4712 status=200"),
    ];
    console.say(batch(tail, "app-1", rows));
    console.keys("|");
    let screen = console.screen();
    for told in ["host", "level", "the program", ".order", "a field of 2 lines", ".user", "6 fields at most"] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    // The level goes, a field comes; the list stays until it is left.
    console.types("level").keys("enter ctrl-u").types(".status").keys("enter");
    let wish = wished(&mut console).pop().unwrap();
    let columns: Vec<String> = ["time", "host", "unit", ".status"].map(str::to_owned).into();
    assert_eq!(wish, KeepsakeWish::Keep(Keepsake::Columns(columns)));
    console.keys("esc");
    let row = console.row(screen_row(&console, "order=4711"));
    assert!(row.contains("502") && !row.contains(" info "), "{row}");
    let heading = console.row_with(" message");
    assert_eq!(column(&heading, "status"), column(&row, "502"), "{heading}{row}");
    assert_eq!(column(&heading, "message"), column(&row, "took"), "{heading}{row}");

    // After a restart, on a window that has no room for all: the last give way, by name.
    let (mut console, tail) = reading(SMALL);
    kept(&mut console, &[".status", ".order", ".user", "pid"]);
    let message = "took order=4711 status=502 user=ada-lovelace-of-ockham-park";
    console.say(batch(tail, "app-1", vec![line("02:11:00", "backend", 6, message)]));
    let screen = console.screen();
    assert!(screen.contains("no room for pid") && screen.contains("ada-lov…"), "{screen}");
    console.keys("/").types("user~ada").keys("enter");
    assert!(console.screen().contains("1 of 1 lines"), "{}", console.screen());
}

#[test]
fn a_column_is_as_wide_as_what_stands_in_it_and_one_with_nothing_takes_no_room() {
    for size in [SMALL, MIDDLE, (200, 60)] {
        let (mut console, tail) = reading(size);
        kept(&mut console, &[".code", ".took", ".nothing"]);
        let said = |second: u32, took: &str| {
            line(&format!("02:11:{second:02}"), "gateway", 6, &format!("GET /items code=200 took={took}"))
        };
        console.say(batch(tail, "app-1", vec![said(1, "9ms"), said(2, "12ms")]));
        let screen = console.screen();
        let (row, heading) = (console.row_with("took=9ms"), console.row_with(" message"));
        let between = column(&heading, "message") - column(&heading, "code");
        assert!(between <= 4 + 4 + 2 * 2, "{screen}");
        assert!(row.contains("GET /items code=200 took=9ms"), "the message is whole: {screen}");
        assert!(screen.contains("no line with nothing") && !heading.contains("nothing"), "{screen}");
        // What is wider makes room for itself, and nothing gets narrower again.
        console.say(batch(tail, "app-1", vec![said(3, "123456ms of all")]));
        let wide = column(&console.row_with(" message"), "message");
        assert!(wide > column(&heading, "message"), "{}", console.screen());
        console.keys("/").types("took=9ms").keys("enter");
        assert_eq!(column(&console.row_with(" message"), "message"), wide, "{}", console.screen());
    }
}

#[test]
fn fields_within_others_and_those_with_the_names_of_columns_are_offered() {
    let (mut console, tail) = reading(MIDDLE);
    let rows = vec![
        line("02:11:00", "backend", 6, r#"{"msg":"failed","http":{"status":504,"took_ms":7},"level":"warn"}"#),
        line("02:11:01", "gateway", 6, "request id=58f5 GET /api/v1/cart 200"),
    ];
    console.say(batch(tail, "app-1", rows));
    console.keys("|").types("http");
    let screen = console.screen();
    assert!(screen.contains(".http.status") && screen.contains(".http.took_ms"), "{screen}");
    console.keys("enter ctrl-u").types(".id").keys("enter esc");
    let kept = wished(&mut console).pop().unwrap();
    let KeepsakeWish::Keep(Keepsake::Columns(columns)) = &kept else { panic!("{kept:?}") };
    assert!(columns.ends_with(&[".http.status".to_owned(), ".id".to_owned()]), "{columns:?}");
    let row = console.row_with("failed");
    assert!(row.contains(" 504 ") && !row.contains("http.status="), "{row}");
    let row = console.row_with("/api/v1/cart");
    assert!(column(&row, "58f5") < column(&row, "request") && !row.contains("node"), "{row}");
    // And after a restart.
    let (mut console, tail) = reading(MIDDLE);
    let site = SiteName::new("pakashop").unwrap();
    console.say(Event::Keepsakes(KeepsakeNews::Read(site, vec![Keepsake::Columns(columns.clone())])));
    console.say(batch(tail, "app-1", vec![line("02:11:01", "gateway", 6, "request id=58f5 GET / 200")]));
    let row = console.row_with("request");
    assert!(column(&row, "58f5") < column(&row, "request"), "{row}");
}

#[test]
fn one_field_too_many_is_refused_and_what_is_unfolded_has_all_the_room() {
    let (mut console, tail) = reading(MIDDLE);
    kept(&mut console, &[".a", ".b", ".c", ".d", ".e", ".f"]);
    let message = r#"{"msg":"many","a":"111111","b":"222222","c":"333333","d":4,"e":5,"f":6,"g":"yes"}"#;
    console.say(batch(tail, "app-1", vec![line("02:11:00", "backend", 6, message)]));
    console.keys("k enter tab G c");
    assert!(console.row(39).contains("6 fields stand in columns already"), "{}", console.row(39));
    let heading = console.row_with(" message");
    let screen = console.screen();
    let unfolded = screen.lines().find(|row| row.contains("yes") && !row.contains("many")).unwrap();
    let begins = unfolded.chars().take_while(|c| *c == ' ').count();
    assert!(begins > column(&heading, "level") && begins < column(&heading, "b "), "{screen}");
    // One is left out, then there is room.
    console.keys("k c");
    assert!(!console.row_with(" message").contains(" f "), "{}", console.screen());
    console.keys("j c");
    assert!(console.row_with(" message").contains(" g "), "{}", console.screen());
}
