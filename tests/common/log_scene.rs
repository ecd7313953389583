//! Logs of the night in question: what the hosts wrote, and batches of it as the engine sends them.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use quarterdeck::domain::{Lane, UnitName};
use quarterdeck::port::log::{Cursor, LogBatch, LogEntry, LogFields, LogRow, Loss, LossKind, TailState, TailWish};
use quarterdeck::port::{Effect, Event};
use quarterdeck::text::Foreign;

use super::console::Console;
use super::scene;

/// A moment of the night: `02:13:58.201`.
pub fn at(time: &str) -> Timestamp {
    let (clock, millis) = time.split_once('.').unwrap_or((time, "0"));
    scene::now(clock).wall.checked_add(SignedDuration::from_millis(millis.parse().unwrap())).unwrap()
}

/// The number of a line by its time, so that each has a cursor of its own.
fn cursor(time: Timestamp, text: &str) -> Cursor {
    let number = text.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let micros = time.as_microsecond();
    Cursor::new(&format!("s={:032x};i={number:x};b={:032x};m=1;t={micros:x};x={number:x}", 5, 7)).unwrap()
}

/// A line of a service.
pub fn line(time: &str, service: &str, priority: u8, message: &str) -> LogRow {
    entry(at(time), Some(scene::unit_of(service)), priority, message)
}

/// A line of a unit.
pub fn entry(at: Timestamp, unit: Option<UnitName>, priority: u8, message: &str) -> LogRow {
    LogRow::Entry(LogEntry {
        cursor: cursor(at, message),
        at,
        monotonic: 0,
        boot: 0,
        priority,
        unit,
        identifier: Foreign::from("node"),
        pid: 20_417,
        message: Foreign::from(message),
        cut: 0,
    })
}

/// The cursor of a line that was made here.
pub fn cursor_of(row: &LogRow) -> Cursor {
    let LogRow::Entry(entry) = row else { panic!("a loss has no cursor here") };
    entry.cursor.clone()
}

/// A loss.
pub fn loss(time: &str, kind: LossKind, lost: Option<u64>) -> LogRow {
    LogRow::Loss(Loss { at: at(time), kind, lost, cursor: None })
}

/// Rows of a host.
pub fn batch(tail: u64, host: &str, rows: Vec<LogRow>) -> Event {
    Event::Log(LogBatch { tail, host: scene::host_name(host), lane: Lane::Journal, rows })
}

/// How a host's part stands.
pub fn stands(tail: u64, host: &str, state: TailState) -> Event {
    Event::Tail(tail, scene::host_name(host), Lane::Journal, state)
}

/// The newest wish among effects.
pub fn wish(effects: Vec<Effect>) -> Option<TailWish> {
    effects.into_iter().rev().find_map(|effect| match effect {
        Effect::Tail(wish) => Some(wish),
        _ => None,
    })
}

/// The line that is unfolded on pictures.
pub const UNFOLDED: (&str, &str) = (
    "02:14:02.044",
    r#"{"msg":"payment confirmation missing after 30s","order":88061,"provider":"stripe","attempt":"3 of 3","elapsed_ms":30004,"trace":"4bf92f3577b34da6a3ce929d0e0e4736"}"#,
);

/// The night, host by host.
pub fn night() -> Vec<(&'static str, Vec<LogRow>)> {
    let stack = "UnhandledRejection: signature mismatch\n    at verify (/opt/pakashop/services/backend/webhook.js:41:11)\n    \
                 at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n    at async Webhook.handle\n    \
                 at async Router.post\n    at async Server.emit\n    at async Layer.handle";
    let app1 = vec![
        line("02:13:31.007", "gateway", 6, "request id=90fe GET /api/v1/products 200 8ms"),
        line("02:13:44.613", "gateway", 6, "request id=9101 GET /api/v1/cart 200 11ms"),
        line("02:13:58.201", "backend", 3, "webhook rejected: bad signature  order=88121 status=502"),
        line("02:14:01.530", "gateway", 4, "upstream backend answered 502 in 12ms  path=/api/v1/payments/webhook"),
        line("02:14:01.531", "gateway", 6, "request id=91aa POST /api/v1/payments/webhook 502 13ms"),
        line("02:14:03.118", "backend", 3, "webhook rejected: bad signature  order=88124 status=502"),
        line("02:14:04.220", "fraud", 4, "score service slow: 1,204 ms"),
        line("02:14:05.871", "backend", 3, "webhook rejected: bad signature  order=88127 status=502"),
    ];
    let app2 = vec![
        line("02:13:40.102", "storefront", 6, "\x1b[32mGET\x1b[0m / 200 in 21ms"),
        line("02:13:58.377", "backend", 3, "webhook rejected: bad signature  order=88123 status=502"),
        line(UNFOLDED.0, "settlement", 3, UNFOLDED.1),
        line("02:14:03.402", "backend", 3, stack),
        line("02:14:04.010", "gateway", 4, "upstream backend answered 502 in 9ms  path=/api/v1/payments/webhook"),
        line("02:14:06.090", "backend", 3, "webhook rejected: bad signature  order=88129 status=502"),
        line("02:14:08.002", "backend", 3, "webhook rejected: bad signature  order=88131 status=502"),
    ];
    let db1 = vec![
        line("02:13:33.250", "postgresql", 6, "checkpoint starting: time"),
        line(
            "02:13:47.990",
            "postgresql",
            5,
            "checkpoint complete: wrote 1188 buffers (7.3%); write=14.7 s, sync=0.02 s",
        ),
        loss("02:14:03.100", LossKind::LinkLost(Duration::from_secs(14)), Some(0)),
    ];
    vec![("app-1", app1), ("app-2", app2), ("db-1", db1)]
}

