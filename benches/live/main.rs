//! How fast the console is on real hosts, and what it costs: the figures of docs/performance.md.
//!
//! `cargo bench --bench live` with a lab that is up; `-- start states latency idle load tick crowd` chooses parts. Every figure
//! stands beside a baseline that was measured in the same run on the same hosts. Nothing is asserted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../tests/common/lab.rs"]
#[allow(dead_code)]
mod lab;
#[path = "../../tests/common/pty.rs"]
#[allow(unused_imports)]
mod pty;

mod cost;
mod crowd;
mod figures;
mod heard;
mod idle;
mod latency;
mod lines;
mod shell;
mod stage;
mod start;
mod states;

use std::process::ExitCode;

use stage::Stage;

/// The exit code for "could not be measured here".
const NOT_HERE: u8 = 77;

const HOW: &str = "This measures the console on real hosts and needs a lab that is up. As root:

    tests/lab/up pakashop
    . target/lab/*/env
    cargo bench --bench live
    tests/lab/down
";

/// A part: its name, and what measures it.
type Part = (&'static str, fn(&Stage));

const PARTS: [Part; 7] = [
    ("start", start::measure),
    ("states", states::measure),
    ("latency", latency::measure),
    ("idle", idle::measure),
    ("load", lines::load),
    ("tick", lines::tick),
    ("crowd", crowd::measure),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("nothing measured: cargo bench --bench live");
        return ExitCode::SUCCESS;
    }
    if std::env::var_os("QD_LAB").is_none() {
        eprint!("{HOW}");
        return ExitCode::from(NOT_HERE);
    }
    let chosen: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let stage = Stage::set();
    figures::machine();
    for (name, measure) in PARTS {
        if chosen.is_empty() || chosen.iter().any(|chosen| *chosen == name) {
            measure(&stage);
        }
    }
    figures::machine();
    ExitCode::SUCCESS
}
