//! A fact: something that a gate wants to know and the console finds out by itself. How it is written, and what it asks
//! when everything in it is known.

mod kind;
mod question;
mod read;
mod value;

use super::name::InputName;
use super::phrase::{Phrase, Piece};

pub use kind::Kind;
pub use question::{Backup, Question, Rerun};
pub use read::Wrong;
pub use value::{Room, size, size_told};

/// Something that is to be found out, as a document says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What kind of thing.
    pub kind: Kind,
    /// What is said of it, each key once.
    pub said: Vec<(&'static str, Phrase)>,
}

impl Fact {
    /// Reads `KIND name=value …`.
    ///
    /// # Errors
    /// The first thing that is not understood, with its place.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        read::read(text)
    }

    /// The inputs that it speaks of, each once.
    pub fn inputs(&self) -> Vec<InputName> {
        let mut names: Vec<InputName> = Vec::new();
        for name in self.said.iter().flat_map(|(_, phrase)| phrase.names()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The same with what is known of its inputs: values are data, whatever they hold.
    #[must_use]
    pub fn filled(&self, value: impl Fn(&InputName) -> Option<String>) -> Self {
        let said = self.said.iter().map(|(key, phrase)| (*key, phrase.filled(&value)));
        Self { kind: self.kind, said: said.collect() }
    }

    /// Whether something is said under this key.
    pub fn says(&self, key: &str) -> bool {
        self.said.iter().any(|(known, _)| *known == key)
    }

    /// Whether it is about a commit and does not say which.
    pub fn lacks_commit(&self) -> bool {
        self.kind != Kind::Release && self.may_say(kind::COMMIT) && !self.says(kind::COMMIT)
    }

    fn may_say(&self, key: &str) -> bool {
        self.kind.keys().iter().any(|known| known.name == key)
    }

    /// The same of the release of its document: what that says counts where the fact says nothing itself, and means
    /// something to it. What people call it names the commit where nothing else does.
    #[must_use]
    pub fn of_release(
        mut self,
        version: Option<&InputName>,
        commit: Option<&InputName>,
        service: Option<Phrase>,
        present: Option<&str>,
    ) -> Self {
        let text = |name: &InputName| Phrase::of([Piece::Variable(name.clone())]);
        let named = if self.kind == Kind::Release { commit } else { commit.or(version) };
        let all = [
            (kind::COMMIT, named.map(text)),
            (kind::VERSION, version.map(text)),
            (kind::SERVICE, service.filter(|_| matches!(self.kind, Kind::Release | Kind::Rollback))),
        ];
        for (key, value) in all {
            if let Some(value) = value.filter(|_| self.may_say(key) && !self.says(key)) {
                self.said.push((key, value));
            }
        }
        if let Some(command) = present.filter(|_| self.kind == Kind::Rollback && !self.says(kind::PRESENT)) {
            // The command's own text: its `$commit` is that of the earlier release, and no input of this run.
            self.said.push((kind::PRESENT, Phrase::of([Piece::Plain(command.to_owned())])));
        }
        self
    }

    /// Takes out on which hosts it is looked at, where that is said in it: it is said of the part.
    pub fn take_host(&mut self) -> Option<String> {
        let at = self.said.iter().position(|(key, _)| *key == kind::HOST)?;
        Some(self.said.remove(at).1.written())
    }

    /// What it asks, once all its inputs are known.
    ///
    /// # Errors
    /// A sentence without a full stop: what is missing, or what can't be.
    pub fn question(&self) -> Result<Question, String> {
        question::of(self)
    }

    /// As it is written, in one line.
    pub fn told(&self) -> String {
        let mut told = self.kind.word().to_owned();
        for (key, text) in &self.said {
            let text = text.written();
            let bare = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"' || c == '\'');
            let quote = match (bare, text.contains('"')) {
                (true, _) => "",
                (false, true) => "'",
                (false, false) => "\"",
            };
            told.push_str(&format!(" {key}={quote}{text}{quote}"));
        }
        told
    }
}

#[cfg(test)]
mod tests;
