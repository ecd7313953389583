//! The language as docs/logs.md tells it, and properties that hold for anything that is typed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::fields::Path;
use super::level;
use super::{LONGEST, Mistake, Query, Subject};

const DOCUMENT: &str = include_str!("../../../docs/logs.md");

fn query(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}")).expect("it says something")
}

fn wrong(text: &str) -> Mistake {
    Query::parse(text).expect_err(text)
}

fn said(message: &str) -> Subject<'_> {
    Subject {
        host: "app-1",
        unit: Some("pakashop-backend.service"),
        identifier: b"node",
        pid: 41,
        priority: 6,
        message: message.as_bytes(),
    }
}

fn passes(text: &str, message: &str) -> bool {
    query(text).passes(&said(message))
}

/// The rows of the table behind this heading: the cells of each.
fn table(heading: &str) -> Vec<Vec<String>> {
    let part = DOCUMENT.split(heading).nth(1).expect("the heading is there");
    let rows = part.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cell = |cell: &str| cell.trim().replace("\u{0}", "|");
    let cells = |row: &str| {
        let row = row.replace("\\|", "\u{0}");
        row.trim_matches('|').split('|').map(cell).collect::<Vec<_>>()
    };
    rows.skip(2).map(cells).collect()
}

fn in_ticks(cell: &str) -> &str {
    cell.trim_matches('`').trim()
}

#[test]
fn every_example_of_the_document_is_true() {
    let block = DOCUMENT.split("```log\n").nth(1).unwrap().split("```").next().unwrap();
    let lines: Vec<(Vec<&str>, &str)> = block
        .lines()
        .map(|line| {
            let mut rest = line;
            let mut words = Vec::new();
            for _ in 0..4 {
                let (word, behind) = rest.split_once(' ').unwrap();
                (rest, _) = (behind.trim_start(), words.push(word));
            }
            (words, rest)
        })
        .collect();
    let examples = table("## Examples");
    assert!(examples.len() > 30, "{}", examples.len());
    for row in examples {
        let asked = query(in_ticks(&row[0]));
        let found: Vec<String> = lines
            .iter()
            .filter(|(words, message)| {
                let line = Subject {
                    host: words[1],
                    unit: (words[2] != "-").then_some(words[2]),
                    identifier: b"",
                    pid: 0,
                    priority: level::number(words[3]).unwrap(),
                    message: message.as_bytes(),
                };
                asked.passes(&line)
            })
            .map(|(words, _)| words[0].to_owned())
            .collect();
        let told = if row[1] == "none" { Vec::new() } else { row[1].split_whitespace().map(str::to_owned).collect() };
        assert_eq!(found, told, "{}", row[0]);
    }
}

#[test]
fn every_mistake_of_the_document_is_pointed_at() {
    let mistakes = table("## Mistakes");
    assert!(mistakes.len() > 8);
    for row in mistakes {
        let typed = in_ticks(&row[0]);
        let wrong = wrong(typed);
        assert_eq!((wrong.at + 1).to_string(), row[1], "{typed}: {wrong:?}");
        assert_eq!(wrong.what, row[2], "{typed}");
    }
}

#[test]
fn a_mistake_is_told_with_what_was_typed() {
    let typed = "\u{fc}\u{202e} status>=";
    let told = wrong(typed).told(typed);
    assert_eq!(
        told,
        format!(
            "a value must follow behind status\n    \u{fc}\u{2039}U+202E\u{203a} status>=\n{}^",
            " ".repeat(4 + 18)
        )
    );
}

#[test]
fn what_says_nothing_is_no_query() {
    for typed in ["", "  ", "\t"] {
        assert_eq!(Query::parse(typed), Ok(None));
    }
}

