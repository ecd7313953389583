//! What is told by `qd logs`: which lines are counted, and which pass.
#![allow(clippy::unwrap_used)]
use super::*;
use crate::domain::{EnvColour, EnvName, Environment, HostName, SiteName};
use crate::port::log::{Cursor, LogEntry};

fn told(out: File) -> Told {
    let environment = Environment {
        colour: EnvColour::Grey,
        trusted: true,
        read: Default::default(),
        ..Environment::new(SiteName::new("shop").unwrap(), EnvName::new("lab").unwrap())
    };
    Told::new(Written::new(Form::Json, &environment), Out::Standard(Ok(out)))
}

fn line() -> LogRow {
    LogRow::Entry(LogEntry {
        cursor: Cursor::new("s=1;i=2").unwrap(),
        at: jiff::Timestamp::UNIX_EPOCH,
        monotonic: 0,
        boot: 0,
        priority: 6,
        unit: None,
        identifier: Foreign::from("x"),
        pid: 7,
        message: Foreign::from("two\nlines"),
        cut: 0,
    })
}

#[test]
fn only_lines_that_were_written_are_counted() {
    let host = Origin::journal(HostName::new("app-1").unwrap());
    let mut full = told(File::options().write(true).open("/dev/full").unwrap());
    assert!(full.row(&host, &line()) && full.row(&host, &line()));
    assert!(!full.pause(), "the disk is full");
    assert_eq!((full.lines, full.failed), (0, Some(Exit::Output)));
    let mut room = told(tempfile::tempfile().unwrap());
    assert!(room.row(&host, &line()) && room.row(&host, &line()) && room.pause());
    assert_eq!((room.lines, room.failed), (2, None));
}

#[test]
fn only_lines_that_pass_are_told_and_what_is_missing_always() {
    let host = Origin::journal(HostName::new("app-1").unwrap());
    let mut told = told(tempfile::tempfile().unwrap());
    told.query = Some(query("two level=info host:app-1 !id:y").unwrap());
    assert!(told.row(&host, &line()) && told.ends.len() == 1);
    told.query = Some(query("level>info").unwrap());
    assert!(told.row(&host, &line()) && told.ends.len() == 1);
    let kind = crate::port::log::LossKind::Vacuumed;
    let loss = crate::port::log::Loss { at: jiff::Timestamp::UNIX_EPOCH, kind, lost: Some(3), cursor: None };
    assert!(told.row(&host, &LogRow::Loss(loss)) && told.lost == 3 && told.text.contains("\"lost\":3"));
    assert_eq!(query("status>=").unwrap_err(), "a value must follow behind status\n    status>=\n            ^");
}

#[test]
fn of_what_was_written_in_part_whole_lines_count() {
    struct Little(usize);
    impl std::io::Write for Little {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let taken = bytes.len().min(self.0).min(3);
            self.0 -= taken;
            if taken == 0 { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (taken, failed) = write_counted(&mut Little(8), b"first\nsecond\n");
    assert_eq!((taken, failed.unwrap_err().kind()), (8, std::io::ErrorKind::StorageFull));
    let (taken, failed) = write_counted(&mut Little(80), b"first\nsecond\n");
    assert!(taken == 13 && failed.is_ok());
}

#[test]
fn nothing_of_what_was_asked_for_is_another_ending_than_no_lines() {
    let mut none = told(tempfile::tempfile().unwrap());
    assert_eq!(none.end(&Ending::default()), Exit::Ok);
    none.say("app-1: there is no file /x");
    assert_eq!(none.end(&Ending { nothing: true, ..Ending::default() }), Exit::Unknown);
    assert!(none.said.contains("app-1: there is no file /x"), "it is said once");
}

#[test]
fn secrets_are_masked_where_that_is_asked_for_and_their_number_is_told() {
    let host = Origin::journal(HostName::new("app-1").unwrap());
    let said = |message: &str| {
        let LogRow::Entry(entry) = line() else { unreachable!() };
        LogRow::Entry(LogEntry { message: Foreign::from(message), ..entry })
    };
    let mut told = told(tempfile::tempfile().unwrap());
    assert!(told.row(&host, &said("login password=hunter2 ok")));
    assert!(told.text.contains("hunter2"), "as it is, unless it is asked for");
    told.text.clear();
    told.mask = Some(Mask::default());
    // What is looked for is looked for in the line as it is.
    told.grep = Some(regex("hunter2").unwrap());
    for message in ["login password=hunter2 ok", "pass\x1b[0mword=hunter2 ok", "nothing"] {
        assert!(told.row(&host, &said(message)));
    }
    let text = std::mem::take(&mut told.text);
    assert_eq!((text.matches("[hidden] ok").count(), text.matches("hunter2").count()), (2, 0), "{text}");
    assert_eq!(told.mask.as_ref().unwrap().told(), "; 2 secrets hidden");
}
