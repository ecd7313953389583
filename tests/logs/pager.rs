//! The pager: the lines that are shown, on the person's own terminal, and back.

use std::path::PathBuf;
use std::time::Duration;

use quarterdeck::domain::HostName;
use quarterdeck::port::export::{ExportFormat, LogExport};
use quarterdeck::port::{Borrower, Effect, Errand, Event, Paged, ShellEnd, ShellNews};

use super::console::Console;
use super::log_scene::{batch, line};
use super::{MIDDLE, lines, reading};

/// What the pager was asked to show, and at which line.
fn paged(console: &mut Console) -> Option<(Box<LogExport>, Option<usize>)> {
    console.asked().into_iter().find_map(|effect| match effect {
        Effect::Page(export, at) => Some((export, at)),
        _ => None,
    })
}

fn ready(paged: Paged) -> Event {
    let errand = Errand { whose: Borrower::Pager(paged), program: vec!["less".into()], said: None };
    Event::Shell(ShellNews::Ready(errand))
}

#[test]
fn what_is_shown_is_read_in_the_pager_while_the_stream_goes_on() {
    let (mut console, tail) = reading(MIDDLE);
    console.say(batch(tail, "app-1", lines(0, 20)));
    console.keys("/").types("/line 1\\d/").keys("enter").asked();
    console.keys("o");
    let (export, at) = paged(&mut console).unwrap();
    assert_eq!((export.format, export.rows.len(), at), (ExportFormat::Plain, 10, None), "at the end");
    assert_eq!(export.hosts[0].name, HostName::new("app-1").unwrap());
    assert_eq!(console.0.shown().lent.len(), 1);
    let told = Paged { file: PathBuf::from("/nowhere/f"), lines: 10, left_out: 0, hidden: 2 };
    console.say(ready(told));
    assert!(console.0.shown().errand.is_some());
    // What is typed is for the pager; what comes is there when it has ended.
    console.keys("q q j");
    console.say(batch(tail, "app-1", vec![line("02:31:00", "backend", 3, "line 19 came meanwhile")]));
    console.pass(Duration::from_secs(90));
    assert!(console.0.ended().is_none());
    console.0.shell_ends(ShellEnd::Left(0));
    let screen = console.screen();
    assert!(screen.contains("The pager showed 10 lines, 2 secrets hidden."), "{screen}");
    assert!(screen.contains("line 19 came meanwhile"), "{screen}");
}

#[test]
fn it_begins_at_the_line_under_the_cursor_and_shows_only_the_span_that_was_chosen() {
    let (mut console, tail) = reading(MIDDLE);
    console.say(batch(tail, "app-1", lines(0, 20)));
    console.keys("k k k o");
    assert_eq!(paged(&mut console).unwrap().1, Some(16));
    console.say(Event::Shell(ShellNews::Refused("There is no pager: PAGER names none.".to_owned())));
    assert!(console.screen().contains("There is no pager"), "{}", console.screen());
    console.keys("i i v left left left enter o");
    let (export, _) = paged(&mut console).unwrap();
    assert!((1..20).contains(&export.rows.len()), "{}", export.rows.len());
}

#[test]
fn without_lines_or_without_a_file_in_time_there_is_none_and_it_says_so() {
    let (mut console, tail) = reading(MIDDLE);
    console.keys("o");
    assert!(console.screen().contains("pager: there is no line"), "{}", console.screen());
    console.say(batch(tail, "app-1", lines(0, 3)));
    console.keys("o").pass(Duration::from_secs(31));
    assert!(console.screen().contains("No pager: the lines could not be written in time"), "{}", console.screen());
    // What comes too late is removed and not shown.
    let file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    console.say(ready(Paged { file: file.to_path_buf(), lines: 3, left_out: 0, hidden: 0 }));
    assert!(!file.exists() && console.0.shown().errand.is_none());
}