#[test]
fn words_are_taken_as_they_are_met_in_logs() {
    for (typed, message) in [
        ("rejected(", "rejected(1)"),
        ("verify(x)", "at verify(x)"),
        ("(verify(x) or zz9)", "at verify(x)"),
        ("a[0]", "a[0]"),
        ("error:", "error: none"),
        ("10.0.0.1:5432", "to 10.0.0.1:5432"),
        ("http://a/b", "get http://a/b"),
        ("host://a", "host://a"),
        ("/api/v1/users", "GET /api/v1/users"),
        ("'x'", "say 'x'"),
        ("orders", "two orders"),
        ("android", "android"),
        ("nothing", "nothing"),
        ("-5", "at -5"),
        ("--flag", "with --flag"),
        ("\"a or b\"", "this a or b that"),
        ("\"say \\\"x\\\"\"", "say \"x\""),
        (r#""C:\dir""#, r"C:\dir"),
        ("ß", "Straße"),
    ] {
        assert!(passes(typed, message), "{typed}");
        assert!(!passes(typed, "something else"), "{typed}");
    }
}

#[test]
fn capitals_count_once_one_is_typed() {
    assert!(passes("webhook", "POST /Webhook") && !passes("Webhook", "POST /webhook"));
    assert!(passes(r"/\Sx/", "AX") && !passes("/A/", "a"));
    assert!(passes("state=ready", "state=Ready") && !passes("state=READY", "state=Ready"));
}

#[test]
fn numbers_and_their_units() {
    for (typed, yes, no) in [
        ("took>1s", "took=1200ms", "took=800ms"),
        ("took>1s", "took=1m30s", "took=1200"),
        ("took>1000", "took=1200ms", "took=800"),
        ("size>=2MiB", "size=2097152B", "size=2MB"),
        ("used>80%", "used=81.5%", "used=80%"),
        ("x<-1", "x=-1.5", "x=1e3"),
        ("x=1.50", "x=1.5", "x=15"),
        ("x!=5", "x=6", "x=5.0"),
        ("x>5", "x=\"6\"", "x=sixty"),
        ("x<=5", "x=5,", "x="),
    ] {
        assert!(passes(typed, yes) && !passes(typed, no), "{typed}");
    }
}

#[test]
fn a_field_is_found_where_it_is_one() {
    for (typed, yes) in [
        ("a.b=1", r#"{"a":{"b":1}}"#),
        ("a.b=1", r#"{"a.b":1}"#),
        ("a.b=2", r#"{"a":[{"b":1},{"b":2}]}"#),
        ("tags=red", r#"{"tags":["blue","red"]}"#),
        ("m=\"say \\\"x\\\"\"", r#"{"m":"say \"x\""}"#),
        ("m~ü", r#"{"m":"\u00fc"}"#),
        ("m~😀", r#"{"m":"\ud83d\ude00"}"#),
        ("ok=false", r#" {"x":{"ok":1},"ok":false}"#),
        ("x=null", r#"{"x":null}"#),
        ("o~deep", r#"{"o":{"p":"deep"}}"#),
        ("a=1", r#"{"a":1,"b":"cut off"#),
        ("a=1", "{x} a=1"),
        ("a=b c", "a=b and c"),
        ("a=\"b c\"", "x a=\"b c\" y"),
        ("f=g(1)", "at (f=g(1))"),
        ("f=1", "[f=1]"),
        ("db.name=x", "db.name=x"),
        ("render>10ms", "[PERF] render: 12ms"),
    ] {
        assert!(passes(typed, yes), "{typed} in {yes}");
    }
    for (typed, no) in [
        ("b=1", r#"{"a":{"b":1}}"#),
        ("b=1", "ab=1"),
        ("status=5", "/x?status=5"),
        ("a=1", r#"{"a":"1"#),
        ("a!=1", "nothing of it"),
        ("a!=1", r#"{"a":[1,2]}"#),
        ("a!~1", "b=2"),
        ("render>10ms", "PERF render: 12ms"),
    ] {
        assert!(!passes(typed, no), "{typed} in {no}");
    }
    assert!(passes("!a=1", "nothing of it") && passes("a!=3", r#"{"a":[1,2]}"#) && passes("a=*", "a="));
}

#[test]
fn where_it_stands_can_be_marked() {
    let places = |typed: &str, text: &str| {
        let places = query(typed).places(text);
        places.into_iter().map(|place| text[place].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(places("o or oo", "foo"), ["oo"]);
    assert_eq!(places("!o x", "foo x"), ["x"]);
    assert_eq!(places("status>=500 level=info", "order=1 status=502"), ["502"]);
    assert_eq!(places("a=b", r#"{"a":"b"}"#), ["b"]);
    assert!(places("status!=500", "status=502").is_empty());
    assert!(places("/ü/", "für").len() == 1);
}

#[test]
fn bounds_are_kept() {
    assert!(wrong(&"(".repeat(100)).what.contains("too deep"));
    assert!(wrong(&"!".repeat(100)).what.contains("too deep"));
    assert!(wrong(&"a ".repeat(65)).what.contains("64 tests"));
    assert!(wrong(&"ü".repeat(LONGEST)).what.contains("bytes"));
    assert!(wrong("/(a{999}){999}/").what.contains("too large"));
    let deep = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    assert!(!passes("a.a=1", &deep));
    let many = format!("{{\"a\":[{}1]}}", "0,".repeat(100_000));
    assert!(!passes("a=1", &many), "so many values are not looked at");
}

fn nested() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(serde_json::Value::from),
        (-1000_i64..1000).prop_map(serde_json::Value::from),
        ".{0,6}".prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The values of a path as serde_json sees them, told as [`Path`] tells them.
fn values(value: &serde_json::Value, path: &[&str], found: &mut Vec<String>) {
    use serde_json::Value;
    match (value, path) {
        (Value::Array(all), []) => all.iter().for_each(|one| match one {
            Value::String(text) => found.push(text.clone()),
            other => found.push(other.to_string()),
        }),
        (Value::String(text), []) => found.push(text.clone()),
        (other, []) => found.push(other.to_string()),
        (Value::Object(map), [first, rest @ ..]) => {
            if let Some(inner) = map.get(*first) {
                match (inner, rest.is_empty()) {
                    (Value::Array(all), false) => {
                        all.iter().filter(|one| one.is_object()).for_each(|one| values(one, rest, found));
                    }
                    _ => values(inner, rest, found),
                }
            }
        }
        (_, _) => {}
    }
}

#[test]
fn a_line_of_nothing_but_brackets_is_looked_at_once() {
    let line = format!("a={}", ")]}".repeat(400_000));
    assert!(!passes("a=1", &line) && passes("a=1", "(a=1)]}") && passes("a=f(1)", "(a=f(1))"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn anything_is_a_query_or_a_mistake_at_a_character(
        typed in "[ a-c/()\"!=<>~:.*0-9|\\\\\u{e4}]{0,40}|\\PC{0,40}|((level|host|unit|x)(=|!=|>=|~|:)|and |or |not |\\(|\\)|/a/|!|b ){0,8}",
        message in "\\PC{0,60}|[{}\\[\\]\",:a-c= 0-9\\\\u]{0,60}",
    ) {
        match Query::parse(&typed) {
            Ok(None) => prop_assert!(typed.trim().is_empty()),
            Ok(Some(query)) => {
                let line = said(&message);
                prop_assert_eq!(query.passes(&line), query.passes(&line));
                for place in query.places(&message) {
                    prop_assert!(!place.is_empty() && message.get(place).is_some());
                }
                let turned = Query::parse(&format!("!({typed})"));
                if let Ok(Some(turned)) = turned {
                    prop_assert_ne!(turned.passes(&line), query.passes(&line));
                }
            }
            Err(wrong) => prop_assert!(typed.is_char_boundary(wrong.at) && !wrong.what.is_empty(), "{:?}", wrong),
        }
    }

    #[test]
    fn a_word_in_quotes_is_that_word(word in "\\PC{1,20}", around in "\\PC{0,20}") {
        prop_assume!(!word.trim().is_empty());
        let quoted = format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""));
        let text = format!("{around}{word}{around}");
        prop_assert!(passes(&quoted, &text), "{}", quoted);
    }

    #[test]
    fn fields_are_those_of_the_json(
        map in prop::collection::btree_map("[ab]", nested(), 0..3),
        path in prop::collection::vec("[ab]", 1..4),
    ) {
        let object = serde_json::Value::Object(map.into_iter().collect());
        let text = object.to_string();
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        let mut wanted = Vec::new();
        values(&object, &parts, &mut wanted);
        let mut found = Vec::new();
        Path::new(&path.join(".")).unwrap().any(text.as_bytes(), |value, _| {
            found.push(String::from_utf8_lossy(value).into_owned());
            false
        });
        prop_assert_eq!(found, wanted, "{}", text);
    }
}
