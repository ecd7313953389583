//! Whether a dialog has been on screen: what was typed before it was is no answer to it.

/// What a dialog knows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    number: u64,
    seen: bool,
}

/// What is said of a key that came too early.
pub const TYPED_BEFORE: &str = "That was typed before this was on screen: type it now.";

impl Seen {
    /// Gives a dialog that is new the next number.
    pub fn number(&mut self, count: &mut u64) {
        if self.number == 0 {
            *count += 1;
            self.number = *count;
        }
    }

    /// Its number, while no frame with it has been written out.
    pub fn waits(self) -> Option<u64> {
        (!self.seen).then_some(self.number)
    }

    /// A frame with the dialog of this number was written out.
    pub fn shown(&mut self, number: u64) {
        self.seen |= self.number == number;
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn a_frame_with_another_dialog_shows_nothing_of_this_one() {
        let mut count = 0;
        let (mut first, mut second) = (Seen::default(), Seen::default());
        first.number(&mut count);
        second.number(&mut count);
        second.number(&mut count);
        assert_eq!((first.waits(), second.waits()), (Some(1), Some(2)));
        second.shown(1);
        assert_eq!(second.waits(), Some(2));
        second.shown(2);
        assert_eq!(second.waits(), None);
    }
}
