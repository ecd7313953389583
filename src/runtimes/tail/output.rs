//! What a command prints for as long as it runs: lines in the order of their coming, and a row for each end. Nothing of it can
//! be read again, so what it prints while nobody reads is not known.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::gap::Gap;
use super::lines::RawLine;
use super::stamp::{Stamps, offset};
use crate::domain::log_source::LogCommand;
use crate::port::log::{Cursor, LogEntry, LogRow, Loss, LossKind, Since, TailWish};
use crate::port::{End, RemoteCommand};
use crate::text::Foreign;

/// The wait before a command that ended is begun again, at first and at most.
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_LONGEST: Duration = Duration::from_secs(60);
/// One that lasted so long begins anew with the shortest wait.
const LASTED: Duration = Duration::from_secs(60);
/// Tells the zone of the host, then runs the command, both of its streams as one.
const SCRIPT: &str = r#"printf 'qd-zone %s\n' "$(date +%z 2>/dev/null)"; exec "$@" 2>&1"#;
/// With what the line begins that tells the zone.
const ZONE: &[u8] = b"qd-zone ";

/// A command's part of a tail.
#[derive(Debug, Clone)]
pub struct Told {
    command: LogCommand,
    stamps: Stamps,
    number: u64,
    ends: u32,
    last: Option<Timestamp>,
    /// The first moment that is wished for, and the last.
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    /// The zone of the host, once it was told; `None` before.
    zone: Option<Offset>,
    /// It was said that lines tell no time.
    is_timeless: bool,
    /// It ran before this wish.
    ran: bool,
    /// A line behind the last moment has come.
    is_past: bool,
}

impl Told {
    /// A command that was not begun yet, for this wish; `ran` when it was read for an older one.
    pub fn new(command: LogCommand, wish: &TailWish, ran: bool, now: Timestamp) -> Self {
        let from = match wish.since {
            Since::Ago(span) => now.checked_sub(span).ok(),
            Since::At(at) => Some(at),
            Since::Newest(_) | Since::Boot | Since::Head => None,
        };
        let (stamps, until) = (Stamps::default(), wish.until);
        Self {
            command,
            stamps,
            number: 0,
            ends: 0,
            last: None,
            from,
            until,
            zone: None,
            is_timeless: false,
            ran,
            is_past: false,
        }
    }

    /// Whether a line behind the last moment that is wished for has come.
    pub fn is_past(&self) -> bool {
        self.is_past
    }

    /// The command; what was read of it before is told by a row.
    pub fn begin(&mut self, now: Timestamp, rows: &mut Vec<LogRow>) -> RemoteCommand {
        self.zone = None;
        if std::mem::take(&mut self.ran) {
            let what =
                format!("{} was begun anew: what it prints at first may have been there before", self.command.name);
            rows.push(self.row(LossKind::Command(Foreign::from(what)), now));
        }
        let before = ["nice", "-n", "10", "/bin/sh", "-c", SCRIPT, "qd-log-command"];
        RemoteCommand::new(before.into_iter().chain(self.command.argv.iter().map(String::as_str)))
    }

    /// Takes one line; `now` is our time, which counts where the line tells none.
    pub fn take(&mut self, line: &RawLine, now: Timestamp, rows: &mut Vec<LogRow>) {
        let Some(zone) = self.zone else {
            // The first line is the script's own.
            let told = line.bytes.strip_prefix(ZONE);
            self.zone = Some(told.and_then(offset).unwrap_or(Offset::UTC));
            if told.is_none() {
                self.take(line, now, rows);
            }
            return;
        };
        let told = self.stamps.at(&line.bytes, zone, now);
        let at = told.unwrap_or(now);
        self.is_past |= self.until.is_some_and(|until| at > until);
        if self.from.is_some_and(|from| at < from) || self.until.is_some_and(|until| at > until) {
            return;
        }
        if told.is_none() && !std::mem::replace(&mut self.is_timeless, true) {
            rows.push(self.row(LossKind::Timeless, now));
        }
        self.number += 1;
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
        let name = &self.command.name;
        let how = match end {
            End::Exited(status) => format!("{name} ended with {status}"),
            other => format!("{name}: {other}"),
        };
        let how = if again { format!("{how}, begun again in {} s", wait.as_secs()) } else { how };
        (self.row(LossKind::Command(Foreign::from(how)), now), wait)
    }

    /// Why it can't be run at all, if so: what it said before its end helps.
    pub fn refusal(&self, end: &End, said: &[u8]) -> Option<String> {
        let why = match end {
            End::NotFound | End::Exited(127) => "there is no such program",
            End::Exited(126) => "it may not be run",
            End::Exited(_) | End::Killed(_) | End::TimedOut(_) | End::LinkLost(_) | End::NotStarted(_) => return None,
        };
        let program = self.command.argv.first().map_or("", String::as_str);
        let first = said.split(|byte| *byte == b'\n').find(|line| !line.is_empty()).unwrap_or_default();
        let said = if first.is_empty() { String::new() } else { format!(" ({})", Foreign::from(first).plain()) };
        Some(format!("command {} of the site: {}: {why}{said}", self.command.name, Foreign::from(program).plain()))
    }

    /// The row that says how long the link was away.
    pub fn away(&self, gap: Gap, now: Timestamp) -> LogRow {
        self.row(LossKind::Unheard(gap.length), gap.at.unwrap_or(now))
    }

