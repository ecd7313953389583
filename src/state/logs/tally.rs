//! How many rows of an order lie in each stretch of time, and how important they are. It is kept up with each row that
//! comes or goes, and gets coarser by itself, so that it stays small whatever time is held.

use std::collections::BTreeMap;

use super::order::Ref;

/// Stretches in microseconds, each a multiple of the one before.
const GRAINS: [i64; 14] = [
    10_000,
    20_000,
    100_000,
    200_000,
    1_000_000,
    2_000_000,
    10_000_000,
    20_000_000,
    60_000_000,
    120_000_000,
    600_000_000,
    1_200_000_000,
    3_600_000_000,
    86_400_000_000,
];
/// Stretches that are counted apart; beyond that they get coarser.
const CELLS: usize = 4096;

/// How wide a column may be, in microseconds: spans in which people count.
const STEPS: [i64; 43] = [
    10_000,
    20_000,
    100_000,
    200_000,
    400_000,
    600_000,
    1_000_000,
    2_000_000,
    4_000_000,
    6_000_000,
    10_000_000,
    20_000_000,
    40_000_000,
    60_000_000,
    120_000_000,
    240_000_000,
    360_000_000,
    600_000_000,
    1_200_000_000,
    2_400_000_000,
    3_600_000_000,
    7_200_000_000,
    10_800_000_000,
    14_400_000_000,
    21_600_000_000,
    28_800_000_000,
    43_200_000_000,
    86_400_000_000,
    172_800_000_000,
    259_200_000_000,
    345_600_000_000,
    432_000_000_000,
    604_800_000_000,
    1_209_600_000_000,
    2_419_200_000_000,
    4_838_400_000_000,
    9_676_800_000_000,
    19_353_600_000_000,
    31_536_000_000_000,
    63_072_000_000_000,
    157_680_000_000_000,
    315_360_000_000_000,
    3_153_600_000_000_000,
];

/// Stretches up to now in which people look, in microseconds: 1, 5, 15 minutes, 1, 6, 24 hours, a week.
const WINDOWS: [i64; 7] =
    [60_000_000, 300_000_000, 900_000_000, 3_600_000_000, 21_600_000_000, 86_400_000_000, 604_800_000_000];
/// All rows but one in so many are most of them.
const CROWD: u64 = 8;

/// How many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Errors and worse.
    pub errors: u32,
    /// Warnings.
    pub warnings: u32,
    /// Everything else.
    pub others: u32,
}

impl Counts {
    /// All of them.
    pub fn all(self) -> u64 {
        u64::from(self.errors) + u64::from(self.warnings) + u64::from(self.others)
    }

    fn of(&mut self, priority: u8) -> &mut u32 {
        match priority {
            0..=3 => &mut self.errors,
            4 => &mut self.warnings,
            _ => &mut self.others,
        }
    }

    fn add(&mut self, other: Self) {
        self.errors = self.errors.saturating_add(other.errors);
        self.warnings = self.warnings.saturating_add(other.warnings);
        self.others = self.others.saturating_add(other.others);
    }
}

/// Counts over time.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    grain: usize,
    /// By the beginning of each stretch, in grains.
    cells: BTreeMap<i64, Counts>,
    total: u64,
}

/// Columns next to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// When the first one begins, in microseconds.
    pub from: i64,
    /// How long each is, in microseconds.
    pub step: i64,
    /// What lies in each.
    pub counts: Vec<Counts>,
}

impl Columns {
    /// When a column begins.
    pub fn begin(&self, column: usize) -> i64 {
        self.from.saturating_add(self.step.saturating_mul(i64::try_from(column).unwrap_or(i64::MAX)))
    }

    /// The column in which a moment lies, or the nearest.
    pub fn at(&self, moment: i64) -> usize {
        let column = moment.saturating_sub(self.from).max(0) / self.step.max(1);
        usize::try_from(column).unwrap_or(usize::MAX).min(self.counts.len().saturating_sub(1))
    }
}

