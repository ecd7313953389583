//! Where a shell reads once more what a variable holds: as a script (`sh -c "… $n"`, `eval`, `ssh`), or as a number, a name
//! or an index (bash runs the `$(…)` of `a[$(…)]` there). No quotes help against that, so only a harmless value may be
//! handed to such a text. What is copied into other variables is followed, what goes through files is not.

use super::place::Quote;
use super::programs::{self, Takes};
use super::scan::{is_name, is_name_start, scan};
use super::words::{Join, RedirectKind, Simple, Word, simples_deep};

/// How deep scripts are looked for in each other.
const DEEPEST: usize = 4;
/// How often a value is followed from one variable to the next.
const COPIES: usize = 24;
/// So many bytes of values are followed in one text.
const FOLLOWED: usize = 256 << 10;
/// What stands in brackets is no longer.
const BRACKETS: usize = 400;
/// Variables by which a shell, or what it starts, is told what to run.
const STEERING: [&str; 10] =
    ["PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "PS4", "PROMPT_COMMAND", "PAGER", "EDITOR", "VISUAL"];
/// What in `[[ … ]]` takes the words beside it for numbers.
const COMPARES: [&str; 6] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];

/// Whether this text reads once more what the variable of this name holds.
pub fn evaluates(text: &str, name: &str) -> bool {
    Look::at(text, name).is_some_and(|look| look.evaluates(0))
}

/// Whether a command of this text runs what is written into it.
pub(super) fn has_reader(text: &str) -> bool {
    simples_deep(text).iter().any(reads_input)
}

fn reads_input(one: &Simple) -> bool {
    let fed = one.redirects.iter().any(|redirect| redirect.kind == RedirectKind::Text);
    (fed || one.join == Join::Pipe) && programs::reads_script(one)
}

/// Whether a value is harmless also where it is read once more.
pub fn is_harmless(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_./:@%+-".contains(byte))
}

/// One text, and the variables that hold something of the value.
struct Look<'a> {
    text: &'a str,
    all: Vec<Simple>,
    names: Vec<String>,
    /// Whether it is too long to be followed, and taken for what reads everything again.
    too_long: bool,
}

impl<'a> Look<'a> {
    /// `None` when nothing in the text speaks of it.
    fn at(text: &'a str, name: &str) -> Option<Self> {
        tokens(text).any(|(_, word)| word == name).then(|| Self::of(text, vec![name.to_owned()]))
    }

    fn of(text: &'a str, names: Vec<String>) -> Self {
        let mut look = Self { text, all: simples_deep(text), names, too_long: false };
        look.follow();
        look
    }

    /// Notes every variable into which something of the value is copied.
    fn follow(&mut self) {
        let set = self.sets();
        self.too_long = set.iter().map(|(_, value)| value.len()).sum::<usize>() > FOLLOWED;
        if self.too_long {
            return;
        }
        let passes = self.text.contains("()") || tokens(self.text).any(|(_, word)| word == "function");
        let passes = passes || self.all.iter().any(|one| first(one) == "set");
        if passes {
            self.names.extend((1..=9).map(|number: u8| number.to_string()).chain(["@".to_owned(), "*".to_owned()]));
        }
        for one in &self.all {
            let words = one.command().get(1..).unwrap_or_default();
            match first(one) {
                // Whatever they read may be it.
                "read" | "mapfile" | "readarray" => {
                    let named = words.iter().filter(|word| !word.text.starts_with('-')).map(|word| word.text.clone());
                    self.names.extend(named.chain(["REPLY".to_owned(), "MAPFILE".to_owned()]));
                }
                _ => {}
            }
        }
        for _ in 0..COPIES {
            let new: Vec<String> = set
                .iter()
                .filter(|(name, value)| !self.names.contains(name) && self.speaks(value))
                .map(|(name, _)| name.clone())
                .collect();
            if new.is_empty() {
                return;
            }
            self.names.extend(new);
        }
    }

