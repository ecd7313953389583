//! A fact: something that a gate wants to know and the console finds out by itself. How it is written, and what it asks
//! when everything in it is known.

mod kind;
mod question;
mod read;
mod value;

use super::name::InputName;

pub use kind::Kind;
pub use question::{Backup, Question, Rerun};
pub use read::Wrong;
pub use value::{Room, size_told};

/// Something that is to be found out, as a document says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What kind of thing.
    pub kind: Kind,
    /// What is said of it, each key once.
    pub said: Vec<(&'static str, Text)>,
}

/// A value with inputs in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(Vec<Piece>);

/// A piece of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Input(InputName),
}

impl Text {
    /// Reads `$name` and `${name}` as inputs; any other `$` stands for itself.
    pub fn read(text: &str) -> Self {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            plain.push_str(before);
            let (name, next) = match after.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
                Some(found) => found,
                None => {
                    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
                    after.split_at(end)
                }
            };
            match InputName::new(name) {
                Ok(name) => {
                    pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                    pieces.push(Piece::Input(name));
                    rest = next;
                }
                Err(_) => {
                    plain.push('$');
                    rest = after;
                }
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Plain(plain));
        pieces.retain(|piece| !matches!(piece, Piece::Plain(text) if text.is_empty()));
        Self(pieces)
    }

    /// The whole, where no input is left in it.
    fn plain(&self) -> Option<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Plain(text) => Some(text.clone()),
            Piece::Input(_) => None,
        };
        self.0.iter().map(piece).collect()
    }

    /// As it is written.
    fn written(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Plain(text) => text.clone(),
            Piece::Input(name) => format!("${{{name}}}"),
        };
        match self.0.as_slice() {
            [Piece::Input(name)] => format!("${name}"),
            pieces => pieces.iter().map(piece).collect(),
        }
    }
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
        for piece in self.said.iter().flat_map(|(_, text)| &text.0) {
            if let Piece::Input(name) = piece
                && !names.contains(name)
            {
                names.push(name.clone());
            }
        }
        names
    }

    /// The same with what is known of its inputs: values are data, whatever they hold.
    #[must_use]
    pub fn filled(&self, value: impl Fn(&InputName) -> Option<String>) -> Self {
        let piece = |piece: &Piece| match piece {
            Piece::Input(name) => value(name).map_or_else(|| piece.clone(), Piece::Plain),
            Piece::Plain(_) => piece.clone(),
        };
        let said = self.said.iter().map(|(key, text)| (*key, Text(text.0.iter().map(piece).collect())));
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
        service: Option<Text>,
    ) -> Self {
        let text = |name: &InputName| Text(vec![Piece::Input(name.clone())]);
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
