//! The six pages, and how each stands.

use super::Wizard;
use crate::domain::run::{Go, RunState};
use crate::domain::{Run, Standing};
use crate::port::procedure::Need;

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Page {
    /// What is brought where.
    #[default]
    What,
    /// Whether it may begin.
    Gate,
    /// What would be done.
    Plan,
    /// What is done.
    Run,
    /// Whether it did what it should.
    Verify,
    /// What it came to.
    Verdict,
}

/// How a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stands {
    /// It comes later.
    Ahead,
    /// It is at it.
    Going,
    /// It waits for a person.
    Waits,
    /// Something in it did not go well.
    Trouble,
    /// Nobody knows how it came out.
    Unclear,
    /// It is done.
    Over,
    /// What was done was taken back.
    Back,
    /// The run did not come to it.
    Never,
}

impl Page {
    /// All, in their order.
    pub const ALL: [Page; 6] = [Page::What, Page::Gate, Page::Plan, Page::Run, Page::Verify, Page::Verdict];

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Page::What => "What",
            Page::Gate => "Gate",
            Page::Plan => "Plan",
            Page::Run => "Run",
            Page::Verify => "Verify",
            Page::Verdict => "Verdict",
        }
    }

    /// Its number, from 1.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|page| *page == self).unwrap_or(0) + 1
    }

    /// The page so many further on.
    #[must_use]
    pub fn moved(self, by: isize) -> Self {
        let at = (self.number() - 1).saturating_add_signed(by).min(Self::ALL.len() - 1);
        Self::ALL.get(at).copied().unwrap_or(self)
    }
}

