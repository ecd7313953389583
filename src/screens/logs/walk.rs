//! Which rows are drawn by themselves: of a run of lines that say the same only the first, of a trace whose lines came as
//! entries of their own only the first, which is drawn with the others.

use super::state::{Shows, State};
use crate::state::logs::{Fold, Layer, Order, Reading, Ref, group};

/// Rows of other programs between the lines of a trace that are looked over.
const BETWEEN: usize = 2_000;
/// Runs that are unfolded at once.
pub(super) const OPENED: usize = 64;

impl State {
    /// Of which order runs are folded.
    pub fn folded(&self) -> Option<Layer> {
        match (self.shows, self.query.is_some()) {
            _ if self.flat => None,
            (Shows::Around(_), true) => None,
            (Shows::Found, true) => Some(Layer::Hits),
            (Shows::All, true) | (_, false) => Some(Layer::Base),
        }
    }

    /// The run in which a row is folded.
    pub fn fold<'a>(&self, reading: &'a Reading, row: Ref) -> Option<&'a Fold> {
        self.folded()?;
        let fold = reading.store.run(row)?;
        let opened = self.opened.iter().any(|row| (fold.first..=fold.last).contains(row));
        (!opened).then_some(fold)
    }

    /// The row that is drawn for this one.
    pub fn drawn(&self, reading: &Reading, row: Ref) -> Ref {
        let row = self.head(reading, row);
        self.fold(reading, row).map_or(row, |fold| fold.first)
    }

    /// The next row that is drawn.
    pub fn next(&self, reading: &Reading, row: Ref) -> Option<Ref> {
        let order = self.shown(reading);
        let from = self.fold(reading, row).map_or(row, |fold| fold.last);
        let mut rows = order.forward(from).filter(|next| *next != from);
        rows.find(|next| *next != row && self.is_drawn(reading, *next))
    }

    /// The row before that is drawn.
    pub fn previous(&self, reading: &Reading, row: Ref) -> Option<Ref> {
        let order = self.shown(reading);
        let before = order.backward(row).find(|one| self.head_in(order, reading, *one) == *one)?;
        Some(self.fold(reading, before).map_or(before, |fold| fold.first))
    }

    /// Whether a row is drawn by itself.
    pub fn is_drawn(&self, reading: &Reading, row: Ref) -> bool {
        self.drawn(reading, row) == row
    }

    /// The first of the shown rows of a trace; the row itself where it belongs to none.
    fn head(&self, reading: &Reading, row: Ref) -> Ref {
        self.head_in(self.shown(reading), reading, row)
    }

    fn head_in(&self, order: &Order, reading: &Reading, row: Ref) -> Ref {
        let Some(host) = reading.store.host(row).filter(|_| !row.is_loss()) else { return row };
        if !group::goes_on(host, row.number()) {
            return row;
        }
        let leader = group::leader(host, row.number());
        let members = group::members(host, leader);
        let is_of = |one: &Ref| {
            one.host() == row.host() && (one.number() == leader || members.binary_search(&one.number()).is_ok())
        };
        // Rows of a host stand in the order of their numbers.
        let earlier = order.backward(row).take(BETWEEN);
        let earlier = earlier.take_while(|one| one.host() != row.host() || one.number() >= leader);
        earlier.filter(is_of).last().unwrap_or(row)
    }

    /// Folds runs of lines that say the same, or shows each of them.
    pub fn toggle_folds(&mut self) {
        self.flat = !self.flat;
        self.opened.clear();
    }

    /// Unfolds the run of a row.
    pub fn open_run(&mut self, row: Ref) {
        if self.opened.len() >= OPENED {
            self.opened.remove(0);
        }
        self.opened.push(row);
    }
}
