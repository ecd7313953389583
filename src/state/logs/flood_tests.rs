//! Floods: whatever comes, and however much is held already, a row that comes costs the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::effort::looks;
use super::store::{Layer, LogStore};
use super::{Filter, Ref};
use crate::domain::{HostName, Lane, Query};
use crate::port::log::{Cursor, LogBatch, LogEntry, LogRow, TailState};
use crate::text::Foreign;

const BEGIN: i64 = 1_795_000_000_000_000;

/// When a line was written, in milliseconds, by its number.
type When = fn(i64) -> i64;

/// A line of a file or a command, which tells its time itself.
fn line(number: u64, millis: i64, message: &str) -> LogRow {
    LogRow::Entry(LogEntry {
        cursor: Cursor::new(&format!("c={number:x}")).unwrap(),
        at: Timestamp::from_microsecond(BEGIN + millis * 1000).unwrap(),
        monotonic: 0,
        boot: 0,
        priority: 6,
        unit: None,
        identifier: Foreign::from("yes"),
        pid: 0,
        message: Foreign::from(message),
        cut: 0,
    })
}

/// A store in which runs are folded, of two files.
fn store(cap: usize) -> LogStore {
    let mut store = LogStore::new(cap);
    for file in ["/a", "/b"] {
        store.stands(&HostName::new("app-1").unwrap(), &Lane::File(file.into()), TailState::Following);
    }
    store.fold(Some(Layer::Base));
    store.work();
    store
}

/// Takes rows of a file in, so many at once as come at once, and says how many rows were looked at for each.
fn cost(store: &mut LogStore, file: &str, rows: Vec<LogRow>) -> u64 {
    let (before, count) = (looks(), rows.len() as u64);
    for rows in rows.chunks(256) {
        let host = HostName::new("app-1").unwrap();
        store.take(&LogBatch { tail: 1, host, lane: Lane::File(file.into()), rows: rows.to_vec() });
    }
    (looks() - before) / count
}

/// Lines of which the same is said again and again, each at this time.
fn same(count: u64, at: impl Fn(i64) -> i64) -> Vec<LogRow> {
    (0..count).map(|number| line(number, at(number.cast_signed()), "flood of lines")).collect()
}

/// Every run, found by going through all rows, is what is told.
fn assert_runs_are_right(store: &LogStore) {
    let (mut lines, mut told) = (BTreeMap::<Ref, usize>::new(), BTreeMap::new());
    for row in store.base().forward(Ref::FIRST) {
        if let Some(run) = store.run(row) {
            *lines.entry(run.first).or_default() += 1;
            told.insert(run.first, run.count);
        }
    }
    assert_eq!(lines, told);
    assert!(!told.is_empty());
}

#[test]
fn a_line_of_a_flood_costs_as_much_as_the_first_ones_whatever_their_times() {
    let times: [(&str, When); 4] = [
        ("rising", |number| number / 50),
        ("all the same", |_| 0),
        ("falling", |number| -number),
        ("anywhere", |number| (number * 7_919) % 60_000),
    ];
    for (what, at) in times {
        let mut store = store(64 << 20);
        let few = cost(&mut store, "/a", same(4_000, at));
        let many = cost(&mut store, "/a", same(16_000, |number| at(number + 4_000)));
        assert!(many <= few + 8 && many < 60, "{what}: {few} looks for each of the first, {many} for each of the next");
        assert_runs_are_right(&store);
    }
}

#[test]
fn a_flood_of_lines_that_all_go_on_with_another_costs_no_more_the_longer_it_lasts() {
    let mut store = store(64 << 20);
    let rows = |from: i64, count: i64| -> Vec<LogRow> {
        (from..from + count).map(|number| line(number.cast_unsigned(), number / 50, "    at a (x.js:1:2)")).collect()
    };
    let few = cost(&mut store, "/a", rows(0, 2_000));
    let many = cost(&mut store, "/a", rows(2_000, 6_000));
    assert!(many <= few * 2, "{few} looks for each of the first, {many} for each of the next");
}

#[test]
fn lines_that_fall_into_a_long_run_part_it_without_going_through_it_each_time() {
    let times: [(&str, When); 3] = [
        ("rising", |number| number * 10 + 5),
        ("falling", |number| 19_995 - number * 10),
        ("anywhere", |number| (number * 7_919) % 20_000),
    ];
    for (what, at) in times {
        let mut store = store(64 << 20);
        cost(&mut store, "/a", same(20_000, |number| number));
        // Each one apart from the one before, so that each parts a run.
        let other: Vec<LogRow> = (0..1_500).map(|number| line(number, at(number.cast_signed()), "other")).collect();
        let each = cost(&mut store, "/b", other);
        assert!(each < 400, "{what}: {each} looks for each line");
        assert_runs_are_right(&store);
    }
}

#[test]
fn what_is_let_go_of_a_long_run_costs_no_more_the_longer_it_is() {
    let times: [(&str, When); 3] =
        [("rising", |number| number / 50), ("all the same", |_| 0), ("falling", |number| -number)];
    for (what, at) in times {
        let mut costs = [0; 2];
        for (cap, cost_of) in [1 << 20, 4 << 20].into_iter().zip(&mut costs) {
            let mut store = store(cap);
            store.set_filter(&Filter { query: Query::parse("flood").unwrap(), ..Filter::default() });
            store.work();
            // Until it is full; then as much again.
            let mut came = 0;
            while store.evicted() == 0 {
                cost(&mut store, "/a", same(1_024, |number| at(came + number)));
                came += 1_024;
            }
            *cost_of = cost(&mut store, "/a", same(24_000, |number| at(came + number)));
            assert!(store.evicted() > 12_000, "{what}");
            while store.is_working() {
                store.work();
            }
            assert_runs_are_right(&store);
        }
        let [short, long] = costs;
        assert!(long <= short + short / 4 + 4, "{what}: {short} looks for each with little held, {long} with much");
    }
}
