//! Rows of many lanes of many hosts in the order of time: pure. Inside a lane the order is its own, always.
//!
//! A row is given out when no host can still bring an older one: each other host has a newer row waiting, has ended, or
//! is away. A host that has told everything up to now and is silent is waited for a moment only, since a journal may
//! hold a line back for a quarter of a second; what comes later than that comes as it comes.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{HostName, Lane as Name};
use crate::port::log::{LogRow, Origin};

/// How long a row waits for hosts that are silent.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// Rows of one lane that may wait, and their bytes; beyond that its host is held back, or hosts that are silent are not waited
/// for.
pub const ROOM: usize = 20_000;
const ROOM_BYTES: usize = 32 << 20;
/// What a row takes beside its message, in bytes.
const ROW: usize = 256;
/// A lane that tells what was there, and no row of it for so long, is waited for no more: it may be one line without an end.
const LONG: Duration = Duration::from_secs(20);
/// The same for a journal: what matches in it may be rare, and to look through all of it takes its time.
const LONG_JOURNAL: Duration = Duration::from_secs(60);
/// Rows of one lane that are given out at once, at most.
const RUN: usize = 512;
/// What is written at the end of what is wished for arrives a little later.
const LATE: Duration = Duration::from_secs(2);
/// So many lines behind each other below the newest time of their lane say that this one was wrong.
const BELOW: u32 = 16;

/// How long a lane that tells what was there is waited for without a row of it.
pub fn patience(lane: &Name) -> Duration {
    match lane {
        Name::Journal => LONG_JOURNAL,
        Name::Container(_) | Name::File(_) | Name::Command(_) => LONG,
    }
}

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

/// The newest time of a lane, which comes down again where one line alone told it.
#[derive(Debug)]
struct Newest {
    at: i64,
    /// Lines since that lie below it, and the newest time of those.
    below: (u32, i64),
}

impl Newest {
    /// The moment of a line: never before the one before it, unless that one was wrong.
    fn take(&mut self, at: i64) -> i64 {
        if at >= self.at {
            (self.at, self.below) = (at, (0, i64::MIN));
            return at;
        }
        self.below = (self.below.0 + 1, self.below.1.max(at));
        if self.below.0 >= BELOW {
            (self.at, self.below) = (self.below.1, (0, i64::MIN));
        }
        self.at
    }
}

#[derive(Debug)]
struct Lane {
    waiting: VecDeque<(i64, Instant, LogRow)>,
    /// Bytes of what waits.
    bytes: usize,
    standing: Standing,
    newest: Newest,
    /// Since when it tells what was there without a row.
    silent: Option<Instant>,
    /// It was waited for in vain.
    left: bool,
}

impl Lane {
    fn is_full(&self) -> bool {
        self.waiting.len() >= ROOM || self.bytes >= ROOM_BYTES
    }

    /// Takes out the first rows of this lane: those before the `next` row of another, as long as they are ripe. It ends where
    /// the lane has room again, since its host may then say something that is waited for.
    fn run(&mut self, origin: &Origin, next: Option<&(i64, Origin)>, is_ripe: impl Fn(Instant) -> bool) -> Vec<LogRow> {
        let was_full = self.is_full();
        let mut rows = Vec::with_capacity(self.waiting.len().min(RUN));
        while rows.len() < RUN
            && (self.is_full() || !was_full)
            && let Some((at, arrived, _)) = self.waiting.front()
            && is_ripe(*arrived)
            && next.is_none_or(|(other, lane)| (*at, origin) < (*other, lane))
            && let Some((_, _, row)) = self.waiting.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(bytes_of(&row));
            rows.push(row);
        }
        rows
    }
}

/// Bytes that a row takes.
fn bytes_of(row: &LogRow) -> usize {
    match row {
        LogRow::Entry(entry) => ROW + entry.message.raw().len(),
        LogRow::Loss(_) => ROW,
    }
}

/// The rows that wait, by host.
#[derive(Debug, Default)]
pub struct Merge {
    lanes: BTreeMap<Origin, Lane>,
    /// Microseconds that the clocks of hosts are ahead of ours.
    clocks: BTreeMap<HostName, i64>,
    /// Lanes that are waited for no more, until somebody asks for them.
    left: Vec<Origin>,
}

