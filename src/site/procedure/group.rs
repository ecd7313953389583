//! Attributes in braces, as they are written: `{#id key=value key="a b" flag}`, with the place of each word.

use crate::site::source::Span;

/// One pair of braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Where it stands, braces included.
    pub span: Span,
    /// What it says, in its order.
    pub words: Vec<Word>,
}

/// One word of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Where it stands.
    pub span: Span,
    /// Its key: without `#` or `.`.
    pub key: String,
    /// What it is.
    pub shape: Shape,
}

/// What a word is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// `#key`
    Id,
    /// `.key`, which means nothing here.
    Class,
    /// `key`
    Flag,
    /// `key=value`, with the place of the value.
    Value(String, Span),
}

/// Why something that begins like attributes is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Where it stands.
    pub span: Span,
    /// What is wrong.
    pub message: &'static str,
}

/// Longest group in bytes.
const LONGEST: usize = 16 * 1024;

/// Reads the group that begins at `at`, which is an opening brace.
///
/// # Errors
/// Where it stops to be one.
pub fn read(text: &str, at: usize) -> Result<Group, Broken> {
    let end = (at + LONGEST).min(text.len());
    let end = (at..=end).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(at);
    let mut scan = Scan { text: text.get(..end).unwrap_or_default(), at: at + 1 };
    let mut words = Vec::new();
    loop {
        scan.blanks();
        match scan.peek() {
            None => return Err(Broken { span: at..at + 1, message: "this `{` is not closed" }),
            Some('}') => return Ok(Group { span: at..scan.at + 1, words }),
            Some(_) => words.push(scan.word()?),
        }
    }
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
}

/// Characters of keys and ids.
fn of_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.@".contains(c)
}

impl Scan<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &str {
        let start = self.at;
        while let Some(c) = self.peek().filter(|c| wanted(*c)) {
            self.at += c.len_utf8();
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.take(|c| c == ' ' || c == '\t' || c == '\n');
    }

    fn word(&mut self) -> Result<Word, Broken> {
        let start = self.at;
        let mark = self.peek().filter(|c| *c == '#' || *c == '.');
        self.at += mark.map_or(0, char::len_utf8);
        let key = self.take(of_key).to_owned();
        let shape = match mark {
            Some('#') => Shape::Id,
            Some(_) => Shape::Class,
            None if self.peek() == Some('=') => {
                self.at += 1;
                let from = self.at;
                let value = self.value()?;
                Shape::Value(value, from..self.at)
            }
            None => Shape::Flag,
        };
        let ended = self.peek().is_none_or(|c| c == '}' || c.is_whitespace());
        if key.is_empty() || !ended {
            let span = start..self.at + self.peek().map_or(0, char::len_utf8);
            return Err(Broken { span, message: "this is neither `#id`, `key=value`, `key=\"a b\"` nor a flag" });
        }
        Ok(Word { span: start..self.at, key, shape })
    }

    fn value(&mut self) -> Result<String, Broken> {
        let start = self.at;
        let Some(quote) = self.peek().filter(|c| *c == '"' || *c == '\'') else {
            return Ok(self.take(|c| !c.is_whitespace() && c != '}' && c != '"').to_owned());
        };
        self.at += 1;
        let mut value = String::new();
        loop {
            let Some(c) = self.peek() else {
                return Err(Broken { span: start..start + 1, message: "this quote is not closed" });
            };
            self.at += c.len_utf8();
            match c {
                _ if c == quote => return Ok(value),
                // Inside double quotes `\"` and `\\` stand for the character itself; anything else stays as it is.
                '\\' if quote == '"' && self.peek().is_some_and(|next| next == '"' || next == '\\') => {
                    value.extend(self.peek());
                    self.at += 1;
                }
                _ => value.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn told(text: &str) -> String {
        match read(text, 0) {
            Ok(group) => {
                assert_eq!(group.span.start, 0);
                let words = group.words.iter().map(|word| match &word.shape {
                    Shape::Id => format!("#{}", word.key),
                    Shape::Class => format!(".{}", word.key),
                    Shape::Flag => word.key.clone(),
                    Shape::Value(value, span) => {
                        assert!(!text[span.clone()].is_empty() || value.is_empty());
                        format!("{}=<{value}>", word.key)
                    }
                });
                words.collect::<Vec<_>>().join(" ")
            }
            Err(broken) => format!("{} at {:?}", broken.message, broken.span),
        }
    }

    #[test]
    fn the_grammar_is_small() {
        assert_eq!(told("{#dump host=db timeout=10m}"), "#dump host=<db> timeout=<10m>");
        assert_eq!(told("{ when=\"a !b c=x\" todo }"), "when=<a !b c=x> todo");
        assert_eq!(told("{with='psql -h \"db\"'}"), "with=<psql -h \"db\">");
        assert_eq!(told(r#"{preview="echo \"a\\b\" \n {x}"}"#), r#"preview=<echo "a\b" \n {x}>"#);
        assert_eq!(told("{undo=#restore}"), "undo=<#restore>");
        assert_eq!(told("{host=}"), "host=<>");
        assert_eq!(told("{}"), "");
        assert_eq!(told("{.bash .numberLines}"), ".bash .numberLines");
        assert_eq!(told("{#a\n host=db}"), "#a host=<db>");
    }

    #[test]
    fn what_is_no_group_says_where_it_stops() {
        assert_eq!(told("{#a host=\"db}"), "this quote is not closed at 9..10");
        assert_eq!(told("{#a host=db"), "this `{` is not closed at 0..1");
        assert!(told("{1,3}").contains("neither"));
        assert!(told("{{ x }}").contains("neither"));
        assert!(told("{#é}").contains("at 1..4"));
        assert!(told("{a=\"b\"c}").contains("neither"));
    }
}
