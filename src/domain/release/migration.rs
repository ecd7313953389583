//! A migration: one change of the database, and whether it can be taken back.

use crate::text::Foreign;

/// One change of the database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Migration {
    /// Its name.
    pub name: Foreign,
    /// Whether it can be taken back.
    pub reversible: Reversible,
}

/// Whether a migration can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reversible {
    /// It can, and nothing is lost.
    Yes,
    /// Nobody said. It counts as one that can't be.
    Unknown,
    /// It can't: it removes something.
    No,
}

impl Reversible {
    /// All, the best first.
    pub const ALL: [Reversible; 3] = [Reversible::Yes, Reversible::Unknown, Reversible::No];

    /// Its word, behind a migration's name, on screens and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Reversible::Yes => "reversible",
            Reversible::Unknown => "unknown",
            Reversible::No => "irreversible",
        }
    }

    /// What this word says.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reversible| reversible.word() == word)
    }
}

impl Migration {
    /// The migrations that a command printed, one in each line: a name, and behind it whether it can be taken back.
    /// A name that comes twice counts once, with the worst that is said of it.
    pub fn read(lines: &[u8]) -> Vec<Migration> {
        let mut all = Vec::new();
        for line in lines.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii();
            let last = line.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
            let said = std::str::from_utf8(last).ok().and_then(Reversible::of_word);
            let (name, reversible) = match said {
                Some(reversible) if last.len() < line.len() => {
                    let name = line.get(..line.len() - last.len()).unwrap_or_default().trim_ascii_end();
                    (name, reversible)
                }
                Some(_) | None => (line, Reversible::Unknown),
            };
            if !name.is_empty() {
                add(&mut all, Migration { name: name.into(), reversible });
            }
        }
        all
    }

    /// Whether this, which may be a file or a folder of the code, is what is called so where it was recorded.
    pub fn is_file_of(&self, recorded: &Migration) -> bool {
        let (file, name) = (self.name.raw(), recorded.name.raw());
        let mut parts = file.split(|byte| *byte == b'/');
        file == name || parts.any(|part| part == name)
    }

    /// Whether a person means it by this word: its name, or one of the words of that.
    pub fn is_called(&self, word: &[u8]) -> bool {
        let name = self.name.raw();
        let mut words = name.split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')));
        !word.is_empty() && (name == word || words.any(|part| part == word))
    }

    /// Whether the way back over it needs a backup.
    pub fn needs_backup(&self) -> bool {
        self.reversible != Reversible::Yes
    }
}

/// Adds a migration behind the others; of one that is there already the worst counts.
pub(super) fn add(all: &mut Vec<Migration>, migration: Migration) {
    match all.iter_mut().find(|known| known.name == migration.name) {
        Some(known) => known.reversible = known.reversible.max(migration.reversible),
        None => all.push(migration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_and_what_is_said_of_it() {
        let read = |text: &str| {
            let all = Migration::read(text.as_bytes());
            all.into_iter().map(|one| (one.name.plain(), one.reversible.word())).collect::<Vec<_>>()
        };
        let of = |name: &str, word| (name.to_owned(), word);
        assert_eq!(read(""), []);
        assert_eq!(read(" \n\t\n"), []);
        assert_eq!(read("products 0016"), [of("products 0016", "unknown")]);
        assert_eq!(
            read("products 0016 reversible\r\norders 0003 irreversible\n  users 0001   unknown \n"),
            [of("products 0016", "reversible"), of("orders 0003", "irreversible"), of("users 0001", "unknown")]
        );
        // A migration may be called so.
        assert_eq!(read("irreversible"), [of("irreversible", "unknown")]);
        // Whoever says two things of one is believed in the worse.
        assert_eq!(read("a reversible\na irreversible\na"), [of("a", "irreversible")]);
        assert_eq!(read("a reversible\na"), [of("a", "unknown")]);
    }
}
