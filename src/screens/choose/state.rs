//! The ways, the one under the cursor, and the reason that some of them want.

use crate::domain::run::{REASON, is_reason};
use crate::domain::{HostName, PartId, RunId};
use crate::text::Foreign;
use crate::ui::list::Step;
use crate::ui::{Field, Seen};

/// What it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// What becomes of a step of a run.
    Step(RunId, usize),
    /// Which way a decision of a run goes.
    Decision(RunId, PartId),
    /// Whether an item of a run is attested.
    Attest(RunId, PartId),
    /// Whether a run that nobody is at is taken up.
    Resume(RunId),
    /// Whether a run ends.
    End(RunId),
    /// Whether the command of a step of a run is ended.
    Cancel(RunId, usize),
    /// Whether the host of a step of a run is left out.
    LeaveOut(RunId, usize),
    /// How an item is that follows the release of a run.
    Follow(RunId, PartId),
    /// Whether the release of a run was examined.
    Examine(RunId),
    /// Where steps are done that name no place.
    Place,
    /// Something a person is told that can't be done: there is nothing to choose.
    Told,
}

/// What choosing a way does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// The step is tried again.
    Retry,
    /// Its command is edited, and it is tried again.
    RetryEdited,
    /// It is looked at again, and nothing is sent.
    CheckAgain,
    /// An item of the gate is waived.
    Waive,
    /// Change it outside the windows, with a reason.
    Override,
    /// What was fetched is as it should be.
    Judge,
    /// A person attests it.
    Attest,
    /// It is taken as done.
    MarkDone,
    /// It is skipped.
    Skip,
    /// Its host is left out of the run.
    LeaveOut(HostName),
    /// What undoes it is done.
    Undo,
    /// The rollback is done.
    RollBack,
    /// The run ends.
    Abort,
    /// Its command is ended on its host.
    Cancel,
    /// A shell on its host.
    Shell(HostName),
    /// This way of a decision.
    Way(String),
    /// It is as it should be.
    Well,
    /// It is not.
    NotWell,
    /// It was examined.
    Examined,
    /// The run is taken up.
    Resume,
    /// Done here or on this host.
    On(HostName),
    /// Nothing.
    Nothing,
}

impl Does {
    /// Whether what is typed for it is a reason, and not what somebody saw.
    fn is_reasoned(&self) -> bool {
        match self {
            Does::Waive
            | Does::Override
            | Does::MarkDone
            | Does::Skip
            | Does::LeaveOut(_)
            | Does::Abort
            | Does::Examined => true,
            Does::Retry
            | Does::RetryEdited
            | Does::CheckAgain
            | Does::Judge
            | Does::Attest
            | Does::Undo
            | Does::RollBack
            | Does::Cancel
            | Does::Shell(_)
            | Does::Way(_)
            | Does::Well
            | Does::NotWell
            | Does::Resume
            | Does::On(_)
            | Does::Nothing => false,
        }
    }
}

/// One way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it does.
    pub does: Does,
    /// Its words.
    pub label: String,
    /// What it means.
    pub about: String,
    /// Why it can't be chosen.
    pub why_not: Option<String>,
    /// Whether a reason must be typed.
    pub reason: bool,
}

/// Something that is known, with its heading.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// What it is.
    pub heading: String,
    /// What it says, line by line.
    pub text: Foreign,
    /// Whether its lines are of a difference: `+` and `-` before them.
    pub difference: bool,
}

/// The state of the dialog.
#[derive(Debug)]
pub struct State {
    /// What it is about.
    pub what: What,
    /// The heading.
    pub title: String,
    /// What is known.
    pub about: Vec<About>,
    /// The ways.
    pub choices: Vec<Choice>,
    /// The one under the cursor.
    pub cursor: usize,
    /// The reason that is typed, once a way that wants one was taken.
    pub reason: Option<Field>,
    /// What to say about the last key.
    pub remark: Option<String>,
    /// First line of what is known on screen.
    pub top: usize,
    /// Whether it was on screen.
    pub seen: Seen,
}

impl State {
    /// Asks.
    pub fn new(what: What, title: impl Into<String>, about: Vec<About>, choices: Vec<Choice>) -> Self {
        let cursor = choices.iter().position(|choice| choice.why_not.is_none()).unwrap_or(0);
        Self {
            what,
            title: title.into(),
            about,
            choices,
            cursor,
            reason: None,
            remark: None,
            top: 0,
            seen: Seen::default(),
        }
    }

    /// The way under the cursor.
    pub fn chosen(&self) -> Option<&Choice> {
        self.choices.get(self.cursor)
    }

    /// Moves the cursor; pages move what is known.
    pub fn go(&mut self, to: Step, height: usize) {
        self.remark = None;
        match to {
            Step::By(rows) if self.reason.is_none() => {
                let last = self.choices.len().saturating_sub(1);
                self.cursor = self.cursor.saturating_add_signed(rows).min(last);
            }
            Step::By(_) => {}
            Step::HalfPage(_) | Step::Page(_) | Step::First | Step::Last => self.top = to.scrolled(self.top, height),
        }
    }

    /// Takes what is under the cursor, with its reason: nothing while something is still missing.
    pub fn accept(&mut self) -> Option<(Does, String)> {
        let choice = self.choices.get(self.cursor)?;
        if let Some(why) = &choice.why_not {
            self.remark = Some(format!("{}: {why}.", choice.label));
            return None;
        }
        if !choice.reason {
            return Some((choice.does.clone(), String::new()));
        }
        match &self.reason {
            None => {
                self.reason = Some(Field::default());
                None
            }
            Some(field) if choice.does.is_reasoned() && !is_reason(field.text()) => {
                self.remark = Some(format!("A reason is needed, {REASON}."));
                None
            }
            Some(field) if field.text().trim().is_empty() => {
                self.remark = Some("A note is needed: it is recorded with your name.".to_owned());
                None
            }
            Some(field) => Some((choice.does.clone(), field.text().trim().to_owned())),
        }
    }

    /// Whether there is a choice to go back to from the reason.
    pub fn goes_back(&self) -> bool {
        self.reason.is_some() && self.choices.len() > 1
    }

    /// Leaves the reason; says whether there is a choice to go back to.
    pub fn back(&mut self) -> bool {
        let back = self.goes_back();
        (self.remark, self.reason) = (None, None);
        back
    }

    /// After every event: what is known stays within its room.
    pub fn settle(&mut self, lines: usize, height: usize) {
        self.top = self.top.min(lines.saturating_sub(height));
        // What was missing is there by now.
        if self.reason.as_ref().is_some_and(|field| is_reason(field.text())) {
            self.remark = None;
        }
    }
}