    /// What is set to what, as it is written: assignments wherever they stand, loops, `printf -v`.
    fn sets(&self) -> Vec<(String, &'a str)> {
        let seen = scan(self.text);
        let bytes = self.text.as_bytes();
        let plain_end = |from: usize| {
            let depth = seen.places.get(from.saturating_sub(1)).map_or(0, |place| place.depth);
            let mut open = 0usize;
            let ends = |at: &usize| {
                let (Some(byte), Some(place)) = (bytes.get(*at), seen.places.get(*at)) else { return true };
                let plain = place.quote == Quote::Plain && !place.escaped;
                match byte {
                    b'(' if plain => open += 1,
                    b')' if plain => open = open.saturating_sub(1),
                    _ => {}
                }
                open == 0 && (place.depth < depth || (plain && place.depth == depth && matches!(byte, b'\n' | b';')))
            };
            (from..bytes.len()).find(ends).unwrap_or(bytes.len())
        };
        let mut out: Vec<(String, &str)> = Vec::new();
        let (mut loops, mut length) = (None, 0usize);
        for (at, word) in tokens(self.text) {
            if length > FOLLOWED {
                break;
            }
            length += out.last().map_or(0, |(_, value)| value.len());
            let end = at + word.len();
            let rest = self.text.get(end..).unwrap_or_default();
            if loops.take().is_some() || word == "printf" {
                let until = plain_end(end);
                let value = self.text.get(end..until).unwrap_or_default();
                let to = if word == "printf" { value.split_whitespace().nth(1).unwrap_or_default() } else { word };
                out.push((to.trim_matches(['"', '\'']).to_owned(), value));
            }
            if matches!(word, "for" | "select") {
                loops = Some(());
            }
            let index = rest.strip_prefix('[').and_then(|inside| inside.find(']')).map_or(0, |length| length + 2);
            let behind = rest.get(index..).unwrap_or_default();
            if behind.starts_with('=') || behind.starts_with("+=") || behind.starts_with(":=") {
                out.push((word.to_owned(), self.text.get(end..plain_end(end)).unwrap_or_default()));
            }
        }
        out
    }

    /// Whether a piece of the text has to do with the value: by `$name`, or by the name alone where a calculation or a
    /// command stands in it.
    fn speaks(&self, piece: &str) -> bool {
        let bare = piece.contains("((") || piece.contains('[') || piece.contains('`') || piece.contains("$(");
        self.says(piece, bare)
    }

    fn says(&self, piece: &str, bare: bool) -> bool {
        let known = |word: &str| self.names.iter().any(|name| name == word);
        let named = tokens(piece).any(|(at, word)| {
            let before = piece.get(..at).unwrap_or_default().trim_end_matches(['!', '#']);
            let plain = bare && !word.bytes().all(|byte| byte.is_ascii_digit());
            known(word) && (plain || before.ends_with('$') || before.ends_with("${"))
        });
        named || (known("@") && ["$@", "$*", "${@", "${*"].iter().any(|all| piece.contains(all)))
    }

    fn word(&self, word: &Word) -> bool {
        word.expands && self.speaks(&word.text)
    }

    fn any(&self, words: &[Word]) -> bool {
        words.iter().any(|word| self.word(word))
    }

    fn evaluates(&self, depth: usize) -> bool {
        self.too_long
            || self.calculates()
            || self.all.iter().any(|one| self.command(one, depth))
            || self.reads_documents()
    }

