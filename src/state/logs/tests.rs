//! The store as a whole: whatever comes in whatever order, nothing is lost, doubled or turned round, and the line under
//! the cursor stays where it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;

use super::search::mask;
use super::store::LogStore;
use super::{Filter, Order, Ref};
use crate::domain::host::ClockOffset;
use crate::domain::{HostName, Lane, Query, UnitName};
use crate::port::log::{Cursor, LogBatch, LogEntry, LogRow, Loss, LossKind, TailState};
use crate::port::log_block::{OpenBlock, Row};
use crate::text::Foreign;

const HOSTS: [(&str, i64); 3] = [("app-1", -5), ("app-2", 0), ("db-1", 5)];
const BEGIN: i64 = 1_795_000_000_000_000;

fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

/// A line that was written so many milliseconds after the beginning, by a clock that is `skew` seconds ahead.
fn line(number: u64, millis: i64, skew: i64, priority: u8, message: &str) -> LogRow {
    let at = BEGIN + millis * 1000 + skew * 1_000_000;
    let cursor = format!("s={:032x};i={number:x};b={:032x};m={millis:x};t={at:x};x={number:x}", 5, 7);
    LogRow::Entry(LogEntry {
        cursor: Cursor::new(&cursor).unwrap(),
        at: Timestamp::from_microsecond(at).unwrap(),
        monotonic: u64::try_from(millis * 1000).unwrap() + 1,
        boot: 7,
        priority,
        unit: None,
        identifier: Foreign::from("node"),
        pid: 1,
        message: Foreign::from(message),
        cut: 0,
    })
}

fn batch(name: &str, rows: Vec<LogRow>) -> LogBatch {
    LogBatch { tail: 1, host: host(name), lane: Lane::Journal, rows }
}

fn query(typed: &str) -> Option<Query> {
    Query::parse(typed).unwrap()
}

/// Queries of every kind: such as are searched for in all messages at once, and such as are not.
const QUERIES: [&str; 16] = [
    "a",
    "!a",
    "ab or c",
    "a b",
    "/a[^z]*b/",
    "/^a/",
    "/b$/",
    r"/\bab\b/",
    "app-1",
    "node !c",
    "!(a or /c+/)",
    "host:app !b",
    "id=node level>=warning",
    "x=1 or x>2",
    "unit:alpha b",
    "unit!=alpha.service (a or y~b)",
];

fn store(cap: usize) -> LogStore {
    let mut store = LogStore::new(cap);
    for (name, skew) in HOSTS {
        store.measure(&host(name), ClockOffset { millis: skew * 1000, error: 5, at: Timestamp::UNIX_EPOCH });
        store.stands(&host(name), &Lane::Journal, TailState::Following);
    }
    store
}

fn messages(store: &LogStore, order: &Order) -> Vec<String> {
    let text = |row: Ref| match store.row(row) {
        Some(Row::Line(line)) => String::from_utf8_lossy(line.raw()).into_owned(),
        Some(Row::Loss(_)) => "LOSS".to_owned(),
        None => panic!("a row of the order is not in the store"),
    };
    order.forward(Ref::FIRST).map(text).collect()
}

