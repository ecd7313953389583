//! A million lines in memory: what they take, and how fast a filter is, beside ripgrep and lnav on the same lines in a file:
//! `cargo bench --bench log_store`. Median of five; nothing is asserted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use quarterdeck::domain::{HostName, Lane, Query, UnitName};
use quarterdeck::port::log::{Cursor, LogBatch, LogEntry, LogRow};
use quarterdeck::state::logs::{Filter, LogStore, Ref};
use quarterdeck::text::Foreign;

const LINES: u64 = 1_000_000;
const ROUNDS: usize = 5;
const BATCH: u64 = 256;
/// Lines of a screen.
const SCREEN: usize = 60;
const HOSTS: [&str; 3] = ["app-1", "app-2", "db-1"];
const UNITS: [&str; 4] = ["shop-gateway.service", "shop-backend.service", "shop-fraud.service", "postgresql.service"];
/// What is looked for: for ripgrep and lnav, and as a query.
const FILTERS: [(&str, &str, &str); 5] = [
    ("a literal", "order=881234", "\"order=881234\""),
    ("a word", "rejected", "rejected"),
    ("one of three", "timeout|refused|reset", "/timeout|refused|reset/"),
    ("an expression", r"status=5\d\d .*[0-9]+ms", r"/status=5\d\d .*[0-9]+ms/"),
    ("a field", r"status=5\d\d", "status>=500"),
];

/// About ninety bytes, as services write them.
fn message(rng: &mut fastrand::Rng) -> String {
    let (order, took) = (rng.u32(880_000..890_000), rng.u32(1..3000));
    match rng.u32(0..100) {
        0..45 => format!(
            "request id={:08x} POST /api/v1/payments/webhook order={order} status=200 in {took}ms from 10.0.{}.{}",
            rng.u32(..),
            rng.u8(..),
            rng.u8(..)
        ),
        45..75 => {
            format!("checkout step done for order={order} basket={} items took={took}ms cache hit", rng.u8(1..40))
        }
        75..90 => format!(
            "job settlement-{} finished: {} rows written, {took} ms in the database, nothing left to do",
            rng.u16(..),
            rng.u16(..)
        ),
        90..97 => format!("upstream backend answered status=502 after 3 tries in {took}ms path=/api/v1/cart/{order}"),
        97 => format!("webhook rejected: bad signature of provider stripe, order={order} status=401 attempt 2 of 3"),
        98 => {
            format!("connection refused by 10.0.3.{}:5432 while order={order} was read, again in {took} ms", rng.u8(..))
        }
        _ => format!("timeout after {took} ms while waiting for the score of order={order}, going on without it"),
    }
}

fn entry(number: u64, rng: &mut fastrand::Rng) -> LogEntry {
    let at = 1_795_000_000_000_000 + i64::try_from(number).unwrap() * 1000 + i64::from(rng.u16(0..900));
    let cursor = format!("s={:032x};i={number:x};b={:032x};m={:x};t={at:x};x={:x}", 5, 7, number * 1000, rng.u64(..));
    let unit = UNITS[usize::try_from(number / 3).unwrap() % UNITS.len()];
    LogEntry {
        cursor: Cursor::new(&cursor).unwrap(),
        at: Timestamp::from_microsecond(at).unwrap(),
        monotonic: number * 1000,
        boot: 7,
        priority: if rng.u8(0..20) == 0 { 3 } else { 6 },
        unit: UnitName::new(unit),
        identifier: Foreign::from("node"),
        pid: 4711,
        message: Foreign::from(message(rng)),
        cut: 0,
    }
}

/// Fills a store and a file with the same lines; says how many bytes of messages there are.
fn fill(store: &mut LogStore, file: &Path) -> u64 {
    let mut out = BufWriter::new(File::create(file).unwrap());
    let mut rng = fastrand::Rng::with_seed(7);
    let (mut number, mut bytes) = (0, 0);
    while number < LINES {
        let host = HOSTS[usize::try_from(number / BATCH).unwrap() % HOSTS.len()];
        let mut rows = Vec::new();
        for _ in 0..BATCH.min(LINES - number) {
            let entry = entry(number, &mut rng);
            bytes += entry.message.raw().len() as u64;
            out.write_all(entry.message.raw()).unwrap();
            out.write_all(b"\n").unwrap();
            rows.push(LogRow::Entry(entry));
            number += 1;
        }
        store.take(&LogBatch { tail: 1, host: HostName::new(host).unwrap(), lane: Lane::Journal, rows });
    }
    out.flush().unwrap();
    bytes
}

