//! Units of a service: names, or globs that can't match everything.

use super::mistake::{Sink, did_you_mean, quoted};
use super::read::Located;
use crate::domain::UnitName;
use crate::domain::service::UnitPattern;

/// The kinds of units that systemd has.
const SUFFIXES: [&str; 11] =
    ["service", "socket", "timer", "target", "path", "mount", "automount", "swap", "slice", "scope", "device"];

/// Takes a unit's name or a glob, or notes what is wrong with it.
pub fn read(word: &Located<String>, span: &std::ops::Range<usize>, sink: &mut Sink<'_>) -> Option<UnitPattern> {
    if word.value.contains(['*', '?', '[', ']']) {
        return glob(&word.value, span, sink);
    }
    let Some(name) = UnitName::new(&word.value) else {
        let message = format!("{} is no unit name", quoted(&word.value));
        let hint = if UnitName::new(&format!("{}.service", word.value)).is_some() {
            format!("did you mean {}?", quoted(&format!("{}.service", word.value)))
        } else {
            "a unit name has only ASCII letters, digits and `:-_.\\@`, and a suffix such as `.service`".to_owned()
        };
        sink.add_hint(span, message, hint);
        return None;
    };
    if !SUFFIXES.contains(&name.suffix()) {
        let message = format!("{} is no kind of unit (in {})", quoted(name.suffix()), quoted(name.as_str()));
        let hint = did_you_mean(name.suffix(), SUFFIXES);
        match hint {
            Some(hint) => sink.add_hint(span, message, hint),
            None => sink.add(span, message),
        }
        return None;
    }
    Some(UnitPattern::Exact(name))
}

fn glob(word: &str, span: &std::ops::Range<usize>, sink: &mut Sink<'_>) -> Option<UnitPattern> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@*?[]!^".contains(c);
    if let Some(bad) = word.chars().find(|c| !allowed(*c)) {
        let message = format!("the glob {} contains U+{:04X}, which no unit name has", quoted(word), bad as u32);
        sink.add(span, message);
        return None;
    }
    if word.starts_with('-') || word.len() > UnitName::LONGEST {
        sink.add(span, format!("{} is no glob of unit names", quoted(word)));
        return None;
    }
    if globset::GlobBuilder::new(word).backslash_escape(true).build().is_err() || !brackets_match(word) {
        sink.add_hint(span, format!("the glob {} can't be read", quoted(word)), "every `[` needs a `]`");
        return None;
    }
    if !is_selective(word) {
        let message = format!("the glob {} matches everything", quoted(word));
        sink.add_hint(span, message, "name a part of the unit names, such as `pakashop-*`");
        return None;
    }
    Some(UnitPattern::Glob(word.to_owned()))
}

/// Whether brackets come in pairs.
fn brackets_match(word: &str) -> bool {
    let mut open = false;
    for c in word.chars() {
        match (c, open) {
            ('[', false) => open = true,
            (']', true) => open = false,
            (']', false) => return false,
            _ => {}
        }
    }
    !open
}

/// Whether something of the name itself is said: a letter or digit outside brackets, before the suffix.
fn is_selective(word: &str) -> bool {
    let stem = match word.rsplit_once('.') {
        Some((stem, suffix)) if SUFFIXES.contains(&suffix) || !suffix.chars().any(|c| c.is_ascii_alphanumeric()) => {
            stem
        }
        _ => word,
    };
    let mut inside = false;
    stem.chars().any(|c| {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
        !inside && c.is_ascii_alphanumeric()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::source::Source;

    fn try_read(word: &str) -> (Option<UnitPattern>, usize) {
        let source = Source::new("f", word);
        let mut sink = Sink::new(&source);
        let located = Located { value: word.to_owned(), span: 0..word.len() };
        let pattern = read(&located, &located.span, &mut sink);
        (pattern, sink.finish().len())
    }

    #[test]
    fn names_and_selective_globs_pass() {
        for word in ["nginx.service", "backup.timer", "pg@14-main.service", "a.b.socket"] {
            assert!(matches!(try_read(word), (Some(UnitPattern::Exact(_)), 0)), "{word}");
        }
        for word in ["pakashop-*", "pakashop-*.service", "*-worker.service", "app[12].service", "web-?.timer"] {
            assert!(matches!(try_read(word), (Some(UnitPattern::Glob(_)), 0)), "{word}");
        }
    }

    #[test]
    fn others_are_told_in_one_line() {
        for word in [
            "nginx",
            "nginx.servcie",
            "a b.service",
            "-x.service",
            "é.service",
            "*",
            "**",
            "*.service",
            "?*",
            "[a-z]*",
            "*.*",
            "*-*",
            "a[b",
            "a]b",
            "-*a",
            "a*;id",
            "a*\n",
            "$(id)*",
            "a{b,c}*",
        ] {
            let (pattern, mistakes) = try_read(word);
            assert_eq!((pattern, mistakes), (None, 1), "{word:?}");
        }
    }
}
