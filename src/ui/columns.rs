//! Columns of a list: which there are, how wide each is in the room there is, which go first when it gets narrow.

use ratatui::layout::Rect;

use super::{Pen, Words};
use crate::style::Role;

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub heading: &'static str,
    /// Columns it needs at least.
    pub least: u16,
    /// Share of the room that is left over; 0 for a column that never grows.
    pub grows: u16,
    /// Columns beyond which it stops growing.
    pub most: u16,
    /// Whether its text ends at its right edge.
    pub right: bool,
    /// Order of going when there is no room; 0 never goes, the highest goes first.
    pub goes: u8,
}

impl Column {
    /// The column of the heading of this number, among those of its list.
    pub const fn of(
        headings: &[&'static str],
        number: usize,
        (least, grows, most): (u16, u16, u16),
        right: bool,
        goes: u8,
    ) -> Self {
        Self { heading: headings[number], least, grows, most, right, goes }
    }
}

/// Where a column stands: offset and width; `None` when it went.
pub type Place = Option<(u16, u16)>;

/// Spaces before a column that is not the first: figures at the right edge seldom fill theirs, so one is enough.
fn gap(column: &Column, first: bool) -> u16 {
    match (first, column.right) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}

/// Lays columns out in `room`.
pub fn places(columns: &[Column], room: u16) -> Vec<Place> {
    let mut stays = vec![true; columns.len()];
    let needs = |stays: &[bool]| -> u16 {
        let staying = columns.iter().zip(stays).filter(|(_, stays)| **stays).map(|(column, _)| column);
        staying.enumerate().map(|(number, column)| column.least + gap(column, number == 0)).sum()
    };
    while needs(&stays) > room {
        let first = (0..columns.len()).filter(|n| stays[*n] && columns[*n].goes > 0).max_by_key(|n| columns[*n].goes);
        let Some(first) = first else { break };
        stays[first] = false;
    }
    let mut widths: Vec<u16> = columns.iter().map(|column| column.least).collect();
    let mut left = room.saturating_sub(needs(&stays));
    // Growing by single columns, in turn, keeps the shares right also when some stop early.
    let growing = |n: usize, widths: &[u16]| stays[n] && columns[n].grows > 0 && widths[n] < columns[n].most;
    while left > 0 && (0..columns.len()).any(|n| growing(n, &widths)) {
        for n in 0..columns.len() {
            if growing(n, &widths) {
                let more = columns[n].grows.min(left).min(columns[n].most - widths[n]);
                widths[n] += more;
                left -= more;
            }
        }
    }
    let (mut end, mut first) = (0, true);
    (0..columns.len())
        .map(|n| {
            if !stays[n] {
                return None;
            }
            let at = end + gap(&columns[n], first);
            (end, first) = (at + widths[n], false);
            Some((at, widths[n]))
        })
        .collect()
}

/// Writes one row of cells, each in the place of its column.
pub fn row(pen: &mut Pen<'_>, room: Rect, columns: &[Column], places: &[Place], cells: &[Words]) {
    for ((words, column), place) in cells.iter().zip(columns).zip(places) {
        let Some((at, width)) = place else { continue };
        if column.right {
            pen.words_right(room.x + at, room.y, *width, words);
        } else {
            pen.words(room.x + at, room.y, *width, words);
        }
    }
}

/// Writes the headings of all columns.
pub fn headings(pen: &mut Pen<'_>, room: Rect, columns: &[Column], places: &[Place]) {
    let cells: Vec<Words> = columns.iter().map(|column| Words::of(Role::Quiet, column.heading)).collect();
    row(pen, room, columns, places, &cells);
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Column = Column { heading: "NAME", least: 6, grows: 2, most: 20, right: false, goes: 0 };
    const WHY: Column = Column { heading: "WHY", least: 6, grows: 1, most: 60, right: false, goes: 1 };
    const AGE: Column = Column { heading: "AGE", least: 4, grows: 0, most: 4, right: true, goes: 2 };

    #[test]
    fn room_is_shared_and_never_overrun() {
        for room in 6..120 {
            let places = places(&[NAME, WHY, AGE], room);
            let end = places.iter().flatten().map(|(at, width)| at + width).max().unwrap_or(0);
            assert!(end <= room, "{room}: {places:?}");
        }
        assert_eq!(places(&[NAME, WHY, AGE], 19), [Some((0, 6)), Some((8, 6)), Some((15, 4))]);
        assert_eq!(places(&[NAME, WHY, AGE], 25), [Some((0, 10)), Some((12, 8)), Some((21, 4))]);
    }

    #[test]
    fn what_matters_least_goes_first() {
        assert_eq!(places(&[NAME, WHY, AGE], 18), [Some((0, 9)), Some((11, 7)), None]);
        assert_eq!(places(&[NAME, WHY, AGE], 13), [Some((0, 13)), None, None]);
    }
}
