//! Any bytes as what a command of a site prints: the same rows however they are cut, and of each line but the script's own one.
#![no_main]

use std::time::Duration;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use quarterdeck::domain::log_source::LogCommand;
use quarterdeck::port::log::{LogRow, Since, TailWish};
use quarterdeck::runtimes::tail::lines::Lines;
use quarterdeck::runtimes::tail::output::Told;

const NOW: Timestamp = Timestamp::constant(1_795_000_000, 0);

fn rows(bytes: &[u8], piece: usize, since: Since) -> Vec<LogRow> {
    let wish = TailWish::of(since);
    let command = LogCommand { name: "any".to_owned(), argv: vec!["any".to_owned()] };
    let (mut told, mut lines, mut rows) = (Told::new(command, &wish, false, NOW), Lines::default(), Vec::new());
    for part in bytes.chunks(piece.max(1)) {
        let mut whole = Vec::new();
        lines.push(part, &mut whole);
        whole.iter().for_each(|line| told.take(line, NOW, &mut rows));
    }
    if let Some(line) = lines.last() {
        told.take(&line, NOW, &mut rows);
    }
    rows
}

fuzz_target!(|bytes: &[u8]| {
    let [first, rest @ ..] = bytes else { return };
    let whole = rows(rest, usize::MAX, Since::Head);
    assert_eq!(rows(rest, usize::from(*first), Since::Head), whole, "the same however it is cut");
    let lines = rest.split(|byte| *byte == b'\n').count() - usize::from(rest.is_empty() || rest.ends_with(b"\n"));
    let own = usize::from(rest.starts_with(b"qd-zone "));
    let told = whole.iter().filter(|row| matches!(row, LogRow::Entry(_))).count();
    assert_eq!(told, lines - own, "each line once");
    // Of a span there is never more.
    assert!(rows(rest, 7, Since::Ago(Duration::from_secs(9))).len() <= whole.len());
});
