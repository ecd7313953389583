//! How far a run has come, in the words of its pages: items of its gate before the go, steps behind it.

use super::{Judged, Page, Wizard};
use crate::domain::Standing;

impl Wizard<'_> {
    /// Steps that are done, and all, as the page of the run counts them: what was judged before the go is none of them.
    pub fn steps_done(&self) -> (usize, usize) {
        let places = self.parts(Page::Run);
        let done = |place: &&usize| {
            let standing = self.standing(**place);
            standing.is_over() && standing != Standing::Skipped
        };
        (places.iter().filter(done).count(), places.len())
    }

    /// How far it has come, for whoever leaves it.
    pub fn progress_told(&self) -> String {
        if !self.has_begun() {
            let items = self.items(Page::Gate);
            let open = |judged: Judged| match judged {
                Judged::Open | Judged::Going | Judged::Waits | Judged::Shown => true,
                Judged::Passed | Judged::Failed | Judged::Unknown | Judged::Waived | Judged::Skipped => false,
            };
            let judged = items.iter().filter(|item| !open(item.judged)).count();
            return match items.len() {
                0 => "nothing has been changed yet".to_owned(),
                all => format!("nothing has been changed yet, {judged} of {all} items of its gate are judged"),
            };
        }
        let (done, all) = self.steps_done();
        let steps = format!("{done} of {all} steps are done");
        match self.current() {
            _ if self.rolls_back() => format!("{steps}, and it is on its way back"),
            Page::Verify => format!("{steps}, and it is being verified"),
            Page::What | Page::Gate | Page::Plan | Page::Run | Page::Verdict => steps,
        }
    }
}
