//! A filter as it is typed: every word must be found; `!` in front turns it round; capitals count once one is typed.

/// One filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    words: Vec<String>,
    inverted: bool,
    exact_case: bool,
}

impl Filter {
    /// Reads what was typed.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let inverted = text.starts_with('!');
        let text = text.strip_prefix('!').unwrap_or(text);
        let exact_case = text.chars().any(char::is_uppercase);
        Self { words: text.split_whitespace().map(str::to_owned).collect(), inverted, exact_case }
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a row with this text passes.
    pub fn passes(&self, text: &str) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let found = if self.exact_case {
            self.words.iter().all(|word| text.contains(word.as_str()))
        } else {
            let text = text.to_lowercase();
            self.words.iter().all(|word| text.contains(&word.to_lowercase()))
        };
        found != self.inverted
    }

    /// Where the first word is found in an ASCII name, to mark it.
    pub fn place_in(&self, name: &str) -> Option<std::ops::Range<usize>> {
        if self.inverted || !name.is_ascii() {
            return None;
        }
        let find = |word: &String| {
            let at = if self.exact_case {
                name.find(word.as_str())
            } else {
                name.to_ascii_lowercase().find(&word.to_ascii_lowercase())
            };
            at.map(|at| at..at + word.len())
        };
        self.words.iter().find_map(find)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_narrow_and_an_exclamation_mark_turns_round() {
        let passes = |filter: &str, text: &str| Filter::parse(filter).passes(text);
        assert!(passes("", "anything") && passes("  ! ", "anything"));
        assert!(passes("back", "Backend app-1"));
        assert!(!passes("Back", "backend app-1"));
        assert!(passes("back app-1", "backend app-1"));
        assert!(!passes("back app-2", "backend app-1"));
        assert!(!passes("!back", "backend") && passes("!back", "redis"));
        assert_eq!(Filter::parse("END").place_in("backend"), None);
        assert_eq!(Filter::parse("end").place_in("backEND"), Some(4..7));
        assert_eq!(Filter::parse("!end").place_in("backend"), None);
    }
}
