//! The first of many foreign words, for a sentence.

use super::{Foreign, truncate};

/// Words that are named.
const NAMED: usize = 12;
/// Columns of a word.
const COLUMNS: usize = 40;

/// `a, b, c` made safe, and how many more there are.
pub fn few(words: &[String]) -> String {
    let named = words.iter().take(NAMED).map(|word| truncate(&Foreign::from(word.as_str()).plain(), COLUMNS));
    let mut told = named.collect::<Vec<_>>().join(", ");
    if let more @ 1.. = words.len().saturating_sub(NAMED) {
        told.push_str(&format!(" and {more} more"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_of_many_words_are_named_and_none_of_them_acts_on_a_terminal() {
        let mut words: Vec<String> =
            vec!["main".into(), "\u{1b}]0;title\u{7}\u{1b}[2Jred\r\u{202e}x".into(), "y".repeat(500)];
        let told = few(&words);
        assert!(told.starts_with("main, ") && told.contains("red"), "{told:?}");
        assert!(!told.contains(|c: char| c.is_control() || c == '\u{202e}'), "{told:?}");
        assert!(told.len() < 200 && !told.contains("more"), "{told:?}");
        words.extend((0..100).map(|number| number.to_string()));
        let told = few(&words);
        assert!(told.ends_with(", 8 and 91 more"), "{told:?}");
    }
}