impl Wizard<'_> {
    /// How a page stands, and the word for it.
    pub fn stands(&self, page: Page) -> (Stands, String) {
        let current = self.current();
        let said = |stands: Stands, word: &str| (stands, word.to_owned());
        let Some(run) = self.run() else {
            return match page {
                Page::What => said(Stands::Waits, "choose"),
                Page::Gate if self.parts(Page::Gate).is_empty() => said(Stands::Ahead, "none"),
                Page::Gate | Page::Plan | Page::Run | Page::Verify | Page::Verdict => said(Stands::Ahead, "ahead"),
            };
        };
        match page {
            Page::What => said(Stands::Over, "chosen"),
            // A step that failed is told on the page of the run all the same.
            Page::Gate | Page::Plan | Page::Verify if page == current && self.is_paused() => {
                said(Stands::Waits, "paused")
            }
            Page::Gate => self.gate_stands(),
            Page::Plan => match current {
                Page::Plan => said(Stands::Waits, "go?"),
                // What the gate has checked is checked once more behind the go.
                Page::Gate if self.is_let_go() => said(Stands::Over, "confirmed"),
                Page::What | Page::Gate => said(Stands::Ahead, "ahead"),
                Page::Run | Page::Verify => said(Stands::Over, "confirmed"),
                Page::Verdict if self.has_begun() => said(Stands::Over, "confirmed"),
                Page::Verdict => said(Stands::Never, "never"),
            },
            Page::Run if current == Page::Run => {
                let trouble = self.needs().iter().find_map(|need| match need {
                    Need::Failure(..) => Some(said(Stands::Trouble, "failed")),
                    Need::Unknown(..) => Some(said(Stands::Unclear, "unknown")),
                    Need::Paused if self.rolls_back() => Some(said(Stands::Waits, "paused, half-way back")),
                    Need::Paused => Some(said(Stands::Waits, "paused")),
                    Need::Window(opening, _) if !opening.is_open() => Some(said(Stands::Waits, "closed")),
                    Need::Tick(_)
                    | Need::Choose(_)
                    | Need::Tell(_)
                    | Need::Terminal(_)
                    | Need::Go
                    | Need::Window(..) => None,
                });
                let waits = || (!self.needs().is_empty()).then(|| said(Stands::Waits, "needs you"));
                let going = || said(Stands::Going, if self.rolls_back() { "rolling back" } else { "running" });
                trouble.or_else(waits).unwrap_or_else(going)
            }
            Page::Run | Page::Verify => self.part_stands(page, current),
            Page::Verdict => match run.state {
                RunState::Running => said(Stands::Ahead, "ahead"),
                RunState::Succeeded => said(Stands::Over, "good"),
                RunState::Failed | RunState::Stopped if run.is_rolled_back() => said(Stands::Back, "rolled back"),
                RunState::Stopped if !self.has_begun() => (Stands::Never, run.verdict_told()),
                RunState::Failed | RunState::Stopped => (Stands::Trouble, run.verdict_told()),
                RunState::Unknown => said(Stands::Unclear, "unknown"),
            },
        }
    }

    fn gate_stands(&self) -> (Stands, String) {
        let items = self.items(Page::Gate);
        let all = items.len();
        if all == 0 {
            return (Stands::Over, "none".to_owned());
        }
        let of = |judged: super::Judged| items.iter().filter(|item| item.judged == judged).count();
        let any = |judged: super::Judged| of(judged) > 0;
        let passed = of(super::Judged::Passed);
        let (waived, skipped) = (of(super::Judged::Waived), of(super::Judged::Skipped));
        // What a run that was ended did not come to is skipped too, and has passed nothing.
        let counts = skipped == 0 || self.goes_on() || self.has_begun();
        if passed + waived + skipped == all && counts {
            let more = [(waived, "waived"), (skipped, "skipped")].into_iter().filter(|(count, _)| *count > 0);
            let words = std::iter::once("passed".to_owned()).chain(more.map(|(count, word)| format!("{count} {word}")));
            return (Stands::Over, words.collect::<Vec<_>>().join(", "));
        }
        if !self.goes_on() && !self.has_begun() && !any(super::Judged::Failed) {
            return (Stands::Never, "not passed".to_owned());
        }
        let word = format!("{passed} of {all}");
        if any(super::Judged::Failed) || any(super::Judged::Unknown) {
            return (Stands::Trouble, word);
        }
        let waits = any(super::Judged::Waits) || any(super::Judged::Shown);
        (if waits { Stands::Waits } else { Stands::Going }, word)
    }

    fn part_stands(&self, page: Page, current: Page) -> (Stands, String) {
        let places = self.parts(page);
        let standing = |place: &usize| self.standing(*place);
        let any = |wanted: Standing| places.iter().any(|place| standing(place) == wanted);
        let of = |wanted: &[Standing]| places.iter().filter(|place| wanted.contains(&standing(place))).count();
        let (done, skipped) = (of(&[Standing::Done, Standing::Waived]), of(&[Standing::Skipped]));
        let all = places.len();
        let begun = places.iter().any(|place| !matches!(standing(place), Standing::Open | Standing::Skipped));
        let told = |stands: Stands, word: &str| (stands, word.to_owned());
        if all == 0 {
            return told(if self.goes_on() { Stands::Ahead } else { Stands::Never }, "none");
        }
        if page == Page::Run && self.run().is_some_and(Run::is_rolled_back) {
            return told(Stands::Back, "rolled back");
        }
        if any(Standing::Failed) {
            return told(Stands::Trouble, "failed");
        }
        if any(Standing::Unknown) {
            return told(Stands::Unclear, "unknown");
        }
        let well = self.run().is_some_and(|run| matches!(run.state, RunState::Running | RunState::Succeeded));
        if done + skipped == all && begun && (skipped == 0 || well && !self.rolls_back()) {
            let word = if skipped == 0 { "done".to_owned() } else { format!("done, {skipped} skipped") };
            return (Stands::Over, word);
        }
        if !self.goes_on() {
            return told(Stands::Never, if begun { "not finished" } else { "never" });
        }
        if current == Page::Plan && begun {
            // What is left is confirmed anew.
            return (Stands::Waits, format!("{done} of {all}"));
        }
        if current != page {
            return told(Stands::Ahead, "ahead");
        }
        let waits = self.needs().iter().any(|need| !matches!(need, Need::Go));
        (if waits { Stands::Waits } else { Stands::Going }, format!("{done} of {all}"))
    }

    /// Whether it was begun as a whole, or the rest behind its gate was permitted.
    pub fn is_let_go(&self) -> bool {
        let document = self.run().and_then(|run| run.document.as_ref());
        document.is_some_and(|document| document.decided.go != Go::Waits && document.whole)
    }

    /// Whether one can still go back from it: something behind its gate was begun, and was not taken back.
    pub fn may_go_back(&self) -> bool {
        self.has_begun() && !self.run().is_some_and(Run::is_rolled_back)
    }

    /// Whether anything behind its gate was begun.
    pub fn has_begun(&self) -> bool {
        let tried = |place: usize| {
            let part = self.sheet.procedure.parts.get(place);
            part.is_some_and(|part| self.sheet.steps(&part.id).iter().any(|(_, step)| step.was_tried()))
        };
        self.parts(Page::Run).into_iter().chain(self.parts(Page::Verify)).any(tried)
    }
}
