//! Options as programs read them themselves: letters put together, values behind them or in the next word, long names.
//! Whatever is not in the lists, or is known only when it runs, ends the reading: then nobody knows what is a value.

use super::shell::Arg;

/// The options of a program: letters without a value, letters with one, and long names (`name`, `name=` with a value,
/// `name?` with one only behind `=`).
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    pub(super) flags: &'static str,
    pub(super) valued: &'static str,
    pub(super) long: &'static str,
}

/// Options that were read.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// Their names, and their values where they have one.
    pub(super) all: Vec<(String, Option<Arg>)>,
    /// How many words they are.
    pub(super) end: usize,
}

impl Options {
    /// Whether one of these names is there.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.all.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    /// The values of these names.
    pub(super) fn values<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a Arg> {
        self.all.iter().filter(|(name, _)| names.contains(&name.as_str())).filter_map(|(_, value)| value.as_ref())
    }
}

/// The options before the first word that is none; nothing when one of them is not known.
pub(super) fn options(rest: &[Arg], own: Own) -> Option<Options> {
    let mut found = Options::default();
    while let Some(arg) = rest.get(found.end) {
        if arg.is("--") {
            found.end += 1;
            break;
        }
        if arg.bare {
            return None;
        }
        if !arg.text.starts_with('-') || arg.text == "-" {
            break;
        }
        found.end += 1;
        let next = rest.get(found.end);
        let (read, took) = one(arg, next, own)?;
        found.all.extend(read);
        found.end += usize::from(took);
    }
    Some(found)
}

/// What stands behind the options; nothing when one of them is not known.
pub(super) fn behind(rest: &[Arg], own: Own) -> Option<&[Arg]> {
    options(rest, own).and_then(|found| rest.get(found.end..))
}

/// Options and other words mixed, as most programs take them.
pub(super) fn mixed(rest: &[Arg], own: Own) -> Option<(Options, Vec<&Arg>)> {
    let (mut found, mut words) = (Options::default(), Vec::new());
    while found.end < rest.len() {
        let some = rest.get(found.end..).unwrap_or_default();
        let ended = some.first().is_some_and(|arg| arg.is("--"));
        let read = options(some, own)?;
        found.end += read.end;
        found.all.extend(read.all);
        if ended {
            words.extend(rest.iter().skip(found.end));
            break;
        }
        words.extend(rest.get(found.end));
        found.end += 1;
    }
    Some((found, words))
}

/// The options in one word, and whether the next word is the value of the last.
#[expect(clippy::type_complexity, reason = "a list of names with values, and whether one more word was used")]
fn one(arg: &Arg, next: Option<&Arg>, own: Own) -> Option<(Vec<(String, Option<Arg>)>, bool)> {
    let value = |text: &str| Arg { text: text.to_owned(), expands: arg.expands, bare: arg.bare };
    let next = || next.filter(|next| !next.bare).cloned();
    if let Some(word) = arg.text.strip_prefix("--") {
        let (name, given) = word.split_once('=').map_or((word, None), |(name, given)| (name, Some(given)));
        if name.contains(['$', '`']) {
            return None;
        }
        let known = own.long.split_whitespace().find(|one| one.trim_end_matches(['=', '?']) == name)?;
        return match (given, known.ends_with('='), known.ends_with('?')) {
            (Some(given), true, _) | (Some(given), _, true) => {
                Some((vec![(name.to_owned(), Some(value(given)))], false))
            }
            (None, true, _) => Some((vec![(name.to_owned(), Some(next()?))], true)),
            (None, false, _) => Some((vec![(name.to_owned(), None)], false)),
            (Some(_), false, false) => None,
        };
    }
    let cluster = arg.text.strip_prefix('-')?;
    if cluster.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((vec![(cluster.to_owned(), None)], false));
    }
    let mut found = Vec::new();
    for (at, letter) in cluster.char_indices() {
        if own.valued.contains(letter) {
            let glued = cluster.get(at + letter.len_utf8()..).unwrap_or_default();
            let given = if glued.is_empty() { next()? } else { value(glued) };
            found.push((letter.to_string(), Some(given)));
            return Some((found, glued.is_empty()));
        }
        if !own.flags.contains(letter) {
            return None;
        }
        found.push((letter.to_string(), None));
    }
    Some((found, false))
}
