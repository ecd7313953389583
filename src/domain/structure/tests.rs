//! Messages as programs write them, and what is read from them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::{Kind, Structure, asking, continues, level, names_error, pairs, pattern};
use crate::domain::Query;
use crate::domain::query::Subject;

fn told(message: &str) -> String {
    let structure = Structure::read(message.as_bytes());
    let word = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let fields: Vec<String> =
        structure.fields.iter().map(|field| format!("{}={}", word(&field.name), word(&field.value))).collect();
    format!("{:?} {:?} {} | {}", structure.kind, structure.level, word(&structure.says), fields.join(" "))
}

fn masked(message: &str) -> String {
    let mut out = Vec::new();
    pattern(message.as_bytes(), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn messages_are_taken_apart() {
    for (message, expected) in [
        (
            r#"{"time":"2026-11-21T02:14:02Z","level":"error","msg":"payment missing","order":88061,"http":{"status":504},"tags":["a","b"]}"#,
            r#"Json Some(3) payment missing | order=88061 http.status=504 tags=["a","b"]"#,
        ),
        (r#"{"level":30,"time":1,"pid":7,"msg":"a\nb"}"#, "Json Some(6) a\nb | pid=7"),
        (r#"{"severity":"loud","message":"x"}"#, "Json None x | severity=loud"),
        (r#"{"a":{"b":{"c":1}},"d":{}}"#, "Json None  | a.b.c=1 d={}"),
        (r#"{"not": closed"#, r#"Plain None {"not": closed | "#),
        (r#"ts=2026 level=warn msg="slow query" took=1.2s rows=3"#, "Logfmt Some(4) slow query | took=1.2s rows=3"),
        (
            "webhook rejected: bad signature  order=88121 status=502",
            "Plain None webhook rejected: bad signature  order=88121 status=502 | order=88121 status=502",
        ),
        ("[PERF] score: 1204ms", "Perf None [PERF] score: 1204ms | score=1204ms"),
        ("WARNING Memory use is at 96 percent", "Plain Some(4) WARNING Memory use is at 96 percent | "),
        ("[error] upstream gone", "Plain Some(3) [error] upstream gone | "),
        ("Error handling is on", "Plain None Error handling is on | "),
        ("started level=fatal", "Plain Some(2) started level=fatal | level=fatal"),
        ("if a == b then x=>y ?q=1", "Plain None if a == b then x=>y ?q=1 | "),
    ] {
        assert_eq!(told(message), expected, "{message}");
        assert_eq!(level(message.as_bytes()), Structure::read(message.as_bytes()).level, "{message}");
    }
}

#[test]
fn what_differs_from_message_to_message_is_masked() {
    for (message, expected) in [
        (
            "webhook rejected: bad signature  order=88121 status=502",
            "webhook rejected: bad signature  order=… status=502",
        ),
        ("request id=91aa POST /api/v1/orders 200 13ms", "request id=… POST /api/v…/orders … …ms"),
        ("connect ECONNREFUSED 10.0.2.7:6379", "connect ECONNREFUSED …"),
        ("job 4bf92f35-77b3-4da6-a3ce-929d0e0e4736 done", "job … done"),
        ("user \"ada lovelace\" can't log in", "user \"…\" can't log in"),
        ("at 0x7fff2a by 4bf92f3577b34da6a3ce929d0e0e4736", "at … by …"),
        (
            r#"{"msg":"payment missing after 30s","order":88061,"ok":false,"provider":"stripe","level":"error"}"#,
            "payment missing after …s order=… ok=false provider=stripe",
        ),
        ("score service slow: 1,204 ms", "score service slow: … ms"),
        ("free: -12.5 %", "free: … %"),
        ("Error: x\n    at y", "Error: x"),
    ] {
        assert_eq!(masked(message), expected, "{message}");
    }
}

#[test]
fn a_query_is_made_that_finds_messages_of_a_pattern() {
    for (message, expected) in [
        (
            "webhook rejected: bad signature  order=88121 status=502",
            "\"webhook rejected: bad signature  order=\" \"status=502\"",
        ),
        (r#"{"msg":"payment missing after 30s","order":88061}"#, "\"payment missing after\" .order=*"),
        (
            r#"{"msg":"request done","path":"/a/7","took":12,"ok":true,"empty":"","status":200}"#,
            "\"request done\" .ok=true .empty=* .status=200 .path=* .took=*",
        ),
        ("12 34", ""),
    ] {
        assert_eq!(asking(message.as_bytes()).unwrap_or_default(), expected);
        let line = Subject { host: "a", unit: None, identifier: b"", pid: 1, priority: 6, message: message.as_bytes() };
        let query = Query::parse(expected).unwrap();
        assert!(query.is_none_or(|query| query.passes(&line)), "{expected}");
    }
}

#[test]
fn lines_of_traces_go_on_with_the_line_before() {
    for line in
        ["    at verify (/opt/x.js:41:11)", "\tat Foo.bar(Foo.java:3)", "Caused by: x", "goroutine 7 [running]:"]
    {
        assert!(continues(line.as_bytes()), "{line}");
    }
    for line in ["", "   ", "attached", "Error: x"] {
        assert!(!continues(line.as_bytes()), "{line}");
    }
    assert!(names_error(b"ValueError: x") && names_error(b"java.lang.IllegalStateException: y"));
    assert!(!names_error(b"Errors: 7") && !names_error(b"an Error: 7"));
}

proptest! {
    /// Whatever is written: nothing fails, pairs lie apart and in order.
    #[test]
    fn any_bytes_are_taken_apart(message in prop::collection::vec(any::<u8>(), 0..300)) {
        let structure = Structure::read(&message);
        prop_assert!(structure.kind != Kind::Plain || structure.says == message.as_slice());
        let pairs = pairs(&message);
        prop_assert!(pairs.windows(2).all(|two| two[0].whole.end <= two[1].whole.start));
        let mut out = Vec::new();
        pattern(&message, &mut out);
        let mut again = Vec::new();
        pattern(&message, &mut again);
        prop_assert_eq!(out, again);
    }

    /// What is told of an object is what a query finds in it.
    #[test]
    fn a_query_finds_each_field_that_is_told(
        names in prop::collection::vec("[a-z]{3,6}", 1..5),
        value in "[a-z0-9]{1,8}",
        nested in any::<bool>(),
    ) {
        let inside: Vec<String> = names.iter().map(|name| format!(r#""{name}":"{value}""#)).collect();
        let object = format!("{{{}}}", inside.join(","));
        let message = if nested { format!(r#"{{"in":{object}}}"#) } else { object };
        for field in Structure::read(message.as_bytes()).fields {
            let typed = format!(".{}={}", String::from_utf8_lossy(&field.name), String::from_utf8_lossy(&field.value));
            let query = Query::parse(&typed).unwrap().unwrap();
            let line = Subject {
                host: "a", unit: None, identifier: b"", pid: 1, priority: 6, message: message.as_bytes(),
            };
            prop_assert!(query.passes(&line), "{}", typed);
        }
    }
}
