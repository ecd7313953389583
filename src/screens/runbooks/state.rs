//! What a person has done on the list of procedures: cursor, filter, where they came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{Procedure, ProcedureName};
use crate::state::procedures::matching::fits;
use crate::state::procedures::shelf::{Key, Row, Shelf};
use crate::state::procedures::{Fit, Subject};
use crate::ui::list::{Step, step};
use crate::ui::{Field, Filter, Window, fuzzy};

/// The state of the list.
#[derive(Debug, Default)]
pub struct State {
    /// The row under the cursor; `None` stays at the first.
    pub cursor: Option<Key>,
    /// The rows on screen.
    pub window: Window,
    /// What is looked for.
    pub filter: Field,
    /// Whether that takes the keys.
    pub typing: bool,
    /// Whether the details have the whole screen.
    pub zoomed: bool,
    /// Whether the details have the keyboard.
    pub in_detail: bool,
    /// First line of the details on screen.
    pub detail_top: usize,
    /// The row from which a person came.
    pub subject: Option<Subject>,
    /// Why procedures fit it, of those that do.
    pub fits: BTreeMap<ProcedureName, Fit>,
}

impl State {
    /// The rows that pass, in their order.
    pub fn rows<'a>(&self, shelf: Shelf<'a>) -> Vec<Row<'a>> {
        let typed = self.filter.text().trim();
        shelf.rows(self.subject.as_ref(), &self.fits, |texts| {
            if typed.is_empty() {
                return None;
            }
            let filter = Filter::parse(typed);
            let mut found: Vec<usize> = Vec::new();
            if !typed.starts_with('!') {
                // A few letters of a title are enough; the best comes first.
                found.extend(fuzzy::find(typed, texts).into_iter().map(|hit| hit.place));
            }
            for (place, text) in texts.iter().enumerate() {
                if filter.passes(text) && !found.contains(&place) {
                    found.push(place);
                }
            }
            Some(found)
        })
    }

    /// The place of the cursor among the rows.
    pub fn place(&self, rows: &[Row<'_>]) -> Option<usize> {
        match &self.cursor {
            None => choosable(rows).first().copied(),
            Some(key) => rows.iter().position(|row| row.key().as_ref() == Some(key)),
        }
    }

    /// The row under the cursor.
    pub fn chosen<'a>(&self, shelf: Shelf<'a>) -> Option<Row<'a>> {
        let mut rows = self.rows(shelf);
        let place = self.place(&rows)?;
        Some(rows.swap_remove(place))
    }

    /// Moves the cursor, or the text of the details when these have the keyboard.
    pub fn go(&mut self, to: Step, shelf: Shelf<'_>) {
        if self.in_detail {
            self.detail_top = to.scrolled(self.detail_top, self.window.height);
            return;
        }
        let rows = self.rows(shelf);
        let next = step(self.place(&rows), &choosable(&rows), to, self.window.height);
        if let Some(row) = next.and_then(|place| rows.get(place)) {
            self.cursor = row.key();
        }
        self.detail_top = 0;
    }

    /// Puts the cursor on the row at this place on screen.
    pub fn point(&mut self, line: usize, shelf: Shelf<'_>) {
        let rows = self.rows(shelf);
        if let Some(key) = rows.get(self.window.top + line).and_then(Row::key) {
            self.cursor = Some(key);
            (self.in_detail, self.detail_top) = (false, 0);
        }
    }

    /// Puts the cursor on a procedure, whatever hid it.
    pub fn reveal(&mut self, procedure: ProcedureName) {
        self.filter.clear();
        (self.in_detail, self.zoomed, self.detail_top) = (false, false, 0);
        self.cursor = Some(Key::Procedure(procedure));
    }

    /// What is listed from here on is for this row.
    pub fn come_from(&mut self, subject: Option<Subject>, all: &[Arc<Procedure>]) {
        let fits = subject.as_ref().map(|subject| fits(all, subject)).unwrap_or_default();
        *self = Self { subject, fits, ..Self::default() };
    }

    /// Gives the whole screen to the details, or takes it back.
    pub fn zoom(&mut self) {
        self.zoomed = !self.zoomed;
        self.in_detail = self.zoomed;
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
    pub fn settle(&mut self, shelf: Shelf<'_>, list: usize, detail: usize, detail_lines: usize) {
        let rows = self.rows(shelf);
        if self.place(&rows).is_none() {
            self.cursor = None;
        }
        self.window.keep(self.place(&rows), rows.len(), if list > 0 { list } else { detail });
        self.detail_top = self.detail_top.min(detail_lines.saturating_sub(detail));
    }
}

fn choosable(rows: &[Row<'_>]) -> Vec<usize> {
    rows.iter().enumerate().filter(|(_, row)| row.key().is_some()).map(|(place, _)| place).collect()
}
