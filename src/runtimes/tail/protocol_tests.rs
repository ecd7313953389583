//! The protocol over a journal in memory whose readers are torn off at any byte, whose link is cut, whose old entries
//! are removed and whose host boots anew, while the program itself may be killed and go on from its last row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::command::Filter;
use super::protocol::{Found, Next, Protocol, Taken};
use crate::domain::UnitName;
use crate::port::RemoteCommand;
use crate::port::log::{Cursor, LogRow, LossKind, Since, TailWish};
use crate::runtimes::journal_export::{Entry, Parser, parse};
use crate::runtimes::systemd::Scope;

/// One entry of the journal in memory.
#[derive(Debug, Clone)]
struct Line {
    number: u64,
    boot: u64,
    at: u64,
    unit: &'static str,
    text: String,
}

impl Line {
    fn cursor(&self) -> String {
        format!("s=aa;i={:x};b={:x};m={:x};t={:x};x={:x}", self.number, self.boot, self.at, self.at, self.text.len())
    }

    fn export(&self) -> String {
        format!(
            "__CURSOR={}\n__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={:x}\n_TRANSPORT=stdout\n\
             _SYSTEMD_UNIT={}\nMESSAGE={}\n\n",
            self.cursor(),
            self.at,
            self.at,
            self.boot,
            self.unit,
            self.text
        )
    }
}

/// A journal that answers as journalctl does.
#[derive(Debug, Clone, Default)]
struct Journal {
    lines: Vec<Line>,
    written: u64,
    boot: u64,
    /// Everything that was ever written by the unit that is read.
    truth: Vec<String>,
}

const WANTED: &str = "a.service";

impl Journal {
    fn write(&mut self, unit: &'static str, twin: bool) {
        self.written += 1;
        // A twin says the same at the same instant, as lines do that come in one write.
        let newest = self.lines.last().filter(|newest| twin && newest.unit == unit && newest.boot == self.boot);
        let (at, text) =
            newest.map_or((1_000_000 + self.written * 10, format!("{}", self.written)), |n| (n.at, n.text.clone()));
        let line = Line { number: self.written, boot: self.boot, at, unit, text };
        if unit == WANTED {
            self.truth.push(line.cursor());
        }
        self.lines.push(line);
    }

    /// From which line on the answer begins, and what is wanted of it.
    fn answer(&self, command: &RemoteCommand) -> Vec<u8> {
        let words = &command.argv;
        let value = |name: &str| words.iter().find_map(|word| word.strip_prefix(name));
        let follow = words.iter().any(|word| word == "--follow");
        assert!(!follow || words.iter().any(|word| word == "--no-tail"));
        let only = words.iter().any(|word| word == &format!("_SYSTEMD_UNIT={WANTED}"));
        let first = value("--cursor=").map_or(0, |cursor| {
            let number = cursor.split(';').find_map(|part| part.strip_prefix("i=")).unwrap();
            u64::from_str_radix(number, 16).unwrap()
        });
        // Following shows the running boot only, as journalctl of systemd 252 does.
        let boot = follow || words.iter().any(|word| word == "--boot");
        let wanted = self
            .lines
            .iter()
            .filter(|line| line.number >= first && (!only || line.unit == WANTED) && (!boot || line.boot == self.boot));
        let mut found: Vec<&Line> = wanted.collect();
        if let Some(lines) = value("--lines=").map(|lines| lines.parse::<usize>().unwrap()) {
            if value("--cursor=").is_some() {
                found.truncate(lines);
            } else {
                found.drain(..found.len().saturating_sub(lines));
            }
        }
        found.iter().map(|line| line.export()).collect::<String>().into_bytes()
    }

    fn one(&self, command: &RemoteCommand) -> Option<Entry> {
        parse(&self.answer(command)).into_iter().next()
    }
}

fn filter() -> Filter {
    Filter { units: vec![(Scope::System, UnitName::new(WANTED).unwrap())], least: 7, ..Filter::default() }
}

fn begin(since: Since, resume: Option<&Cursor>) -> Protocol {
    Protocol::new(&TailWish::of(since), filter(), resume, Timestamp::UNIX_EPOCH)
}

