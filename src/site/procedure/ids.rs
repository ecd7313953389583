//! Names made of titles: ids of parts and anchors of sections, each once in a document.

use std::collections::HashMap;

use crate::domain::PartId;

/// Longest name that is made of a title, before a number that makes it unique.
const LONGEST: usize = 48;

/// Gives out names, each once.
#[derive(Debug, Default)]
pub struct Names {
    /// How often each was given out.
    given: HashMap<String, usize>,
}

impl Names {
    /// Takes a name that somebody chose; whether it was free.
    pub fn take(&mut self, name: &str) -> bool {
        if self.given.contains_key(name) {
            return false;
        }
        self.given.insert(name.to_owned(), 1);
        true
    }

    /// A name like this one that nobody has; numbers begin behind `first`.
    pub fn unique(&mut self, name: &str, first: usize) -> String {
        if self.take(name) {
            return name.to_owned();
        }
        let mut number = self.given.get(name).copied().unwrap_or(1);
        loop {
            let tried = format!("{name}-{}", number + first - 1);
            number += 1;
            if self.take(&tried) {
                self.given.insert(name.to_owned(), number);
                return tried;
            }
        }
    }

    /// The id of a part with this title.
    pub fn part(&mut self, title: &str, otherwise: &str) -> Option<PartId> {
        let slug = slug(title);
        let word = if slug.is_empty() { otherwise } else { &slug };
        PartId::new(&self.unique(word, 2)).ok()
    }

    /// The anchor of a section, made as GitHub makes it, so that links that work there work here.
    pub fn anchor(&mut self, title: &str) -> String {
        let mut anchor = String::new();
        for c in title.chars().flat_map(char::to_lowercase) {
            match c {
                ' ' => anchor.push('-'),
                '-' | '_' => anchor.push(c),
                _ if c.is_alphanumeric() => anchor.push(c),
                _ => {}
            }
        }
        self.unique(&anchor, 1)
    }
}

/// A title in ASCII letters, digits and single dashes, cut between words where it is long.
pub fn slug(title: &str) -> String {
    let mut slug = String::new();
    for word in title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if !slug.is_empty() && slug.len() + 1 + word.len() > LONGEST {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.extend(word.chars().take(LONGEST).map(|c| c.to_ascii_lowercase()));
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_a_name() {
        assert_eq!(slug("4.2 Phase 2: Database Migration (15 minutes)"), "4-2-phase-2-database-migration-15-minutes");
        assert_eq!(slug("  — Über alles! "), "ber-alles");
        assert_eq!(slug("数据库"), "");
        assert!(slug(&"word ".repeat(50)).len() <= LONGEST);
        assert_eq!(slug(&"x".repeat(500)).len(), LONGEST);
    }

    #[test]
    fn each_name_is_given_once() {
        let mut names = Names::default();
        assert!(names.take("dump-2"));
        let made: Vec<String> = (0..4).map(|_| names.unique("dump", 2)).collect();
        assert_eq!(made, ["dump", "dump-3", "dump-4", "dump-5"]);
        let mut names = Names::default();
        let anchors: Vec<String> = (0..3).map(|_| names.anchor("⚠️ What's *Next*?")).collect();
        assert_eq!(anchors, ["-whats-next", "-whats-next-1", "-whats-next-2"]);
        assert_eq!(names.part("", "step").map(|id| id.to_string()), Some("step".to_owned()));
        assert_eq!(names.part("数", "step").map(|id| id.to_string()), Some("step-2".to_owned()));
    }
}
