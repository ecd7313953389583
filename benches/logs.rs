//! Keys on the log screen while 10,000 lines a second arrive through the real loop: `cargo bench --bench logs`. Every figure
//! stands beside a baseline of the same run, and nothing is asserted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/common/console.rs"]
mod console;
#[path = "../tests/common/log_scene.rs"]
mod log_scene;
#[path = "../tests/common/scene.rs"]
mod scene;

use std::time::{Duration, Instant};

use console::Console;
use quarterdeck::domain::Lane;
use quarterdeck::port::Event;
use quarterdeck::port::log::{Cursor, LogBatch, LogEntry, LogRow, TailState};
use quarterdeck::text::Foreign;

/// Lines of one host in a batch; three hosts, a batch of each every 100 ms of the held clock.
const BATCH: u64 = 334;
const KEYS: [&str; 12] = ["k", "j", "pgup", "pgdn", "L", "e", "E", "w", "w", "g", "G", "p"];

struct Flood {
    tail: u64,
    number: u64,
    millis: i64,
}

impl Flood {
    /// A tenth of a second of 10,000 lines a second.
    fn batch(&mut self) -> Vec<Event> {
        self.millis += 100;
        let hosts = ["app-1", "app-2", "db-1"];
        hosts
            .map(|host| {
                Event::Log(LogBatch {
                    tail: self.tail,
                    host: scene::host_name(host),
                    lane: Lane::Journal,
                    rows: self.rows(),
                })
            })
            .into()
    }

    fn rows(&mut self) -> Vec<LogRow> {
        (0..BATCH).map(|n| self.row(n)).collect()
    }

    fn row(&mut self, n: u64) -> LogRow {
        self.number += 1;
        let number = self.number;
        let micros = log_scene::at("02:14:09").as_microsecond() + self.millis * 1000 + i64::try_from(n).unwrap() * 300;
        let text = format!("upstream backend answered 502 in {n}ms path=/api/v1/payments/webhook order={number}");
        LogRow::Entry(LogEntry {
            cursor: Cursor::new(&format!("s={:032x};i={number:x};b={:032x};m=1;t={micros:x};x=1", 5, 7)).unwrap(),
            at: jiff::Timestamp::from_microsecond(micros).unwrap(),
            monotonic: 0,
            boot: 0,
            priority: 3 + u8::try_from(number % 4).unwrap(),
            unit: Some(scene::unit_of("backend")),
            identifier: Foreign::from("node"),
            pid: 7,
            message: Foreign::from(text),
            cut: 0,
        })
    }
}

fn console() -> (Console, Flood) {
    let mut console = Console::well((120, 40));
    console.keys("alt-2");
    let tail = log_scene::wish(console.asked()).unwrap().id;
    for host in ["app-1", "app-2", "db-1"] {
        console.say(log_scene::stands(tail, host, TailState::Following));
    }
    (console, Flood { tail, number: 0, millis: 0 })
}

/// From the key to the frame that answers it, behind whatever waits in the loop: a tenth of a second of lines, or none.
fn keys(console: &mut Console, flood: &mut Flood, lines: bool, rounds: usize) -> Vec<Duration> {
    let mut took = Vec::new();
    for round in 0..rounds {
        let batches = if lines { flood.batch() } else { Vec::new() };
        let start = Instant::now();
        batches.into_iter().for_each(|event| console.say(event));
        console.keys(KEYS[round % KEYS.len()]);
        took.push(start.elapsed());
        console.pass(Duration::from_millis(100));
    }
    took.sort();
    took
}

fn told(what: &str, took: &[Duration], baseline: &[Duration]) {
    let at = |took: &[Duration], percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    println!(
        "{what:<58} n {:>5}  median {:>7.2} ms  p99 {:>7.2} ms  most {:>7.2} ms  ratio {:.1}",
        took.len(),
        at(took, 50),
        at(took, 99),
        at(took, 100),
        at(took, 50) / at(baseline, 50)
    );
}

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("nothing measured: cargo bench --bench logs");
        return;
    }
    let (mut console, mut flood) = console();
    for _ in 0..100 {
        flood.batch().into_iter().for_each(|event| console.say(event));
    }
    let quiet = keys(&mut console, &mut flood, false, 600);
    told("a key, 100,000 lines there, none arriving (baseline)", &quiet, &quiet);
    let few = keys(&mut console, &mut flood, true, 600);
    told("a key behind a tenth of a second of 10,000 lines a second", &few, &quiet);
    while flood.number < 1_000_000 {
        flood.batch().into_iter().for_each(|event| console.say(event));
    }
    let many = keys(&mut console, &mut flood, true, 600);
    told("the same with 1,000,000 lines there", &many, &quiet);
    console.keys("G").types("/");
    let mut typed = Vec::new();
    for letter in "order=9.*7".chars() {
        let start = Instant::now();
        console.types(&letter.to_string());
        typed.push(start.elapsed());
    }
    typed.sort();
    told("a letter of a filter over 1,000,000 lines, until all is found", &typed, &quiet);
}