/// A session: what is there, the readers, each torn off after so many bytes.
fn session(protocol: &mut Protocol, journal: &Journal, gap: bool, torn: usize, rows: &mut Vec<LogRow>) {
    let newest = journal.one(&protocol.filter.newest());
    let found = match protocol.place() {
        Some(cursor) => journal.one(&protocol.filter.at(cursor)).map_or(Found::Nothing, |e| Found::Entry(Box::new(e))),
        None => Found::Nothing,
    };
    protocol.open(newest.as_ref(), &found, gap.then_some(Duration::from_secs(3).into()), rows);
    loop {
        let (command, follow) = match protocol.next(Duration::ZERO) {
            Next::Done => return,
            Next::Bound(_) => {
                protocol.bounded(b"", rows);
                continue;
            }
            Next::Read(command) => (command, false),
            Next::Follow(command) => (command, true),
        };
        let answer = journal.answer(&command);
        let torn = torn.min(answer.len());
        let (mut parser, mut entries) = (Parser::default(), Vec::new());
        for piece in answer[..torn].chunks(97) {
            parser.push(piece, &mut entries).unwrap();
        }
        for entry in &entries {
            protocol.take(entry, rows);
        }
        if follow || torn < answer.len() {
            return;
        }
        protocol.ended();
    }
}

#[derive(Debug, Clone)]
enum Happens {
    Written(u8, bool),
    Elsewhere(u8),
    Read(bool, usize),
    Killed,
    Removed(u8),
    Rebooted,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => (1..20u8, any::<bool>()).prop_map(|(count, twin)| Happens::Written(count, twin)),
        2 => (1..9u8).prop_map(Happens::Elsewhere),
        5 => (any::<bool>(), 0..6000usize).prop_map(|(gap, torn)| Happens::Read(gap, torn)),
        1 => Just(Happens::Killed),
        1 => (1..30u8).prop_map(Happens::Removed),
        1 => Just(Happens::Rebooted),
    ]
}

fn told(rows: &[LogRow]) -> Vec<String> {
    let entry = |row: &LogRow| match row {
        LogRow::Entry(entry) => Some(entry.cursor.as_str().to_owned()),
        LogRow::Loss(_) => None,
    };
    rows.iter().filter_map(entry).collect()
}

/// Runs it all and reads to the end; gives rows, truth, and whether anything was removed.
fn play(since: Since, script: &[Happens], removes: bool) -> (Vec<LogRow>, Journal) {
    let mut journal = Journal { boot: 0xb0, ..Journal::default() };
    let mut rows = Vec::new();
    let mut protocol = begin(since, None);
    let mut opened = false;
    for happens in script {
        match happens {
            Happens::Written(count, twin) => (0..*count).for_each(|_| journal.write(WANTED, *twin)),
            Happens::Elsewhere(count) => (0..*count).for_each(|_| journal.write("b.service", false)),
            Happens::Read(gap, torn) => {
                session(&mut protocol, &journal, *gap && opened, *torn, &mut rows);
                opened = true;
            }
            Happens::Killed => {
                // Only what was told is known afterwards.
                let last = rows.iter().rev().find_map(|row| match row {
                    LogRow::Entry(entry) => Some(entry.cursor.clone()),
                    LogRow::Loss(loss) => loss.cursor.clone(),
                });
                if last.is_some() {
                    protocol = begin(since, last.as_ref());
                }
            }
            Happens::Removed(count) if removes => {
                let gone = usize::from(*count).min(journal.lines.len());
                journal.lines.drain(..gone);
            }
            Happens::Removed(_) => {}
            Happens::Rebooted => {
                journal.boot += 1;
                // journald says first that it began.
                journal.write("b.service", false);
            }
        }
    }
    // The first session must have begun while something was there to begin with; then all is read to its end.
    session(&mut protocol, &journal, opened, usize::MAX, &mut rows);
    session(&mut protocol, &journal, true, usize::MAX, &mut rows);
    (rows, journal)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Without removals: everything exactly once, in order, whatever happened.
    #[test]
    fn each_entry_exactly_once_and_in_order(script in prop::collection::vec(happens(), 0..40)) {
        let (rows, journal) = play(Since::Head, &script, false);
        prop_assert_eq!(told(&rows), journal.truth);
        let losses = rows.iter().filter(|row| matches!(row, LogRow::Loss(loss) if loss.kind == LossKind::Vacuumed));
        prop_assert_eq!(losses.count(), 0, "nothing is missing, so nothing is told to be");
    }

    /// With the newest lines first: from the first told entry on, everything exactly once.
    #[test]
    fn behind_the_newest_nothing_is_missing(script in prop::collection::vec(happens(), 0..40), newest in 0..40u32) {
        let (rows, journal) = play(Since::Newest(newest), &script, false);
        let told = told(&rows);
        if let Some(first) = told.first() {
            let from = journal.truth.iter().position(|line| line == first).unwrap();
            prop_assert_eq!(&told[..], &journal.truth[from..]);
        }
    }

    /// With removals: no entry twice, none out of order, and where one is missing a row says so.
    #[test]
    fn what_is_removed_is_told(script in prop::collection::vec(happens(), 0..40)) {
        let (rows, journal) = play(Since::Head, &script, true);
        let place = |cursor: &str| journal.truth.iter().position(|line| line == cursor).unwrap();
        let mut last: Option<usize> = None;
        let mut excused = false;
        for row in &rows {
            match row {
                LogRow::Loss(loss) => {
                    let says = matches!(loss.kind, LossKind::Vacuumed | LossKind::Rebooted | LossKind::Rebased(_));
                    excused |= says;
                }
                LogRow::Entry(entry) => {
                    let at = place(entry.cursor.as_str());
                    if let Some(last) = last {
                        prop_assert!(at > last, "{at} after {last}");
                        prop_assert!(at == last + 1 || excused, "from {last} to {at} without a word");
                    }
                    (last, excused) = (Some(at), false);
                }
            }
        }
    }

    /// Whatever the entries are, no cursor is told twice and nothing panics.
    #[test]
    fn any_entries(numbers in prop::collection::vec((0..6u64, 0..3u64, 0..4u64), 0..60)) {
        let mut protocol = begin(Since::Head, None);
        let mut rows = Vec::new();
        protocol.open(None, &Found::Nothing, None, &mut rows);
        for (number, boot, at) in numbers {
            let line = Line { number, boot, at, unit: WANTED, text: String::new() };
            protocol.take(&parse(line.export().as_bytes())[0], &mut rows);
        }
        let mut told = told(&rows);
        let count = told.len();
        told.sort();
        told.dedup();
        prop_assert_eq!(told.len(), count);
    }
}

