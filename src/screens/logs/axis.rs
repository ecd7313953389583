//! The time over which the histogram stands: what was asked for, else the stretch in which most lines lie, up to now.

use super::state::{Place, State};
use crate::port::log::{Since, TailState};
use crate::state::logs::{Columns, Reading};

/// While it goes on with the clock no column is shorter, so that it moves once a second at most; in microseconds.
const LEAST: i64 = 1_000_000;

/// From when to when, in microseconds by our clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// Where it begins.
    pub from: i64,
    /// Where it ends.
    pub until: i64,
    /// Whether it ends now, and moves on.
    pub live: bool,
    /// Until when it is known what was written.
    pub known: i64,
    /// Lines that lie before it.
    pub before: u64,
}

impl Axis {
    /// The axis at this moment, in microseconds; `None` while there is nothing.
    pub fn new(state: &State, reading: &Reading, now: i64) -> Option<Self> {
        let tally = reading.store.tally();
        let (first, last) = tally.span()?;
        if let Some((from, until)) = state.base.span {
            return Some(Self { from, until: until.max(from + 1), live: false, known: until, before: 0 });
        }
        // What is being chosen does not move away.
        let now = state.span.map_or(now, |span| span.now);
        // Clocks that run ahead write what is yet to come.
        let until = if last - tally.grain() > now { last } else { now };
        // A span that has an end ends there.
        let end = reading.until.map(jiff::Timestamp::as_microsecond);
        let until = end.map_or(until, |end| end.max(last).min(until));
        let span = |ago: std::time::Duration| i64::try_from(ago.as_micros()).unwrap_or(i64::MAX);
        let from = match reading.since {
            _ if state.span.is_some_and(|span| span.whole) => first,
            Since::Ago(ago) => first.min(until.saturating_sub(span(ago))),
            Since::At(at) => first.min(at.as_microsecond()),
            Since::Head | Since::Boot => first,
            Since::Newest(_) => tally.crowd(until).unwrap_or(first),
        };
        // Where the person is it is shown, too.
        let from = match state.place {
            Place::Held { cursor, .. } => from.min(cursor.key()),
            Place::Following => from,
        };
        let follows = |state: &TailState| matches!(state, TailState::Following | TailState::Ended);
        let follow = reading.store.hosts().iter().all(|host| host.state.as_ref().is_some_and(follows));
        let from = from.min(until - 1);
        let before = if from > first { tally.between((first, from)).all() } else { 0 };
        Some(Self { from, until, live: end.is_none(), known: if follow { until } else { last }, before })
    }

    /// Its columns on a screen that is so wide.
    pub fn columns(&self, reading: &Reading, wide: u16) -> Columns {
        let least = if self.live { LEAST } else { 0 };
        let most = usize::from(wide.saturating_sub(2)).max(1);
        reading.store.tally().columns((self.from, self.until), most, least)
    }
}
