//! What people decide of a run as a whole: its go, who stays out of it, whether it goes back, and what outweighs a window.

use jiff::Timestamp;

use super::name::{HostName, InputName};

/// What a reason is, as it is asked for.
pub const REASON: &str = "in three letters at least";

/// Whether a text is a reason for something that outweighs a rule: others read it later, and a single letter says nothing.
pub fn is_reason(text: &str) -> bool {
    text.chars().filter(|letter| letter.is_alphabetic()).count() >= 3
}

/// What a person decided of a run as a whole while it went on: kept with it, so that whoever goes on with it holds to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decided {
    /// No further step goes to these hosts.
    pub left_out: Vec<HostName>,
    /// Whether it is rolled back: of its ordinary steps none begins any more.
    pub rolls_back: bool,
    /// What its way back came to, once that is known: at the end of the run.
    pub went_back: Option<WentBack>,
    /// Whether it was begun with its gate alone, and whether the rest was permitted since.
    pub go: Go,
    /// When its go was given behind its gate, by the clock of whoever gave it; nothing where it was begun as a whole.
    pub gone: Option<Timestamp>,
    /// Who allowed it outside the windows of its environment, and why.
    pub overridden: Option<Overridden>,
    /// How what changes something was confirmed, when that was later than its beginning.
    pub confirmed: Option<Confirmed>,
    /// Which commits its versions meant when it began, or at its go: approvals are bound to them, and they are recorded with
    /// its release.
    pub meant: Vec<(InputName, String)>,
}

/// What the way back of a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WentBack {
    /// All of it was done.
    Whole,
    /// The conditions of all that takes something back say that there was nothing to take back.
    Needless,
    /// Something of it was not done, or nobody knows whether it should have been.
    Short,
}

/// That somebody confirmed what a run changes, after its gate was judged or when they took it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// The word of how, as for a run that is confirmed when it begins.
    pub how: String,
    /// Who.
    pub by: String,
}

/// That a run may change its environment outside the windows, or during a freeze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overridden {
    /// Who allowed it.
    pub by: String,
    /// Why.
    pub why: String,
}

/// Whether a run waits for a person's go behind its gate. What comes later outweighs what came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Go {
    /// It was begun as a whole.
    #[default]
    Unasked,
    /// Its gate alone is planned.
    Waits,
    /// The rest was planned, shown and permitted.
    Given,
}

impl Decided {
    /// Takes in what was decided since; nothing of it is taken back.
    pub fn merge(&mut self, newer: &Decided) {
        let new = newer.left_out.iter().filter(|host| !self.left_out.contains(host)).cloned().collect::<Vec<_>>();
        self.left_out.extend(new);
        self.rolls_back |= newer.rolls_back;
        self.went_back = newer.went_back.or(self.went_back);
        self.go = self.go.max(newer.go);
        // It is given once: who confirms more of it later does not make it younger.
        self.gone = self.gone.or(newer.gone);
        if newer.overridden.is_some() {
            self.overridden.clone_from(&newer.overridden);
        }
        if newer.confirmed.is_some() {
            self.confirmed.clone_from(&newer.confirmed);
        }
        let known = |name: &InputName, meant: &[(InputName, String)]| meant.iter().any(|(known, _)| known == name);
        let new = newer.meant.iter().filter(|(name, _)| !known(name, &self.meant)).cloned().collect::<Vec<_>>();
        self.meant.extend(new);
    }
}
