//! Rows of many lanes of many hosts in the order of time: pure. Inside a lane the order is its own, always.
//!
//! A row is given out when no host can still bring an older one: each other host has a newer row waiting, has ended, or
//! is away. A host that has told everything up to now and is silent is waited for a moment only, since a journal may
//! hold a line back for a quarter of a second; what comes later than that comes as it comes.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::HostName;
use crate::port::log::{LogRow, Origin};

/// How long a row waits for hosts that are silent.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// Rows of one host that may wait; beyond that the host is held back, or hosts that are silent are not waited for.
pub const ROOM: usize = 20_000;

/// What is to be expected of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is still telling what was there: older rows may come.
    Reading,
    /// It tells what comes.
    Following,
    /// There is no link, or nothing to read: nobody waits for it.
    Away,
    /// Nothing more comes.
    Over,
}

#[derive(Debug)]
struct Lane {
    waiting: VecDeque<(i64, Instant, LogRow)>,
    standing: Standing,
    newest: i64,
}

/// The rows that wait, by host.
#[derive(Debug, Default)]
pub struct Merge {
    lanes: BTreeMap<Origin, Lane>,
    /// Microseconds that the clocks of hosts are ahead of ours.
    clocks: BTreeMap<HostName, i64>,
}

/// What to do now.
#[derive(Debug, PartialEq)]
pub enum Turn {
    /// Give this out.
    Row(Origin, Box<LogRow>),
    /// Wait for what comes, at most until then.
    Wait(Option<Instant>),
}

impl Merge {
    /// Waits for these lanes from the start.
    pub fn new(lanes: impl IntoIterator<Item = Origin>) -> Self {
        let mut merge = Self::default();
        lanes.into_iter().for_each(|lane| merge.join(lane));
        merge
    }

    /// Waits for this lane as well, if it is new.
    pub fn join(&mut self, lane: Origin) {
        let new = || Lane { waiting: VecDeque::new(), standing: Standing::Reading, newest: i64::MIN };
        self.lanes.entry(lane).or_insert_with(new);
    }

