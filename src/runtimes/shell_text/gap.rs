//! Placeholders in commands: what whoever wrote them meant to be replaced by hand.

use std::ops::Range;

use super::place::{Quote, Scan};

/// How a placeholder is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GapShape {
    /// `<app_name>`
    Angle,
    /// `YYYYMMDD`, `YYYY-MM-DD_HHMMSS`, …
    Stamp,
    /// `{{ name }}`
    Braces,
}

/// A placeholder and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapSpan {
    /// Where it stands, in bytes.
    pub at: Range<usize>,
    /// How it is written.
    pub shape: GapShape,
    /// The key of its answer.
    pub key: String,
}

/// What programs print or take between angle brackets and nobody replaces.
const MEANT: &[&str] = &["none", "unknown", "missing", "null", "nil", "eof", "no value", "stdin", "stdout"];
/// Elements of HTML that stand alone or are often left open.
const ELEMENTS: &[&str] =
    &["br", "hr", "p", "li", "b", "i", "html", "body", "head", "div", "span", "img", "pre", "code"];
/// So many ends of elements are looked at.
const CLOSED: usize = 500;
/// The longest name between angle brackets.
const LONGEST: usize = 60;

/// The placeholders of a script, in their order; `scan` is of the same text. Comments have none.
pub fn gaps(text: &str, scan: &Scan) -> Vec<GapSpan> {
    let whole = |at: &Range<usize>| {
        let places = scan.places.get(at.clone()).unwrap_or_default();
        let first = places.first().map(|place| place.quote);
        let same = places.iter().all(|place| Some(place.quote) == first && !place.escaped);
        same && !matches!(first, None | Some(Quote::Comment | Quote::HereEnd | Quote::Mark))
    };
    let bare = |at: usize| scan.places.get(at).is_some_and(|place| place.quote == Quote::Plain);
    gaps_where(text, whole, bare)
}

/// The placeholders of any text: `whole` says whether these bytes are read in one way and are no comment, `bare` whether
/// a `<` here would be an operator.
pub fn gaps_where(text: &str, whole: impl Fn(&Range<usize>) -> bool, bare: impl Fn(usize) -> bool) -> Vec<GapSpan> {
    let mut found = Vec::new();
    let mut at = 0;
    let closed: Vec<&str> = text.match_indices("</").take(CLOSED).filter_map(|(at, _)| text.get(at + 2..)).collect();
    while at < text.len() {
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let gap = match rest.first() {
            Some(b'<') => angle(text, at, bare(at), &closed),
            Some(b'Y') => stamp(text, at, bare(at)),
            Some(b'{') => braces(text, at),
            Some(_) | None => None,
        };
        match gap.filter(|gap| whole(&gap.at)) {
            Some(gap) => {
                at = gap.at.end;
                found.push(gap);
            }
            None => at += 1,
        }
    }
    found
}

fn before(text: &str, at: usize) -> Option<u8> {
    at.checked_sub(1).and_then(|at| text.as_bytes().get(at)).copied()
}

fn angle(text: &str, at: usize, bare: bool, closed: &[&str]) -> Option<GapSpan> {
    let rest = text.get(at + 1..)?;
    let end = rest.bytes().take(LONGEST + 1).position(|byte| byte == b'>')?;
    let name = rest.get(..end)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-. :/".contains(&byte);
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !name.bytes().next()?.is_ascii_alphabetic() || !ends(name.bytes().last()) || !name.bytes().all(fits) {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let element = ELEMENTS.contains(&lower.as_str()) || closed.iter().any(|rest| rest.starts_with(name));
    if MEANT.contains(&lower.as_str()) || element || before(text, at) == Some(b'<') {
        return None;
    }
    let (previous, next) = (before(text, at), rest.as_bytes().get(end + 1).copied());
    if bare {
        // `sort <in>out` are two redirections.
        let alone = previous.is_none_or(|byte| byte.is_ascii_whitespace() || byte.is_ascii_digit());
        let file = next.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"&$".contains(&byte));
        if next == Some(b'>') || (alone && file) {
            return None;
        }
    }
    Some(GapSpan { at: at..at + end + 2, shape: GapShape::Angle, key: key_of(name) })
}

fn stamp(text: &str, at: usize, bare: bool) -> Option<GapSpan> {
    let rest = text.get(at..)?;
    if before(text, at).is_some_and(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let part = |from: usize, word: &str, separators: &[u8]| {
        let skip = usize::from(rest.as_bytes().get(from).is_some_and(|byte| separators.contains(byte)));
        let here = |from: usize| rest.get(from..).is_some_and(|rest| rest.starts_with(word));
        (here(from + skip)).then_some(from + skip + word.len())
    };
    let joints: &[u8] = if bare { b"-_T." } else { b"-_T. " };
    let year = part(0, "YYYY", b"")?;
    let mut end = part(part(year, "MM", b"-_/.")?, "DD", b"-_/.")?;
    if let Some(minutes) = part(end, "HH", joints).and_then(|hours| part(hours, "MM", b"-_:.")) {
        end = part(minutes, "SS", b"-_:.").unwrap_or(minutes);
    }
    if rest.as_bytes().get(end).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    Some(GapSpan { at: at..at + end, shape: GapShape::Stamp, key: key_of(rest.get(..end)?) })
}

fn braces(text: &str, at: usize) -> Option<GapSpan> {
    let rest = text.get(at..)?.strip_prefix("{{")?;
    // No further than a name can be long.
    let end = rest.as_bytes().windows(2).take(LONGEST * 2).position(|pair| pair == b"}}")?;
    let inside = rest.get(..end)?;
    let name = inside.trim_matches(' ');
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let other = matches!(before(text, at), Some(b'$' | b'{'));
    if !starts || !fits || name.len() > LONGEST || other {
        return None;
    }
    Some(GapSpan { at: at..at + inside.len() + 4, shape: GapShape::Braces, key: key_of(name) })
}

/// The key of a placeholder's answer, from the words in it: `App name` → `app_name`. A stamp keeps its capitals.
pub fn key_of(name: &str) -> String {
    let stamp = name.starts_with("YYYY");
    let key = |c: char| match c {
        c if c.is_ascii_alphanumeric() && stamp => c,
        c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
        _ => '_',
    };
    name.chars().map(key).collect()
}