fn kinds(rows: &[LogRow]) -> Vec<(LossKind, Option<u64>)> {
    let loss = |row: &LogRow| match row {
        LogRow::Loss(loss) => Some((loss.kind.clone(), loss.lost)),
        LogRow::Entry(_) => None,
    };
    rows.iter().filter_map(loss).collect()
}

fn journal(lines: usize) -> Journal {
    let mut journal = Journal { boot: 0xb0, ..Journal::default() };
    (0..lines).for_each(|_| journal.write(WANTED, false));
    journal
}

#[test]
fn a_cut_is_told_with_its_length_and_nothing_lost() {
    let (mut journal, mut rows) = (journal(5), Vec::new());
    let mut protocol = begin(Since::Newest(3), None);
    session(&mut protocol, &journal, false, usize::MAX, &mut rows);
    journal.write(WANTED, false);
    session(&mut protocol, &journal, true, usize::MAX, &mut rows);
    assert_eq!(kinds(&rows), [(LossKind::LinkLost(Duration::from_secs(3)), Some(0))]);
    assert_eq!(told(&rows), journal.truth[2..]);
    assert!(matches!(rows[3], LogRow::Loss(_)), "between what came before and after");
}

/// Fault B5 in small: the place lies in the future.
#[test]
fn a_place_in_the_future_is_given_up() {
    let (journal, mut rows) = (journal(4), Vec::new());
    let future = Cursor::new("s=ff;i=fff;b=ff;m=fffffff;t=fffffffffff;x=1").unwrap();
    let mut protocol = begin(Since::Newest(3), Some(&future));
    protocol.open(journal.one(&filter().newest()).as_ref(), &Found::Nothing, None, &mut rows);
    let Next::Follow(command) = protocol.next(Duration::ZERO) else { panic!("it goes on") };
    assert!(command.argv.contains(&"--boot".to_owned()), "{:?}", command.argv);
    parse(&journal.answer(&command))
        .iter()
        .for_each(|entry| assert_ne!(protocol.take(entry, &mut rows), Taken::Malformed));
    assert!(matches!(kinds(&rows)[..], [(LossKind::Rebased(_), None)]), "{rows:?}");
    assert_eq!(told(&rows), journal.truth);
    assert!(!protocol.is_stranded(journal.one(&filter().newest()).as_ref()));
}

/// Fault B6 in small: the place is nonsense, but says when.
#[test]
fn a_place_that_is_none_is_found_again_by_time() {
    let mut rows = Vec::new();
    let nonsense = Cursor::new("s=zz;t=5f5e1000").unwrap();
    let mut protocol = begin(Since::Newest(3), Some(&nonsense));
    protocol.open(None, &Found::Refused, None, &mut rows);
    let Next::Follow(command) = protocol.next(Duration::ZERO) else { panic!("it goes on") };
    assert!(command.argv.contains(&"--since=@1540.000000".to_owned()), "{:?}", command.argv);
    let mut protocol = begin(Since::Ago(Duration::from_secs(60)), Some(&Cursor::new("s=zz").unwrap()));
    protocol.open(None, &Found::Refused, None, &mut rows);
    let Next::Follow(command) = protocol.next(Duration::from_secs(5)) else { panic!("it goes on") };
    assert!(command.argv.contains(&"--since=-65s".to_owned()), "{:?}", command.argv);
}

