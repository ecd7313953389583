//! Files that are being written: whoever leaves waits for them, for a while or until they ask again.

use std::time::Duration;

use super::hints::key_of;
use super::model::{Model, Notice};
use crate::domain::{Moment, Now};
use crate::input::Action;
use crate::port::Effect;

/// For how long the console stays open for files that are being written.
const WAITS: Duration = Duration::from_secs(30);
/// What is told at the terminal where it did not wait to the end.
const INCOMPLETE: &str = "Lines of logs were still being written: a file whose name ends in .part is incomplete.";

/// What is being written.
#[derive(Debug, Default)]
pub struct Writing {
    files: usize,
    /// The person wants to leave; until then they wait.
    leaves: Option<Moment>,
}

impl Writing {
    /// A file was begun.
    pub fn begin(&mut self) {
        self.files += 1;
    }

    /// A file is whole, or there will be none.
    pub fn end(&mut self) {
        self.files = self.files.saturating_sub(1);
    }

    /// Does not leave after all; says whether that was awaited.
    pub fn stay(&mut self) -> bool {
        self.leaves.take().is_some()
    }

    /// Whether the person waits for it to leave.
    pub fn is_awaited(&self) -> bool {
        self.leaves.is_some()
    }

    /// When the wait ends by itself.
    pub fn wakes_at(&self) -> Option<Moment> {
        self.leaves
    }

    /// What a person must be told who has left.
    pub fn farewell(&self) -> Option<&'static str> {
        (self.files > 0).then_some(INCOMPLETE)
    }
}

/// Leaves when every file is written, or at once when the person asks again; says whether it waits.
pub fn holds(model: &mut Model, now: Now) -> bool {
    if model.writing.files == 0 || model.writing.leaves.is_some() {
        return false;
    }
    model.writing.leaves = Some(now.mono.after(WAITS));
    model.overlay = None;
    true
}

/// What follows from every event: the person is told that they wait, and leaves when it is over.
pub fn settle(model: &mut Model, now: Now) -> Vec<Effect> {
    let Some(until) = model.writing.leaves else { return Vec::new() };
    if model.writing.files == 0 || until <= now.mono {
        model.writing.leaves = None;
        model.ending = true;
        return vec![Effect::Quit];
    }
    if model.notice.is_none() {
        let (again, stays) = (key_of(model, Action::Quit), key_of(model, Action::Back));
        let text = format!("qd leaves when the lines are written: {again} leaves now, {stays} stays.");
        model.notice = Some(Notice { text, until });
    }
    Vec::new()
}
