//! Where a command is not what it looks like: characters that nobody sees, that turn the order round, that look like
//! others, and text that stands far out of sight (fault F9).

use icu_properties::CodePointMapData;
use icu_properties::props::Script;

use super::budget::Budget;
use super::class::{Before, Class, class, in_company, is_letter};
use super::sanitize::sanitize;
use super::token;

/// So many blanks or empty lines in a row put what follows out of sight.
const FAR: usize = 60;

/// One place of a text that is not what it looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disguise {
    /// Where it begins, in bytes.
    pub at: usize,
    /// How many bytes it is.
    pub length: usize,
    /// What stands there, as a visible token.
    pub token: String,
    /// What it is, in words.
    pub what: &'static str,
}

/// Everything in a command that is not what it looks like.
pub fn disguises(text: &str) -> Vec<Disguise> {
    let mut found = Vec::new();
    if text.bytes().all(|byte| matches!(byte, b'\n' | b'!'..=b'~')) {
        return found;
    }
    let mut before = Before::default();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let what = match c {
            '\n' | '\t' | ' '..='~' => None,
            c if c.is_control() => Some("a control character"),
            c => match (class(c, false), class(c, true)) {
                (Class::Company, _) => (!in_company(c, &before, next)).then(|| unseen(c)),
                (Class::Token, _) | (Class::Keep, Class::Token) => Some(unseen(c)),
                (Class::Keep, Class::Company | Class::Keep) => punctuation(c, next),
            },
        };
        before.push(c);
        let Some(what) = what else { continue };
        let token = token::code_points(c.encode_utf8(&mut [0; 4]), false);
        found.push(Disguise { at, length: c.len_utf8(), token, what });
    }
    look_alikes(text, &mut found);
    far_away(text, &mut found);
    found.sort_by_key(|one| one.at);
    found.dedup_by_key(|one| one.at);
    found
}

/// The rows of a command with every disguise as a visible token. Nothing is left out and nothing is cut.
pub fn exact(text: &str) -> Vec<String> {
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for one in disguises(text) {
        shown.push_str(text.get(at..one.at).unwrap_or_default());
        shown.push_str(&one.token);
        if text.get(one.at..one.at + one.length).is_some_and(|hidden| hidden.contains('\n')) {
            shown.push('\n');
        }
        at = one.at + one.length;
    }
    shown.push_str(text.get(at..).unwrap_or_default());
    let budget = Budget { input: usize::MAX, shown: usize::MAX, ..Budget::line() };
    shown.split('\n').map(|line| sanitize(line.as_bytes(), budget).text()).collect()
}

fn unseen(c: char) -> &'static str {
    match c {
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            "a mark that turns the order of what is seen round"
        }
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' | '\u{2800}' => {
            "a blank that a shell takes for a letter"
        }
        '\u{2028}' | '\u{2029}' => "an end of line that a shell does not know",
        _ => "a character that nobody sees",
    }
}

/// Signs that mean something to a shell in the form that they look like.
fn punctuation(c: char, next: Option<char>) -> Option<&'static str> {
    match c {
        '\u{2044}' | '\u{2215}' | '\u{29F8}' | '\u{37E}' | '\u{2223}' | '\u{2236}' | '\u{A789}' | '\u{1C3}' => {
            Some("a sign that looks like another")
        }
        '\u{2010}'..='\u{2015}' | '\u{2212}' if next.is_some_and(|next| next.is_ascii_alphanumeric()) => {
            Some("a dash that no program takes for one")
        }
        _ => None,
    }
}

/// Words with letters of another alphabet that look like those of ASCII.
fn look_alikes(text: &str, found: &mut Vec<Disguise>) {
    let mut from = 0;
    for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
        let at = from;
        from += word.len();
        from += text.get(from..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        if word.is_ascii() {
            continue;
        }
        let mixed = word.chars().any(|c| c.is_ascii_alphabetic());
        let all = word.chars().filter(|c| is_letter(*c)).all(looks_ascii);
        for (place, c) in word.char_indices() {
            if looks_ascii(c) && !c.is_ascii() && (mixed || all) || (mixed && foreign(c)) {
                let what = "a letter that looks like another";
                let token = token::code_points(c.encode_utf8(&mut [0; 4]), false);
                found.push(Disguise { at: at + place, length: c.len_utf8(), token, what });
            }
        }
    }
}

/// Whether it belongs to an alphabet that shares its shapes with the Latin one.
fn foreign(c: char) -> bool {
    let script = CodePointMapData::<Script>::new().get(c);
    matches!(
        script,
        Script::Cyrillic | Script::Greek | Script::Armenian | Script::Cherokee | Script::Coptic | Script::Lisu
    )
}

