//! The newest log lines of the unit under the cursor: only what was read, with the age of the reading.

use super::state::Detail;
use crate::port::event::LogLine;
use crate::style::Role;
use crate::ui::words::Piece;
use crate::ui::{Clock, Words};

/// One line.
pub fn line(line: &LogLine, clock: Clock) -> Words {
    let (word, role) = level(line.priority);
    let text = if line.priority > 6 { Role::Quiet } else { Role::Text };
    // A time of day alone would lie about a line of another day.
    let [at, today] = [line.at, clock.now.wall].map(|stamp| stamp.to_zoned(jiff::tz::TimeZone::UTC));
    let time = at.strftime(if at.date() == today.date() { "%H:%M:%S%.3f" } else { "%m-%d %H:%M " });
    Words::of(Role::Faint, time.to_string()).gap(2).text(role, format!("{word:<7}")).text(text, line.message.plain())
}

/// The word and the colour of a priority of syslog.
pub fn level(priority: u8) -> (&'static str, Role) {
    match priority {
        0..=2 => ("fatal", Role::Bad),
        3 => ("error", Role::Bad),
        4 => ("warn", Role::Warn),
        5 => ("note", Role::Quiet),
        6 => ("info", Role::Quiet),
        _ => ("debug", Role::Faint),
    }
}

/// What stands in place of lines when there are none, as a sentence.
pub fn absence(detail: Option<&Detail>, reachable: bool) -> Option<Words> {
    match detail.map(|detail| &detail.detail.log) {
        None if reachable => Some(Words::of(Role::Quiet, "The newest lines are being read.")),
        None => Some(Words::of(Role::Unknown, "The host is out of reach, and nothing of its log was read before.")),
        Some(Err(why)) => Some(Words::of(Role::Bad, why.clone())),
        Some(Ok(lines)) if lines.is_empty() => Some(Words::of(Role::Quiet, "The log of this unit is empty.")),
        Some(Ok(_)) => None,
    }
}

/// When the lines were read.
pub fn age(detail: &Detail) -> Words {
    Words::new().piece(Role::Quiet, Piece::Read("read ", detail.at))
}

/// The newest `most` lines, oldest first.
pub fn newest(detail: &Detail, most: usize, clock: Clock) -> Vec<Words> {
    let lines = detail.detail.log.as_deref().unwrap_or_default();
    lines.iter().skip(lines.len().saturating_sub(most)).map(|one| line(one, clock)).collect()
}

/// A line with its age, for the pane of details.
pub fn short(line: &LogLine) -> Words {
    let (_, role) = level(line.priority);
    let age = Words::new().piece(Role::Faint, Piece::Ago(line.at)).tail(Role::Faint, ":").gap(1);
    age.prose(role, &line.message.plain())
}
