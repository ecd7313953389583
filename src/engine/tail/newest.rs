//! The newest lines of a span, kept until it was read to its end.

use std::collections::VecDeque;

use crate::port::log::{LogRow, Loss, LossKind};

/// The newest lines so far, and the rows between them.
#[derive(Debug)]
pub struct Newest {
    most: usize,
    lines: usize,
    rows: VecDeque<LogRow>,
    left_out: bool,
}

impl Newest {
    /// So many lines at most.
    pub fn new(most: u32) -> Self {
        Self { most: usize::try_from(most).unwrap_or(usize::MAX), lines: 0, rows: VecDeque::new(), left_out: false }
    }

    /// Takes all of these rows.
    pub fn take(&mut self, rows: &mut Vec<LogRow>) {
        for row in rows.drain(..) {
            self.lines += usize::from(matches!(row, LogRow::Entry(_)));
            self.rows.push_back(row);
            while self.lines > self.most {
                let gone = self.rows.pop_front();
                self.lines -= usize::from(matches!(gone, Some(LogRow::Entry(_))));
                self.left_out = true;
            }
        }
    }

    /// Gives them back, behind a row that says so where older ones were left out.
    pub fn told(&mut self) -> Vec<LogRow> {
        self.lines = 0;
        let rows: Vec<LogRow> = std::mem::take(&mut self.rows).into();
        let left_out = std::mem::take(&mut self.left_out);
        let at = |row: &LogRow| match row {
            LogRow::Entry(entry) => entry.at,
            LogRow::Loss(loss) => loss.at,
        };
        let at = rows.first().map(at).filter(|_| left_out);
        let bounded = at.map(|at| LogRow::Loss(Loss { at, kind: LossKind::Bounded, lost: Some(0), cursor: None }));
        bounded.into_iter().chain(rows).collect()
    }
}
