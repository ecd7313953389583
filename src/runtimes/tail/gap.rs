//! A cut of the link: how long there was none, since when, and where the row that says so stands among the lines that are read
//! afterwards.

use std::time::Duration;

use jiff::Timestamp;

use crate::port::log::{LogRow, Loss, LossKind};

/// A time without a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// How long.
    pub length: Duration,
    /// Since when, by the host's clock; nothing where the host did not tell what time it is.
    pub at: Option<Timestamp>,
}

impl From<Duration> for Gap {
    /// One of which nobody knows when it began.
    fn from(length: Duration) -> Self {
        Self { length, at: None }
    }
}

impl Gap {
    /// Its row, behind a lane's last line, which is of this time.
    pub fn row(self, last: Timestamp) -> LogRow {
        let at = self.at.map_or(last, |at| at.max(last));
        LogRow::Loss(Loss { at, kind: LossKind::LinkLost(self.length), lost: Some(0), cursor: None })
    }
}

/// The row of a cut on its way: lines that were written before the cut and read after it go before it, so that it stands at its
/// own time and none of them behind it.
#[derive(Debug, Default)]
pub struct Held(Option<Loss>);

impl Held {
    /// Takes the row out of these, where there is one; one that was held already goes in its place.
    pub fn hold(&mut self, rows: &mut Vec<LogRow>) {
        let Some(place) = rows.iter().rposition(is_cut) else { return };
        if let LogRow::Loss(cut) = rows.remove(place)
            && let Some(earlier) = self.0.replace(cut)
        {
            rows.insert(place, LogRow::Loss(earlier));
        }
    }

    /// Puts the row in front of the first line that was written behind the cut; without one it is kept.
    pub fn place(&mut self, rows: &mut Vec<LogRow>) {
        let Some(cut) = self.0.take() else { return };
        let is_behind = |row: &LogRow| match row {
            LogRow::Entry(entry) => entry.at > cut.at,
            // What else is missing stands where it was found.
            LogRow::Loss(_) => !is_cut(row),
        };
        match rows.iter().position(is_behind) {
            Some(place) => rows.insert(place, LogRow::Loss(cut)),
            None => self.0 = Some(cut),
        }
    }

    /// No line comes any more that was written before the cut: the row stands behind these.
    pub fn settle(&mut self, rows: &mut Vec<LogRow>) {
        self.place(rows);
        rows.extend(self.0.take().map(LogRow::Loss));
    }
}

fn is_cut(row: &LogRow) -> bool {
    matches!(row, LogRow::Loss(Loss { kind: LossKind::LinkLost(_), .. }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::port::log::{Cursor, LogEntry};
    use crate::text::Foreign;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn line(second: i64) -> LogRow {
        LogRow::Entry(LogEntry {
            cursor: Cursor::new(&format!("s=1;i={second:x}")).unwrap(),
            at: at(second),
            monotonic: 0,
            boot: 0,
            priority: 6,
            unit: None,
            identifier: Foreign::default(),
            pid: 1,
            message: Foreign::from("x"),
            cut: 0,
        })
    }

    fn told(rows: &[LogRow]) -> Vec<String> {
        let word = |row: &LogRow| match row {
            LogRow::Entry(entry) => entry.at.as_second().to_string(),
            LogRow::Loss(loss) => format!("{} at {}", loss.words(), loss.at.as_second()),
        };
        rows.iter().map(word).collect()
    }

    fn cut(second: i64, last: i64) -> LogRow {
        Gap { length: Duration::from_secs(28), at: Some(at(second)) }.row(at(last))
    }

    /// Holds the row of this cut.
    fn held(cut: LogRow) -> Held {
        let (mut held, mut rows) = (Held::default(), vec![cut]);
        held.hold(&mut rows);
        assert!(rows.is_empty(), "lines from before it may come");
        held
    }

    #[test]
    fn it_bears_the_time_of_the_cut_and_stands_there() {
        let (mut held, mut rows) = (held(cut(900, 10)), vec![line(880)]);
        held.place(&mut rows);
        assert_eq!(told(&rows), ["880"]);
        rows.extend([line(900), line(905)]);
        held.place(&mut rows);
        assert_eq!(told(&rows), ["880", "900", "28 s without link, 0 lost at 900", "905"]);
    }

    #[test]
    fn where_nothing_comes_it_is_told_all_the_same_and_never_before_the_last_line() {
        let (mut held, mut rows) = (held(cut(5, 10)), Vec::new());
        held.place(&mut rows);
        assert!(rows.is_empty());
        held.settle(&mut rows);
        assert_eq!(told(&rows), ["28 s without link, 0 lost at 10"]);
        // What waits for room stays where it stands.
        held.place(&mut rows);
        assert_eq!(told(&rows), ["28 s without link, 0 lost at 10"]);
        assert_eq!(told(&[Gap::from(Duration::from_secs(28)).row(at(7))]), ["28 s without link, 0 lost at 7"]);
    }

    #[test]
    fn two_cuts_and_other_rows_keep_their_order() {
        let (mut held, mut rows) = (held(cut(900, 10)), vec![line(880), cut(950, 10)]);
        held.hold(&mut rows);
        let rotated = LogRow::Loss(Loss { at: at(10), kind: LossKind::Rotated, lost: Some(0), cursor: None });
        rows.extend([line(940), rotated, line(960)]);
        held.settle(&mut rows);
        let rotated = "the file was rotated, its successor goes on, 0 lost at 10";
        let [first, second] = ["28 s without link, 0 lost at 900", "28 s without link, 0 lost at 950"];
        assert_eq!(told(&rows), ["880", first, "940", second, rotated, "960"]);
    }
}
