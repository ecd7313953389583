//! What a person has done on the history: cursor, filter, details.

use crate::domain::{Run, RunId};
use crate::state::Runs;
use crate::ui::list::{Step, step};
use crate::ui::{Field, Filter, Window};

use super::cells::searched;

/// The state of the history.
#[derive(Debug, Default)]
pub struct State {
    /// The run under the cursor; `None` stays at the newest.
    pub cursor: Option<RunId>,
    /// The rows on screen.
    pub window: Window,
    /// The filter as typed.
    pub filter: Field,
    /// Whether the filter takes the keys.
    pub typing: bool,
    /// Whether the details have the whole screen.
    pub zoomed: bool,
    /// Whether the details have the keyboard.
    pub in_detail: bool,
    /// First line of the details on screen.
    pub detail_top: usize,
}

impl State {
    /// The runs that pass, the newest first.
    pub fn rows<'a>(&self, runs: &'a Runs) -> Vec<&'a Run> {
        let filter = Filter::parse(self.filter.text());
        runs.all().iter().filter(|run| filter.is_empty() || filter.passes(&searched(run))).collect()
    }

    /// The place of the cursor among the rows.
    pub fn place(&self, rows: &[&Run]) -> Option<usize> {
        match &self.cursor {
            None => (!rows.is_empty()).then_some(0),
            Some(id) => rows.iter().position(|run| run.id == *id),
        }
    }

    /// The run under the cursor.
    pub fn chosen<'a>(&self, runs: &'a Runs) -> Option<&'a Run> {
        let rows = self.rows(runs);
        rows.get(self.place(&rows)?).copied()
    }

    /// Moves the cursor, or the text of the details when these have the keyboard.
    pub fn go(&mut self, to: Step, runs: &Runs) {
        if self.in_detail {
            self.detail_top = to.scrolled(self.detail_top, self.window.height);
            return;
        }
        let rows = self.rows(runs);
        let all: Vec<usize> = (0..rows.len()).collect();
        let next = step(self.place(&rows), &all, to, self.window.height);
        // At the top it stays with the newest, also when newer ones come.
        self.cursor = next.filter(|place| *place > 0).and_then(|place| rows.get(place)).map(|run| run.id.clone());
        self.detail_top = 0;
    }

    /// Puts the cursor on the row at this place on screen.
    pub fn point(&mut self, line: usize, runs: &Runs) {
        if let Some(run) = self.rows(runs).get(self.window.top + line) {
            self.cursor = Some(run.id.clone());
            (self.in_detail, self.detail_top) = (false, 0);
        }
    }

    /// Gives the keyboard to the details. They stay with the run that was chosen, also when newer ones come.
    pub fn open(&mut self, runs: &Runs) {
        self.cursor = self.chosen(runs).map(|run| run.id.clone());
        (self.in_detail, self.detail_top) = (self.cursor.is_some(), 0);
    }

    /// Gives the whole screen to the details, or takes it back.
    pub fn zoom(&mut self) {
        self.zoomed = !self.zoomed;
        self.in_detail = self.zoomed;
    }

    /// Begins to type a filter.
    pub fn type_filter(&mut self) {
        (self.typing, self.in_detail, self.zoomed) = (true, false, false);
    }

    /// One step back; says whether there was one.
    pub fn back(&mut self) -> bool {
        if self.in_detail || self.zoomed {
            (self.in_detail, self.zoomed, self.detail_top) = (false, false, 0);
        } else if !self.filter.text().is_empty() {
            self.filter.clear();
        } else {
            return false;
        }
        true
    }

    /// After every event: the cursor stands on a row that is there, and the window around it.
    pub fn settle(&mut self, runs: &Runs, list: usize, detail: usize, detail_lines: usize) {
        let rows = self.rows(runs);
        if self.place(&rows).is_none() {
            self.cursor = None;
        }
        self.window.keep(self.place(&rows), rows.len(), if list > 0 { list } else { detail });
        self.detail_top = self.detail_top.min(detail_lines.saturating_sub(detail));
    }
}
