//! Any bytes as what journalctl says: the parser never panics and reads the same however the bytes are cut; and the tail
//! protocol, whatever it is told, tells no place twice.
#![no_main]

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use quarterdeck::port::log::{LogRow, Since, TailWish};
use quarterdeck::runtimes::journal_export::{Entry, FIELD_KEEPS, Parser, parse};
use quarterdeck::runtimes::tail::{Filter, Found, Next, Protocol};

fn cut(bytes: &[u8], piece: usize) -> Vec<Entry> {
    let (mut parser, mut entries) = (Parser::default(), Vec::new());
    for part in bytes.chunks(piece.max(1)) {
        if parser.push(part, &mut entries).is_err() {
            break;
        }
    }
    if let Some(rest) = parser.unfinished() {
        assert!(rest.fields().all(|field| field.value.len() <= FIELD_KEEPS));
    }
    entries
}

/// What journalctl would say: the script names entries by few bytes, so that places meet again and again.
fn spoken(script: &[u8]) -> Vec<u8> {
    const NOTES: [&str; 4] = [
        "_TRANSPORT=stdout\n",
        "_TRANSPORT=driver\nMESSAGE_ID=f77379a8490b408bbe5f6940505a777b\n",
        "_TRANSPORT=driver\nMESSAGE_ID=d93fb3c9c24d451a97cea615ce59c00b\n",
        "_TRANSPORT=driver\nMESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e\nN_DROPPED=3\n",
    ];
    let entry = |bytes: &[u8]| {
        let [number, time, kind] = bytes else { return String::new() };
        let (boot, at) = (number >> 6, u64::from(*time) * 1000);
        format!(
            "__CURSOR=s={:x};i={number:x};b={boot:x};m={at:x};t={at:x};x={:x}\n__REALTIME_TIMESTAMP={at}\n\
             __MONOTONIC_TIMESTAMP={at}\n_BOOT_ID={boot:x}\n{}MESSAGE=a\n\n",
            kind >> 7,
            kind & 3,
            NOTES[usize::from(kind >> 2) % NOTES.len()]
        )
    };
    script.chunks(3).map(entry).collect::<String>().into_bytes()
}

fuzz_target!(|bytes: &[u8]| {
    let [first, rest @ ..] = bytes else { return };
    let whole = parse(rest);
    assert_eq!(cut(rest, usize::from(*first)), whole, "the same however it is cut");

    let since = [Since::Head, Since::Newest(3), Since::Newest(0), Since::Ago(Duration::from_secs(9))][usize::from(first & 3)];
    let wish = TailWish { bound: (first & 4 != 0).then_some(2), follow: first & 8 == 0, ..TailWish::of(since) };
    let mut protocol = Protocol::new(&wish, Filter { least: 7, ..Filter::default() }, None, Timestamp::UNIX_EPOCH);
    let mut rows = Vec::new();
    for (number, session) in rest.chunks(30).enumerate() {
        let mut entries = parse(&spoken(session));
        if first & 16 != 0 {
            entries.extend(whole.iter().cloned());
        }
        let found = match session.first().map(|byte| byte & 3) {
            Some(0) => Found::Nothing,
            Some(1) => Found::Refused,
            _ => entries.first().cloned().map_or(Found::Nothing, |entry| Found::Entry(Box::new(entry))),
        };
        protocol.open(entries.last(), &found, (number > 0).then_some(Duration::from_secs(1).into()), &mut rows);
        for _ in 0..4 {
            match protocol.next(Duration::ZERO) {
                Next::Done => break,
                Next::Bound(_) => protocol.bounded(b"s=1;i=2;t=5", &mut rows),
                Next::Read(_) => {
                    entries.iter().for_each(|entry| { protocol.take(entry, &mut rows); });
                    protocol.ended();
                }
                Next::Follow(_) => {
                    entries.iter().for_each(|entry| { protocol.take(entry, &mut rows); });
                    break;
                }
            }
        }
    }
    // The newest thousand places are remembered; no run of this is longer.
    if rows.len() < 900 {
        let mut told = BTreeSet::new();
        for row in &rows {
            if let LogRow::Entry(entry) = row {
                assert!(told.insert(entry.cursor.clone()), "told twice: {:?}", entry.cursor);
            }
        }
    }
});
