//! The key that was pressed last: one that bounces, or is held, is told from one that a person presses again.

use std::time::Duration;

use crate::domain::Moment;
use crate::port::Key;

/// Nobody who has read what the first press has done presses the same key again within this.
const BOUNCES: Duration = Duration::from_secs(1);

/// The last key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stroke {
    last: Option<(Key, Moment)>,
    repeated: bool,
}

impl Stroke {
    /// Takes a key that is pressed now.
    pub fn press(&mut self, key: Key, now: Moment) {
        let before = self.last.replace((key, now));
        self.repeated = before.is_some_and(|(last, at)| last == key && at.age(now) < BOUNCES);
    }

    /// Whether it is the same as the one before, and came right after it.
    pub fn is_repeated(self) -> bool {
        self.repeated
    }
}