    /// The row that says that nobody waits for more of a span, since it was silent for so long.
    pub fn silent(&self, span: Duration, now: Timestamp) -> LogRow {
        let name = &self.command.name;
        let how = format!("{name} was silent for {} s, and the span has ended: it is read no further", span.as_secs());
        self.row(LossKind::Command(Foreign::from(how)), now)
    }

    fn row(&self, kind: LossKind, now: Timestamp) -> LogRow {
        let at = self.last.map_or(now, |last| last.max(now));
        LogRow::Loss(Loss { at, kind, lost: None, cursor: None })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T08:00:10Z".parse().unwrap()
    }

    fn told(since: Since) -> Told {
        let argv = vec!["tail".to_owned(), "-f".to_owned(), "x".to_owned()];
        Told::new(LogCommand { name: "slow".to_owned(), argv }, &TailWish::of(since), false, now())
    }

    fn raw(text: &str) -> RawLine {
        RawLine { bytes: text.as_bytes().to_vec(), cut: 0, length: text.len() as u64 + 1 }
    }

    fn words(rows: &[LogRow]) -> Vec<String> {
        let of = |row: &LogRow| match row {
            LogRow::Entry(entry) => format!("{} {}", entry.at, entry.message.plain()),
            LogRow::Loss(loss) => format!("--- {}", loss.words()),
        };
        rows.iter().map(of).collect()
    }

    #[test]
    fn a_command_that_ends_is_begun_again_ever_later() {
        let mut told = told(Since::Newest(5));
        let argv = told.begin(now(), &mut Vec::new()).argv.join(" ");
        assert!(argv.ends_with("qd-log-command tail -f x"), "{argv}");
        let waits: Vec<u64> = (0..9)
            .map(|_| told.ended(&End::Exited(1), Duration::from_secs(2), true, Timestamp::UNIX_EPOCH).1.as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        let (row, wait) = told.ended(&End::Exited(0), Duration::from_secs(90), true, Timestamp::UNIX_EPOCH);
        assert_eq!(
            (wait, words(&[row])),
            (AGAIN, vec!["--- command slow ended with 0, begun again in 1 s".to_owned()])
        );
        let (row, _) = told.ended(&End::Exited(3), Duration::ZERO, false, Timestamp::UNIX_EPOCH);
        assert_eq!(words(&[row]), ["--- command slow ended with 3"]);
    }

    #[test]
    fn times_are_those_of_the_lines_in_the_zone_of_the_host_or_those_of_their_arrival() {
        let (mut told, mut rows) = (told(Since::Newest(5)), Vec::new());
        let lines = ["qd-zone +0100", "2026-11-22 09:00:01 one", "two", "three", "2026-11-22T08:00:03Z four"];
        lines.iter().for_each(|line| told.take(&raw(line), now(), &mut rows));
        assert_eq!(
            words(&rows),
            [
                "2026-11-22T08:00:01Z 2026-11-22 09:00:01 one",
                "--- the lines that follow tell no time: each has that of its arrival",
                "2026-11-22T08:00:10Z two",
                "2026-11-22T08:00:10Z three",
                "2026-11-22T08:00:03Z 2026-11-22T08:00:03Z four",
            ]
        );
        // It is said once, also when it is begun again; a first line that is not the script's is one of the command.
        rows.clear();
        told.begin(now(), &mut rows);
        told.take(&raw("no zone"), now(), &mut rows);
        assert_eq!(words(&rows), ["2026-11-22T08:00:10Z no zone"]);
    }

    #[test]
    fn of_a_span_only_its_lines_are_told() {
        let (mut told, mut rows) = (told(Since::Ago(Duration::from_secs(5))), Vec::new());
        let lines = ["qd-zone +0000", "2026-11-22T08:00:01Z before", "2026-11-22T08:00:06Z within"];
        lines.iter().for_each(|line| told.take(&raw(line), now(), &mut rows));
        assert_eq!(words(&rows), ["2026-11-22T08:00:06Z 2026-11-22T08:00:06Z within"]);
    }

    #[test]
    fn what_is_not_known_is_never_called_nothing() {
        let told = told(Since::Head);
        let row = told.away(Duration::from_secs(14).into(), now());
        assert_eq!(
            words(std::slice::from_ref(&row)),
            ["--- 14 s without link; what it printed is not known, and can't be had again"]
        );
        let LogRow::Loss(loss) = row else { panic!("no row") };
        assert!(loss.kind.may_lose() && loss.lost.is_none());
        let why = told.refusal(&End::Exited(127), b"sh: 1: tail: not found\n");
        assert_eq!(
            why.as_deref(),
            Some("command slow of the site: tail: there is no such program (sh: 1: tail: not found)")
        );
        assert_eq!(told.refusal(&End::Exited(1), b""), None);
    }

    proptest! {
        /// Whatever a command prints, each line but the script's own becomes one row, whole.
        #[test]
        fn every_line_is_told_once(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20)) {
            let (mut told, mut rows) = (told(Since::Head), Vec::new());
            told.take(&raw("qd-zone +0000"), now(), &mut rows);
            for line in &lines {
                let line = RawLine { bytes: line.clone(), cut: 0, length: line.len() as u64 };
                told.take(&line, now(), &mut rows);
            }
            let said = rows.iter().filter_map(|row| match row {
                LogRow::Entry(entry) => Some(entry.message.raw().to_vec()),
                LogRow::Loss(_) => None,
            });
            let wanted: Vec<Vec<u8>> =
                lines.iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec()).collect();
            prop_assert_eq!(said.collect::<Vec<_>>(), wanted);
        }
    }
}