    /// `((…))`, `$[…]`, `name[…]`, `${name:…}`, `${!name}`, `${name@P}`.
    fn calculates(&self) -> bool {
        let between = |begin: &str, end: &str| {
            let pieces = self.text.split(begin).skip(1);
            pieces
                .map(|piece| piece.split_once(end).map_or(piece, |(inside, _)| inside))
                .any(|one| self.says(one, true))
        };
        if between("((", "))") || between("$[", "]") {
            return true;
        }
        let known = |word: &str| self.names.iter().any(|name| name == word);
        let seen = scan(self.text);
        // Between quotes it is an index only to commands that are looked at by themselves.
        let acts =
            |at: usize| seen.places.get(at).is_some_and(|place| place.quote == Quote::Plain || place.in_parameter());
        tokens(self.text).any(|(at, word)| {
            let before = self.text.get(..at).unwrap_or_default();
            let behind = self.text.get(at + word.len()..).unwrap_or_default();
            let in_braces = before.trim_end_matches(['!', '#']).ends_with("${");
            let near = |rest: &'a str| shortened(rest, BRACKETS);
            let indexed = word.bytes().next().is_some_and(is_name_start)
                && acts(at)
                && behind.strip_prefix('[').is_some_and(|rest| {
                    let line = near(rest).split(['\n', ';']).next().unwrap_or_default();
                    self.says(near(rest).split(']').next().unwrap_or_default(), true)
                        || (self.says(line, false) && line.contains("$("))
                });
            let cut = in_braces
                && behind.strip_prefix(':').is_some_and(|rest| {
                    let inside = near(rest).split(['\n', ';']).next().unwrap_or_default();
                    !rest.starts_with(['-', '=', '?', '+']) && self.says(until_brace(inside), true)
                });
            let led = before.ends_with("${!") && known(word);
            let prompt = in_braces && behind.starts_with("@P") && known(word);
            indexed || cut || led || prompt
        }) || (known("@") && self.text.contains("${!"))
    }

    /// Whether a command reads again what it is told.
    fn command(&self, one: &Simple, depth: usize) -> bool {
        if one.assignments().any(|(name, word, _)| STEERING.contains(&name) && self.word(word)) {
            return true;
        }
        let words = one.command();
        let Some((program, rest)) = words.split_first() else { return false };
        // What it is called decides what is run; a function that hands on all it was told names it itself.
        if self.word(program) && program.text != "$@" {
            return true;
        }
        let wraps = !program.expands && programs::WRAPPERS.contains(&programs::base(&program.text));
        let split = |word: &Word| self.word(word) && !self.text.get(word.at.clone()).is_some_and(|at| at.contains('"'));
        if wraps && (rest.first().is_some_and(|word| self.word(word)) || rest.iter().any(split)) {
            return true;
        }
        self.names_or_numbers(program, rest)
            || self.told(words, depth)
            || one.redirects.iter().any(|redirect| {
                redirect.kind == RedirectKind::Text
                    && redirect.target.as_ref().is_some_and(|word| self.word(word))
                    && programs::reads_script(one)
            })
            || (one.join == Join::Pipe && programs::reads_script(one) && self.is_spoken())
    }

    /// Whether the text uses it at all, so that it may come through a pipe.
    fn is_spoken(&self) -> bool {
        self.all.iter().any(|one| self.any(&one.words)) || self.in_documents(false)
    }

