//! Lines that are unfolded to all their fields, and the field under the cursor.

use super::line::Drawn;
use super::sight::Sight;
use super::state::{Place, State};
use crate::domain::HostName;
use crate::port::log::{Cursor, LogFields};
use crate::port::log_block::Row;
use crate::state::logs::{Reading, Ref};
use crate::text::Foreign;
use crate::ui::list::Step;

/// Lines that are unfolded at once; the one unfolded first folds again.
const UNFOLDED: usize = 16;

/// A line with all its fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Unfolded {
    /// The line.
    pub row: Ref,
    /// Its place in the journal.
    pub cursor: Option<Cursor>,
    /// Its fields.
    pub fields: Fields,
}

/// The fields of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Fields {
    /// They were asked for.
    Loading,
    /// They came.
    Read(Vec<(String, Foreign)>),
    /// They can't be read; the reason.
    Failed(String),
}

impl State {
    /// Folds or unfolds the line under the cursor; says which fields are wanted.
    pub fn toggle_fields(&mut self, reading: &Reading) -> Option<(HostName, Cursor)> {
        let row = self.chosen(reading)?;
        let host = reading.store.host(row)?;
        let Some(Row::Line(line)) = reading.store.row(row) else { return None };
        self.hold(reading);
        self.field = None;
        if self.fold(reading, row).is_some() {
            // First the run, then its lines.
            self.open_run(row);
            return None;
        }
        if let Some(place) = self.unfolded.iter().position(|one| one.row == row) {
            self.unfolded.remove(place);
            return None;
        }
        if self.unfolded.len() >= UNFOLDED {
            self.unfolded.remove(0);
        }
        let cursor = line.cursor();
        self.unfolded.push(Unfolded { row, cursor: cursor.clone(), fields: Fields::Loading });
        Some((host.name.clone(), cursor?))
    }

    /// Takes fields in that were asked for.
    pub fn take_fields(&mut self, fields: LogFields, reading: &Reading) {
        let same = |one: &&mut Unfolded| {
            one.cursor.as_ref() == Some(&fields.cursor)
                && reading.store.host(one.row).is_some_and(|host| host.name == fields.host)
        };
        if let Some(one) = self.unfolded.iter_mut().find(same) {
            one.fields = match fields.fields {
                Ok(read) => Fields::Read(read),
                Err(why) => Fields::Failed(why),
            };
        }
    }

    /// The unfolded line under the cursor.
    pub fn chosen_unfolded(&self, reading: &Reading) -> Option<&Unfolded> {
        let row = self.chosen(reading)?;
        self.unfolded.iter().find(|one| one.row == row)
    }

    /// Gives the keys to the fields of the line under the cursor, or takes them back.
    pub fn toggle_in_fields(&mut self, reading: &Reading) {
        self.field = match self.field {
            None => self.chosen_unfolded(reading).map(|_| 0),
            Some(_) => None,
        };
        if self.field.is_some() {
            self.hold(reading);
        }
    }

    /// Scrolls a line that is higher than the screen, so that the field that has the keys is in sight.
    pub(super) fn show_field(&mut self, sight: &Sight<'_>, height: usize) {
        let (Some(field), Place::Held { cursor, y, end }) = (self.field, self.place) else { return };
        let lines = sight.lines(self, cursor);
        let of = |line: &Drawn| line.field == Some(field);
        let (Some(first), Some(last)) = (lines.iter().position(of), lines.iter().rposition(of)) else { return };
        let [first, last, height] = [first, last, height].map(|count| isize::try_from(count).unwrap_or(isize::MAX));
        self.place = Place::Held { cursor, y: y.min(height - 1 - last).max(-first), end };
    }

    /// Moves among the fields of the line under the cursor; says whether these have the keys.
    pub(super) fn go_in_fields(&mut self, step: Step, sight: &Sight<'_>) -> bool {
        let (Some(field), Some(unfolded)) = (self.field, self.chosen_unfolded(sight.reading)) else {
            self.field = None;
            return false;
        };
        let last = sight.field_count(unfolded).saturating_sub(1);
        self.field = Some(match step {
            Step::First => 0,
            Step::Last => last,
            Step::By(_) | Step::HalfPage(_) | Step::Page(_) => {
                field.saturating_add_signed(step.rows(self.height).unwrap_or(0)).min(last)
            }
        });
        true
    }
}
