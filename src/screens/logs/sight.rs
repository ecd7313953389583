//! What of a log stands where on the screen: the lines of each row, and the rows of a window around the cursor. Only what
//! is on screen is ever made into text.

use jiff::tz::TimeZone;

use super::line::Drawn;
use super::patterns::Moment;
use super::shape::Shape;
use super::state::{Place, State, nearest};
use super::unfolded::Unfolded;
use super::{fields, line};
use crate::domain::highlight::Highlight;
use crate::port::log_block::Row;
use crate::state::Fleet;
use crate::state::logs::{Keepsakes, Reading, Ref};
use crate::style::Glyphs;
use crate::ui::Clock;

/// Everything that is needed to tell lines.
#[derive(Debug, Clone)]
pub struct Sight<'a> {
    /// The tail.
    pub reading: &'a Reading,
    /// The environment.
    pub fleet: &'a Fleet,
    /// Columns and what stands in them.
    pub shape: Shape,
    /// How time is told.
    pub clock: Clock,
    /// The person's own time zone.
    pub zone: Option<&'a TimeZone>,
    /// Whether times are those of that zone.
    pub local: bool,
    /// What is marked: by the person, and by the site.
    pub highlights: [&'a [Highlight]; 2],
    /// What the person keeps of the site.
    pub kept: &'a Keepsakes,
    /// The newest deploy, when it began.
    pub deploy: Option<Moment>,
    /// The marks.
    pub glyphs: &'static Glyphs,
    /// The key that fetches older lines.
    pub older_key: &'a str,
}

/// A row on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The row; `None` for the word about what is before the first one.
    pub row: Option<Ref>,
    /// Where it begins; above the top when it is negative.
    pub y: isize,
    /// Its lines.
    pub lines: Vec<Drawn>,
}

impl Placed {
    /// How many lines it takes.
    pub fn height(&self) -> isize {
        isize::try_from(self.lines.len()).unwrap_or(isize::MAX)
    }
}

impl Sight<'_> {
    /// The lines of a row.
    pub fn lines(&self, state: &State, row: Ref) -> Vec<Drawn> {
        let mut lines = line::lines(self, state, row);
        if let Some(unfolded) = state.unfolded.iter().find(|one| one.row == row) {
            let chosen = state.field.filter(|_| state.chosen(self.reading) == Some(row));
            lines.extend(fields::lines(self, unfolded, chosen));
        }
        lines
    }

    /// How many fields an unfolded line has.
    pub fn field_count(&self, unfolded: &Unfolded) -> usize {
        match self.reading.store.row(unfolded.row) {
            Some(Row::Line(line)) => fields::told(&line, &unfolded.fields).len(),
            Some(Row::Loss(_)) | None => 0,
        }
    }

    /// The field that has the keys.
    pub fn chosen_field(&self, state: &State) -> Option<fields::Told> {
        let unfolded = state.chosen_unfolded(self.reading)?;
        let Some(Row::Line(line)) = self.reading.store.row(unfolded.row) else { return None };
        fields::told(&line, &unfolded.fields).into_iter().nth(state.field?)
    }

    /// How many lines a row takes.
    pub fn height(&self, state: &State, row: Ref) -> isize {
        isize::try_from(self.lines(state, row).len()).unwrap_or(isize::MAX)
    }

    /// The rows on a screen of this height, from the top.
    pub fn placed(&self, state: &State, height: usize) -> Vec<Placed> {
        let order = state.shown(self.reading);
        let bottom = isize::try_from(height).unwrap_or(isize::MAX);
        let (mut rows, mut top) = match state.place {
            Place::Following => (Vec::new(), bottom),
            Place::Held { cursor, y, .. } => {
                let Some(cursor) = nearest(order, cursor) else { return Vec::new() };
                let (mut rows, mut at) = (Vec::new(), y);
                let mut next = Some(state.drawn(self.reading, cursor));
                while let Some(row) = next.filter(|_| at < bottom) {
                    next = state.next(self.reading, row);
                    let lines = self.lines(state, row);
                    let placed = Placed { row: Some(row), y: at, lines };
                    at += placed.height();
                    rows.push(placed);
                }
                rows.reverse();
                (rows, y)
            }
        };
        // From here on upwards.
        let from = rows.last().and_then(|placed: &Placed| placed.row).unwrap_or(Ref::LAST);
        let mut all = true;
        let mut at = from;
        while let Some(row) = state.previous(self.reading, at) {
            at = row;
            if top <= 0 {
                all = false;
                break;
            }
            let lines = self.lines(state, row);
            top -= isize::try_from(lines.len()).unwrap_or(isize::MAX);
            rows.push(Placed { row: Some(row), y: top, lines });
        }
        if all && !order.is_empty() {
            let lines = line::beginning(self);
            if !lines.is_empty() {
                top -= isize::try_from(lines.len()).unwrap_or(0);
                rows.push(Placed { row: None, y: top, lines });
            }
        }
        rows.reverse();
        if state.place == Place::Following && top > 0 {
            // Fewer than a screen of them stand at the top.
            rows.iter_mut().for_each(|placed| placed.y -= top);
        }
        rows
    }
}
