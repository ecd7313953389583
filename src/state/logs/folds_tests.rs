//! Runs of lines: whatever comes in whatever order, they are what one finds by going through all rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jiff::Timestamp;
use proptest::prelude::*;

use super::store::{Layer, LogStore};
use super::{Filter, Ref, group};
use crate::domain::{HostName, Lane, Query, UnitName};
use crate::port::log::{Cursor, LogBatch, LogEntry, LogRow, Loss, LossKind, TailState};
use crate::port::log_block::Row;
use crate::text::Foreign;

const BEGIN: i64 = 1_795_000_000_000_000;
const HOSTS: [&str; 2] = ["app-1", "app-2"];

fn line(number: u64, millis: i64, unit: &str, message: &str) -> LogRow {
    let at = BEGIN + millis * 1000;
    let cursor = format!("s={:032x};i={number:x};b={:032x};m={millis:x};t={at:x};x={number:x}", 5, 7);
    LogRow::Entry(LogEntry {
        cursor: Cursor::new(&cursor).unwrap(),
        at: Timestamp::from_microsecond(at).unwrap(),
        monotonic: u64::try_from(millis * 1000).unwrap() + 1,
        boot: 7,
        priority: 6,
        unit: UnitName::new(unit),
        identifier: Foreign::from("node"),
        pid: 1,
        message: Foreign::from(message),
        cut: 0,
    })
}

fn take(store: &mut LogStore, host: &str, rows: Vec<LogRow>) {
    store.take(&LogBatch { tail: 1, host: HostName::new(host).unwrap(), lane: Lane::Journal, rows });
}

fn settle(store: &mut LogStore) {
    while store.is_working() {
        store.work();
    }
}

/// The runs of at least three, found by going through all rows.
fn plainly(store: &LogStore) -> Vec<(Ref, Ref, usize)> {
    let mut runs: Vec<(Ref, Ref, usize, Option<String>)> = Vec::new();
    for row in store.hits().unwrap_or_else(|| store.base()).forward(Ref::FIRST) {
        let host = store.host(row).unwrap();
        let Some(Row::Line(line)) = store.row(row) else {
            runs.push((row, row, 1, None));
            continue;
        };
        if group::goes_on(host, row.number()) {
            continue;
        }
        let mut pattern = Vec::new();
        crate::domain::structure::pattern(line.raw(), &mut pattern);
        let key = format!("{} {:?} {}", host.name, line.unit(), String::from_utf8_lossy(&pattern));
        match runs.last_mut().filter(|run| run.3.as_ref() == Some(&key)) {
            Some(run) => (run.1, run.2) = (row, run.2 + 1),
            None => runs.push((row, row, 1, Some(key))),
        }
    }
    runs.into_iter().filter(|run| run.2 >= 3).map(|(first, until, count, _)| (first, until, count)).collect()
}

fn found(store: &LogStore) -> Vec<(Ref, Ref, usize)> {
    let mut runs = Vec::new();
    for row in store.hits().unwrap_or_else(|| store.base()).forward(Ref::FIRST) {
        if let Some(run) = store.run(row).filter(|run| run.first == row) {
            runs.push((run.first, run.until, run.count));
        }
    }
    runs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn runs_are_what_one_finds_by_going_through_all_rows(
        rows in prop::collection::vec((0_usize..2, 0_i64..60, 0_usize..8, 0_usize..10), 1..150),
        begins_at in 0_usize..150,
        typed in prop::sample::select(vec!["", "a", "!beta"]),
    ) {
        let mut store = LogStore::new(64 << 20);
        HOSTS.iter().for_each(|host| store.stands(&HostName::new(host).unwrap(), &Lane::Journal, TailState::Following));
        let mut times = [0; 2];
        for (number, (which, gap, says, other)) in rows.into_iter().enumerate() {
            if number == begins_at {
                store.set_filter(&Filter { query: Query::parse(typed).unwrap(), ..Filter::default() });
                store.fold(Some(if typed.is_empty() { Layer::Base } else { Layer::Hits }));
                store.work();
            }
            times[which] += gap;
            let unit = if other == 0 { "beta.service" } else { "alpha.service" };
            let row = match says {
                0 if other == 1 => LogRow::Loss(Loss {
                    at: Timestamp::from_microsecond(BEGIN + times[which] * 1000).unwrap(),
                    kind: LossKind::Vacuumed,
                    lost: None,
                    cursor: None,
                }),
                0 | 1 => line(number as u64, times[which], unit, "    at a (x.js:1:2)"),
                2 => line(number as u64, times[which], unit, &format!("b took {number} ms")),
                _ => line(number as u64, times[which], unit, &format!("a took {number} ms")),
            };
            take(&mut store, HOSTS[which], vec![row]);
        }
        if begins_at >= 1 {
            store.set_filter(&Filter { query: Query::parse(typed).unwrap(), ..Filter::default() });
            store.fold(Some(if typed.is_empty() { Layer::Base } else { Layer::Hits }));
        }
        settle(&mut store);
        prop_assert_eq!(found(&store), plainly(&store));
    }
}

