//! The links to choose from and where the cursor is.

use crate::domain::ServiceName;
use crate::domain::service::Link;
use crate::ui::list::{Step, step};
use crate::ui::{Field, Filter, Window};

/// The state of the dialog.
#[derive(Debug)]
pub struct State {
    /// Whose links these are.
    pub service: ServiceName,
    /// What was typed to find one.
    pub filter: Field,
    /// The rows on screen.
    pub window: Window,
    cursor: usize,
    links: Vec<Link>,
}

impl State {
    /// All links of a service, with the cursor on the first.
    pub fn new(service: ServiceName, links: Vec<Link>) -> Self {
        Self { service, links, filter: Field::default(), window: Window::default(), cursor: 0 }
    }

    /// The links that pass what was typed.
    pub fn rows(&self) -> Vec<&Link> {
        let filter = Filter::parse(self.filter.text());
        let passes = |link: &&Link| filter.passes(&format!("{} {}", link.title.plain(), link.url.plain()));
        self.links.iter().filter(passes).collect()
    }

    /// The place of the cursor among the rows.
    pub fn place(&self) -> usize {
        self.cursor
    }

    /// Moves the cursor.
    pub fn go(&mut self, to: Step) {
        let all: Vec<usize> = (0..self.rows().len()).collect();
        self.cursor = step(Some(self.cursor), &all, to, self.window.height).unwrap_or(0);
    }

    /// Puts the cursor on the row at a line on screen; says whether it was there already.
    pub fn point(&mut self, line: usize) -> bool {
        let place = self.window.top + line;
        place < self.rows().len() && std::mem::replace(&mut self.cursor, place) == place
    }

    /// After every event: the cursor stands on a row that passes.
    pub fn settle(&mut self, height: usize) {
        let count = self.rows().len();
        self.cursor = self.cursor.min(count.saturating_sub(1));
        self.window.keep((count > 0).then_some(self.cursor), count, height);
    }

    /// The link under the cursor.
    pub fn chosen(&self) -> Option<&Link> {
        self.rows().get(self.cursor).copied()
    }

    /// How many there are in all.
    pub fn count(&self) -> usize {
        self.links.len()
    }
}
