//! What several entries of a journal say together: a stack trace of which each line came as an entry of its own.

use super::host::HostLog;
use crate::domain::structure::{continues, names_error};
use crate::port::log_block::{Line, Row};

/// Lines of one group are at most so far apart, in microseconds.
const APART: i64 = 50_000;
/// Rows of the host between two of them; fits into a byte.
pub const BETWEEN: u64 = 64;
/// Lines of one group behind its first; what comes after them stands alone, so that nothing is out of sight.
pub const MEMBERS: usize = 120;

/// Whether a row goes on with one that its program wrote right before it.
pub fn goes_on(host: &HostLog, number: u64) -> bool {
    leader(host, number) != number
}

/// The first row of the group to which a row belongs: itself where it stands alone.
pub fn leader(host: &HostLog, number: u64) -> u64 {
    let mut first = number;
    for _ in 0..MEMBERS {
        let Some(earlier) = before(host, first) else { return first };
        first = earlier;
    }
    if before(host, first).is_none() { first } else { number }
}

/// The rows behind the first one of a group, in order.
pub fn members(host: &HostLog, leader: u64) -> Vec<u64> {
    let Some(mut last) = line(host, leader) else { return Vec::new() };
    if before(host, leader).is_some() {
        return Vec::new();
    }
    let (mut found, mut at) = (Vec::new(), leader);
    let mut number = leader + 1;
    while number - at <= BETWEEN && found.len() < MEMBERS {
        let Some(row) = host.row(number) else { break };
        let Row::Line(next) = row else { break };
        if apart(&last, &next) > APART {
            break;
        }
        if is_of(&last, &next) {
            if before(host, number).is_none() {
                break;
            }
            found.push(number);
            (last, at) = (next, number);
        }
        number += 1;
    }
    found
}

/// The row with which this one goes on: it was looked for when the row came.
fn before(host: &HostLog, number: u64) -> Option<u64> {
    let earlier = number.checked_sub(u64::from(host.back(number)?))?;
    (earlier < number && earlier >= host.first()).then_some(earlier)
}

/// How many rows before it the row stands with which this one goes on; 0 where it goes on with none.
pub fn back(host: &HostLog, number: u64) -> u8 {
    look_back(host, number).and_then(|earlier| u8::try_from(number - earlier).ok()).unwrap_or(0)
}

fn look_back(host: &HostLog, number: u64) -> Option<u64> {
    let own = line(host, number)?;
    let (follows, names) = (continues(own.raw()), names_error(own.raw()));
    if !follows && !names {
        return None;
    }
    let earliest = number.saturating_sub(BETWEEN);
    for earlier in (earliest..number).rev() {
        let other = match host.row(earlier)? {
            Row::Line(other) => other,
            Row::Loss(_) => return None,
        };
        if apart(&other, &own) > APART {
            return None;
        }
        if is_of(&other, &own) {
            // The name of an error ends a trace and begins none.
            let fits = follows || other.raw().first().is_some_and(u8::is_ascii_whitespace);
            return fits.then_some(earlier);
        }
    }
    None
}

fn line(host: &HostLog, number: u64) -> Option<Line<'_>> {
    match host.row(number)? {
        Row::Line(line) => Some(line),
        Row::Loss(_) => None,
    }
}

fn apart(earlier: &Line<'_>, later: &Line<'_>) -> i64 {
    later.at().as_microsecond().saturating_sub(earlier.at().as_microsecond()).saturating_abs()
}

fn is_of(one: &Line<'_>, other: &Line<'_>) -> bool {
    one.pid() == other.pid() && one.unit() == other.unit()
}
