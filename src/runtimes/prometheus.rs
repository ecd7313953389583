//! The text format in which programs tell Prometheus their figures: pure, strict in what it reads as a figure, and quick
//! with pages of megabytes. What is not understood of a page is told, never taken for a zero.
//!
//! Why not a library: `prometheus-parse`, the one for the reading side, leaves out whatever line it can't read. A guard would
//! then add up less than there is and call it good. It also makes maps of the whole page, of which one series is wanted.

use crate::domain::metric::Series;

/// What a page says of some series.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sum {
    /// Of how many.
    pub series: usize,
    /// Their sum.
    pub value: f64,
}

/// The sum of all series of this name and with these labels; nothing when the page has none.
///
/// # Errors
/// The first line of that name that can't be read: a figure that is left out would be a lie. A page whose last line has no
/// end: the format wants one, so it is a page that broke off, perhaps inside a figure.
pub fn sum(page: &[u8], wanted: &Series) -> Result<Option<Sum>, String> {
    if page.last().is_some_and(|last| *last != b'\n') {
        return Err("the page breaks off: its last line has no end".to_owned());
    }
    let text = String::from_utf8_lossy(page);
    let mut sum = Sum::default();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let Some(rest) = line.strip_prefix(wanted.name.as_str()) else { continue };
        // Another name that begins alike.
        if !rest.starts_with(['{', ' ', '\t']) {
            continue;
        }
        let rest = rest.trim_start();
        let wrong = || format!("line {} of the page, a figure of {}, can't be read", number + 1, wanted.name);
        let (labels, value) = split(rest).ok_or_else(wrong)?;
        if !wanted.labels.iter().all(|(name, value)| has(&labels, name, value)) {
            continue;
        }
        sum.series += 1;
        sum.value += value;
    }
    Ok((sum.series > 0).then_some(sum))
}

fn has(labels: &[(String, String)], name: &str, wanted: &str) -> bool {
    labels.iter().any(|(known, value)| {
        known == name
            && match wanted.strip_suffix('*') {
                Some(begin) => value.starts_with(begin),
                None => value == wanted,
            }
    })
}

type Labels = Vec<(String, String)>;

/// The labels behind a name and the value behind them; a time behind that means nothing here.
fn split(rest: &str) -> Option<(Labels, f64)> {
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None => (Labels::new(), rest),
    };
    let word = rest.split_whitespace().next()?;
    let value = match word {
        "+Inf" | "Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        word => word.parse().ok()?,
    };
    Some((labels, value))
}

/// `a="b",c="d"}` with what stands behind it.
fn labels(mut text: &str) -> Option<(Labels, &str)> {
    let mut labels = Labels::new();
    loop {
        text = text.trim_start_matches([' ', ',']);
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, rest) = text.split_once('=')?;
        let mut value = String::new();
        let mut signs = rest.trim_start().strip_prefix('"')?.char_indices();
        let quoted = rest.trim_start().strip_prefix('"')?;
        let end = loop {
            match signs.next()? {
                (at, '"') => break at,
                (_, '\\') => match signs.next()?.1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                (_, other) => value.push(other),
            }
        };
        labels.push((name.trim().to_owned(), value));
        text = quoted.get(end + 1..)?;
    }
}

/// Reads `http_requests_total{status="5*",service="web"}`.
///
/// # Errors
/// What is wrong with it, as a clause.
pub fn selector(text: &str) -> Result<Series, String> {
    let text = text.trim();
    let (name, rest) = text.split_at(text.find('{').unwrap_or(text.len()));
    let name = name.trim();
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    if name.is_empty() || !name.chars().all(good) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("it must begin with the name of a series, such as http_requests_total".to_owned());
    }
    let labels = match rest.strip_prefix('{') {
        None => Labels::new(),
        Some(inside) => match labels(inside) {
            Some((labels, rest)) if rest.trim().is_empty() => labels,
            Some(_) | None => return Err("its labels are written {name=\"value\", other=\"begin*\"}".to_owned()),
        },
    };
    Ok(Series { name: name.to_owned(), labels })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PAGE: &[u8] = br#"# HELP http_requests_total All requests.
