//! The words by which a command is known: of the item it stands in, the paragraph before it, the heading above it, or
//! its own.

use std::collections::HashMap;

/// Longest title that is made of a paragraph or a command, in characters.
const LONGEST: usize = 80;

/// What was said so far.
#[derive(Debug, Default)]
pub struct Titles {
    heading: String,
    /// Whether a command has the heading's words already.
    taken: bool,
    /// The words of each item, by the place of its mark, and the item around it.
    items: HashMap<usize, (String, Option<usize>)>,
}

impl Titles {
    /// A section begins. The words of the document's title are of no command in particular.
    pub fn section(&mut self, words: &str, title: bool) {
        (self.heading, self.taken) = (words.to_owned(), title);
    }

    /// An item begins.
    pub fn item(&mut self, index: usize, inside: Option<usize>, words: &str) {
        self.items.insert(index, (without_colon(words).to_owned(), inside));
    }

    /// The words of an item; of those around it where it has none.
    pub fn of_item(&self, index: usize) -> String {
        let mut at = Some(index);
        while let Some((words, inside)) = at.and_then(|at| self.items.get(&at)) {
            if !words.is_empty() {
                return words.clone();
            }
            at = *inside;
        }
        self.heading.clone()
    }

    /// The title of a block of code.
    pub fn of_fence(
        &mut self,
        inside: Option<usize>,
        title: Option<&str>,
        before: Option<&str>,
        command: Option<&str>,
    ) -> String {
        if let Some(title) = title {
            return title.to_owned();
        }
        if let Some(introduction) = before.and_then(introduction) {
            return introduction;
        }
        if let Some(item) = inside {
            let words = self.of_item(item);
            if !words.is_empty() {
                return words;
            }
        }
        if !self.taken && !self.heading.is_empty() {
            self.taken = true;
            return self.heading.clone();
        }
        if let Some(before) = before.filter(|before| before.chars().count() <= LONGEST) {
            return before.trim_end().trim_end_matches(['.', '。']).to_owned();
        }
        let own = command.map(first_words).unwrap_or_default();
        if own.is_empty() { self.heading.clone() } else { own }
    }
}

/// The last sentence of a paragraph that announces what follows, without its colon.
fn introduction(paragraph: &str) -> Option<String> {
    let announced = paragraph.trim_end().strip_suffix([':', '：'])?;
    let sentence = announced.rsplit(". ").next().unwrap_or(announced).trim();
    (!sentence.is_empty() && sentence.chars().count() <= 2 * LONGEST).then(|| sentence.to_owned())
}

fn without_colon(words: &str) -> &str {
    words.trim_end().trim_end_matches([':', '：']).trim_end()
}

/// A comment at the top of a script, else its first command.
fn first_words(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("#!"));
    let first = lines.clone().next().unwrap_or_default();
    let comment = first.trim_start_matches(['#', '-']).trim();
    let is_comment = first.starts_with('#') || first.starts_with("--");
    let words = if is_comment && !comment.is_empty() { comment } else { first };
    let mut short: String = words.chars().take(LONGEST).collect();
    if words.chars().count() > LONGEST {
        short.push('…');
    }
    short
}
