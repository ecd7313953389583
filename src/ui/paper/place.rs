//! A place in a document: a piece and a row of it. It is moved by rows, and only the pieces on the way are measured.

/// A row of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The piece.
    pub atom: usize,
    /// Which of its rows.
    pub row: usize,
}

impl Place {
    /// The beginning of a piece.
    pub fn at(atom: usize) -> Self {
        Self { atom, row: 0 }
    }

    /// So many rows further down, at the last row at most. `height` says how many rows a piece has.
    #[must_use]
    pub fn down(mut self, mut rows: usize, count: usize, height: impl Fn(usize) -> usize) -> Self {
        while rows > 0 {
            let left = height(self.atom).saturating_sub(self.row + 1);
            if rows <= left {
                self.row += rows;
                return self;
            }
            if self.atom + 1 >= count {
                self.row += left;
                return self;
            }
            rows -= left + 1;
            self = Self::at(self.atom + 1);
            // A piece may have no rows at all.
            while height(self.atom) == 0 && self.atom + 1 < count {
                self.atom += 1;
            }
        }
        self
    }

    /// So many rows further up, at the first at most.
    #[must_use]
    pub fn up(mut self, mut rows: usize, height: impl Fn(usize) -> usize) -> Self {
        loop {
            if rows <= self.row {
                self.row -= rows;
                return self;
            }
            rows -= self.row;
            let mut above = self.atom;
            loop {
                let Some(next) = above.checked_sub(1) else { return Self::at(0) };
                above = next;
                if height(above) > 0 {
                    break;
                }
            }
            self = Self { atom: above, row: height(above) };
        }
    }

    /// How many rows `other` lies below, if that is less than `most`.
    pub fn rows_to(self, other: Self, most: usize, height: impl Fn(usize) -> usize) -> Option<usize> {
        if other < self {
            return None;
        }
        let (mut atom, mut rows) = (self.atom, 0);
        let mut from = self.row;
        while atom < other.atom {
            rows += height(atom).saturating_sub(from);
            if rows >= most {
                return None;
            }
            (atom, from) = (atom + 1, 0);
        }
        rows += other.row.saturating_sub(from);
        (rows < most).then_some(rows)
    }

    /// The highest place from which the last row is still at the bottom of `rows` rows.
    pub fn last_page(rows: usize, count: usize, height: impl Fn(usize) -> usize) -> Self {
        let Some(last) = count.checked_sub(1) else { return Self::default() };
        let end = Self { atom: last, row: height(last).saturating_sub(1) };
        end.up(rows.saturating_sub(1), height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_over_pieces_of_any_height() {
        let heights = [1, 3, 0, 2, 1];
        let height = |atom: usize| heights.get(atom).copied().unwrap_or(0);
        let all: Vec<Place> = (0..7).map(|rows| Place::default().down(rows, 5, height)).collect();
        let told: Vec<(usize, usize)> = all.iter().map(|place| (place.atom, place.row)).collect();
        assert_eq!(told, [(0, 0), (1, 0), (1, 1), (1, 2), (3, 0), (3, 1), (4, 0)]);
        for (number, place) in all.iter().enumerate() {
            assert_eq!(place.up(number, height), Place::default(), "{place:?}");
            assert_eq!(Place::default().rows_to(*place, 100, height), Some(number), "{place:?}");
            assert_eq!(all[6].up(6 - number, height), *place);
        }
        assert_eq!(all[6].down(3, 5, height), all[6]);
        assert_eq!(Place::default().rows_to(all[6], 6, height), None);
        assert_eq!(all[6].rows_to(all[0], 6, height), None);
        assert_eq!(Place::last_page(3, 5, height), all[4]);
        assert_eq!(Place::last_page(30, 5, height), all[0]);
    }
}