impl Tally {
    /// Counts rows; what is missing is no row.
    pub fn add(&mut self, rows: &[Ref]) {
        let mut held: Option<(i64, Counts)> = None;
        for row in rows.iter().filter(|row| !row.is_loss()) {
            let place = row.key().div_euclid(self.size());
            match &mut held {
                Some((at, counts)) if *at == place => *counts.of(row.priority()) += 1,
                Some(_) | None => {
                    self.put(held.take());
                    let mut counts = Counts::default();
                    *counts.of(row.priority()) += 1;
                    held = Some((place, counts));
                }
            }
        }
        self.put(held);
        while self.cells.len() > CELLS && self.grain + 1 < GRAINS.len() {
            self.coarsen();
        }
    }

    fn put(&mut self, held: Option<(i64, Counts)>) {
        if let Some((place, counts)) = held {
            self.total += counts.all();
            self.cells.entry(place).or_default().add(counts);
        }
    }

    /// Takes a row out again.
    pub fn remove(&mut self, row: Ref) {
        let place = row.key().div_euclid(self.size());
        if row.is_loss() {
            return;
        }
        if let Some(counts) = self.cells.get_mut(&place) {
            let count = counts.of(row.priority());
            self.total = self.total.saturating_sub(u64::from(*count > 0));
            *count = count.saturating_sub(1);
            if counts.all() == 0 {
                self.cells.remove(&place);
            }
        }
    }

    /// How many rows there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How long the stretches are that are counted apart, in microseconds.
    pub fn grain(&self) -> i64 {
        self.size()
    }

