//! Words with variables in them, as a document writes them. A value that is put in is data: it is never read as words again.

use super::name::InputName;

/// Words in which `$name` and `${name}` stand for something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phrase(Vec<Piece>);

/// A piece of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words, or a value that was put in.
    Plain(String),
    /// A variable.
    Variable(InputName),
}

impl Phrase {
    /// Reads `$name` and `${name}` as variables; any other `$` stands for itself.
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
                    pieces.push(Piece::Variable(name));
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
        Self::of(pieces)
    }

    /// These pieces.
    pub fn of(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self(pieces.into_iter().filter(|piece| !matches!(piece, Piece::Plain(text) if text.is_empty())).collect())
    }

    /// Its pieces.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The variables in it, each once.
    pub fn names(&self) -> Vec<InputName> {
        let mut names: Vec<InputName> = Vec::new();
        for piece in &self.0 {
            if let Piece::Variable(name) = piece
                && !names.contains(name)
            {
                names.push(name.clone());
            }
        }
        names
    }

    /// The same with the values that are known.
    #[must_use]
    pub fn filled(&self, value: impl Fn(&InputName) -> Option<String>) -> Self {
        let piece = |piece: &Piece| match piece {
            Piece::Variable(name) => value(name).map_or_else(|| piece.clone(), Piece::Plain),
            Piece::Plain(_) => piece.clone(),
        };
        Self(self.0.iter().map(piece).collect())
    }

    /// The whole, where no variable is left in it.
    pub fn plain(&self) -> Option<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Plain(text) => Some(text.clone()),
            Piece::Variable(_) => None,
        };
        self.0.iter().map(piece).collect()
    }

    /// The whole, with this in the place of each variable.
    pub fn told(&self, variable: impl Fn(&InputName) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Plain(text) => text.clone(),
            Piece::Variable(name) => variable(name),
        };
        self.0.iter().map(piece).collect()
    }

    /// As it is written.
    pub fn written(&self) -> String {
        match self.0.as_slice() {
            [Piece::Variable(name)] => format!("${name}"),
            _ => self.told(|name| format!("${{{name}}}")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_value_that_looks_like_a_variable_stays_what_it_is() {
        let phrase = Phrase::read("$version (${commit}) for $5, by $who");
        let names: Vec<String> = phrase.names().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["version", "commit", "who"]);
        let filled = phrase.filled(|name| (name.as_str() != "who").then(|| "$who ${commit}".to_owned()));
        assert_eq!(filled.names(), [InputName::new("who").unwrap()]);
        let filled = filled.filled(|_| Some("ada".to_owned()));
        assert_eq!(filled.plain().unwrap(), "$who ${commit} ($who ${commit}) for $5, by ada");
        assert_eq!(phrase.plain(), None);
        assert_eq!(phrase.written(), "${version} (${commit}) for $5, by ${who}");
    }
}
