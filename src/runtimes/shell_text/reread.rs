//! Places where quotes do not help, because what stands there is read once more: as a number or an index by bash, or as
//! a script by another shell.

use super::place::{Place, Quote, Scan};

/// How a place is read once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// As a number, a name or an index: bash runs the `$(…)` in `a[$(…)]`.
    Number,
    /// As a script.
    Script,
}

/// Commands that take their words for names or numbers.
const NUMBERS: &[&str] = &["let", "unset", "read", "mapfile", "readarray", "getopts", "wait"];
/// Commands that take their words for a script, here or elsewhere.
const SCRIPTS: &[&str] = &[
    "eval", "trap", "alias", "ssh", "su", "runuser", "sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "watch", "awk",
    "gawk", "mawk", "perl", "python", "python3", "ruby", "node", "php",
];
/// What in `[[ … ]]` and `test` takes its words for numbers or names.
const COMPARES: &[&str] = &["-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-v", "-R"];

/// How what stands at this place is read once more, if it is.
pub(super) fn again(text: &str, seen: &Scan, at: usize) -> Option<Again> {
    let before = text.get(..at)?;
    let inner = before.get(begin(text, seen, at, u8::MAX)..)?;
    let outer = before.get(begin(text, seen, at, 0)..)?;
    // What reads the document that it stands in.
    let document = seen.documents.iter().find(|document| document.body.contains(&at));
    let reader = document.and_then(|document| text.get(..document.body.start)?.trim_end().lines().next_back());
    if reader.is_some_and(|line| names_in(line).any(|word| SCRIPTS.contains(&word))) {
        return Some(Again::Script);
    }
    let is = |names: &[&str]| [inner, outer].iter().any(|segment| names_in(segment).any(|word| names.contains(&word)));
    if is(SCRIPTS) {
        return Some(Again::Script);
    }
    let open = |begin: &str, end: &str| {
        before.rfind(begin).is_some_and(|from| before.get(from..).is_some_and(|rest| !rest.contains(end)))
    };
    let sum = (open("((", "))") && !seen.places.get(at).is_some_and(|place| place.in_arithmetic())) || open("$[", "]");
    let word = inner.rsplit([' ', '\t', '=']).next().unwrap_or_default();
    let whole = inner.rsplit([' ', '\t']).next().unwrap_or_default();
    let index =
        whole.split_once('[').is_some_and(|(name, rest)| is_name(name) && !rest.contains("]=")) || is_open_index(word);
    let declares = names_in(inner).any(|word| ["declare", "typeset", "local", "readonly", "export"].contains(&word));
    let counts = declares && (!whole.contains('=') || inner.split_whitespace().any(|word| word.starts_with('-')));
    let to_variable = names_in(inner).any(|word| word == "printf") && names_in(inner).any(|word| word == "-v");
    let tests = names_in(inner).any(|word| ["[[", "test", "["].contains(&word)) && {
        let rest = text.get(at..).unwrap_or_default();
        let end = rest.find("]]").or_else(|| rest.find([';', '\n'])).unwrap_or(rest.len());
        let behind = rest.get(..end).unwrap_or_default();
        names_in(inner).chain(names_in(behind)).any(|word| COMPARES.contains(&word))
    };
    (sum || index || counts || to_variable || tests || is(NUMBERS)).then_some(Again::Number)
}

/// Where the command begins in which this place stands, at most so deep in substitutions.
fn begin(text: &str, seen: &Scan, at: usize, deepest: u8) -> usize {
    let ends = |(byte, place): (u8, &Place)| {
        let plain = place.quote == Quote::Plain && !place.escaped && place.depth <= deepest;
        let mark = deepest > 0 && place.quote == Quote::Mark && matches!(byte, b'(' | b'`');
        (plain && matches!(byte, b'\n' | b';' | b'&' | b'|')) || mark
    };
    let bytes = text.as_bytes().get(..at).unwrap_or_default();
    let found = bytes.iter().copied().zip(&seen.places).rposition(ends);
    found.map_or(0, |found| found + 1)
}

/// The words of a piece of a command, without quotation marks and folders.
fn names_in(segment: &str) -> impl Iterator<Item = &str> {
    segment
        .split(|c: char| c.is_whitespace() || "\"'(){}`;".contains(c))
        .map(|word| word.rsplit('/').next().unwrap_or(word))
        .filter(|word| !word.is_empty())
}

fn is_name(word: &str) -> bool {
    word.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_open_index(word: &str) -> bool {
    word.trim_start_matches('(')
        .split_once('[')
        .is_some_and(|(name, rest)| (name.is_empty() || is_name(name)) && !rest.contains(']'))
}
