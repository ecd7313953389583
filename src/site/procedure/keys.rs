//! The keys that attributes know, and how it is decided whether braces are attributes at all: those of other tools
//! are shown and mean nothing.

use super::group::{Group, Shape};
use crate::site::mistake::nearest;

/// How a key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// `key=value`
    Value,
    /// `key`
    Flag,
    /// Either.
    Both,
}

/// What a key is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Any step or item.
    Part,
    /// What runs a command.
    Command,
    /// A section.
    Section,
    /// It makes a part of that kind.
    Kind,
    /// It belongs to a part of the kind of this key.
    Of(&'static str),
}

/// Every key.
pub const KEYS: &[(&str, Written, About)] = &[
    ("when", Written::Value, About::Part),
    ("todo", Written::Flag, About::Part),
    ("on_error", Written::Value, About::Part),
    ("expires", Written::Value, About::Part),
    ("evidence", Written::Flag, About::Part),
    ("waiver", Written::Value, About::Part),
    ("host", Written::Value, About::Part),
    ("timeout", Written::Value, About::Part),
    ("retries", Written::Value, About::Part),
    ("every", Written::Value, About::Part),
    ("danger", Written::Value, About::Part),
    ("undo", Written::Value, About::Part),
    ("at_once", Written::Value, About::Command),
    ("capture", Written::Value, About::Command),
    ("preview", Written::Value, About::Command),
    ("terminal", Written::Flag, About::Command),
    ("root", Written::Flag, About::Command),
    ("folder", Written::Value, About::Command),
    ("with", Written::Value, About::Command),
    ("idempotent", Written::Flag, About::Command),
    ("budget", Written::Value, About::Section),
    ("parallel", Written::Value, About::Section),
    ("due", Written::Value, About::Section),
    ("check", Written::Value, About::Kind),
    ("fact", Written::Value, About::Kind),
    ("approve", Written::Value, About::Kind),
    ("request", Written::Value, About::Kind),
    ("prompt", Written::Value, About::Kind),
    ("hold", Written::Value, About::Kind),
    ("decide", Written::Value, About::Kind),
    ("restart", Written::Both, About::Kind),
    ("shift", Written::Value, About::Kind),
    ("notify", Written::Value, About::Kind),
    ("call", Written::Value, About::Kind),
    ("not_self", Written::Flag, About::Of("approve")),
    ("guard", Written::Value, About::Of("hold")),
    ("interval", Written::Value, About::Of("hold")),
    ("delay", Written::Value, About::Of("hold")),
    ("count", Written::Value, About::Of("hold")),
    ("successes", Written::Value, About::Of("hold")),
    ("failures", Written::Value, About::Of("hold")),
    ("inconclusive", Written::Value, About::Of("hold")),
    ("errors", Written::Value, About::Of("hold")),
    ("set", Written::Value, About::Of("shift")),
    ("get", Written::Value, About::Of("shift")),
    ("back", Written::Value, About::Of("shift")),
    ("deadman", Written::Value, About::Of("shift")),
];

/// What an input of a called procedure begins with.
pub const WITH: &str = "with_";

/// How a key is written and what it is about.
pub fn known(key: &str) -> Option<(Written, About)> {
    if key.len() > WITH.len() && key.starts_with(WITH) {
        return Some((Written::Value, About::Of("call")));
    }
    KEYS.iter().find(|(name, ..)| *name == key).map(|(_, written, about)| (*written, *about))
}

/// Every key as a word.
pub fn words() -> impl Iterator<Item = &'static str> + Clone {
    KEYS.iter().map(|(name, ..)| *name)
}

/// A key of ours that this one was meant to be: one slip away.
fn slip(key: &str) -> bool {
    /// Keys of other tools that look like one of ours.
    const OTHERS: &[&str] = &["width", "class", "style", "lines", "start", "title", "name", "src", "alt"];
    key.len() > 3
        && !OTHERS.contains(&key)
        && nearest(key, words()).is_some_and(|near| strsim::osa_distance(key, near) == 1)
}

/// Flags that say enough by themselves where no command need be meant; others in braces may be anybody's placeholder.
const ALONE: &[&str] = &["todo", "evidence", "restart"];

/// Whether braces are attributes of ours. `commands`: whether they stand where only a command can be meant.
pub fn ours(group: &Group, commands: bool) -> bool {
    if group.words.iter().any(|word| word.shape == Shape::Class) {
        return false;
    }
    let speaks = group.words.iter().any(|word| match (&word.shape, known(&word.key)) {
        (Shape::Value(..), Some((written, _))) => written != Written::Flag,
        (Shape::Value(..), None) => slip(&word.key),
        (Shape::Flag, Some((written, _))) => {
            written != Written::Value && (commands || ALONE.contains(&word.key.as_str()))
        }
        (Shape::Flag | Shape::Id | Shape::Class, _) => false,
    });
    let named = group.words.iter().any(|word| word.shape == Shape::Id);
    speaks || (named && (commands || group.words.len() == 1))
}

/// Whether a text that is no whole group begins like one of ours: then it is a mistake and not the words of others.
pub fn begins(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('{') else { return false };
    let inside = inside.trim_start();
    if let Some(id) = inside.strip_prefix('#') {
        let end = id.find(|c: char| !(c.is_ascii_alphanumeric() || "_-.@".contains(c))).unwrap_or(id.len());
        let (id, rest) = id.split_at(end);
        let next = rest.trim_start();
        return !id.is_empty() && next.len() < rest.len() && begins(&format!("{{{next}"));
    }
    let end = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inside.len());
    let (key, rest) = inside.split_at(end);
    rest.starts_with('=') && known(key).is_some_and(|(written, _)| written != Written::Flag)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::group::read;
    use super::*;

    #[test]
    fn braces_of_others_mean_nothing() {
        for text in [
            "{.bash}",
            "{#top .class}",
            "{linenos=true}",
            "{width=50%}",
            "{name=install interactive=false}",
            "{bash}",
            "{host}",
            "{hl_lines=\"1 2\"}",
            "{}",
        ] {
            assert!(!ours(&read(text, 0).unwrap(), true), "{text}");
        }
        for text in
            ["{1,3}", "{{ x }}", "{% raw %}", "{r, echo=FALSE}", "{\"name\":\"x\"}", "{host}", "{#x}", "{#a-b c"]
        {
            assert!(!begins(text), "{text}");
        }
    }

    #[test]
    fn ours_are_known_by_their_keys_and_by_slips_of_them() {
        for text in
            ["{host=db}", "{#dump}", "{#dump hots=db}", "{hosts=db}", "{root}", "{x=1 timeout=5m}", "{dangr=read}"]
        {
            assert!(ours(&read(text, 0).unwrap(), true), "{text}");
        }
        assert!(!ours(&read("{#fig x=1}", 0).unwrap(), false), "an anchor with keys of others");
        for text in ["{host=\"db", "{ #dump host=", "{#a with_x=1"] {
            assert!(begins(text), "{text}");
        }
    }

    #[test]
    fn keys_are_there_once() {
        let mut all: Vec<&str> = words().collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), KEYS.len());
    }
}