/// What to do now.
#[derive(Debug, PartialEq)]
pub enum Turn {
    /// Give these out, one behind the other. There is one at least.
    Rows(Origin, Vec<LogRow>),
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
        let new = || Lane {
            waiting: VecDeque::new(),
            bytes: 0,
            standing: Standing::Reading,
            newest: Newest { at: i64::MIN, below: (0, i64::MIN) },
            silent: None,
            left: false,
        };
        self.lanes.entry(lane).or_insert_with(new);
    }

    /// How a lane stands from now on.
    pub fn stand(&mut self, lane: &Origin, standing: Standing) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.standing = standing;
        }
    }

    /// Whether nothing more comes of a lane.
    pub fn has_ended(&self, lane: &Origin) -> bool {
        self.lanes.get(lane).is_some_and(|lane| lane.standing == Standing::Over)
    }

    /// A lane has begun to tell what was there: it is waited for as long as rows of it come.
    pub fn reads(&mut self, lane: &Origin, now: Instant) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            (lane.standing, lane.silent, lane.left) = (Standing::Reading, Some(now), false);
        }
    }

    /// Lanes that were waited for in vain and are no more, each once.
    pub fn left_behind(&mut self) -> Vec<Origin> {
        std::mem::take(&mut self.left)
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
        if !rows.is_empty() {
            (lane.silent, lane.left) = (lane.silent.map(|_| now), false);
        }
        for row in rows {
            let at = match &row {
                LogRow::Entry(entry) => entry.at,
                LogRow::Loss(loss) => loss.at,
            };
            // A clock that was set back does not turn the order of its lane.
            let moment = lane.newest.take(at.as_microsecond().saturating_sub(ahead));
            lane.bytes += bytes_of(&row);
            lane.waiting.push_back((moment, now, row));
        }
    }

    /// Ends lanes that follow and are silent when the clock of their host is past the end of what is wished for, which lies so
    /// many microseconds ahead by ours. Says when the next one may end.
    pub fn end_silent(&mut self, left: i64, now: Instant) -> Option<Instant> {
        let mut next = None;
        for (origin, lane) in &mut self.lanes {
            if lane.standing != Standing::Following || !lane.waiting.is_empty() {
                continue;
            }
            let ahead = self.clocks.get(&origin.host).copied().unwrap_or(0);
            let late = i64::try_from(LATE.as_micros()).unwrap_or(i64::MAX);
            let left = left.saturating_sub(ahead).saturating_add(late);
            match u64::try_from(left).ok().filter(|left| *left > 0) {
                None => lane.standing = Standing::Over,
                Some(left) => next = Some(now + Duration::from_micros(left)).into_iter().chain(next).min(),
            }
        }
        next
    }

    /// Whether more rows of this host may be taken.
    pub fn has_room(&self, host: &HostName) -> bool {
        self.lanes.iter().all(|(origin, lane)| origin.host != *host || !lane.is_full())
    }

    /// Whether every lane has ended and every row was given out.
    pub fn is_over(&self) -> bool {
        self.lanes.values().all(|lane| lane.standing == Standing::Over && lane.waiting.is_empty())
    }

    /// The next rows, or how long to wait for them. With `all` nobody is waited for.
    pub fn turn(&mut self, now: Instant, all: bool) -> Turn {
        let fronts = || self.lanes.iter().filter_map(|(lane, rows)| Some((rows.waiting.front()?.0, lane)));
        let Some((oldest, origin)) = fronts().min() else { return Turn::Wait(None) };
        // Rows are given out up to the first one of another lane.
        let next = fronts().filter(|front| *front != (oldest, origin)).min().map(|(at, lane)| (at, lane.clone()));
        let origin = origin.clone();
        let arrived = self.lanes.get(&origin).and_then(|lane| lane.waiting.front()).map(|front| front.1);
        let until = arrived.map(|arrived| arrived + PATIENCE);
        let is_full = self.lanes.values().any(Lane::is_full);
        self.leave_behind(now);
        // Lanes of a host that is held back can't say anything.
        let silent = self.lanes.iter().filter(|(origin, lane)| lane.waiting.is_empty() && self.has_room(&origin.host));
        let (mut reads, mut patience, mut follows) = (false, None, false);
        for (origin, lane) in silent {
            let long = self::patience(&origin.lane);
            match lane.standing {
                Standing::Reading if lane.left => {}
                Standing::Reading => {
                    reads = true;
                    patience = lane.silent.map(|since| since + long).into_iter().chain(patience).min();
                }
                Standing::Following => follows = true,
                Standing::Away | Standing::Over => {}
            }
        }
        if !all && reads {
            // Older rows are on their way.
            return Turn::Wait(patience);
        }
        let waits = !all && follows && !is_full;
        if waits && until.is_some_and(|until| now < until) {
            return Turn::Wait(until);
        }
        let ripe = |arrived: Instant| !waits || now >= arrived + PATIENCE;
        let rows = self.lanes.get_mut(&origin).map(|lane| lane.run(&origin, next.as_ref(), ripe)).unwrap_or_default();
        if rows.is_empty() { Turn::Wait(None) } else { Turn::Rows(origin, rows) }
    }

    /// Nobody waits any longer for lanes that tell nothing, but for those of hosts that are held back.
    fn leave_behind(&mut self, now: Instant) {
        let held: Vec<HostName> =
            self.lanes.iter().filter(|(_, lane)| lane.is_full()).map(|(origin, _)| origin.host.clone()).collect();
        for (origin, lane) in &mut self.lanes {
            if held.contains(&origin.host) {
                lane.silent = lane.silent.map(|_| now);
            }
            let is_late = lane.silent.is_some_and(|since| now >= since + self::patience(&origin.lane));
            if lane.standing == Standing::Reading && lane.waiting.is_empty() && is_late && !lane.left {
                lane.left = true;
                self.left.push(origin.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use jiff::Timestamp;

    use super::*;
    use crate::port::log::{LogEntry, Loss, LossKind};

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
        while let Turn::Rows(host, rows) = merge.turn(now, false) {
            for row in rows {
                let LogRow::Loss(loss) = row else { continue };
                out.push((host.host.to_string(), loss.at.as_second()));
            }
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
    fn whoever_reads_and_tells_nothing_for_long_is_left_behind_and_named() {
        let (mut merge, now) = (Merge::new([name("a"), name("b")]), Instant::now());
        merge.reads(&name("b"), now);
        merge.take(&name("a"), rows(&[5]), now);
        assert_eq!(merge.turn(now, false), Turn::Wait(Some(now + LONG_JOURNAL)), "a journal may be long");
        let name = |word: &str| Origin { lane: Name::File("/x".into()), ..name(word) };
        let mut merge = Merge::new([name("a"), name("b")]);
        merge.reads(&name("b"), now);
        merge.take(&name("a"), rows(&[5]), now);
        assert_eq!(merge.turn(now, false), Turn::Wait(Some(now + LONG)));
        merge.take(&name("b"), rows(&[1]), now + LONG / 2);
        assert_eq!(seconds(&drain(&mut merge, now + LONG)), [1]);
        assert!(merge.left_behind().is_empty());
        assert_eq!(seconds(&drain(&mut merge, now + LONG * 2)), [5]);
        assert_eq!((merge.left_behind(), merge.left_behind()), (vec![name("b")], Vec::new()));
        // What it tells afterwards is told all the same.
        merge.stand(&name("a"), Standing::Away);
        merge.take(&name("b"), rows(&[2]), now + LONG * 3);
        assert_eq!(seconds(&drain(&mut merge, now + LONG * 6)), [2]);
    }

    #[test]
    fn what_is_followed_to_an_end_that_lies_ahead_ends_also_where_it_is_silent() {
        let (mut merge, now) = (Merge::new([name("a"), name("b"), name("c")]), Instant::now());
        merge.ahead(&name("b").host, 3_000);
        ["a", "b"].iter().for_each(|host| merge.stand(&name(host), Standing::Following));
        let second = 1_000_000;
        // The clock of b is there three seconds before ours.
        assert_eq!(merge.end_silent(2 * second, now), Some(now + Duration::from_secs(1)));
        assert_eq!(merge.end_silent(second, now), Some(now + Duration::from_secs(3)));
        assert!(merge.has_ended(&name("b")) && !merge.has_ended(&name("a")));
        // Whoever still reads, or has no link, is waited for.
        assert_eq!(merge.end_silent(-9 * second, now), None);
        assert!(merge.has_ended(&name("a")) && !merge.has_ended(&name("c")));
    }

    #[test]
    fn a_lone_peak_does_not_hold_back_its_lane() {
        let (mut merge, now) = (Merge::new([name("a"), name("b")]), Instant::now());
        let of_a: Vec<i64> = [9000].into_iter().chain(1..40).collect();
        merge.take(&name("a"), rows(&of_a), now);
        merge.take(&name("b"), rows(&[30, 38]), now);
        ["a", "b"].iter().for_each(|host| merge.stand(&name(host), Standing::Over));
        let told = drain(&mut merge, now);
        assert_eq!(seconds(&told).get(..3), Some(&[30, 38, 9000][..]), "what stands behind it comes behind it");
        let mut merge = Merge::new([name("a"), name("b")]);
        merge.take(&name("a"), rows(&of_a), now);
        // The lane is in order again: what comes of others finds its place.
        assert_eq!(seconds(&drain(&mut merge, now)), [] as [i64; 0]);
        merge.stand(&name("b"), Standing::Away);
        drain(&mut merge, now);
        merge.take(&name("a"), rows(&[50]), now);
        merge.take(&name("b"), rows(&[45]), now);
        assert_eq!(seconds(&drain(&mut merge, now)).first(), Some(&45));
    }

    #[test]
    fn rows_are_given_out_up_to_the_first_of_another_lane() {
        let (mut merge, now) = (Merge::new([name("a"), name("b")]), Instant::now());
        merge.take(&name("a"), rows(&[1, 2, 2, 5]), now);
        merge.take(&name("b"), rows(&[2, 4]), now);
        ["a", "b"].iter().for_each(|host| merge.stand(&name(host), Standing::Over));
        let lengths: Vec<(Origin, usize)> = std::iter::from_fn(|| match merge.turn(now, false) {
            Turn::Rows(lane, rows) => Some((lane, rows.len())),
            Turn::Wait(_) => None,
        })
        .collect();
        assert_eq!(lengths, [(name("a"), 3), (name("b"), 2), (name("a"), 1)]);
    }

    #[test]
    fn room_is_bounded_by_bytes_too() {
        let (mut merge, now) = (Merge::new([name("a")]), Instant::now());
        let entry = LogEntry {
            cursor: crate::port::log::Cursor::new("s=1").unwrap(),
            at: Timestamp::UNIX_EPOCH,
            monotonic: 0,
            boot: 0,
            priority: 6,
            unit: None,
            identifier: crate::text::Foreign::default(),
            pid: 0,
            message: crate::text::Foreign::from(vec![b'x'; 60 << 10]),
            cut: 0,
        };
        let rows = vec![LogRow::Entry(entry); ROOM_BYTES / (60 << 10) + 1];
        merge.take(&name("a"), rows, now);
        assert!(!merge.has_room(&name("a").host));
        let Turn::Rows(_, rows) = merge.turn(now, false) else { panic!("a lane by itself waits for nobody") };
        assert!(merge.has_room(&name("a").host));
        assert!(rows.len() < 8, "what is held back may go on as soon as there is room: {}", rows.len());
    }

    #[test]
    fn a_full_host_is_held_back_and_silence_is_not_waited_for() {
        let (mut merge, now) = (Merge::new([name("a"), name("b")]), Instant::now());
        merge.stand(&name("a"), Standing::Following);
        merge.stand(&name("b"), Standing::Following);
        merge.take(&name("a"), rows(&vec![1; ROOM]), now);
        assert!(!merge.has_room(&name("a").host) && merge.has_room(&name("b").host));
        assert!(matches!(merge.turn(now, false), Turn::Rows(..)));
        assert!(merge.has_room(&name("a").host));
    }
}
