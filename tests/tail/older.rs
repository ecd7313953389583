//! Older lines in pages, backwards over journals that are rotated and booted, against what the journal on the host says.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use quarterdeck::domain::log_source::JournalMatch;
use quarterdeck::domain::{HostName, UnitName};
use quarterdeck::port::log::{Cursor, LogRow};
use quarterdeck::port::log_page::{HostFilter, PageEnd, PageWish};
use quarterdeck::port::{End, Output};
use quarterdeck::runtimes::systemd::Scope;
use quarterdeck::runtimes::tail::{Filter, page};

use crate::lab::{Lab, report};
use crate::logs::{Bench, HOST, assert_whole};

/// One page, as the host answers it.
fn fetch(bench: &Bench<'_>, before: Option<Cursor>, lines: u32, only: Option<HostFilter>) -> (Vec<LogRow>, PageEnd) {
    let unit = UnitName::new(&bench.unit).unwrap();
    let filter = Filter { units: vec![(Scope::System, unit.clone())], least: 7, ..Filter::default() };
    let host = HostName::new(HOST).unwrap();
    let wish = PageWish { tail: 1, host, wanted: JournalMatch::units([unit]), before, lines, only };
    let command = page::command(&filter, &wish);
    let argv: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    let output = bench.lab.try_on(HOST, &argv);
    let end = output.status.code().map_or(End::Killed(output.status.signal().unwrap_or(0)), End::Exited);
    let output = Output { stdout: output.stdout, stderr: output.stderr, cut: 0, end, left_behind: false };
    page::read(&output, &wish, || "it failed".to_owned())
}

/// All pages from the newest line to the beginning: numbers of lines in order, and how many pages it took.
fn all(bench: &Bench<'_>, lines: u32, only: Option<HostFilter>) -> (Vec<u64>, usize) {
    let (mut rows, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let (mut page, end) = fetch(bench, before, lines, only.clone());
        pages += 1;
        page.append(&mut rows);
        rows = page;
        before = rows.iter().find_map(|row| match row {
            LogRow::Entry(entry) => Some(entry.cursor.clone()),
            LogRow::Loss(_) => None,
        });
        match end {
            PageEnd::More => assert!(pages < 100, "it comes to an end"),
            PageEnd::Beginning => break,
            PageEnd::Failed(why) => panic!("{}", why.plain()),
        }
    }
    let number = |row: &LogRow| match row {
        LogRow::Entry(entry) => entry.message.plain().strip_prefix("line ")?.parse().ok(),
        LogRow::Loss(_) => None,
    };
    (rows.iter().filter_map(number).collect(), pages)
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn older_lines_are_whole_over_the_seams_of_pages_and_of_rotated_journals() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bench = Bench::new(&lab, "lab-older");
    for part in 0..3 {
        bench.emit(part * 400 + 1, part * 400 + 400, 0);
        bench.emitted(Duration::from_secs(20));
        bench.sync();
        lab.on(HOST, &["journalctl", "-q", "--rotate"]);
    }
    for lines in [97, 400, 5000] {
        let (numbers, pages) = all(&bench, lines, None);
        assert_whole(&numbers, 1, 1200);
        assert!(pages <= 1300 / lines as usize + 2, "{pages} pages of {lines} lines");
    }
    let only = HostFilter { grep: Some(("LINE [0-9]*7$".to_owned(), false)), least: 7, told: String::new() };
    let (numbers, _) = all(&bench, 50, Some(only));
    assert_eq!(numbers, (1..=1200).filter(|number| number % 10 == 7).collect::<Vec<u64>>());
    report("P7", 3, 3, "1 to 1200 in pages of 97, 400 and 5000 over three rotated journals, each line once");
}
