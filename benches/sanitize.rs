//! How fast the sanitizer is, against `String::from_utf8_lossy` over the same bytes in the same run.
//!
//! `cargo bench --bench sanitize`. Each figure is the median of five; the target is 50 MB/s on
//! ordinary log lines on one core.

use std::hint::black_box;
use std::time::Instant;

use quarterdeck::text::{Budget, sanitize};

/// Bytes each measurement covers at least.
const VOLUME: usize = 8 << 20;
/// What ordinary log lines must reach, in megabytes a second.
const TARGET: f64 = 50.0;

fn main() {
    // Under `cargo test` the binary is only asked whether it runs.
    let volume = if std::env::args().any(|argument| argument == "--bench") { VOLUME } else { 64 << 10 };
    println!("{:<16} {:>12} {:>12} {:>8}", "lines", "sanitize", "lossy", "ratio");
    for (name, lines) in corpora() {
        let bytes: usize = lines.iter().map(String::len).sum();
        let rounds = volume.div_ceil(bytes);
        let ours = median(bytes * rounds, || {
            for line in std::iter::repeat_n(&lines, rounds).flatten() {
                black_box(sanitize(black_box(line.as_bytes()), Budget::log()));
            }
        });
        let lossy = median(bytes * rounds, || {
            for line in std::iter::repeat_n(&lines, rounds).flatten() {
                black_box(String::from_utf8_lossy(black_box(line.as_bytes())).into_owned());
            }
        });
        let verdict = match name {
            "ordinary" if ours < TARGET => "  below the target of 50 MB/s",
            _ => "",
        };
        println!("{name:<16} {ours:>7.0} MB/s {lossy:>7.0} MB/s {:>8.3}{verdict}", ours / lossy);
    }
}

/// Megabytes a second: the median of five runs after one to warm up.
fn median(bytes: usize, run: impl Fn()) -> f64 {
    run();
    let mut speeds: Vec<f64> = (0..5)
        .map(|_| {
            let start = Instant::now();
            run();
            bytes as f64 / 1e6 / start.elapsed().as_secs_f64()
        })
        .collect();
    speeds.sort_by(f64::total_cmp);
    speeds.get(2).copied().unwrap_or_default()
}

/// Lines of several kinds, a few hundred each.
fn corpora() -> Vec<(&'static str, Vec<String>)> {
    let many = |line: &dyn Fn(usize) -> String| (0..400).map(line).collect::<Vec<_>>();
    vec![
        (
            "ordinary",
            many(&|n| {
                format!(
                    "2026-03-0{} 12:{:02}:07.{n:03} INFO  [http-{n}] order.service: POST /v1/orders/{} 201 in {} ms, user={}",
                    n % 9 + 1,
                    n % 60,
                    n * 7919,
                    n % 97,
                    n * 31
                )
            }),
        ),
        (
            "coloured",
            many(&|n| {
                format!("\x1b[2m12:00:{:02}\x1b[0m \x1b[32mINFO\x1b[0m \x1b[1morder\x1b[0m: request {n} done", n % 60)
            }),
        ),
        (
            "accented",
            many(&|n| format!("Bestellung {n} für Größe XL nach Zürich geprüft – Übergabe läuft, Gebühr 5 €")),
        ),
        ("wide", many(&|n| format!("注文 {n} を処理しました: 支払い確認済み、発送準備中です 🚚"))),
        ("tabbed", many(&|n| format!("at\tcom.example.Order.run(Order.java:{n})\tin\tworker"))),
        ("escapes", many(&|n| format!("\x1b[2J\x1b]0;title {n}\x07\u{202E}text\u{200B}\x1b[?25l"))),
    ]
}
