//! Places where quotes do not help, because what stands there is read once more: as a number or an index by bash, or as
//! a script by another shell.

use super::place::{Document, Place, Quote, Scan};

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
    "gawk", "mawk", "perl", "python", "ruby", "node", "php", "sed", "gsed", "lua", "tclsh", "expect", "rsh", "mosh",
    "parallel", "$SHELL", "$BASH", "sqlite",
];
/// Clients of databases: what stands behind one of [`STATEMENTS`], or in a document that they read, is a script to them.
const DATABASES: &[&str] = &["psql", "mysql", "mariadb", "clickhouse-client", "mongosh", "mongo", "redis-cli"];
const STATEMENTS: &[&str] = &["-c", "-e", "--command", "--execute", "--eval", "--query"];
/// What in `[[ … ]]` and `test` takes its words for numbers or names.
const COMPARES: &[&str] = &["-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-v", "-R"];

/// How what stands at this place is read once more, if it is.
/// `read`: whether some command of the text runs what is written into it.
pub(super) fn again(text: &str, seen: &Scan, at: usize, read: bool) -> Option<Again> {
    let before = text.get(..at)?;
    let inner = before.get(begin(text, seen, at, u8::MAX)..)?;
    let outer = before.get(begin(text, seen, at, 0)..)?;
    let document = seen.documents.iter().find(|document| document.body.contains(&at));
    if document.is_some_and(|document| read || reads_scripts(text, document)) {
        return Some(Again::Script);
    }
    let is = |names: &[&str]| [inner, outer].iter().any(|segment| names_in(segment).any(|word| names.contains(&word)));
    if [inner, outer].iter().any(|segment| takes_scripts(segment)) {
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

/// Whether this beginning of a command takes what follows for a script.
fn takes_scripts(segment: &str) -> bool {
    let sources = names_in(segment).next().is_some_and(|word| word == "." || word == "source");
    sources || names_in(segment).any(|word| SCRIPTS.contains(&bare(word))) || {
        let states = |word: &str| STATEMENTS.iter().any(|known| word.split('=').next() == Some(known));
        names_in(segment).any(|word| DATABASES.contains(&word)) && names_in(segment).any(states)
    }
}

/// Whether what reads a document takes it for a script.
fn reads_scripts(text: &str, document: &Document) -> bool {
    let Some(head) = text.get(..document.body.start).map(str::trim_end) else { return false };
    let line = head.lines().next_back().unwrap_or_default();
    let is = |line: &str| {
        names_in(line).any(|word| SCRIPTS.contains(&bare(word)) || DATABASES.contains(&word))
            || line.split([';', '&', '|', '(', '{']).any(takes_scripts)
    };
    // A pipe at the end of the line goes on behind the document.
    let behind = || text.get(document.body.end..).unwrap_or_default().lines().nth(1).unwrap_or_default();
    let goes_on = line.ends_with('|') || line.ends_with('\\');
    // The end of a loop or a group says nothing of what reads in it.
    let first = line.split_whitespace().next().unwrap_or_default();
    let ends = ["done", "fi", "esac", "}", "exec"].contains(&first) || first.starts_with(')');
    is(line) || (goes_on && is(behind())) || (ends && is(head))
}

/// A program without its version: `python3.11` is python.
fn bare(word: &str) -> &str {
    word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

/// What looking at these places costs, in bytes.
pub(super) fn cost(text: &str, seen: &Scan, places: impl Iterator<Item = usize>, most: usize) -> usize {
    let sums = if text.contains("((") || text.contains("$[") { 16 } else { 64 };
    let mut sum = 0usize;
    for at in places {
        sum = sum.saturating_add(at - begin(text, seen, at, 0).min(at) + at / sums);
        if sum > most {
            break;
        }
    }
    sum
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
