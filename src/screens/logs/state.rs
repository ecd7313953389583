//! What a person has done on the logs.

use crate::ui::Field;

/// The state of the screen of logs.
#[derive(Debug, Default)]
pub struct State {
    /// The filter as typed.
    pub filter: Field,
    /// Whether the filter takes the keys.
    pub typing: bool,
}

impl State {
    /// One step back; says whether there was one.
    pub fn back(&mut self) -> bool {
        if self.filter.text().is_empty() {
            return false;
        }
        self.filter.clear();
        true
    }
}
