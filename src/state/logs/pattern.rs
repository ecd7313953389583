//! What a person looks for in lines: a regular expression; `!` in front turns it round; capitals count once one is typed.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

/// Memory that a compiled expression may take; one that needs more is taken literally.
const COMPILED: usize = 1 << 20;

/// One pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
    inverted: bool,
    literal: bool,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Pattern {
    /// Reads what was typed; `None` when that says nothing. What is no regular expression (yet) is taken literally.
    pub fn parse(typed: &str) -> Option<Self> {
        let (inverted, text) = match typed.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, typed),
        };
        if text.trim().is_empty() {
            return None;
        }
        let build = |text: &str| {
            RegexBuilder::new(text)
                .case_insensitive(!has_capital(text))
                .size_limit(COMPILED)
                .dfa_size_limit(COMPILED)
                .build()
                .ok()
        };
        // What is found everywhere finds nothing: `a|` on the way to `a|b`.
        let whole = build(text).filter(|regex| !regex.is_match(b""));
        let literal = whole.is_none();
        let regex = whole.or_else(|| build(&regex::escape(text)))?;
        Some(Self { text: typed.to_owned(), regex, inverted, literal })
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether what was typed is taken as it stands, because it is no regular expression.
    pub fn is_literal(&self) -> bool {
        self.literal && regex::escape(self.text.trim_start_matches('!')) != self.text.trim_start_matches('!')
    }

    /// Whether lines pass in which it is not found.
    pub fn is_inverted(&self) -> bool {
        self.inverted
    }

    /// Whether it is found, before the turning round.
    pub fn is_found(&self, bytes: &[u8]) -> bool {
        self.regex.is_match(bytes)
    }

    /// Where it is found in a text on the screen; nowhere when it is turned round.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        if self.inverted {
            return Vec::new();
        }
        let whole = |place: &Range<usize>| text.is_char_boundary(place.start) && text.is_char_boundary(place.end);
        self.regex.find_iter(text.as_bytes()).map(|found| found.range()).filter(whole).take(64).collect()
    }
}

/// Whether a capital was typed; the letter of an escape such as `\S` is none.
fn has_capital(text: &str) -> bool {
    let mut escaped = false;
    text.chars().any(|c| {
        let counts = c.is_uppercase() && !escaped;
        escaped = c == '\\' && !escaped;
        counts
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn patterns_are_read_as_typed() {
        let found = |pattern: &str, text: &str| Pattern::parse(pattern).unwrap().is_found(text.as_bytes());
        assert!(found("webhook", "POST /Webhook") && !found("Webhook", "POST /webhook"));
        assert!(found(r"status=5\d\d", "status=502") && found(r"\Sx", "ax"));
        assert!(found("a b", "xa bx") && !found("a b", "b a"));
        assert!(Pattern::parse("").is_none() && Pattern::parse("!").is_none() && Pattern::parse("  ").is_none());
        assert!(Pattern::parse("!debug").unwrap().is_inverted());
    }

    #[test]
    fn what_is_no_expression_is_taken_literally() {
        for (typed, text) in
            [("rejected(", "x rejected(1)"), ("[", "a[b"), ("(a{999}){999}", "(a{999}){999}"), ("a|", "a|b")]
        {
            let pattern = Pattern::parse(typed).unwrap();
            assert!(pattern.is_literal() && pattern.is_found(text.as_bytes()), "{typed}");
        }
        assert!(!Pattern::parse("plain").unwrap().is_literal());
        assert!(!Pattern::parse("a|").unwrap().is_found(b"xyz"));
    }

    #[test]
    fn places_are_those_on_the_screen() {
        assert_eq!(Pattern::parse("o").unwrap().places("foo"), [1..2, 2..3]);
        assert!(Pattern::parse("!o").unwrap().places("foo").is_empty());
    }
}