#[test]
fn a_bound_is_told() {
    let (journal, mut rows) = (journal(9), Vec::new());
    let mut bounded = TailWish::of(Since::Ago(Duration::from_secs(60)));
    bounded.bound = Some(3);
    let mut protocol = Protocol::new(&bounded, filter(), None, Timestamp::UNIX_EPOCH);
    protocol.open(journal.one(&filter().newest()).as_ref(), &Found::Nothing, None, &mut rows);
    let Next::Bound(command) = protocol.next(Duration::ZERO) else { panic!("it asks first") };
    assert!(command.argv.contains(&"4".to_owned()) && command.argv.contains(&"--lines=4".to_owned()));
    protocol.bounded(format!("{}\n", journal.truth[5]).as_bytes(), &mut rows);
    let Next::Follow(command) = protocol.next(Duration::ZERO) else { panic!("it goes on") };
    parse(&journal.answer(&command))
        .iter()
        .for_each(|entry| assert_ne!(protocol.take(entry, &mut rows), Taken::Malformed));
    assert_eq!(kinds(&rows), [(LossKind::Bounded, Some(0))]);
    assert_eq!(told(&rows), journal.truth[6..]);
}

fn note(number: u64, boot: u64, id: &str, rest: &str) -> Entry {
    let line = Line { number, boot, at: number * 1_000_000_000, unit: "systemd-journald.service", text: String::new() };
    let text = line.export().replace("_TRANSPORT=stdout", &format!("_TRANSPORT=driver\nMESSAGE_ID={id}\n{rest}"));
    parse(text.as_bytes()).remove(0)
}

#[test]
fn journald_begins_once_in_a_boot_and_again_is_a_loss() {
    const STARTED: &str = super::note::STARTED;
    let mut rows = Vec::new();
    let mut protocol = begin(Since::Head, None);
    protocol.open(None, &Found::Nothing, None, &mut rows);
    let line = |number, boot| {
        let line = Line { number, boot, at: number * 1_000_000_000, unit: WANTED, text: String::new() };
        parse(line.export().as_bytes()).remove(0)
    };
    for entry in [note(1, 1, STARTED, ""), line(2, 1), note(3, 1, STARTED, ""), line(4, 1), note(5, 2, STARTED, "")] {
        protocol.take(&entry, &mut rows);
    }
    protocol.take(&note(6, 2, super::note::DROPPED, "N_DROPPED=9\nOBJECT_SYSTEMD_UNIT=a.service\n"), &mut rows);
    let unit = UnitName::new(WANTED);
    let wanted =
        [(LossKind::JournaldRestarted, None), (LossKind::Rebooted, None), (LossKind::Suppressed(unit), Some(9))];
    assert_eq!(kinds(&rows), wanted);
}

/// journalctl ends an entry that it can't read in the middle, without an empty line, and goes on with the next.
#[test]
fn a_damaged_entry_is_told_and_does_not_lend_its_place_to_the_next() {
    let (journal, mut rows) = (journal(3), Vec::new());
    let mut protocol = begin(Since::Head, None);
    protocol.open(None, &Found::Nothing, None, &mut rows);
    let torn = journal.lines[1].export().lines().take(5).map(|line| format!("{line}\n")).collect::<String>();
    let bytes = [journal.lines[0].export(), torn, journal.lines[2].export()].concat();
    for entry in parse(bytes.as_bytes()) {
        assert_eq!(protocol.take(&entry, &mut rows), Taken::Told);
    }
    assert_eq!(told(&rows), [journal.truth[0].clone(), journal.truth[2].clone()]);
    assert!(matches!(kinds(&rows)[..], [(LossKind::ReaderFailed(_), Some(1))]), "{rows:?}");
    let LogRow::Loss(loss) = &rows[1] else { panic!("between them") };
    assert_eq!(loss.cursor.as_ref().unwrap().as_str(), journal.truth[1]);
}

#[test]
fn what_can_not_be_read_at_all_is_stepped_over() {
    let (journal, mut rows) = (journal(3), Vec::new());
    let mut protocol = begin(Since::Head, None);
    session(&mut protocol, &journal, false, usize::MAX, &mut rows);
    protocol.skip(0, &mut rows);
    protocol.open(journal.one(&filter().newest()).as_ref(), &Found::Nothing, None, &mut rows);
    let Next::Read(command) = protocol.next(Duration::ZERO) else { panic!("it goes on, from earlier boots on") };
    assert!(command.argv.contains(&"--since=@1.001030".to_owned()), "{:?}", command.argv);
    assert!(matches!(kinds(&rows)[..], [(LossKind::Rebased(_), None)]), "{rows:?}");
}