    /// How a lane stands from now on.
    pub fn stand(&mut self, lane: &Origin, standing: Standing) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.standing = standing;
        }
    }

    /// How all lanes of a host stand from now on, but for those of which nothing more comes. Says whether there was any.
    pub fn stand_all(&mut self, host: &HostName, standing: Standing) -> bool {
        let of_host = self.lanes.iter_mut().filter(|(origin, _)| origin.host == *host).map(|(_, lane)| lane);
        let open: Vec<&mut Lane> = of_host.filter(|lane| lane.standing != Standing::Over).collect();
        let any = !open.is_empty();
        open.into_iter().for_each(|lane| lane.standing = standing);
        any
    }

    /// How far a host's clock is ahead of ours, in milliseconds; for rows that come from now on.
    pub fn ahead(&mut self, host: &HostName, millis: i64) {
        self.clocks.insert(host.clone(), millis.saturating_mul(1000));
    }

    /// Takes rows of a lane, in its order.
    pub fn take(&mut self, origin: &Origin, rows: Vec<LogRow>, now: Instant) {
        let ahead = self.clocks.get(&origin.host).copied().unwrap_or(0);
        let Some(lane) = self.lanes.get_mut(origin) else { return };
        for row in rows {
            let at = match &row {
                LogRow::Entry(entry) => entry.at,
                LogRow::Loss(loss) => loss.at,
            };
            // A clock that was set back does not turn the order of its lane.
            lane.newest = lane.newest.max(at.as_microsecond().saturating_sub(ahead));
            lane.waiting.push_back((lane.newest, now, row));
        }
    }

    /// Whether more rows of this host may be taken.
    pub fn has_room(&self, host: &HostName) -> bool {
        self.lanes.iter().all(|(origin, lane)| origin.host != *host || lane.waiting.len() < ROOM)
    }

    /// Whether every lane has ended and every row was given out.
    pub fn is_over(&self) -> bool {
        self.lanes.values().all(|lane| lane.standing == Standing::Over && lane.waiting.is_empty())
    }

    /// The next row, or how long to wait for it. With `all` nobody is waited for.
    pub fn turn(&mut self, now: Instant, all: bool) -> Turn {
        let oldest = self.lanes.iter().filter_map(|(lane, rows)| rows.waiting.front().map(|front| (front.0, lane)));
        let Some(origin) = oldest.min().map(|(_, origin)| origin.clone()) else { return Turn::Wait(None) };
        let arrived = self.lanes.get(&origin).and_then(|lane| lane.waiting.front()).map(|front| front.1);
        let until = arrived.map(|arrived| arrived + PATIENCE);
        let is_full = self.lanes.values().any(|lane| lane.waiting.len() >= ROOM);
        // Lanes of a host that is held back can't say anything.
        let mut silent =
            self.lanes.iter().filter(|(origin, lane)| lane.waiting.is_empty() && self.has_room(&origin.host));
        let held = silent.try_fold(false, |held, (_, lane)| match lane.standing {
            Standing::Reading => None,
            Standing::Following => Some(true),
            Standing::Away | Standing::Over => Some(held),
        });
        let waits = match held {
            _ if all => None,
            // Older rows are on their way: they are waited for as long as it takes.
            None => Some(None),
            Some(true) if !is_full && until.is_some_and(|until| now < until) => Some(until),
            Some(_) => None,
        };
        if let Some(until) = waits {
            return Turn::Wait(until);
        }
        let row = self.lanes.get_mut(&origin).and_then(|lane| lane.waiting.pop_front());
        row.map_or(Turn::Wait(None), |(_, _, row)| Turn::Row(origin, Box::new(row)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::Timestamp;

    use super::*;
    use crate::port::log::{Loss, LossKind};

    fn name(word: &str) -> Origin {
        Origin::journal(HostName::new(word).unwrap())
    }

    /// A row is known by its second alone.
    fn rows(seconds: &[i64]) -> Vec<LogRow> {
        let row = |second: &i64| {
            let at = Timestamp::from_second(*second).unwrap();
            LogRow::Loss(Loss { at, kind: LossKind::Vacuumed, lost: None, cursor: None })
        };
        seconds.iter().map(row).collect()
    }

    fn drain(merge: &mut Merge, now: Instant) -> Vec<(String, i64)> {
        let mut out = Vec::new();
        while let Turn::Row(host, row) = merge.turn(now, false) {
            let LogRow::Loss(loss) = *row else { continue };
            out.push((host.host.to_string(), loss.at.as_second()));
        }
        out
    }

    fn seconds(rows: &[(String, i64)]) -> Vec<i64> {
        rows.iter().map(|(_, second)| *second).collect()
    }

    #[test]
    fn whoever_still_reads_is_waited_for() {
        let (mut merge, now) = (Merge::new([name("a"), name("b")]), Instant::now());
        merge.take(&name("a"), rows(&[1, 5]), now);
        assert_eq!(merge.turn(now + PATIENCE * 9, false), Turn::Wait(None), "b may have older rows");
        merge.take(&name("b"), rows(&[2, 3]), now);
        assert_eq!(seconds(&drain(&mut merge, now)), [1, 2, 3]);
        merge.stand(&name("b"), Standing::Over);
        assert_eq!(seconds(&drain(&mut merge, now)), [5]);
        assert!(!merge.is_over());
        merge.stand(&name("a"), Standing::Over);
        assert!(merge.is_over());
    }

    #[test]
    fn whoever_follows_is_waited_for_a_moment() {
        let (mut merge, now) = (Merge::new([name("a"), name("b"), name("c")]), Instant::now());
        merge.stand(&name("a"), Standing::Following);
        merge.stand(&name("b"), Standing::Following);
        merge.stand(&name("c"), Standing::Away);
        merge.take(&name("a"), rows(&[5]), now);
        assert_eq!(merge.turn(now, false), Turn::Wait(Some(now + PATIENCE)));
        merge.take(&name("b"), rows(&[4]), now + PATIENCE / 2);
        assert_eq!(seconds(&drain(&mut merge, now + PATIENCE / 2)), [4]);
        assert_eq!(seconds(&drain(&mut merge, now + PATIENCE)), [5]);
    }

    /// Fault B13: clocks that are off, and one that steps back, never turn the order inside a host.
    #[test]
    fn clocks_that_are_off_are_put_right_and_a_host_keeps_its_order() {
        let (mut merge, now) = (Merge::new([name("a"), name("b")]), Instant::now());
        merge.ahead(&name("a").host, 5000);
        merge.take(&name("a"), rows(&[6, 8, 2, 9]), now);
        merge.take(&name("b"), rows(&[2, 4, 5]), now);
        merge.stand(&name("a"), Standing::Over);
        merge.stand(&name("b"), Standing::Over);
        let told = drain(&mut merge, now);
        let of_a: Vec<i64> = told.iter().filter(|(host, _)| host == "a").map(|(_, second)| *second).collect();
        assert_eq!(of_a, [6, 8, 2, 9]);
        // At the same moment the hosts take turns by name: a's 9 is b's 4.
        assert_eq!(seconds(&told), [6, 2, 8, 2, 9, 4, 5]);
    }

    #[test]
    fn a_full_host_is_held_back_and_silence_is_not_waited_for() {
        let (mut merge, now) = (Merge::new([name("a"), name("b")]), Instant::now());
        merge.stand(&name("a"), Standing::Following);
        merge.stand(&name("b"), Standing::Following);
        merge.take(&name("a"), rows(&vec![1; ROOM]), now);
        assert!(!merge.has_room(&name("a").host) && merge.has_room(&name("b").host));
        assert!(matches!(merge.turn(now, false), Turn::Row(..)));
        assert!(merge.has_room(&name("a").host));
    }
}
