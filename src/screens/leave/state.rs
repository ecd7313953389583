//! What is said about leaving.

/// The state of the question.
#[derive(Debug, Default)]
pub struct State {
    /// What to say about the last key.
    pub remark: Option<&'static str>,
    /// Whether it was on screen.
    pub seen: crate::ui::Seen,
}

impl State {
    /// Takes a character; says whether it was the one that leaves.
    pub fn push(&mut self, c: char) -> bool {
        self.remark = (c != 'y').then_some("Only y leaves.");
        c == 'y'
    }

    /// Takes a paste, which leaves nothing.
    pub fn paste(&mut self) {
        self.remark = Some("A paste confirms nothing: type it.");
    }
}
