//! The commands of a script, word by word, without running it: enough to see which programs it starts and with what.

use std::ops::Range;

use super::place::{Quote, Scan};
use super::scan::scan;

/// One simple command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Simple {
    /// Its words, assignments before the program included, redirections not.
    pub words: Vec<Word>,
    /// Its redirections.
    pub redirects: Vec<Redirect>,
    /// What stands between the command before it and this one.
    pub join: Join,
    /// Where it begins.
    pub at: usize,
}

/// What stands between two commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Join {
    /// The end of a line, `;`, `&`, a parenthesis, or nothing.
    #[default]
    Next,
    /// `|`
    Pipe,
    /// `&&`
    And,
    /// `||`
    Or,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// What it says without its quotes; what is expanded stands as it is written.
    pub text: String,
    /// Whether something in it is known only when it runs.
    pub expands: bool,
    /// How many bytes at its beginning stand bare, without quotes and backslashes.
    pub bare: usize,
    /// Where it stands.
    pub at: Range<usize>,
}

/// One redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Which.
    pub kind: RedirectKind,
    /// The file, the descriptor, the delimiter.
    pub target: Option<Word>,
}

/// What a redirection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectKind {
    /// `<`
    From,
    /// `>`, `>>`, `>|`, `&>`, `<>`
    Into,
    /// `>&`, `<&`
    Same,
    /// `<<`, `<<-`, `<<<`
    Text,
}

#[derive(Debug)]
enum Token {
    Word(Word),
    Redirect(RedirectKind),
    Join(Join),
    Open,
    Close,
}

/// The simple commands of a script, those in substitutions not included. Patterns of `case`, words of `for` and
/// reserved words are left out.
pub fn simples(text: &str, scan: &Scan) -> Vec<Simple> {
    let tokens = tokens(text, scan);
    let mut all = Vec::new();
    let mut now = Simple::default();
    let mut opened = 0usize;
    let mut join = Join::Next;
    let mut tokens = tokens.into_iter().peekable();
    let mut end = |now: &mut Simple, join: Join| {
        let one = std::mem::take(now);
        if !one.words.is_empty() || !one.redirects.is_empty() {
            all.push(Simple { join, ..one });
        }
    };
    while let Some((token, at)) = tokens.next() {
        match token {
            Token::Word(word) => {
                if now.words.is_empty() && now.redirects.is_empty() {
                    now.at = at;
                    if is_reserved(&word) {
                        continue;
                    }
                }
                let doubled = now.words.is_empty() && word.text == "[[" && word.bare == 2;
                now.words.push(word);
                if doubled {
                    // In [[ … ]] nothing is an operator of the shell.
                    for (token, _) in tokens.by_ref() {
                        let Token::Word(word) = token else { continue };
                        let ends = word.text == "]]";
                        now.words.push(word);
                        if ends {
                            break;
                        }
                    }
                }
            }
            Token::Redirect(kind) => {
                if now.words.is_empty() && now.redirects.is_empty() {
                    now.at = at;
                }
                let target = match tokens.peek() {
                    Some((Token::Word(_), _)) => tokens.next().and_then(|(token, _)| match token {
                        Token::Word(word) => Some(word),
                        Token::Redirect(_) | Token::Join(_) | Token::Open | Token::Close => None,
                    }),
                    Some(_) | None => None,
                };
                now.redirects.push(Redirect { kind, target });
            }
            // A line may end behind `|`, `&&` and `||`.
            Token::Join(Join::Next) if join != Join::Next && now.words.is_empty() && now.redirects.is_empty() => {}
            Token::Join(next) => {
                end(&mut now, join);
                join = next;
            }
            Token::Open => {
                // `name ()` begins a function.
                if matches!(tokens.peek(), Some((Token::Close, _))) && now.words.len() == 1 {
                    now = Simple::default();
                    tokens.next();
                    continue;
                }
                opened += 1;
                end(&mut now, join);
                // What comes first in the parentheses has what comes into them.
            }
            Token::Close if opened == 0 => now = Simple::default(),
            Token::Close => {
                opened -= 1;
                end(&mut now, join);
                join = Join::Next;
            }
        }
    }
    end(&mut now, join);
    all
}

/// Reserved words that stand before a command or alone.
fn is_reserved(word: &Word) -> bool {
    const BEFORE: &[&str] = &[
        "if", "then", "else", "elif", "fi", "while", "until", "do", "done", "esac", "!", "{", "}", "time", ";;", ";&",
    ];
    word.bare == word.text.len() && BEFORE.contains(&word.text.as_str())
}

