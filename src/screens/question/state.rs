//! A question and what was typed so far. A secret is wiped when it goes, and never shown.

use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroizing;

use crate::port::Secret;
use crate::port::event::{Question, QuestionKind};

/// Longest answer, in bytes. The buffer is as long from the start, so that it is never moved and copied.
const LONGEST: usize = 1024;

/// Characters of a secret of a run, at the least: shorter ones can't be masked.
const LEAST: usize = 4;

/// The state of one question.
#[derive(Debug)]
pub struct State {
    /// The question.
    pub question: Question,
    /// What to say about the last key, as a sentence.
    pub remark: Option<&'static str>,
    answer: Zeroizing<String>,
}

impl State {
    /// A question that was just asked.
    pub fn new(question: Question) -> Self {
        Self { question, remark: None, answer: Zeroizing::new(String::with_capacity(LONGEST)) }
    }

    /// How many characters were typed.
    pub fn length(&self) -> usize {
        self.answer.graphemes(true).count()
    }

    /// What was typed, where it is no secret.
    pub fn visible(&self) -> Option<&str> {
        match self.question.kind {
            QuestionKind::Secret | QuestionKind::Input | QuestionKind::Sudo => None,
            QuestionKind::HostKey | QuestionKind::Confirm => Some(&self.answer),
        }
    }

    /// Takes a character.
    pub fn push(&mut self, c: char) {
        self.remark = None;
        if !c.is_control() && self.answer.len() + c.len_utf8() <= LONGEST {
            self.answer.push(c);
        }
    }

    /// Takes a paste: into a secret only, and never with its line end. What was pasted confirms nothing.
    pub fn paste(&mut self, text: &str) {
        match self.question.kind {
            QuestionKind::Secret | QuestionKind::Input | QuestionKind::Sudo => {
                text.lines().next().unwrap_or_default().chars().for_each(|c| self.push(c))
            }
            QuestionKind::HostKey | QuestionKind::Confirm => {
                self.remark = Some("A paste confirms nothing: type it.");
            }
        }
    }

    /// Erases the last character.
    pub fn erase(&mut self) {
        self.remark = None;
        if let Some((at, _)) = self.answer.grapheme_indices(true).next_back() {
            self.answer.truncate(at);
        }
    }

    /// Erases everything.
    pub fn clear(&mut self) {
        self.remark = None;
        self.answer.clear();
    }

    /// The answer, if what was typed is one.
    pub fn accept(&mut self) -> Option<Secret> {
        let good = match self.question.kind {
            QuestionKind::Secret | QuestionKind::Input | QuestionKind::Sudo => !self.answer.is_empty(),
            QuestionKind::HostKey | QuestionKind::Confirm => self.answer.as_str() == "yes",
        };
        // A key or two that were meant for something else are no secret, and none as short would be taken.
        let short = self.question.kind == QuestionKind::Input && self.answer.len() < LEAST;
        if good && short {
            self.remark = Some("A secret has at least four characters.");
            return None;
        }
        if !good {
            self.remark = Some(match self.question.kind {
                QuestionKind::Secret | QuestionKind::Input | QuestionKind::Sudo => "Nothing was typed yet.",
                QuestionKind::HostKey | QuestionKind::Confirm => "Only the whole word yes says yes.",
            });
            return None;
        }
        Some(Secret::new(self.answer.as_bytes().to_vec()))
    }
}