    /// How many rows of which importance there are.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.cells.values().for_each(|cell| counts.add(*cell));
        counts
    }

    /// Where the first row lies of the shortest of some stretches up to this moment that has most of all rows.
    pub fn crowd(&self, until: i64) -> Option<i64> {
        let most = self.total - self.total / CROWD;
        WINDOWS.into_iter().find_map(|window| {
            let from = until.saturating_sub(window).div_euclid(self.size());
            let within: u64 = self.cells.range(from..).map(|(_, counts)| counts.all()).sum();
            let first = self.cells.range(from..).next()?;
            (within >= most).then(|| first.0.saturating_mul(self.size()))
        })
    }

    fn size(&self) -> i64 {
        GRAINS.get(self.grain).copied().unwrap_or(86_400_000_000)
    }

    fn coarsen(&mut self) {
        let before = self.size();
        self.grain += 1;
        let times = self.size() / before;
        let mut cells: BTreeMap<i64, Counts> = BTreeMap::new();
        for (place, counts) in &self.cells {
            cells.entry(place.div_euclid(times)).or_default().add(*counts);
        }
        self.cells = cells;
    }

    /// The time in which something lies: from the beginning of the first stretch to the end of the last.
    pub fn span(&self) -> Option<(i64, i64)> {
        let (first, last) = (*self.cells.keys().next()?, *self.cells.keys().next_back()?);
        Some((first.saturating_mul(self.size()), last.saturating_add(1).saturating_mul(self.size())))
    }

    /// At most so many columns over this time, none of them shorter than `least` microseconds; they end with it, and
    /// begin where people would begin to count.
    pub fn columns(&self, (from, until): (i64, i64), most: usize, least: i64) -> Columns {
        let size = self.size();
        let most = i64::try_from(most.max(1)).unwrap_or(i64::MAX);
        let count = |step: i64| (until - 1).div_euclid(step) - from.div_euclid(step) + 1;
        let fits = |step: &i64| *step >= size.max(least) && step % size == 0 && count(*step) <= most;
        let step = STEPS.into_iter().find(fits).unwrap_or(i64::MAX / 4);
        let first = from.div_euclid(step);
        let mut counts = vec![Counts::default(); usize::try_from(count(step)).unwrap_or(0)];
        let cells = self.cells.range(from.div_euclid(size)..=(until - 1).div_euclid(size));
        for (place, cell) in cells {
            let column = usize::try_from(place.saturating_mul(size).div_euclid(step) - first).ok();
            if let Some(counts) = column.and_then(|column| counts.get_mut(column)) {
                counts.add(*cell);
            }
        }
        Columns { from: first.saturating_mul(step), step, counts }
    }

    /// Rows between two moments, as near as stretches tell.
    pub fn between(&self, (from, until): (i64, i64)) -> Counts {
        let mut counts = Counts::default();
        let size = self.size();
        if from < until {
            self.cells
                .range(from.div_euclid(size)..=(until - 1).div_euclid(size))
                .for_each(|(_, cell)| counts.add(*cell));
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(millis: i64, number: u64, priority: u8) -> Ref {
        Ref::new(1_795_000_000_000_000 + millis * 1000, 0, number, Some(priority), false)
    }

    #[test]
    fn what_comes_and_goes_is_counted_however_coarse_it_got() {
        let mut rng = fastrand::Rng::with_seed(3);
        let (mut tally, mut kept) = (Tally::default(), Vec::new());
        for number in 0..30_000_u64 {
            let row = row(rng.i64(0..500_000_000), number, rng.u8(0..8));
            tally.add(&[row]);
            if rng.bool() { tally.remove(row) } else { kept.push(row) }
        }
        assert!(tally.cells.len() <= CELLS && tally.grain > 4);
        for most in [20, 100, 200] {
            let span = tally.span().unwrap_or_default();
            let columns = tally.columns(span, most, 0);
            assert!(columns.counts.len() <= most && columns.counts.len() * 3 >= most, "{}", columns.counts.len());
            assert_eq!(tally.total(), kept.len() as u64);
            assert_eq!(columns.counts.iter().map(|counts| counts.all()).sum::<u64>(), kept.len() as u64);
            for (column, counts) in columns.counts.iter().enumerate() {
                let is_in = |row: &&Ref| (columns.begin(column)..columns.begin(column + 1)).contains(&row.key());
                assert_eq!(counts.all(), kept.iter().filter(is_in).count() as u64);
                let errors = kept.iter().filter(is_in).filter(|row| row.is_error()).count();
                assert_eq!(counts.errors as usize, errors);
            }
            assert_eq!(columns.at(columns.begin(5)), 5);
        }
    }

    #[test]
    fn the_stretch_with_most_rows_is_found() {
        let mut tally = Tally::default();
        let hour = 3_600_000;
        // A few from days ago, and many of the last ten minutes.
        let old = (0..20).map(|number| row(number * hour, number as u64, 6));
        let new = (0..600).map(|number| row(100 * hour + number * 1_000, 100 + number as u64, 6));
        tally.add(&old.chain(new).collect::<Vec<_>>());
        let now = row(100 * hour + 601_000, 0, 6).key();
        let begins = tally.crowd(now).unwrap_or_default();
        assert!((now - begins) / 1_000_000 <= 660, "{}", (now - begins) / 1_000_000);
        assert!(tally.between((begins, now)).all() >= 600);
        let columns = tally.columns((now - 30_000_000, now), 100, 1_000_000);
        assert!(columns.step >= 1_000_000);
        assert_eq!(Tally::default().crowd(now), None);
    }

    #[test]
    fn every_step_is_made_of_whole_stretches() {
        for two in GRAINS.windows(2) {
            assert!(two[1] % two[0] == 0);
        }
        assert!(STEPS.windows(2).all(|two| two[0] < two[1]));
        for grain in GRAINS {
            assert!(STEPS.iter().any(|step| step % grain == 0), "{grain}");
        }
        let empty = Tally::default();
        assert_eq!(empty.span(), None);
        assert_eq!(empty.between((0, 5)).all(), 0);
    }
}