fn tokens(text: &str, scan: &Scan) -> Vec<(Token, usize)> {
    let bytes = text.as_bytes();
    let mut out: Vec<(Token, usize)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let place = scan.places[at];
        let plain = place.quote == Quote::Plain && !place.escaped && place.depth == 0;
        let next = bytes.get(at + 1).copied();
        let third = bytes.get(at + 2).copied();
        let (token, length) = match bytes[at] {
            _ if place.in_here() || matches!(place.quote, Quote::Comment | Quote::HereEnd) => {
                at += 1;
                continue;
            }
            b' ' | b'\t' if plain => {
                at += 1;
                continue;
            }
            b'\\' if place.escaped && place.quote == Quote::Plain && next == Some(b'\n') => {
                at += 2;
                continue;
            }
            b'&' if plain && next == Some(b'>') => {
                (Token::Redirect(RedirectKind::Into), 2 + usize::from(third == Some(b'>')))
            }
            b'&' if plain && next == Some(b'&') => (Token::Join(Join::And), 2),
            b'|' if plain && next == Some(b'|') => (Token::Join(Join::Or), 2),
            b'|' if plain => (Token::Join(Join::Pipe), 1 + usize::from(next == Some(b'&'))),
            b'\n' | b';' | b'&' if plain => (Token::Join(Join::Next), 1),
            b'(' if plain => (Token::Open, 1),
            b')' if plain => (Token::Close, 1),
            b'<' if plain && next == Some(b'<') => {
                let length = 2 + usize::from(matches!(third, Some(b'<' | b'-')));
                (Token::Redirect(RedirectKind::Text), length)
            }
            b'<' if plain && next == Some(b'>') => (Token::Redirect(RedirectKind::Into), 2),
            b'<' | b'>' if plain && next == Some(b'&') => (Token::Redirect(RedirectKind::Same), 2),
            b'>' if plain => (Token::Redirect(RedirectKind::Into), 1 + usize::from(matches!(next, Some(b'>' | b'|')))),
            b'<' if plain => (Token::Redirect(RedirectKind::From), 1),
            _ => {
                let word = word(text, scan, at);
                let end = word.at.end;
                let digits = !word.text.is_empty() && word.text.bytes().all(|byte| byte.is_ascii_digit());
                // A number right before a redirection is its descriptor.
                let redirected = matches!(bytes.get(end), Some(b'<' | b'>')) && word.bare == word.at.len();
                if !(digits && redirected && scan.places.get(end).is_some_and(|place| place.quote == Quote::Plain)) {
                    out.push((Token::Word(word), at));
                }
                at = end.max(at + 1);
                continue;
            }
        };
        out.push((token, at));
        at += length;
    }
    out
}

fn word(text: &str, scan: &Scan, from: usize) -> Word {
    let bytes = text.as_bytes();
    let mut said: Vec<u8> = Vec::new();
    let (mut at, mut expands, mut bare, mut all_bare) = (from, false, 0, true);
    while let (Some(byte), Some(place)) = (bytes.get(at), scan.places.get(at)) {
        let plain = place.quote == Quote::Plain && !place.escaped && place.depth == 0;
        let mark = place.quote == Quote::Mark && place.depth == 0;
        if plain && b" \t\n;&|()<>".contains(byte) {
            break;
        }
        if matches!(place.quote, Quote::Comment | Quote::Here | Quote::HereQuoted | Quote::HereEnd) && place.depth == 0
        {
            break;
        }
        all_bare &= plain && *byte != b'$';
        bare += usize::from(all_bare);
        let dollar = *byte == b'$' && !place.escaped;
        let backtick = *byte == b'`' && mark;
        expands |= place.depth > 0 || backtick || (dollar && !matches!(place.quote, Quote::Single | Quote::Escapes));
        let expansion = place.depth > 0 || backtick || (mark && b"$({})<>".contains(byte));
        let backslash = place.escaped && *byte == b'\\' && !escaped_by_previous(scan, bytes, at);
        let silent = (mark && !expansion) || (backslash && place.depth == 0);
        if !silent {
            said.push(*byte);
        }
        at += 1;
    }
    Word { text: String::from_utf8_lossy(&said).into_owned(), expands, bare, at: from..at }
}

/// Whether this backslash is itself what a backslash before it keeps.
fn escaped_by_previous(scan: &Scan, bytes: &[u8], at: usize) -> bool {
    let mut count = 0;
    while let Some(previous) = at.checked_sub(count + 1) {
        let escapes =
            bytes.get(previous) == Some(&b'\\') && scan.places.get(previous).is_some_and(|place| place.escaped);
        if !escapes {
            break;
        }
        count += 1;
    }
    count % 2 == 1
}

impl Simple {
    /// Names that it sets before the program, with what they are set to.
    pub fn assignments(&self) -> impl Iterator<Item = (&str, &Word, &str)> {
        self.words.iter().map_while(|word| {
            let (name, value) = assignment(word)?;
            Some((name, word, value))
        })
    }

    /// The program and its arguments.
    pub fn command(&self) -> &[Word] {
        let skip = self.words.iter().take_while(|word| assignment(word).is_some()).count();
        self.words.get(skip..).unwrap_or_default()
    }
}

/// `NAME=value`, `NAME+=value`, `NAME[…]=value`.
fn assignment(word: &Word) -> Option<(&str, &str)> {
    let (left, value) = word.text.split_once('=')?;
    let name = left.strip_suffix('+').unwrap_or(left);
    let name = name.split_once('[').map_or(name, |(name, _)| name);
    let starts = name.bytes().next().is_some_and(super::scan::is_name_start);
    let named = starts && name.bytes().all(super::scan::is_name);
    (named && word.bare > left.len()).then_some((name, value))
}

/// The simple commands of a script and of everything in its substitutions, however deep.
pub fn simples_deep(text: &str) -> Vec<Simple> {
    let seen = scan(text);
    let mut all = simples(text, &seen);
    for inside in &seen.substitutions {
        let inner = text.get(inside.clone()).unwrap_or_default();
        all.extend(simples(inner, &scan(inner)));
    }
    all
}