#[test]
fn what_is_let_go_is_no_part_of_a_run() {
    let mut store = LogStore::new(2 << 20);
    store.fold(Some(Layer::Base));
    for round in 0..200_u64 {
        let rows = (0..100).map(|n| {
            line(round * 100 + n, i64::try_from(round).unwrap(), "a.service", &format!("x {n} {}", "y".repeat(80)))
        });
        take(&mut store, "app-1", rows.collect());
        store.work();
    }
    settle(&mut store);
    assert!(store.evicted() > 1000);
    assert_eq!(found(&store), plainly(&store));
    assert_eq!(found(&store)[0].2, store.all().len());
}

#[test]
fn a_program_that_only_indents_hides_nothing() {
    let mut store = LogStore::new(8 << 20);
    let rows = (0..400).map(|n| line(n, i64::try_from(n).unwrap(), "a.service", &format!("  x {n}"))).collect();
    take(&mut store, "app-1", rows);
    let host = &store.hosts()[0];
    let all = host.first()..host.first() + 400;
    let alone: Vec<u64> = all.clone().filter(|number| group::leader(host, *number) == *number).collect();
    let mut shown: Vec<u64> = alone.iter().flat_map(|one| [vec![*one], group::members(host, *one)].concat()).collect();
    shown.sort_unstable();
    assert_eq!(shown, all.collect::<Vec<_>>());
}

#[test]
fn lines_of_a_trace_belong_to_the_line_before_them() {
    let mut store = LogStore::new(2 << 20);
    let rows = vec![
        line(1, 0, "a.service", "Traceback (most recent call last):"),
        line(2, 1, "b.service", "something else"),
        line(3, 2, "a.service", "  File \"x.py\", line 3, in <module>"),
        line(4, 3, "a.service", "ValueError: y"),
        line(5, 4, "a.service", "ValueError: z"),
        line(6, 400, "a.service", "    late"),
    ];
    take(&mut store, "app-1", rows);
    let host = &store.hosts()[0];
    let first = host.first();
    assert_eq!(group::members(host, first), [first + 2, first + 3]);
    let leaders: Vec<u64> = (first..first + 6).map(|number| group::leader(host, number) - first).collect();
    assert_eq!(leaders, [0, 1, 0, 0, 4, 5]);
}

/// Older lines that come afterwards are what the first ones go on with.
#[test]
fn a_trace_holds_together_over_the_seam_of_a_page() {
    let mut store = LogStore::new(2 << 20);
    let own = |number: u64, message: &str| line(number, i64::try_from(number).unwrap(), "a.service", message);
    take(&mut store, "app-1", vec![own(3, "  at two"), own(4, "  at three"), own(5, "next")]);
    store.take_older(&HostName::new("app-1").unwrap(), &[own(1, "boom"), own(2, "  at one")]);
    let host = &store.hosts()[0];
    let first = host.first();
    assert_eq!(group::members(host, first), [first + 1, first + 2, first + 3]);
    let leaders: Vec<u64> = (first..first + 5).map(|number| group::leader(host, number) - first).collect();
    assert_eq!(leaders, [0, 0, 0, 0, 4]);
}

#[test]
fn new_patterns_take_part_in_the_memory_of_lines() {
    let mut store = LogStore::new(16 << 20);
    let letters = |number: u64| {
        let word: String = format!("{number:08}").bytes().map(|digit| char::from(b'a' + digit - b'0')).collect();
        format!("{word} {}", "is said of it ".repeat(12))
    };
    let rows = (0..500).map(|n| line(n, i64::try_from(n).unwrap() * 100, "a.service", &letters(n))).collect();
    take(&mut store, "app-1", rows);
    settle(&mut store);
    let before = store.bytes();
    store.look_for_new(Some(BEGIN - 1));
    settle(&mut store);
    let texts: usize = store.novel().unwrap().list().iter().map(|one| one.text.raw().len()).sum();
    assert!(texts > 10_000 && store.bytes() >= before + texts, "{texts} of {}", store.bytes() - before);
}
