//! Names for what hosts call as they like: always good ones, and no two that look alike.

use std::collections::HashSet;

use super::super::names::forms;
use super::Looked;
use crate::domain::name;

/// Longest name that is made, so that there is room for a number behind it.
const LONGEST: usize = 56;

/// Names that were given out.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// A good name that is like `word` and unlike all others.
    pub(super) fn give(&mut self, word: &str, otherwise: &str) -> String {
        let mapped = mapped(word);
        let base = if mapped.is_empty() { otherwise } else { &mapped };
        let mut name = base.to_owned();
        let mut number = 1;
        while forms(&name).iter().any(|form| self.taken.contains(form)) {
            number += 1;
            name = format!("{base}-{number}");
        }
        self.taken.extend(forms(&name));
        name
    }
}

/// The word with what systemd escaped put back, other characters as dashes, and nothing at its ends.
fn mapped(word: &str) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let escaped = rest.strip_prefix('x').and_then(|hex| hex.get(..2)).filter(|_| c == '\\');
        let c = match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                rest = rest.get(3..).unwrap_or_default();
                char::from(byte)
            }
            None => c,
        };
        out.push(if c.is_ascii_alphanumeric() || "._-@".contains(c) { c } else { '-' });
    }
    let out = out.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    out.chars().take(LONGEST).collect::<String>().trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// A destination without its user: the name of a host.
pub(super) fn of_host(looked: &Looked) -> &str {
    let word = looked.word();
    word.split_once('@').map_or(word, |(_, host)| host)
}

/// A name for the site of these hosts: what their names begin with, or that of the first.
pub fn site_name(looked: &[Looked]) -> String {
    let hosts: Vec<&str> = looked.iter().map(of_host).collect();
    let first = hosts.first().copied().unwrap_or_default();
    // Of an address every part counts, of a name only the first.
    let is_address = first.chars().all(|c| c.is_ascii_digit() || c == '.');
    let label = if is_address { first } else { first.split('.').next().unwrap_or_default() };
    let alike =
        |length: &usize| label.get(..*length).is_some_and(|start| hosts.iter().all(|host| host.starts_with(start)));
    let common = (1..=label.len()).rev().find(alike).and_then(|length| label.get(..length)).unwrap_or_default();
    let common = if hosts.len() > 1 { common.trim_end_matches(|c: char| !c.is_ascii_alphabetic()) } else { label };
    let word = mapped(if common.len() < 3 { label } else { common });
    if name::check(&word).is_ok() { word } else { "site".to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::host::SshAlias;

    #[test]
    fn names_are_good_and_unlike_each_other() {
        let mut names = Names::default();
        let given: Vec<String> =
            ["nginx", "NGINX", "a\\x2db", "a:b", "--", "\\xff", "db1", "dbl", &"x".repeat(200), &"x".repeat(199)]
                .iter()
                .map(|word| names.give(word, "unit"))
                .collect();
        let x = "x".repeat(LONGEST);
        assert_eq!(
            given,
            ["nginx", "NGINX-2", "a-b", "a-b-2", "unit", "unit-2", "db1", "dbl-2", &x, &format!("{x}-2")]
        );
        assert!(given.iter().all(|name| name::check(name).is_ok()));
    }

    #[test]
    fn a_site_is_called_after_its_hosts() {
        let name = |words: &[&str]| {
            let looked = words
                .iter()
                .map(|word| Looked { alias: Some(SshAlias::new(word).unwrap()), survey: Err(String::new()) });
            site_name(&looked.collect::<Vec<_>>())
        };
        assert_eq!(name(&["web-1"]), "web-1");
        assert_eq!(name(&["deploy@web-1.shop.example"]), "web-1");
        assert_eq!(name(&["web-1", "web-2"]), "web");
        assert_eq!(name(&["shop-web-1", "shop-db-1"]), "shop");
        assert_eq!(name(&["app-1", "db-1"]), "app-1");
        assert_eq!(name(&["10.0.0.7"]), "10.0.0.7");
    }
}