    /// Whether one of these words names a program that takes some behind it for a script. What stands behind a script is
    /// told to it, and names nothing.
    fn told(&self, words: &[Word], depth: usize) -> bool {
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let rest = words.get(at + 1..).unwrap_or_default();
            let before = at.checked_sub(1).and_then(|before| words.get(before)).map(|word| word.text.as_str());
            let Some(takes) = programs::takes(word, rest).filter(|_| programs::may_begin(&word.text, before)) else {
                at += 1;
                continue;
            };
            at += 1;
            if let Takes::Words(scripts) = &takes {
                at += scripts.iter().max().map_or(0, |last| last + 2);
            }
            if self.taken(takes, rest, depth) {
                return true;
            }
        }
        false
    }

    fn taken(&self, takes: Takes, rest: &[Word], depth: usize) -> bool {
        match takes {
            // Also what stands in single quotes: it is expanded when it is read again.
            Takes::All => rest.iter().any(|word| self.speaks(&word.text)),
            Takes::Words(scripts) => scripts.iter().filter_map(|at| rest.get(*at)).any(|script| {
                if self.word(script) {
                    return true;
                }
                // What it says itself, with what it is told behind it.
                let (mut inner, mut told) = (self.names.clone(), false);
                if self.any(rest) {
                    told = true;
                    let numbers = (0..=9).map(|number: u8| number.to_string());
                    inner.extend(numbers.chain(["@".to_owned(), "*".to_owned()]));
                }
                let looks = told || inner.iter().any(|name| tokens(&script.text).any(|(_, word)| word == name));
                !script.expands && looks && depth < DEEPEST && Look::of(&script.text, inner).evaluates(depth + 1)
            }),
        }
    }

    fn names_or_numbers(&self, program: &Word, rest: &[Word]) -> bool {
        let to = |flags: &[&str]| {
            rest.iter().enumerate().any(|(at, word)| {
                let exact = flags.contains(&word.text.as_str()) && rest.get(at + 1).is_some_and(|next| self.word(next));
                exact || (flags.iter().any(|flag| word.text.starts_with(flag)) && self.word(word))
            })
        };
        match program.text.as_str() {
            "let" | "unset" | "read" | "mapfile" | "readarray" | "getopts" | "wait" => rest
                .iter()
                .any(|word| self.says(&word.text, program.text == "let") && (word.expands || program.text == "let")),
            "printf" => to(&["-v"]),
            "test" | "[" => to(&["-v", "-R"]),
            "[[" => {
                let beside = |at: usize| {
                    let both = [at.checked_sub(1), Some(at + 1)];
                    both.iter().flatten().filter_map(|at| rest.get(*at)).any(|word| self.says(&word.text, true))
                };
                to(&["-v", "-R"])
                    || rest.iter().enumerate().any(|(at, word)| COMPARES.contains(&word.text.as_str()) && beside(at))
            }
            "declare" | "typeset" | "local" | "readonly" | "export" => {
                let flagged = rest.iter().any(|word| {
                    word.text.starts_with('-') && word.text.contains(['i', 'n']) && program.text != "export"
                });
                rest.iter().any(|word| {
                    let left = word.text.split('=').next().unwrap_or_default();
                    self.word(word) && (flagged || self.speaks(left))
                })
            }
            _ => false,
        }
    }

    fn in_documents(&self, quoted: bool) -> bool {
        let seen = scan(self.text);
        let spoken = |at: &std::ops::Range<usize>| self.text.get(at.clone()).is_some_and(|body| self.speaks(body));
        seen.documents.iter().any(|document| (quoted || !document.quoted) && spoken(&document.body))
    }

    /// Whether what stands in a here-document is read as a script, by whoever it comes to.
    fn reads_documents(&self) -> bool {
        self.all.iter().any(reads_input) && self.in_documents(true)
    }
}

fn first(one: &Simple) -> &str {
    one.command().first().map_or("", |word| word.text.as_str())
}

/// The beginning of a text, so long at the most.
fn shortened(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// What stands before the brace that ends `${…`.
fn until_brace(inside: &str) -> &str {
    let mut open = 0usize;
    let end = inside.find(|c| match c {
        '{' => {
            open += 1;
            false
        }
        '}' if open == 0 => true,
        '}' => {
            open -= 1;
            false
        }
        _ => false,
    });
    inside.get(..end.unwrap_or(inside.len())).unwrap_or_default()
}

/// The names and numbers in a text, and where they begin.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(|c: char| !(c.is_ascii() && is_name(c as u8))).filter_map(move |word| {
        let begin = text.get(at..).and_then(|rest| rest.find(word)).map_or(at, |skip| at + skip);
        at = begin + word.len();
        (!word.is_empty()).then_some((begin, word))
    })
}

#[cfg(test)]
#[path = "evaluated_tests.rs"]
mod tests;
