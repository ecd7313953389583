//! What a command prints for as long as it runs: lines in the order of their coming, and a row for each end. Nothing of it can
//! be read again, so what it prints while nobody reads is not told.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::lines::RawLine;
use super::stamp::Stamps;
use crate::domain::log_source::LogCommand;
use crate::port::log::{Cursor, LogEntry, LogRow, Loss, LossKind};
use crate::port::{End, RemoteCommand};
use crate::text::Foreign;

/// The wait before a command that ended is begun again, at first and at most.
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_LONGEST: Duration = Duration::from_secs(60);
/// One that lasted so long begins anew with the shortest wait.
const LASTED: Duration = Duration::from_secs(60);

/// A command's part of a tail.
#[derive(Debug, Clone)]
pub struct Told {
    command: LogCommand,
    stamps: Stamps,
    number: u64,
    ends: u32,
    last: Option<Timestamp>,
}

impl Told {
    /// A command that was not begun yet.
    pub fn new(command: LogCommand) -> Self {
        Self { command, stamps: Stamps::default(), number: 0, ends: 0, last: None }
    }

    /// The command, both of its streams as one.
    pub fn begin(&self) -> RemoteCommand {
        let before = ["nice", "-n", "10", "/bin/sh", "-c", r#"exec "$@" 2>&1"#, "qd-log-command"];
        RemoteCommand::new(before.into_iter().chain(self.command.argv.iter().map(String::as_str)))
    }

    /// Takes one line; `now` is our time, which counts where the line tells none.
    pub fn take(&mut self, line: &RawLine, now: Timestamp, rows: &mut Vec<LogRow>) {
        self.number += 1;
        let at = self.stamps.at(&line.bytes, Offset::UTC, now).unwrap_or(now);
        let Some(cursor) = Cursor::new(&format!("c={:x};t={:x}", self.number, now.as_microsecond().max(0))) else {
            return;
        };
        self.last = Some(at);
        let message = line.bytes.strip_suffix(b"\r").unwrap_or(&line.bytes);
        rows.push(LogRow::Entry(LogEntry {
            cursor,
            at,
            monotonic: 0,
            boot: 0,
            priority: self.stamps.priority(message).unwrap_or(6),
            unit: None,
            identifier: Foreign::from(self.command.name.as_str()),
            pid: 0,
            message: Foreign::from(message),
            cut: line.cut,
        }));
    }

    /// The row for its end; with how long to wait before it is begun again, if it is.
    pub fn ended(&mut self, end: &End, lasted: Duration, again: bool, now: Timestamp) -> (LogRow, Duration) {
        self.ends = if lasted >= LASTED { 0 } else { self.ends.saturating_add(1) };
        let doublings = self.ends.saturating_sub(1).min(6);
        let wait = AGAIN.saturating_mul(1 << doublings).min(AGAIN_LONGEST);
        let how = if again { format!("{end}; it is begun again in {} s", wait.as_secs()) } else { end.to_string() };
        let at = self.last.map_or(now, |last| last.max(now));
        let kind = LossKind::CommandEnded(Foreign::from(how));
        (LogRow::Loss(Loss { at, kind, lost: None, cursor: None }), wait)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    #[test]
    fn a_command_that_ends_is_begun_again_ever_later() {
        let command =
            LogCommand { name: "slow".to_owned(), argv: vec!["tail".to_owned(), "-f".to_owned(), "x".to_owned()] };
        let mut told = Told::new(command);
        let words = told.begin().argv.join(" ");
        assert!(words.ends_with("qd-log-command tail -f x"), "{words}");
        let waits: Vec<u64> = (0..9)
            .map(|_| told.ended(&End::Exited(1), Duration::from_secs(2), true, Timestamp::UNIX_EPOCH).1.as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        let (row, wait) = told.ended(&End::Exited(0), Duration::from_secs(90), true, Timestamp::UNIX_EPOCH);
        assert_eq!(wait, AGAIN);
        let LogRow::Loss(loss) = row else { panic!("no row") };
        assert_eq!(loss.words(), "the command succeeded; it is begun again in 1 s");
    }
}
