//! How a guard judges its probes while something else goes on: failures, inconclusive answers and errors are counted
//! apart, and none of them is a pass.

use crate::domain::probe::Found;
use crate::domain::procedure::Guard;
use crate::domain::run::Reason;

/// What a guard has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It goes on.
    Holds,
    /// It has tripped, or can't judge any more: why.
    Ends(Reason, String),
}

/// The counts of one guard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judge {
    passes: u32,
    failures: u32,
    inconclusive: u32,
    /// In a row.
    errors: u32,
}

impl Judge {
    /// Takes one answer of one probe.
    pub fn take(&mut self, guard: &Guard, found: Found) -> Judgement {
        match found {
            Found::Pass => self.passes += 1,
            Found::Fail => self.failures += 1,
            Found::Inconclusive => self.inconclusive += 1,
            Found::Error => {}
        }
        self.errors = if found == Found::Error { self.errors + 1 } else { 0 };
        if self.failures > guard.failures {
            return Judgement::Ends(
                Reason::GuardFailed,
                format!("{} answers failed, more than the {} that may", self.failures, guard.failures),
            );
        }
        if self.errors > guard.errors {
            return Judgement::Ends(
                Reason::Inconclusive,
                format!("could not be asked {} times in a row, more than the {} that may", self.errors, guard.errors),
            );
        }
        if self.inconclusive > guard.inconclusive {
            return Judgement::Ends(
                Reason::Inconclusive,
                format!("{} answers prove nothing, more than the {} that may", self.inconclusive, guard.inconclusive),
            );
        }
        Judgement::Holds
    }

    /// What it comes to when the time is over: without a single pass nothing was proven.
    pub fn end(&self) -> Judgement {
        if self.passes > 0 {
            return Judgement::Holds;
        }
        Judgement::Ends(Reason::Inconclusive, "no probe has passed even once".to_owned())
    }

    /// The counts in words.
    pub fn words(&self) -> String {
        format!("{} passed, {} failed, {} inconclusive", self.passes, self.failures, self.inconclusive)
    }
}
