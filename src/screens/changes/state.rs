//! What a person has done on the changes: cursor and filter.

use crate::domain::Change;
use crate::domain::change::What;
use crate::domain::{HostName, ServiceName};
use crate::state::Fleet;
use crate::ui::list::{Step, step};
use crate::ui::{Field, Filter, Window};

/// The state of the screen of changes.
#[derive(Debug, Default)]
pub struct State {
    /// The number of the change under the cursor, counted from the first that ever was; `None` stays at the newest.
    pub cursor: Option<u64>,
    /// The rows on screen.
    pub window: Window,
    /// The filter as typed.
    pub filter: Field,
    /// Whether the filter takes the keys.
    pub typing: bool,
}

/// A change with its number.
#[derive(Debug, Clone, Copy)]
pub struct Numbered<'a> {
    /// Counted from the first that ever was.
    pub number: u64,
    /// The change.
    pub change: &'a Change,
}

impl State {
    /// The changes, newest first.
    pub fn rows<'a>(&self, fleet: &'a Fleet) -> Vec<Numbered<'a>> {
        let filter = Filter::parse(self.filter.text());
        let numbered = (fleet.changes_dropped..).zip(&fleet.changes);
        let mut rows: Vec<Numbered<'a>> = numbered
            .map(|(number, change)| Numbered { number, change })
            .filter(|row| filter.is_empty() || filter.passes(&searched(&row.change.what)))
            .collect();
        rows.reverse();
        rows
    }

    /// The place of the cursor among the rows.
    pub fn place(&self, rows: &[Numbered<'_>]) -> Option<usize> {
        match self.cursor {
            None => (!rows.is_empty()).then_some(0),
            Some(number) => rows.iter().position(|row| row.number == number),
        }
    }

    /// Moves the cursor.
    pub fn go(&mut self, to: Step, fleet: &Fleet) {
        let rows = self.rows(fleet);
        let all: Vec<usize> = (0..rows.len()).collect();
        let next = step(self.place(&rows), &all, to, self.window.height);
        // At the top it stays with the newest, also when newer ones come.
        self.cursor = next.filter(|place| *place > 0).and_then(|place| rows.get(place)).map(|row| row.number);
    }

    /// Puts the cursor on the row at this place on screen.
    pub fn point(&mut self, line: usize, fleet: &Fleet) {
        if let Some(row) = self.rows(fleet).get(self.window.top + line) {
            self.cursor = Some(row.number);
        }
    }

    /// What the change under the cursor is about.
    pub fn subject(&self, fleet: &Fleet) -> Option<(Option<ServiceName>, Option<HostName>)> {
        let rows = self.rows(fleet);
        let row = rows.get(self.place(&rows)?)?;
        Some(match &row.change.what {
            What::State { service, host, .. } | What::Restarted { service, host, .. } => {
                (Some(service.clone()), Some(host.clone()))
            }
            What::Probe { service, host, .. } => (Some(service.clone()), host.clone()),
            What::LinkLost { host, .. } | What::LinkUp { host } | What::Rebooted { host } => (None, Some(host.clone())),
        })
    }

    /// One step back; says whether there was one.
    pub fn back(&mut self) -> bool {
        if self.filter.text().is_empty() {
            return false;
        }
        self.filter.clear();
        true
    }

    /// After every event: the window stands around the cursor.
    pub fn settle(&mut self, fleet: &Fleet, list: usize) {
        let rows = self.rows(fleet);
        if self.place(&rows).is_none() {
            self.cursor = None;
        }
        self.window.keep(self.place(&rows), rows.len(), list);
    }
}

fn searched(what: &What) -> String {
    match what {
        What::State { service, host, unit, from, to, why } => {
            let unit = unit.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{service} {host} {unit} {} {} {why}", from.word(), to.word())
        }
        What::Restarted { service, host, unit } => format!("{service} {host} {unit} restarted"),
        What::LinkLost { host, why } => format!("host {host} link lost {why}"),
        What::LinkUp { host } => format!("host {host} link up"),
        What::Rebooted { host } => format!("host {host} rebooted"),
        What::Probe { service, host, probe, from, to } => {
            let host = host.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{service} {host} probe {probe} {} {}", from.word(), to.word())
        }
    }
}