/// Whether it is, or looks like, a letter or digit of ASCII.
fn looks_ascii(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '\u{FF01}'..='\u{FF5E}' | '\u{1D400}'..='\u{1D7FF}' | '\u{131}' | '\u{251}' | '\u{261}' | '\u{2113}' | '\u{212A}')
        || "аеорсухіјѕһԁԛԝѵАВЕНКМОРСТХУІЈЅԌԚԜονυρικαγΑΒΕΖΗΙΚΜΝΟΡΤΥΧսոօհ".contains(c)
}

/// Text behind so many blanks that it is out of sight, and lines behind so many empty ones.
fn far_away(text: &str, found: &mut Vec<Disguise>) {
    let mut begun: Option<usize> = None;
    for (at, c) in text.char_indices() {
        if c == ' ' || c == '\t' || c == '\n' {
            begun.get_or_insert(at);
            continue;
        }
        let Some(from) = begun.take() else { continue };
        let gap = text.get(from..at).unwrap_or_default();
        let lines = gap.matches('\n').count();
        let blanks = gap.rsplit('\n').next().map_or(0, str::len);
        let first = gap.split('\n').next().map_or(0, str::len);
        if lines >= FAR {
            let (token, what) = (token::named(&format!("{lines} lines"), false), "lines far below");
            found.push(Disguise { at: from, length: gap.len(), token, what });
        } else if blanks >= FAR && first == blanks {
            let (token, what) = (token::named(&format!("{blanks} blanks"), false), "text far to the right");
            found.push(Disguise { at: from, length: blanks, token, what });
        } else if blanks >= FAR {
            let (token, what) = (token::named(&format!("{blanks} blanks"), false), "text far to the right");
            found.push(Disguise { at: at - blanks, length: blanks, token, what });
        }
    }
}

/// The first thing that is not what it looks like, for a person who reads a text and does not run it: what is out of sight
/// does no harm there, nor does a letter of another alphabet.
pub fn hides(text: &str) -> Option<Disguise> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let unseen =
        ["a control character", "a mark that turns the order of what is seen round", "a character that nobody sees"];
    disguises(text.trim_end_matches('\r')).into_iter().find(|one| unseen.contains(&one.what))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn f9_what_is_not_what_it_looks_like_is_found_and_shown() {
        let far = format!("true{}; rm -rf /srv", " ".repeat(200));
        let below = format!("true\n{}rm -rf /srv", "\n".repeat(99));
        for (text, shown) in [
            ("rm -rf /srv # \u{202E}tset\u{202C}", "rm -rf /srv # ‹U+202E›tset‹U+202C›"),
            ("ls\u{200B} -l", "ls‹U+200B› -l"),
            ("sy\u{441}temctl stop a", "sy‹U+0441›temctl stop a"),
            ("\u{441}\u{43E}\u{440} a b", "‹U+0441›‹U+043E›‹U+0440› a b"),
            ("\u{FF52}\u{FF4D} a", "‹U+FF52›‹U+FF4D› a"),
            ("rm \u{2013}rf a", "rm ‹U+2013›rf a"),
            ("cat \u{2215}etc", "cat ‹U+2215›etc"),
            ("rm\u{A0}-rf a", "rm‹U+00A0›-rf a"),
            ("echo a\rrm b", "echo a‹U+000D›rm b"),
            ("echo a\r", "echo a‹U+000D›"),
            ("echo \u{1b}[8mb", "echo ‹U+001B›[8mb"),
            ("a\u{2028}b", "a‹U+2028›b"),
            (far.as_str(), "true‹200 blanks›; rm -rf /srv"),
        ] {
            assert!(!disguises(text).is_empty(), "{text:?}");
            assert_eq!(exact(text), [shown], "{text:?}");
        }
        assert_eq!(exact(&below), ["true‹100 lines›", "rm -rf /srv"]);
    }

    #[test]
    fn what_is_honest_stays_as_it_is() {
        for text in [
            "echo 'größe: 5 €' # über alles – ganz sicher",
            "echo 'привет, мир'",
            "echo '磁盘已满'",
            "echo '✔\u{FE0F} fertig 👩\u{200D}💻'",
            "\tif true; then\n\t\tls\n\tfi\n\nls",
            "psql -c 'select 1'     # aligned",
        ] {
            assert_eq!(disguises(text), [], "{text:?}");
        }
        let long = format!("echo {}", "x".repeat(100_000));
        assert_eq!(exact(&long), [long]);
    }
}
