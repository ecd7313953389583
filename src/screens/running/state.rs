//! What of a run is on screen.

use crate::ui::list::Step;

/// The state of the pane.
#[derive(Debug, Default)]
pub struct State {
    /// First line on screen.
    pub top: usize,
    height: usize,
    /// Whether a person has scrolled: until then the step that goes on stays in sight.
    moved: bool,
}

impl State {
    /// Scrolls.
    pub fn go(&mut self, to: Step) {
        self.moved = true;
        self.top = to.scrolled(self.top, self.height);
    }

    /// After every event: the text stays within its pane; `doing` is the line of the step that goes on.
    pub fn settle(&mut self, lines: usize, height: usize, doing: Option<usize>) {
        self.height = height;
        if let Some(doing) = doing.filter(|_| !self.moved) {
            let room = height / 3;
            if doing < self.top || doing + room >= self.top + height {
                self.top = doing.saturating_sub(height.saturating_sub(room + 1));
            }
        }
        self.top = self.top.min(lines.saturating_sub(height));
    }
}
