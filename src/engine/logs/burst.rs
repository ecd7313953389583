//! Bursts at the end of a log: journald tells how many lines of a unit it threw away only when the unit writes again
//! after the burst, so until then nobody can say that none were.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{HostName, UnitName};
use crate::port::log::LogRow;

/// The span over which journald counts the lines of a unit, unless a host says otherwise.
const SPAN: SignedDuration = SignedDuration::from_secs(30);
/// The fewest lines within it after which journald begins to throw away, unless a host says otherwise.
const LIMIT: u64 = 10_000;

/// What each unit wrote within the newest span.
#[derive(Debug, Default)]
pub struct Bursts(BTreeMap<(HostName, UnitName), (Timestamp, u64)>);

impl Bursts {
    /// Takes a row in, in the order of its host's journal.
    pub fn see(&mut self, host: &HostName, row: &LogRow) {
        let LogRow::Entry(entry) = row else { return };
        let Some(unit) = &entry.unit else { return };
        // Most units never come near the limit: the key is only made once.
        let key = (host.clone(), unit.clone());
        let (begun, lines) = self.0.entry(key).or_insert((entry.at, 0));
        if entry.at.duration_since(*begun) > SPAN {
            // What was thrown away of the span before is told with this line.
            (*begun, *lines) = (entry.at, 0);
        }
        *lines += 1;
    }

    /// Units that ended in a burst, each as a sentence.
    pub fn untold(&self) -> Vec<String> {
        let ended = self.0.iter().filter(|(_, (_, lines))| *lines >= LIMIT);
        let sentence = |((host, unit), (_, lines)): (&(HostName, UnitName), &(Timestamp, u64))| {
            format!(
                "{host}: {unit} ended with {lines} lines within {} s; what journald threw away behind them it tells \
                 only when the unit writes again",
                SPAN.as_secs()
            )
        };
        ended.map(sentence).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::port::log::{Cursor, LogEntry};
    use crate::text::Foreign;

    fn line(millis: i64) -> LogRow {
        LogRow::Entry(LogEntry {
            cursor: Cursor::new(&format!("s=1;i={millis:x}")).unwrap(),
            at: Timestamp::from_millisecond(millis).unwrap(),
            monotonic: 0,
            boot: 0,
            priority: 6,
            unit: UnitName::new("flood.service"),
            identifier: Foreign::default(),
            pid: 1,
            message: Foreign::from("x"),
            cut: 0,
        })
    }

    #[test]
    fn a_burst_at_the_end_is_told_until_the_unit_writes_again() {
        let (mut bursts, host) = (Bursts::default(), HostName::new("app-1").unwrap());
        for millis in 0..9_999 {
            bursts.see(&host, &line(millis));
        }
        assert!(bursts.untold().is_empty());
        bursts.see(&host, &line(9_999));
        let told = bursts.untold();
        assert!(told.len() == 1 && told[0].starts_with("app-1: flood.service ended with 10000 lines"), "{told:?}");
        bursts.see(&host, &line(40_000));
        assert!(bursts.untold().is_empty(), "journald has told by then what it threw away");
    }

    #[test]
    fn a_busy_unit_below_the_limit_is_none() {
        let (mut bursts, host) = (Bursts::default(), HostName::new("app-1").unwrap());
        for second in 0..600 {
            (0..300).for_each(|n| bursts.see(&host, &line(second * 1000 + n)));
        }
        assert!(bursts.untold().is_empty());
    }
}
