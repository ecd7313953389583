//! Lines that leave the console, in files.

use std::time::Duration;

use quarterdeck::port::export::{ExportFormat, Exported};
use quarterdeck::port::{Effect, Event};
use quarterdeck::text::Foreign;

use super::MIDDLE;
use super::console::Console;
use super::log_scene::opened;

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
