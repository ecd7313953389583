//! Text in SQL or PromQL: where its placeholders are, and values put into it such that they stay data.

use std::ops::Range;

use super::shell_text::{GapSpan, gaps_where, quotable};

/// How a byte of a query is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Plain,
    /// In single quotes.
    Text,
    /// In double quotes: a name in SQL, text in PromQL.
    Double,
    Comment,
    /// Between `$tag$`s, in backticks or brackets: what may stand there differs from server to server.
    Other,
}

/// In which language a query is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Query {
    /// SQL of any server.
    Sql,
    /// PromQL.
    PromQl,
}

fn places(text: &str, query: Query) -> Vec<Place> {
    let bytes = text.as_bytes();
    let mut out = vec![Place::Plain; bytes.len()];
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let to = |what: &[u8], from: usize| {
            let found = rest.get(from..).and_then(|rest| rest.windows(what.len()).position(|window| window == what));
            found.map_or(rest.len(), |found| from + found + what.len())
        };
        let escapes = query == Query::PromQl;
        let (place, length) = match byte {
            b'\'' | b'"' => {
                let mut length = 1;
                while let Some(inside) = rest.get(length) {
                    length += 1;
                    if escapes && *inside == b'\\' {
                        length += 1;
                    } else if inside == byte {
                        break;
                    }
                }
                (if *byte == b'\'' { Place::Text } else { Place::Double }, length.min(rest.len()))
            }
            b'`' => (Place::Other, to(b"`", 1)),
            b'-' if query == Query::Sql && rest.starts_with(b"--") => (Place::Comment, to(b"\n", 2)),
            b'#' if query == Query::PromQl => (Place::Comment, to(b"\n", 1)),
            b'/' if query == Query::Sql && rest.starts_with(b"/*") => (Place::Comment, to(b"*/", 2)),
            b'$' if query == Query::Sql => {
                let tag = rest.iter().skip(1).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                if rest.get(tag + 1) == Some(&b'$') {
                    let mark = rest.get(..tag + 2).unwrap_or_default();
                    (Place::Other, to(mark, tag + 2))
                } else {
                    (Place::Plain, 1)
                }
            }
            _ => (Place::Plain, 1),
        };
        if let Some(span) = out.get_mut(at..at + length) {
            span.fill(place);
        }
        at += length.max(1);
    }
    out
}

/// The placeholders of a query. Comments have none.
pub fn query_gaps(text: &str, query: Query) -> Vec<GapSpan> {
    let places = places(text, query);
    let whole = |at: &Range<usize>| {
        let places = places.get(at.clone()).unwrap_or_default();
        let first = places.first();
        first.is_some_and(|first| *first != Place::Comment) && places.iter().all(|place| Some(place) == first)
    };
    // In SQL `a<b>c` is a comparison that nobody writes without blanks.
    gaps_where(text, whole, |_| false)
}

/// Puts values into a query; the ranges are those of [`query_gaps`].
///
/// # Errors
/// Why a value can't stand in its place, as a clause without a full stop.
pub fn insert_query(text: &str, query: Query, fills: &[(Range<usize>, &str)]) -> Result<String, String> {
    let places = places(text, query);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, value) in fills {
        out.push_str(text.get(from..at.start).unwrap_or_default());
        let gap = text.get(at.clone()).unwrap_or_default();
        let place = places.get(at.start).copied().unwrap_or(Place::Other);
        out.push_str(
            &written(place, value, query).map_err(|why| format!("the value for {gap} can't be put there: {why}"))?,
        );
        from = at.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Ok(out)
}

fn written(place: Place, value: &str, query: Query) -> Result<String, String> {
    quotable(value.as_bytes()).map_err(|why| why.to_string())?;
    let doubled = |quote: char| value.replace(quote, &format!("{quote}{quote}"));
    let tame = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:".contains(&byte);
    match (place, query) {
        (Place::Text | Place::Double, Query::Sql) if value.contains('\\') => {
            Err("some servers read a backslash in a text of SQL as an escape".to_owned())
        }
        (Place::Text, Query::Sql) => Ok(doubled('\'')),
        (Place::Double, Query::Sql) => Ok(doubled('"')),
        (Place::Text | Place::Double, Query::PromQl) => {
            let mut out = String::new();
            for c in value.chars() {
                match c {
                    '\\' | '"' | '\'' => out.extend(['\\', c]),
                    '\n' => out.push_str("\\n"),
                    other => out.push(other),
                }
            }
            Ok(out)
        }
        (Place::Plain, _) if !value.is_empty() && value.bytes().all(tame) => Ok(value.to_owned()),
        (Place::Plain, _) => Err("outside quotes only letters, digits and _ . : are safe".to_owned()),
        (Place::Comment | Place::Other, _) => {
            Err("how it would be read there differs from server to server".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn filled(text: &str, query: Query, value: &str) -> Result<String, String> {
        let gaps = query_gaps(text, query);
        let fills: Vec<(Range<usize>, &str)> = gaps.iter().map(|gap| (gap.at.clone(), value)).collect();
        insert_query(text, query, &fills)
    }

    #[test]
    fn a_value_stays_inside_its_quotes() {
        let sql = "SELECT * FROM orders WHERE who = '<name>' -- for <name>\n";
        assert_eq!(query_gaps(sql, Query::Sql).len(), 1, "a comment has none");
        assert_eq!(
            filled(sql, Query::Sql, "'; DROP TABLE orders; --").unwrap(),
            "SELECT * FROM orders WHERE who = '''; DROP TABLE orders; --' -- for <name>\n"
        );
        assert!(filled(sql, Query::Sql, "\\").is_err());
        let metric = r#"rate(errors{job="<job>"}[5m])"#;
        assert_eq!(filled(metric, Query::PromQl, r#"a"} or b\"#).unwrap(), r#"rate(errors{job="a\"} or b\\"}[5m])"#);
    }

    #[test]
    fn outside_quotes_only_what_is_one_word_is_taken() {
        let sql = "SELECT * FROM <table> LIMIT 10";
        assert_eq!(filled(sql, Query::Sql, "shop.orders").unwrap(), "SELECT * FROM shop.orders LIMIT 10");
        for value in ["a; DROP TABLE b", "", "a--b", "a b", "a'b", "(select 1)"] {
            assert!(filled(sql, Query::Sql, value).is_err(), "{value}");
        }
        assert!(filled("SELECT $x$<table>$x$", Query::Sql, "a").is_err(), "between dollars nobody knows");
    }
}
