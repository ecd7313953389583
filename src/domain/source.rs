//! Where the code of a site is kept, and what git says about a version of it.

use jiff::Timestamp;

use super::release::Migration;
use crate::text::{Foreign, hides};

/// The longest name of a version.
const LONGEST: usize = 255;
/// Statements of migrations that can't be taken back, where the site names none of its own: regular expressions, in any
/// case.
pub const DESTRUCTIVE: [&str; 7] = [
    r"\bDROP\s+(TABLE|COLUMN|SCHEMA|DATABASE|TYPE|VIEW|MATERIALIZED\s+VIEW|SEQUENCE|CONSTRAINT|DEFAULT|FUNCTION)\b",
    r"\bTRUNCATE\b",
    r"\bDELETE\s+FROM\b",
    r"\bALTER\s+(COLUMN\s+)?\S+\s+(SET\s+DATA\s+)?TYPE\b",
    r"\bRENAME\s+(TO|COLUMN|CONSTRAINT)\b",
    r"\bmigrations\.(RemoveField|DeleteModel)\b",
    r"\bmigrations\.(RunPython|RunSQL)\b",
];

/// Where the code of a site is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Which repository.
    pub place: Place,
    /// Which files are migrations, as patterns below the top of the repository; empty: none are known.
    pub migrations: Vec<String>,
    /// Regular expressions of statements in them that can't be taken back.
    pub destructive: Vec<String>,
}

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The person's own clone on this machine: a folder, which may begin with `~/`.
    Clone(String),
    /// An address that git can fetch from.
    Repository(String),
}

/// What kind of name a version has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// It stays where it is.
    Tag,
    /// It moves.
    Branch,
    /// Nothing but itself.
    Commit,
}

impl Named {
    /// Its word on screens.
    pub fn word(self) -> &'static str {
        match self {
            Named::Tag => "tag",
            Named::Branch => "branch",
            Named::Commit => "commit",
        }
    }
}

/// A version that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// By which name.
    pub name: Foreign,
    /// What kind of name that is.
    pub named: Named,
    /// What is known of its commit; of a repository that was only asked for its names, nothing but the commit's own.
    pub commit: Commit,
}

/// One commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Its whole name: 40 or 64 hexadecimal digits.
    pub id: String,
    /// When it was committed.
    pub at: Option<Timestamp>,
    /// Who wrote it.
    pub author: Foreign,
    /// Its first line.
    pub subject: Foreign,
}

impl Commit {
    /// As much of its name as a person reads.
    pub fn short(&self) -> &str {
        self.id.get(..10).unwrap_or(&self.id)
    }
}

/// What git says about a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// As it was asked for.
    pub version: Foreign,
    /// Its commit.
    pub commit: Commit,
    /// What is new in it, as seen from the commit that was named; why that is not known.
    pub since: Option<Result<Since, String>>,
}

/// What lies between two commits.
#[derive(Debug, Clone, PartialEq)]
pub struct Since {
    /// The older one.
    pub from: Commit,
    /// How many commits are in the newer one only.
    pub ahead: usize,
    /// How many commits are in the older one only: what would be taken away.
    pub behind: usize,
    /// The newest of those that are in the newer one only.
    pub commits: Vec<Commit>,
    /// Who wrote how many of all of them, the most first.
    pub authors: Vec<(Foreign, usize)>,
    /// Migrations that are new in it.
    pub migrations: Vec<NewMigration>,
    /// Migrations that are there in the older one only, in the order in which they were made: this one does not know them.
    pub gone: Vec<Migration>,
    /// Migrations that are there in the older one and are not, or are otherwise, in the newer one.
    pub changed: Vec<Foreign>,
    /// Whether there are more of anything than are told.
    pub more: bool,
}

/// A migration that is new in a version.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMigration {
    /// Its file, below the top of the repository; and whether it can be taken back, as far as its text tells.
    pub migration: Migration,
    /// The statements that can't be taken back.
    pub why: Vec<Foreign>,
}

/// Whether a word can be the name of a version: of a tag, a branch or a commit, in any tool that takes one.
///
/// # Errors
/// Why it can't, as a clause without a full stop.
pub fn version(word: &str) -> Result<(), &'static str> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\'\"`$;&|<>(){}!#".contains(c);
    if word.is_empty() {
        return Err("it can't be empty");
    }
    if word.len() > LONGEST {
        return Err("no name of a version is that long");
    }
    if word.starts_with('-') {
        return Err("no name of a version begins with a dash");
    }
    if word.chars().any(bad) || word.contains("..") || word.contains("@{") || word.contains("//") {
        return Err("it holds what no name of a tag, a branch or a commit may hold");
    }
    // What a screen shows in the place of such a character is no part of a name either.
    if hides(word).is_some() || word.contains(['‹', '›']) {
        return Err(
            "it holds a character that can't be seen as it is, such as one that turns text round, and qd takes no such name",
        );
    }
    let part = |part: &str| part.starts_with('.') || part.ends_with(".lock");
    if word == "@" || word.starts_with('/') || word.ends_with(['/', '.']) || word.split('/').any(part) {
        return Err("it is no name of a tag, a branch or a commit");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_or_a_shell_would_act_upon_is_no_name_of_a_version() {
        for good in ["v1.16.0", "main", "feature/pay-2", "1111111aaaa", "v2026.11.21+1", "a@b", "släpp-1", "HEAD"] {
            assert_eq!(version(good), Ok(()), "{good}");
        }
        let long = "a".repeat(256);
        for unseen in ["v4-\u{202e}1.1v", "v4-‹U+202E›1.1v", "v\u{200b}1"] {
            assert!(version(unseen).is_err_and(|why| why.contains("qd takes no such name")), "{unseen:?}");
        }
        for bad in [
            "",
            "-f",
            "--upload-pack=x",
            "a b",
            "a\nb",
            "a\0",
            "main~1",
            "a^",
            "a:b",
            "a..b",
            "@",
            "@{u}",
            "a@{1}",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.",
            "$(id)",
            "a;b",
            "`id`",
            "a'b",
            "a\u{1b}[31m",
            long.as_str(),
            "refs/*",
        ] {
            assert!(version(bad).is_err(), "{bad:?}");
        }
    }
}
