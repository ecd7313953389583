//! The number in what a command prints.

use crate::domain::metric::Pick;

/// Reads it. A unit may stand behind it, as in `12.5%` or `80 ms`.
///
/// # Errors
/// Why there is none, as a clause.
pub fn number(output: &[u8], pick: &Pick) -> Result<f64, String> {
    let text = String::from_utf8_lossy(output);
    let word = match pick {
        Pick::Whole => text.trim().to_owned(),
        Pick::Field(at) => {
            let field = |line: &str| line.split_whitespace().nth(at.saturating_sub(1)).map(str::to_owned);
            text.lines().rev().find_map(field).ok_or_else(|| format!("no line of what it printed has {at} words"))?
        }
        Pick::Match(pattern) => {
            let regex = regex::Regex::new(pattern).map_err(|_| "its pattern is no regular expression".to_owned())?;
            let found = regex.captures(&text).ok_or("nothing of what it printed matches the pattern")?;
            let group = found.name("value").or_else(|| found.get(1)).or_else(|| found.get(0));
            group.map(|group| group.as_str().trim().to_owned()).unwrap_or_default()
        }
    };
    let end =
        word.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'))).unwrap_or(word.len());
    let (digits, unit) = word.split_at(end);
    let unit = unit.trim();
    let behind = unit.chars().count() <= 12
        && !unit.contains(char::is_whitespace)
        && !unit.contains(|c: char| c.is_ascii_digit());
    let value = digits.parse::<f64>().ok().filter(|value| value.is_finite() && behind);
    value.ok_or_else(|| {
        if word.is_empty() { "it printed no number".to_owned() } else { "what it printed is no number".to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_from_all_of_it_from_a_word_and_from_a_match() {
        assert_eq!(number(b" 12.5%\n", &Pick::Whole), Ok(12.5));
        assert_eq!(number(b"80 ms", &Pick::Whole), Ok(80.0));
        assert_eq!(number(b"-1e3", &Pick::Whole), Ok(-1000.0));
        assert_eq!(number(b"a b\nconnections 42 of 100\n\n", &Pick::Field(2)), Ok(42.0));
        assert_eq!(number(b"p95: 180ms, p99: 900ms", &Pick::Match("p99: ([0-9.]+)".into())), Ok(900.0));
        assert_eq!(number(b"x=1 y=7", &Pick::Match("(x)=1 y=(?<value>\\d)".into())), Ok(7.0));
    }

    #[test]
    fn what_is_no_number_is_told() {
        for (text, pick) in [
            ("", Pick::Whole),
            ("ok", Pick::Whole),
            ("1 2", Pick::Whole),
            ("inf", Pick::Whole),
            ("12 errors in 5 minutes", Pick::Whole),
            ("one two", Pick::Field(3)),
            ("one two", Pick::Field(2)),
            ("p95 10", Pick::Match("p99 (\\d+)".into())),
        ] {
            assert!(number(text.as_bytes(), &pick).is_err(), "{text:?} {pick:?}");
        }
    }
}
