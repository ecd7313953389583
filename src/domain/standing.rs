//! How several steps stand together: a part on all its hosts.

use super::run::StepState;

/// How a part stands on all its hosts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of it was begun.
    Open,
    /// Something of it goes on.
    Going,
    /// Some of its hosts are done and others were not begun.
    Partly,
    /// It is done everywhere.
    Done,
    /// It did not end well somewhere.
    Failed,
    /// Whether it happened is not known somewhere.
    Unknown,
    /// It was skipped everywhere.
    Skipped,
    /// It did not pass somewhere, and was waived there.
    Waived,
}

impl Standing {
    /// Whether nothing is left to be done about it.
    pub fn is_over(self) -> bool {
        matches!(self, Standing::Done | Standing::Skipped | Standing::Waived)
    }

    /// How steps in these states stand together.
    pub fn of(states: impl IntoIterator<Item = StepState>) -> Self {
        let all: Vec<StepState> = states.into_iter().collect();
        let any = |wanted: &[StepState]| all.iter().any(|state| wanted.contains(state));
        let each = |wanted: &[StepState]| all.iter().all(|state| wanted.contains(state));
        // A host that was left out before anything of it began makes nothing of it done.
        let open = any(&[StepState::Planned]) && each(&[StepState::Planned, StepState::Skipped]);
        if all.is_empty() || open {
            Standing::Open
        } else if any(&[StepState::Intent, StepState::Started, StepState::Done]) {
            Standing::Going
        } else if any(&[StepState::Unknown]) {
            Standing::Unknown
        } else if any(&[StepState::Failed]) {
            Standing::Failed
        } else if any(&[StepState::Planned]) {
            Standing::Partly
        } else if any(&[StepState::Waived]) {
            Standing::Waived
        } else if each(&[StepState::Skipped]) {
            Standing::Skipped
        } else {
            Standing::Done
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StepState::{Done, Failed, Planned, Skipped, Started, Unknown, Verified, Waived};

    #[test]
    fn a_part_stands_as_its_hosts_do_and_nothing_hides_what_is_unknown() {
        for (states, together) in [
            (vec![], Standing::Open),
            (vec![Planned, Planned], Standing::Open),
            // A host was left out before anything ran.
            (vec![Skipped, Planned], Standing::Open),
            (vec![Skipped, Verified, Planned], Standing::Partly),
            (vec![Verified, Planned], Standing::Partly),
            (vec![Verified, Started], Standing::Going),
            (vec![Done], Standing::Going),
            (vec![Done, Failed], Standing::Going),
            (vec![Verified, Verified], Standing::Done),
            (vec![Verified, Skipped], Standing::Done),
            (vec![Skipped], Standing::Skipped),
            (vec![Verified, Waived], Standing::Waived),
            (vec![Waived, Planned], Standing::Partly),
            (vec![Verified, Failed, Planned], Standing::Failed),
            (vec![Failed, Unknown, Verified], Standing::Unknown),
        ] {
            assert_eq!(Standing::of(states.clone()), together, "{states:?}");
        }
    }
}