/// Kilobytes of this process by their name in the table of the kernel.
fn kilobytes(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

fn median(mut took: Vec<Duration>) -> f64 {
    took.sort();
    millis(took[took.len() / 2])
}

/// How long a filter took.
struct Round {
    /// Until a line was found.
    line: Duration,
    /// Until as many were found as a screen has.
    screen: Duration,
    /// Until all was looked at.
    whole: Duration,
    /// The longest slice of it, which is what a key may have to wait for.
    slice: Duration,
    found: usize,
}

fn filter(store: &mut LogStore, typed: &str) -> Round {
    store.set_filter(&Filter::default());
    let start = Instant::now();
    store.set_filter(&Filter { query: Query::parse(typed).unwrap(), ..Filter::default() });
    let (mut line, mut screen, mut longest) = (None, None, Duration::ZERO);
    while store.is_working() {
        let slice = Instant::now();
        store.work();
        longest = longest.max(slice.elapsed());
        let found = store.hits().map_or(0, |hits| hits.len());
        line = line.or((found > 0).then(|| start.elapsed()));
        screen = screen.or((found >= SCREEN).then(|| start.elapsed()));
    }
    let whole = start.elapsed();
    let found = store.hits().map_or(0, |hits| hits.forward(Ref::FIRST).count());
    Round { line: line.unwrap_or(whole), screen: screen.unwrap_or(whole), whole, slice: longest, found }
}

/// A program over the file; `None` when it is not installed.
fn program(name: &str, arguments: &[&str]) -> Option<Duration> {
    let start = Instant::now();
    let mut run = Command::new(name);
    run.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    run.status().ok().map(|_| start.elapsed())
}

fn programs(name: &str, arguments: &[&str]) -> String {
    let took: Option<Vec<Duration>> = (0..ROUNDS).map(|_| program(name, arguments)).collect();
    took.map_or_else(|| "not installed".to_owned(), |took| format!("{:.0} ms", median(took)))
}

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("nothing measured: cargo bench --bench log_store");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lines.log");
    let before = kilobytes("VmRSS");
    let mut store = LogStore::new(1 << 30);
    let start = Instant::now();
    let bytes = fill(&mut store, &file);
    println!(
        "{LINES} lines of {} bytes, made and taken in within {:.1} s",
        bytes / LINES,
        start.elapsed().as_secs_f64()
    );
    let (now, peak) = (kilobytes("VmRSS") - before, kilobytes("VmHWM") - before);
    let ratio = |kilobytes: f64| kilobytes * 1024.0 / bytes as f64;
    println!(
        "resident memory {:.2} of their bytes (peak {:.2}); counted by the store {:.2}",
        ratio(now),
        ratio(peak),
        store.bytes() as f64 / bytes as f64
    );
    let path = file.to_str().unwrap();
    println!("lnav, without a filter: {}", programs("lnav", &["-n", "-c", ":write-raw-to /dev/null", path]));
    for (what, regex, query) in FILTERS {
        let rounds: Vec<_> = (0..ROUNDS).map(|_| filter(&mut store, query)).collect();
        let took = |of: fn(&Round) -> Duration| median(rounds.iter().map(of).collect());
        let slice = millis(rounds.iter().map(|round| round.slice).max().unwrap());
        println!(
            "{what:<14} {query:<28} first line {:>6.1} ms  first screen {:>6.1} ms  whole {:>6.1} ms  longest slice \
             {slice:>5.1} ms  {:>7} lines   rg -ci {}   lnav {}",
            took(|round| round.line),
            took(|round| round.screen),
            took(|round| round.whole),
            rounds[0].found,
            programs("rg", &["-ci", "--", regex, path]),
            programs("lnav", &["-n", "-c", &format!(":filter-in {regex}"), "-c", ":write-raw-to /dev/null", path]),
        );
    }
}