/// Opens the logs of everything and lets the night come in.
pub fn opened(console: &mut Console) -> u64 {
    console.keys("alt-2");
    let tail = wish(console.asked()).expect("the logs are read").id;
    for (host, rows) in night() {
        console.say(batch(tail, host, rows));
        console.say(stands(tail, host, TailState::Following));
    }
    tail
}

/// The number of the first tail of a console.
pub const TAIL: u64 = 1;

/// A line whose message is an object with others in it.
pub fn nested(tail: u64) -> Event {
    let message = concat!(
        r#"{"time":"2026-03-14T02:14:08Z","level":"error","msg":"gateway timeout","order":88131,"http":{"method":"POST","#,
        r#""path":"/api/v1/payments","status":504,"headers":{"x-request-id":"9f31c2","retry-after":30}},"#,
        r#""attempts":[{"after_ms":10000,"ok":false},{"after_ms":20004,"ok":false}],"retry":true,"provider":null}"#
    );
    batch(tail, "app-2", vec![line("02:14:08.114", "settlement", 6, message)])
}

/// An hour: requests all the time, and what a deploy broke twelve minutes before its end.
pub fn busy(console: &mut Console) -> u64 {
    console.keys("alt-2");
    let tail = wish(console.asked()).expect("the logs are read").id;
    let end = at("02:14:08");
    let moment = |ago: i64| end.checked_sub(SignedDuration::from_millis(ago)).unwrap();
    let mut rows: Vec<(i64, &str, u8, String)> = Vec::new();
    for n in 0..600_i64 {
        let path = ["GET /api/v1/products", "GET /api/v1/cart", "POST /api/v1/orders"][usize::try_from(n % 3).unwrap()];
        let said = format!("request id={:04x} {path} 200 {}ms", n * 37, 5 + n % 40);
        rows.push((n * 6_000 + n * n % 977, "gateway", 6, said));
    }
    for ago in [2_900_000, 1_850_000, 1_849_000] {
        rows.push((ago, "fraud", 4, format!("score service slow: {} ms", 1_000 + ago % 777)));
    }
    for n in 0..310_i64 {
        let said = format!("webhook rejected: bad signature  order={} status=502", 88_131 - n);
        rows.push((n * 2_300 + n * n % 613, "backend", 3, said));
    }
    for n in 0..12_i64 {
        let (after, order) = (30 + n, 88_061 + n);
        let said = format!(r#"{{"level":"warn","msg":"payment confirmation missing after {after}s","order":{order}}}"#);
        rows.push((n * 51_000 + 900, "settlement", 6, said));
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.0));
    let one = |(ago, service, priority, said): (i64, &str, u8, String)| {
        entry(moment(ago), Some(scene::unit_of(service)), priority, &said)
    };
    console.say(batch(tail, "app-1", rows.into_iter().map(one).collect()));
    for host in ["app-1", "app-2", "db-1"] {
        console.say(stands(tail, host, TailState::Following));
    }
    tail
}

/// All fields of the unfolded line.
pub fn fields() -> Event {
    let row = line(UNFOLDED.0, "settlement", 3, UNFOLDED.1);
    let field = |name: &str, value: &str| (name.to_owned(), Foreign::from(value));
    let fields = vec![
        field("_SYSTEMD_UNIT", "pakashop-settlement.service"),
        field("MESSAGE", UNFOLDED.1),
        field("PRIORITY", "3"),
        field("SYSLOG_IDENTIFIER", "node"),
        field("_PID", "20417"),
        field("_EXE", "/usr/bin/node"),
        field("_HOSTNAME", "app-2"),
        field("_TRANSPORT", "stdout"),
    ];
    Event::LogFields(Box::new(LogFields {
        host: scene::host_name("app-2"),
        cursor: cursor_of(&row),
        fields: Ok(fields),
    }))
}