fn settle(store: &mut LogStore) {
    while store.is_working() {
        store.work();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// R11, B13: any interleaving of the batches of three hosts at -5, 0 and +5 s.
    #[test]
    fn any_interleaving_keeps_every_line_once_and_in_order(
        steps in prop::collection::vec((0_usize..3, 1_usize..9, 0_i64..400), 1..120),
        watch in 0_usize..60,
    ) {
        let mut store = store(64 << 20);
        let mut written: BTreeMap<usize, Vec<(i64, String)>> = BTreeMap::new();
        let (mut times, mut cursor) = ([0_i64; 3], None);
        for (round, (which, count, gap)) in steps.into_iter().enumerate() {
            let (name, skew) = HOSTS[which];
            let rows = (0..count).map(|_| {
                times[which] += gap;
                let own = written.entry(which).or_default();
                let text = format!("{name} {}", own.len());
                own.push((times[which], text.clone()));
                line(own.len() as u64, times[which], skew, 6, &text)
            }).collect();
            let before = cursor.map(|row: Ref| (store.all().rank(row), messages(&store, store.all())));
            store.take(&batch(name, rows));
            if round == watch {
                cursor = store.all().last();
            }
            // The line under the cursor is the same, and what stood above and below it stands there still.
            if let (Some(row), Some((_, old))) = (cursor, before) {
                let now = messages(&store, store.all());
                prop_assert!(store.all().contains(row));
                let mut rest = now.iter();
                prop_assert!(old.iter().all(|text| rest.any(|other| other == text)), "what was there changed its order");
            }
        }
        let all = messages(&store, store.all());
        prop_assert_eq!(all.len(), written.values().map(Vec::len).sum::<usize>());
        for (which, own) in &written {
            let (name, _) = HOSTS[*which];
            let prefix = format!("{name} ");
            let shown: Vec<&String> = all.iter().filter(|text| text.starts_with(&prefix)).collect();
            prop_assert_eq!(shown, own.iter().map(|(_, text)| text).collect::<Vec<_>>(), "no inversion inside a host");
        }
        // Over the hosts, by the moments at which lines were truly written.
        let moments: BTreeMap<&String, i64> = written.values().flatten().map(|(at, text)| (text, *at)).collect();
        prop_assert!(all.windows(2).all(|two| moments[&two[0]] <= moments[&two[1]]), "{:?}", all);
    }

    /// However rows come and go and filters change, a sieve holds exactly what passes, and around it what was wished for.
    #[test]
    fn a_sieve_holds_what_passes(
        rows in prop::collection::vec((0_usize..3, 0_i64..50, 0_u8..8, "[abc]{1,3}"), 1..200),
        least in 0_u8..8,
        typed in prop::sample::select(QUERIES.to_vec()),
        around in 0_usize..4,
        change_at in 0_usize..200,
    ) {
        let mut store = store(64 << 20);
        let filter = Filter { least, query: query(typed), around, ..Filter::default() };
        let mut times = [0; 3];
        for (number, (which, gap, priority, text)) in rows.iter().enumerate() {
            if number == change_at {
                store.set_filter(&filter);
                store.work();
            }
            let (name, skew) = HOSTS[*which];
            times[*which] += gap;
            let row = if number % 17 == 16 {
                let kind = LossKind::JournaldRestarted;
                LogRow::Loss(Loss { at: Timestamp::from_microsecond(BEGIN).unwrap(), kind, lost: None, cursor: None })
            } else {
                line(number as u64, times[*which], skew, *priority, text)
            };
            store.take(&batch(name, vec![row]));
        }
        store.set_filter(&filter);
        settle(&mut store);
        let passes = |row: &Ref, filter: &Filter| match store.row(*row).unwrap() {
            Row::Line(line) => filter.passes(&store.host(*row).unwrap().name, &line),
            Row::Loss(_) => true,
        };
        let all: Vec<Ref> = store.all().forward(Ref::FIRST).collect();
        let wanted: Vec<Ref> = all.iter().filter(|row| passes(row, &filter)).copied().collect();
        prop_assert_eq!(store.hits().unwrap().forward(Ref::FIRST).collect::<Vec<_>>(), wanted);
        let base: Vec<Ref> = all.iter().filter(|row| passes(row, &filter.base())).copied().collect();
        prop_assert_eq!(store.base().forward(Ref::FIRST).collect::<Vec<_>>(), base.clone());
        let near = |at: usize| {
            let (from, to) = (at.saturating_sub(around), (at + around + 1).min(base.len()));
            base[from..to].iter().any(|row| !row.is_loss() && passes(row, &filter))
        };
        let wanted: Vec<Ref> =
            base.iter().enumerate().filter(|(at, row)| row.is_loss() || near(*at)).map(|(_, row)| *row).collect();
        let shown = |store: &LogStore| store.around().unwrap().forward(Ref::FIRST).collect::<Vec<_>>();
        // What was near once stays when something comes between.
        let kept = shown(&store);
        prop_assert!(kept.windows(2).all(|two| two[0] < two[1]) && kept.iter().all(|row| base.contains(row)));
        prop_assert!(wanted.iter().all(|row| kept.contains(row)), "{:?} {:?}", wanted, kept);
        store.set_filter(&Filter::default());
        store.set_filter(&filter);
        settle(&mut store);
        prop_assert_eq!(shown(&store), wanted);
    }

    /// A block that is asked at once says what its lines say one by one.
    #[test]
    fn a_mask_is_what_its_lines_say(
        rows in prop::collection::vec(("[abxy=12 {}\":\n\u{e4}]{0,12}", 0_u8..8, 0_usize..3, any::<u64>()), 0..300),
        typed in prop::sample::select(QUERIES.to_vec()),
    ) {
        let mut open = OpenBlock::default();
        for (number, (text, priority, unit, wild)) in rows.iter().enumerate() {
            if number % 13 == 12 {
                let kind = LossKind::Vacuumed;
                open.loss(&Loss { at: Timestamp::UNIX_EPOCH, kind, lost: None, cursor: None });
            }
            let LogRow::Entry(mut entry) = line(number as u64, 5, 0, *priority, text) else { panic!("a line") };
            entry.unit = ["alpha.service", "beta.timer"].get(*unit).and_then(|name| UnitName::new(name));
            // The bytes of the cursor stand between messages, whatever they are.
            let at = format!("s={:032x};i={wild:x};b={:032x};m={wild:x};t={wild:x};x={wild:x}", 5, 7);
            entry.cursor = Cursor::new(&at).unwrap();
            open.line(&entry);
        }
        let (block, name) = (open.seal(), host("app-1"));
        let asked = query(typed).unwrap();
        let (mask, _) = mask(asked.tree(), &name, &block);
        for place in 0..block.len() {
            if let Some(Row::Line(line)) = block.row(place) {
                prop_assert_eq!(mask.get(place), Some(asked.passes(&line.subject(&name))), "{:?}", line.raw());
            }
        }
        prop_assert_eq!(mask.get(block.len()), None);
    }
}

#[test]
fn b13_a_host_whose_clock_steps_back_an_hour_stays_in_order_and_among_the_others() {
    let mut store = store(64 << 20);
    let mut step = 0;
    for number in 0..600_u64 {
        let (name, skew) = HOSTS[usize::try_from(number % 3).unwrap()];
        if name == "app-2" && number > 300 {
            step = -3600;
        }
        let millis = i64::try_from(number).unwrap() * 100;
        let mut row = line(number, millis, skew, 6, &format!("{number}"));
        if let (LogRow::Entry(entry), "app-2") = (&mut row, name) {
            entry.at = Timestamp::from_microsecond(entry.at.as_microsecond() + step * 1_000_000).unwrap();
        }
        store.take(&batch(name, vec![row]));
    }
    let all = messages(&store, store.all());
    assert_eq!(all, (0..600).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(store.late(), 0);
}

#[test]
fn b13_what_comes_late_is_inserted_and_marked() {
    let mut store = store(64 << 20);
    for number in 0..20 {
        store.take(&batch("app-2", vec![line(number, i64::try_from(number).unwrap() * 1000, 0, 6, "in time")]));
    }
    store.take(&batch("app-1", vec![line(1, 3500, -5, 6, "late"), line(2, 18_900, -5, 6, "hardly late")]));
    let late: Vec<Ref> = store.all().forward(Ref::FIRST).filter(|row| row.is_late()).collect();
    assert_eq!((late.len(), store.late()), (1, 1));
    assert_eq!(store.all().rank(late[0]), 4, "between the lines of 3 s and of 4 s");
}

#[test]
fn b15_memory_is_bounded_and_what_is_let_go_is_counted_exactly() {
    let cap = 8 << 20;
    let mut store = LogStore::new(cap);
    let filter = Filter { least: 4, query: query("99"), around: 2, ..Filter::default() };
    store.set_filter(&filter);
    let (mut lines, mut losses) = (0_u64, 0_u64);
    for round in 0..400_u64 {
        let (name, skew) = HOSTS[usize::try_from(round % 3).unwrap()];
        let millis = i64::try_from(round).unwrap() * 10;
        let message = "the upstream did not answer in time and the request was given up after 30 s, retry 99";
        let mut rows: Vec<LogRow> =
            (0..250).map(|n| line(round * 250 + n, millis, skew, 3 + (n % 4) as u8, message)).collect();
        lines += 250;
        if round % 50 == 0 {
            let at = Timestamp::from_microsecond(BEGIN + millis * 1000).unwrap();
            rows.push(LogRow::Loss(Loss { at, kind: LossKind::SkippedAhead, lost: Some(7), cursor: None }));
            losses += 1;
        }
        store.take(&batch(name, rows));
        store.work();
        assert!(store.bytes() <= cap + (1 << 20), "{} bytes", store.bytes());
    }
    assert_eq!(store.received(), lines);
    assert_eq!((store.all().len() - store.loss_rows()) as u64 + store.evicted(), lines);
    assert!(store.loss_rows() < usize::try_from(losses).unwrap(), "what was let go held losses as well");
    assert!(store.evicted() > 20_000, "{}", store.evicted());
    assert_eq!((store.loss().lines, store.loss().unsure), (losses * 7, 0));
    settle(&mut store);
    let gone = store.all().forward(Ref::FIRST).filter(|row| store.row(*row).is_none()).count();
    assert_eq!(gone, 0, "no reference to what was let go");
    let hits: Vec<Ref> = store.hits().unwrap().forward(Ref::FIRST).collect();
    assert!(hits.iter().all(|row| store.row(*row).is_some()));
    assert!(store.around().unwrap().forward(Ref::FIRST).all(|row| store.row(row).is_some()));
    // What was let go is the oldest of each host.
    for log in store.hosts() {
        let kept: Vec<u64> =
            store.all().forward(Ref::FIRST).filter(|row| row.host() == log.place).map(Ref::number).collect();
        assert!(kept.windows(2).all(|two| two[0] + 1 == two[1]), "a whole end of the log");
        assert_eq!(kept[0], log.first());
    }
}

#[test]
fn older_rows_stand_before_all_others_of_their_host_and_go_first() {
    let cap = 8 << 20;
    let mut store = LogStore::new(cap);
    let filter = Filter { query: query("retry"), ..Filter::default() };
    store.set_filter(&filter);
    let message = "the upstream did not answer in time and the request was given up after 30 s, retry 99";
    let rows = |numbers: std::ops::Range<u64>| -> Vec<LogRow> {
        numbers.map(|n| line(n, i64::try_from(n).unwrap(), 0, 6, message)).collect()
    };
    store.take(&batch("app-1", rows(10_000..12_000)));
    settle(&mut store);
    let held: Vec<Ref> = store.all().forward(Ref::FIRST).collect();
    assert_eq!(store.hosts()[0].oldest().unwrap().as_str().split(';').nth(1), Some("i=2710"));
    store.take_older(&host("app-1"), &rows(5000..10_000));
    assert_eq!(store.all().forward(held[0]).collect::<Vec<_>>(), held, "what was there is called the same");
    let all: Vec<Ref> = store.all().forward(Ref::FIRST).collect();
    assert!(all.len() == 7000 && all.windows(2).all(|two| two[0] < two[1]));
    assert_eq!(store.hits().unwrap().len(), 7000);
    assert_eq!(store.hosts()[0].oldest().unwrap().as_str().split(';').nth(1), Some("i=1388"));
    for number in 0..400 {
        store.take(&batch("app-1", rows(12_000 + number * 250..12_250 + number * 250)));
    }
    assert!(store.bytes() <= cap + (1 << 20));
    assert!(store.all().forward(Ref::FIRST).all(|row| store.row(row).is_some()));
    assert_eq!(store.all().len() as u64 + store.evicted(), store.received());
    assert!(store.hosts()[0].first() > held[0].number(), "pages went before what the tail brought");
}

/// What was fetched counts as what it calls itself, as what comes does.
#[test]
fn an_older_line_has_the_level_that_it_calls_its_own() {
    let mut store = LogStore::new(1 << 20);
    store.set_filter(&Filter { least: 3, ..Filter::default() });
    store.take(&batch("app-1", vec![line(9, 9, 0, 6, "level=error here")]));
    store.take_older(&host("app-1"), &[line(7, 7, 0, 6, "level=error before"), line(8, 8, 0, 6, "fine")]);
    settle(&mut store);
    assert_eq!(messages(&store, store.base()), ["level=error before", "level=error here"]);
}

/// The last line of all hosts was long before the link was cut.
#[test]
fn a_cut_stands_when_it_was_also_where_nobody_said_anything_for_long() {
    let mut store = store(1 << 20);
    let at = Timestamp::from_microsecond(BEGIN + 895_000_000).unwrap();
    let cut = Loss { at, kind: LossKind::LinkLost(std::time::Duration::from_secs(28)), lost: Some(0), cursor: None };
    store.take(&batch("app-1", vec![line(1, 0, -5, 6, "before"), LogRow::Loss(cut)]));
    store.take(&batch("app-2", vec![line(1, 890_000, 0, 6, "late"), line(2, 910_000, 0, 6, "after")]));
    store.take(&batch("app-1", vec![line(2, 905_000, -5, 6, "behind")]));
    settle(&mut store);
    assert_eq!(messages(&store, store.all()), ["before", "late", "LOSS", "behind", "after"]);
}

#[test]
fn a_line_of_a_hundred_bytes_costs_little_more() {
    let mut store = LogStore::new(64 << 20);
    let message = "x".repeat(100);
    let rows: Vec<LogRow> = (0..20_000).map(|n| line(n, i64::try_from(n).unwrap(), 0, 6, &message)).collect();
    store.take(&batch("app-1", rows));
    let each = store.bytes() / 20_000;
    assert!(each < 145, "{each} bytes a line");
}

#[test]
fn a_loss_is_shown_whatever_the_filter_says_and_the_total_is_stated() {
    let mut store = store(1 << 20);
    assert_eq!(store.loss(), super::Loss { lines: 0, unsure: 0 });
    let at = Timestamp::from_microsecond(BEGIN).unwrap();
    let loss = |kind, lost| LogRow::Loss(Loss { at, kind, lost, cursor: None });
    store.take(&batch(
        "app-1",
        vec![
            line(1, 0, -5, 6, "info"),
            loss(LossKind::LinkLost(std::time::Duration::from_secs(14)), Some(0)),
            loss(LossKind::Suppressed(None), Some(1204)),
            loss(LossKind::JournaldRestarted, None),
            loss(LossKind::Bounded, None),
        ],
    ));
    store.set_filter(&Filter { least: 0, query: query("nowhere"), ..Filter::default() });
    settle(&mut store);
    assert_eq!(messages(&store, store.hits().unwrap()), ["LOSS"; 4]);
    assert_eq!(store.loss(), super::Loss { lines: 1204, unsure: 1 });
}

#[test]
fn a_slice_goes_on_with_what_follows_only_where_it_was_little() {
    let rows = |count: u64| (0..count).map(|number| line(number, number.cast_signed(), 0, 6, "same again")).collect();
    let filter = Filter { least: 6, query: query("/sa.*ain/"), ..Filter::default() };
    for (count, at_once) in [(100, true), (60_000, false)] {
        let mut store = store(64 << 20);
        store.take(&batch("app-2", rows(count)));
        store.set_filter(&filter);
        store.fold(Some(super::store::Layer::Hits));
        store.work();
        assert_eq!(!store.is_working(), at_once, "{count}");
        assert_eq!(store.base().len() as u64, count, "what passes without the query is there first");
    }
}
