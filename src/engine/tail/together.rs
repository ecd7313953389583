//! When the rows of a reader are sent: one that comes after a quiet moment at once, what follows it soon together.

use std::time::Duration;

use tokio::time::Instant;

/// How long a row may wait for others.
const WAIT: Duration = Duration::from_millis(30);

/// When rows that wait are sent.
#[derive(Debug, Default)]
pub struct Together {
    sent: Option<Instant>,
    due: Option<Instant>,
}

impl Together {
    /// Rows have come; those that waited before keep their moment.
    pub fn came(&mut self, now: Instant) {
        let due = self.sent.map_or(now, |sent| (sent + WAIT).max(now));
        self.due.get_or_insert(due);
    }

    /// When they shall be sent; `None` when none wait.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// They were sent.
    pub fn sent(&mut self, now: Instant) {
        (self.sent, self.due) = (Some(now), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_after_quiet_goes_at_once_and_what_follows_goes_together() {
        let (mut together, begin) = (Together::default(), Instant::now());
        let at = |millis| begin + Duration::from_millis(millis);
        assert_eq!(together.due(), None);
        together.came(at(1000));
        assert_eq!(together.due(), Some(at(1000)));
        together.sent(at(1000));
        // Three more within the wait are one parcel, and later ones do not put it off.
        for millis in [1001, 1002, 1029] {
            together.came(at(millis));
            assert_eq!(together.due(), Some(at(1030)));
        }
        together.sent(at(1030));
        assert_eq!(together.due(), None);
        together.came(at(5000));
        assert_eq!(together.due(), Some(at(5000)));
    }
}