# TYPE http_requests_total counter
http_requests_total{code="200",path="/a"} 1027 1395066363000
http_requests_total{code="500",path="/a, \"b\"}"} 3
http_requests_total{code="503"} 2
http_requests_total_old{code="500"} 99
up 1
latency{quantile="0.99"} NaN
"#;

    fn of(selected: &str) -> Option<Sum> {
        sum(PAGE, &selector(selected).unwrap()).unwrap()
    }

    #[test]
    fn series_are_chosen_by_name_and_labels_and_summed() {
        assert_eq!(of("http_requests_total"), Some(Sum { series: 3, value: 1032.0 }));
        assert_eq!(of(r#"http_requests_total{code="5*"}"#), Some(Sum { series: 2, value: 5.0 }));
        assert_eq!(of(r#"http_requests_total{code="500", path="/a, \"b\"}"}"#), Some(Sum { series: 1, value: 3.0 }));
        assert_eq!(of("up"), Some(Sum { series: 1, value: 1.0 }));
        assert_eq!(of(r#"http_requests_total{code="404"}"#), None, "what is not there is no zero");
        assert!(of("latency").unwrap().value.is_nan());
    }

    #[test]
    fn a_figure_that_cant_be_read_is_told_and_never_left_out() {
        let up = selector("up").unwrap();
        for page in ["up one\n", "up{a=\"b} 1\n", "up{a=b} 1\n", "up \n", "up{a=\"b\"}\n"] {
            assert!(sum(page.as_bytes(), &up).is_err() || page.trim() == "up", "{page}");
        }
        assert!(sum(b"other one\n", &up).unwrap().is_none());
        assert!(sum(b"up 4\n", &up).is_ok() && sum(b"up 4", &up).is_err(), "of `up 400` that broke off");
    }

    /// Any bytes at all, and lines that are nearly right: nothing panics, and what is read is what was written.
    #[test]
    fn any_page_is_read_or_refused_and_what_is_written_is_read_back() {
        let pieces =
            ["up", "{", "}", "a=", "\"", "\\", "\\n", ",", " ", "1", "+Inf", "NaN", "1e9", "\n", "#", "é", "\u{0}"];
        let wanted = selector("up{a=\"x*\"}").unwrap();
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        for _ in 0..20_000 {
            let length = next(30);
            let page: String = (0..length).map(|_| pieces[next(pieces.len())]).collect();
            if let Ok(Some(sum)) = sum(page.as_bytes(), &wanted) {
                assert!(sum.series > 0, "{page}");
            }
            let _ = selector(&page);
            // The same text as the value of a label, escaped as the format says.
            let plain = page.replace('\u{0}', "");
            let escaped = plain.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let line = format!("up{{a=\"{escaped}\"}} 7 1395066363000\n");
            let exactly = Series { name: "up".into(), labels: vec![("a".into(), plain.clone())] };
            let found = super::sum(line.as_bytes(), &exactly).unwrap();
            let is_pattern = plain.ends_with('*');
            assert!(is_pattern || found == Some(Sum { series: 1, value: 7.0 }), "{line:?}");
        }
    }

    #[test]
    fn figures_are_written_in_many_ways() {
        let up = selector("up").unwrap();
        let read = |page: &str| sum(format!("{page}\n").as_bytes(), &up).unwrap().unwrap().value;
        assert_eq!(read("up{} 1e3\n"), 1000.0);
        assert_eq!(read("up\t-2.5 1395066363000\r\n"), -2.5);
        assert_eq!(read("up {a=\"b\",} 4"), 4.0);
        assert_eq!((read("up +Inf"), read("up -Inf")), (f64::INFINITY, f64::NEG_INFINITY));
        assert!(read("up NaN").is_nan());
    }

    #[test]
    fn a_selector_that_is_none_is_refused() {
        for wrong in ["", "1up", "up{", "up{a}", "up{a=\"b\"} x", "a b"] {
            assert!(selector(wrong).is_err(), "{wrong}");
        }
    }
}
