//! Windows and freezes: outside of them nothing begins that changes something.
//!
//! A part that has begun on one host is finished on all of its hosts, so that no window leaves half of a fleet behind. Once
//! something was held back, it goes on only by a person's word, also when a window is open again. The way back, and what
//! undoes something, waits for no window.

use super::{Course, Rule, Stand};

impl Course {
    /// Learns whether windows and freezes keep the environment from being changed now.
    pub fn close(&mut self, closed: bool) {
        self.closed = closed;
    }

    /// Whether something waits for a window, or for a person's word behind one.
    pub(super) fn is_held_back(&self) -> bool {
        self.held_back && !self.overridden
    }

    /// It may change the environment whatever windows and freezes say.
    pub fn override_windows(&mut self) {
        (self.overridden, self.held_back) = (true, false);
    }

    /// Whether the windows need to be overridden.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn may_override(&self) -> Result<(), String> {
        if self.overridden {
            return Err("The windows are overridden for this run already.".to_owned());
        }
        if self.closed { Ok(()) } else { Err("No window or freeze is in the way of this run.".to_owned()) }
    }

    /// Whether a part may not begin now.
    pub(super) fn is_shut(&self, rule: &Rule) -> bool {
        let begun = || rule.steps.iter().any(|number| self.stand(*number) != Stand::Due);
        let waits = (self.closed || self.held_back) && !self.overridden;
        waits && !rule.reads && !self.is_aside(rule) && !begun()
    }

    /// Something would begin and may not.
    pub(super) fn hold_back(&mut self) {
        self.held_back = true;
    }

    /// A person lets it go on: it does so when a window is open.
    pub(super) fn let_go(&mut self) {
        self.held_back &= self.closed;
    }
}
