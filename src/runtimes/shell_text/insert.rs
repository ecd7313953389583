//! Values in the place of placeholders, such that a shell takes them for data whatever they hold; where that can't be
//! had they are refused.

use std::ops::Range;

use super::evaluated::{evaluates, has_reader, is_harmless};
use super::place::{Place, Quote, Scan};
use super::preamble::quotable;
use super::reread::{Again, again, cost};
use super::scan::scan;
use crate::domain::InputName;

/// So many bytes are looked at for the placeholders of a text: each needs the command in which it stands.
const MOST: usize = 4 << 20;

/// What comes into the place of a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filler<'a> {
    /// These characters.
    Value(&'a str),
    /// What this variable holds when the script runs.
    Variable(&'a InputName),
}

/// Puts values into a script; the ranges are those of placeholders, in their order, and do not meet.
///
/// What was filled in is looked at once more: unless everything around it reads as before, it is refused.
///
/// # Errors
/// Why a value can't stand in its place, as a clause without a full stop.
pub fn insert(text: &str, fills: &[(Range<usize>, Filler<'_>)]) -> Result<String, String> {
    let seen = scan(text);
    if cost(text, &seen, fills.iter().map(|(at, _)| at.start), MOST) > MOST {
        return Err("too many placeholders stand in too long a command for them to be looked at: split it".to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let mut made: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    let read = !seen.documents.is_empty() && has_reader(text);
    for (at, filler) in fills {
        out.push_str(text.get(from..at.start).unwrap_or_default());
        let begins = out.len();
        out.push_str(&written(text, &seen, at, *filler, read).map_err(|why| told(text, at, &why))?);
        made.push(begins..out.len());
        from = at.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    if !reads_alike(&seen, fills, &scan(&out), &made) {
        return Err("with these values the command would be read in another way than it is written".to_owned());
    }
    let harmless = |filler: &Filler<'_>| matches!(filler, Filler::Value(value) if is_harmless(value.as_bytes()));
    if !fills.iter().all(|(_, filler)| harmless(filler)) && is_copied(text, &seen, fills) {
        return Err(format!("what is set to it is read once more: {SCRIPT}"));
    }
    Ok(out)
}

/// Whether a value comes by way of a variable to where it is read once more: looked at as if a variable stood in its place.
fn is_copied(text: &str, seen: &Scan, fills: &[(Range<usize>, Filler<'_>)]) -> bool {
    let (mut stand_in, mut from) = (String::with_capacity(text.len()), 0);
    for (at, _) in fills {
        stand_in.push_str(text.get(from..at.start).unwrap_or_default());
        let single = seen.places.get(at.start).is_some_and(|place| place.quote == Quote::Single);
        stand_in.push_str(if single { "'\"$qd_value\"'" } else { "${qd_value}" });
        from = at.end;
    }
    stand_in.push_str(text.get(from..).unwrap_or_default());
    evaluates(&stand_in, "qd_value")
}

fn told(text: &str, at: &Range<usize>, why: &str) -> String {
    format!("the value for {} can't be put there: {why}", text.get(at.clone()).unwrap_or_default())
}

/// Characters that mean nothing to a shell anywhere.
fn is_tame(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./:@%+-".contains(&byte))
}

const NUMBER: &str = "only digits may stand in a calculation, and no zero before others";
const SCRIPT: &str = "it is read once more as a script there, and only letters, digits and . _ : @ % + - / are safe";

/// Whether all shells read it as the same number: 010 is eight to some, and 08 nothing at all.
fn is_number(value: &str) -> bool {
    let digits = !value.is_empty() && value.len() < 19 && value.bytes().all(|byte| byte.is_ascii_digit());
    digits && (value.len() == 1 || !value.starts_with('0'))
}

/// Words that mean something to a shell although they look like any other.
const RESERVED: &[&str] = &[
    "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "in", "select",
    "function", "time", "coproc",
];

fn written(text: &str, seen: &Scan, at: &Range<usize>, filler: Filler<'_>, read: bool) -> Result<String, String> {
    let Some(place) = seen.places.get(at.start).copied() else { return Err("there is nothing".to_owned()) };
    let previous = at.start.checked_sub(1);
    let byte = previous.and_then(|at| text.as_bytes().get(at)).copied();
    let escaped = previous.and_then(|at| seen.places.get(at)).is_some_and(|place| place.escaped);
    let acts = matches!(place.quote, Quote::Plain | Quote::Double | Quote::Here | Quote::Escapes);
    if acts && !escaped && matches!(byte, Some(b'\\' | b'$')) {
        return Err("it stands right behind a backslash or a dollar sign".to_owned());
    }
    let again = again(text, seen, at.start, read);
    match filler {
        Filler::Variable(_) if again.is_some() => {
            Err("it is known only when the command runs, and there it would be read once more".to_owned())
        }
        Filler::Variable(name) => variable(place, name),
        Filler::Value(value) => {
            quotable(value.as_bytes()).map_err(|why| why.to_string())?;
            // Some shells take such a pair away before they look at quotes.
            let reads_first = place.in_here() && !matches!(place.quote, Quote::Here | Quote::HereQuoted);
            if reads_first && value.contains("\\\n") {
                return Err("in a here-document no backslash may stand at the end of a line".to_owned());
            }
            match again {
                Some(Again::Number) if !is_number(value) => return Err(NUMBER.to_owned()),
                Some(Again::Script) if !is_tame(value) || RESERVED.contains(&value) => return Err(SCRIPT.to_owned()),
                Some(Again::Number | Again::Script) | None => {}
            }
            let glued = seen.uses.iter().any(|one| one.at.end == at.start && !text[one.at.clone()].starts_with("${"));
            self::value(place, value, glued, escaped, seen, at.start)
        }
    }
}

fn variable(place: Place, name: &InputName) -> Result<String, String> {
    if let Some(why) = strait(place) {
        return Err(format!("it is known only when the command runs, and this is {why}"));
    }
    match place.quote {
        Quote::Plain => Ok(format!("\"${{{name}}}\"")),
        Quote::Double | Quote::Here => Ok(format!("${{{name}}}")),
        Quote::Single => Ok(format!("'\"${{{name}}}\"'")),
        Quote::HereQuoted | Quote::Escapes | Quote::Comment | Quote::HereEnd | Quote::Mark => {
            Err("it is known only when the command runs, and here the shell expands nothing".to_owned())
        }
    }
}

/// Where shells differ about what quotes do.
fn strait(place: Place) -> Option<&'static str> {
    match place {
        place if place.is_doubtful() => Some("in a command whose quotes do not end, or that shells read in two ways"),
        place if place.in_arithmetic() => Some("in a calculation"),
        place if place.in_backticks() => Some("between backticks (write $(…) instead)"),
        place if place.in_parameter() => Some("inside ${…}"),
        _ => None,
    }
}

fn value(place: Place, value: &str, glued: bool, escaped: bool, seen: &Scan, at: usize) -> Result<String, String> {
    let tame = is_tame(value);
    if place.in_arithmetic() {
        return if is_number(value) { Ok(value.to_owned()) } else { Err(NUMBER.to_owned()) };
    }
    if let Some(why) = strait(place) {
        let parted = place.in_parameter() && value.contains('/');
        let harmless = tame && !glued && !parted && !RESERVED.contains(&value);
        let why = format!("{why} only letters, digits and . _ : @ % + - are safe");
        return if harmless { Ok(value.to_owned()) } else { Err(why) };
    }
    match place.quote {
        Quote::Plain if tame && !glued && !RESERVED.contains(&value) => Ok(value.to_owned()),
        Quote::Plain => Ok(single(value)),
        Quote::Double if glued => Ok(format!("\"{}\"", single(value))),
        Quote::Double => Ok(behind_backslashes(value, "\\$`\"")),
        Quote::Single => Ok(value.replace('\'', r"'\''")),
        Quote::Escapes if tame && !escaped => Ok(value.to_owned()),
        Quote::Escapes => Err("between $' and ' only letters, digits and . _ : @ % + - / are safe".to_owned()),
        Quote::Here | Quote::HereQuoted => {
            let document = seen.documents.iter().find(|document| document.body.contains(&at));
            if value.contains('\t') && document.is_none_or(|document| document.strips) {
                return Err("a here-document behind <<- loses tabs".to_owned());
            }
            let begins = value.bytes().next().is_some_and(super::scan::is_name);
            match place.quote {
                Quote::HereQuoted => Ok(value.to_owned()),
                _ if glued && begins => Err("it would become a part of the variable before it".to_owned()),
                _ => Ok(behind_backslashes(value, "\\$`")),
            }
        }
        Quote::Comment | Quote::HereEnd | Quote::Mark => Err("nothing may be put there".to_owned()),
    }
}

fn single(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn behind_backslashes(value: &str, which: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if which.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Whether every byte that was there before is read as before, and nothing but what was meant is expanded.
fn reads_alike(old: &Scan, fills: &[(Range<usize>, Filler<'_>)], new: &Scan, made: &[Range<usize>]) -> bool {
    let (mut from_old, mut from_new) = (0, 0);
    let ends = fills.iter().map(|(at, _)| at).zip(made);
    for (was, is) in ends {
        if old.places.get(from_old..was.start) != new.places.get(from_new..is.start) {
            return false;
        }
        (from_old, from_new) = (was.end, is.end);
    }
    let rest = old.places.get(from_old..) == new.places.get(from_new..);
    let outside = |at: usize| !made.iter().any(|made| made.contains(&at));
    let uses = new.uses.iter().filter(|one| outside(one.at.start)).map(|one| &one.name);
    let same_count = old.substitutions.len() == new.substitutions.len() && old.documents.len() == new.documents.len();
    rest && same_count && old.complete == new.complete && uses.eq(old.uses.iter().map(|one| &one.name))
}
