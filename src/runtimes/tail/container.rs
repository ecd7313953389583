//! What one container prints, line by line, each exactly once: `docker logs` with times, never that of Compose, which
//! loses the lines of containers that are begun again.
//!
//! Docker knows no places, only times, and takes those from a moment on again. So reading goes on a little before the last
//! line, and what was told since comes again as often as it was told; that it comes at all proves that nothing was
//! removed meanwhile. Behind a place that was kept elsewhere so many lines of its very moment are left out as were told.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::time::Duration;

use jiff::Timestamp;

use super::gap::Gap;
use super::lines::RawLine;
use crate::domain::UnitName;
use crate::port::RemoteCommand;
use crate::port::log::{Cursor, LogEntry, LogRow, Loss, LossKind, Since, TailWish};
use crate::runtimes::compose::{Reach, logs_of, split};
use crate::text::Foreign;

/// Lines that are remembered, to be known when they come again.
const REMEMBERED: usize = 4000;
/// How far before its last line reading begins again: lines of one container may be out of order by so much.
const BACK: Duration = Duration::from_secs(1);
/// Docker takes longer lines apart, and gives each piece its time.
const PIECE: usize = 16 << 10;
/// Digits of an id that tell one container from another.
const SHORT: usize = 12;

/// A line as it is known again: its time and a sum over what it says.
type Known = (Timestamp, u64);

/// One container's part of a tail.
#[derive(Debug, Clone)]
pub struct Printed {
    id: String,
    name: Foreign,
    unit: Option<UnitName>,
    until: Option<Timestamp>,
    /// The newest moment that was told, and how many lines of it.
    place: Option<(Timestamp, u32)>,
    recent: VecDeque<Known>,
    /// The same, to be looked up.
    known: HashSet<Known>,
    /// Whether Docker's clock there was seen to count nanoseconds.
    is_fine: bool,
    /// The newest moment of which a line is not remembered any more.
    forgotten: Option<Timestamp>,
    /// What must come again, and how often.
    again: HashMap<Known, u32>,
    /// Of a place that was kept elsewhere: so many lines of that moment were told.
    skip: Option<(Timestamp, u32)>,
    /// Something that was told must come again, and has not yet.
    proof: bool,
    /// What Docker itself said in the place of lines.
    said: Vec<u8>,
}

/// The id and the place that a cursor names.
fn read(cursor: &Cursor) -> Option<(&str, Timestamp, u32)> {
    let mut parts = cursor.as_str().split(';');
    let mut part = |name: &str| parts.next()?.strip_prefix(name);
    let (id, at, count) = (part("d=")?, part("t=")?, part("n=")?);
    let at = Timestamp::from_nanosecond(i128::from_str_radix(at, 16).ok()?).ok()?;
    Some((id, at, u32::from_str_radix(count, 16).ok()?))
}

/// As much of an id as is shown and kept.
pub fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}

/// Whether this is the place of a line of this container; `None` for one that is none of a container.
pub fn is_of(cursor: &Cursor, id: &str) -> Option<bool> {
    read(cursor).map(|(of, ..)| of == short(id))
}

impl Printed {
    /// The container of this id, which stands for `unit`, from the beginning or behind this place, if it is its own.
    pub fn new(wish: &TailWish, id: &str, name: &str, unit: Option<UnitName>, resume: Option<&Cursor>) -> Self {
        let place = resume.and_then(read).filter(|(of, ..)| *of == short(id)).map(|(_, at, count)| (at, count));
        Self {
            id: id.to_owned(),
            name: Foreign::from(name),
            unit,
            until: wish.until,
            place,
            recent: VecDeque::new(),
            known: HashSet::new(),
            is_fine: false,
            forgotten: None,
            again: HashMap::new(),
            skip: place,
            proof: false,
            said: Vec::new(),
        }
    }

    /// The container.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether anything was told of it.
    pub fn has_begun(&self) -> bool {
        self.place.is_some()
    }

    /// The command that reads on, from where `since` says if nothing was told yet. `elapsed` is the time since it was said.
    pub fn begin(
        &mut self,
        reach: Reach,
        wish: &TailWish,
        since: Since,
        elapsed: Duration,
        follow: bool,
    ) -> RemoteCommand {
        self.said.clear();
        self.again.clear();
        self.skip = self.place.filter(|_| self.recent.is_empty());
        self.proof = self.place.is_some();
        let mut options: Vec<String> = Vec::new();
        match self.place {
            Some((at, _)) => {
                let from = self.from(at);
                for known in self.recent.iter().filter(|known| known.0 >= from) {
                    *self.again.entry(*known).or_default() += 1;
                }
                options.push(format!("--since={from}"));
            }
            None => options.extend(Self::since(wish, since, elapsed)),
        }
        options.extend(self.until.filter(|_| !follow).map(|until| format!("--until={until}")));
        options.extend(follow.then(|| "--follow".to_owned()));
        logs_of(reach, &options, &self.id)
    }

    fn since(wish: &TailWish, since: Since, elapsed: Duration) -> Vec<String> {
        let tail = |lines: u32| format!("--tail={lines}");
        // Docker counts them before it looks at the end of the span.
        let bound = wish.bound.filter(|_| wish.follow || wish.until.is_none()).map(tail);
        match since {
            Since::Newest(_) if !wish.follow && wish.newest_of_span().is_some() => Vec::new(),
            Since::Head => Vec::new(),
            // Docker keeps no boots: as much as is read of any beginning.
            Since::Boot => bound.into_iter().collect(),
            Since::Newest(lines) => vec![tail(lines)],
            Since::Ago(span) => {
                let span = format!("--since={}s", span.saturating_add(elapsed).as_secs());
                bound.into_iter().chain([span]).collect()
            }
            Since::At(at) => bound.into_iter().chain([format!("--since={at}")]).collect(),
        }
    }

    /// From when what was told is remembered, a little before the place.
    fn from(&self, at: Timestamp) -> Timestamp {
        if self.recent.is_empty() {
            return at;
        }
        let back = at.checked_sub(BACK).unwrap_or(at);
        let known = self.forgotten.and_then(|gone| gone.checked_add(Duration::from_nanos(1)).ok());
        known.map_or(back, |known| back.max(known)).min(at)
    }

    /// Takes one line of the reader. Says whether it became a row.
    pub fn take(&mut self, line: &RawLine, rows: &mut Vec<LogRow>) -> bool {
        let Some((at, rest)) = split(&line.bytes) else {
            // No line of the container begins so: these are words of Docker's own.
            if self.said.len() < 4096 {
                self.said.extend_from_slice(&line.bytes);
                self.said.push(b'\n');
            }
            return false;
        };
        let message = joined(rest.strip_suffix(b"\r").unwrap_or(rest));
        let known = (at, sum(&message));
        if self.is_told(&known) {
            self.proof = false;
            return false;
        }
        if std::mem::take(&mut self.proof) {
            rows.push(loss(at, LossKind::Vacuumed, None));
        }
        if self.until.is_some_and(|until| at > until) {
            return false;
        }
        let told = self.told(at, known, message, line.cut).map(LogRow::Entry);
        rows.extend(told);
        true
    }

    fn is_told(&mut self, known: &Known) -> bool {
        if let Some((at, left)) = &mut self.skip {
            if known.0 == *at && *left > 0 {
                *left -= 1;
                self.remember(*known);
                return true;
            }
            if known.0 > *at {
                self.skip = None;
            }
        }
        // Where Docker's log is rotated under a reader it tells the last lines again, some versions always. Of a clock that
        // counts nanoseconds the same stamp with the same words is the same line; one that is coarser may be of several.
        if self.is_fine && self.known.contains(known) {
            return true;
        }
        match self.again.get_mut(known) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            Some(_) | None => false,
        }
    }

    fn remember(&mut self, known: Known) {
        self.is_fine |= known.0.subsec_nanosecond() % 1000 != 0;
        if self.recent.len() == REMEMBERED
            && let Some(oldest) = self.recent.pop_front()
        {
            self.known.remove(&oldest);
            let (gone, _) = oldest;
            self.forgotten = Some(self.forgotten.map_or(gone, |before| before.max(gone)));
        }
        self.known.insert(known);
        self.recent.push_back(known);
    }

    fn told(&mut self, at: Timestamp, known: Known, message: Vec<u8>, cut: u64) -> Option<LogEntry> {
        self.remember(known);
        self.place = Some(match self.place {
            Some((place, count)) if place == at => (place, count.saturating_add(1)),
            // A line that is out of order does not lead back.
            Some((place, count)) if place > at => (place, count),
            Some(_) | None => (at, 1),
        });
        Some(LogEntry {
            cursor: self.cursor(at)?,
            at,
            monotonic: 0,
            boot: 0,
            priority: 6,
            unit: self.unit.clone(),
            identifier: self.name.clone(),
            pid: 0,
            message: Foreign::from(message),
            cut,
        })
    }

    /// The place behind the line that was told last.
    fn cursor(&self, at: Timestamp) -> Option<Cursor> {
        let (at, count) = self.place.unwrap_or((at, 0));
        Cursor::new(&format!("d={};t={:x};n={count:x}", short(&self.id), at.as_nanosecond().max(0)))
    }

    /// What Docker said in the place of lines, as far as it was said by the stream itself.
    pub fn said(&self) -> String {
        let first = self.said.split(|byte| *byte == b'\n').find(|line| !line.is_empty()).unwrap_or_default();
        Foreign::from(first).plain()
    }

    /// The row that says how long the link was away.
    pub fn away(&self, gap: Gap) -> LogRow {
        gap.row(self.place.map_or(Timestamp::UNIX_EPOCH, |(at, _)| at))
    }

    /// The row that says that another container took its place; `read` when it had been read to its end.
    pub fn replaced(&self, by: &str, at: Option<Timestamp>, read: bool) -> LogRow {
        let (from, to) = (short(&self.id).to_owned(), short(by).to_owned());
        let kind = LossKind::Replaced { name: self.name.clone(), from, to };
        let last = self.place.map(|(at, _)| at);
        loss(at.max(last).unwrap_or(Timestamp::UNIX_EPOCH), kind, read.then_some(0))
    }
}

/// The pieces that Docker makes of a line longer than 16 KiB, each with its time, as the one line they were.
fn joined(line: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(line.len());
    let mut rest = line;
    while rest.len() > PIECE {
        let (piece, behind) = rest.split_at(PIECE);
        whole.extend_from_slice(piece);
        rest = split(behind).map_or(behind, |(_, text)| text);
    }
    whole.extend_from_slice(rest);
    whole
}

fn sum(message: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    message.hash(&mut hasher);
    hasher.finish()
}

fn loss(at: Timestamp, kind: LossKind, lost: Option<u64>) -> LogRow {
    LogRow::Loss(Loss { at, kind, lost, cursor: None })
}

/// The name of a container without what Compose puts before it while one is being replaced by another.
pub fn plain_name(name: &str) -> &str {
    match name.split_once('_') {
        Some((id, rest)) if id.len() == SHORT && id.bytes().all(|byte| byte.is_ascii_hexdigit()) => rest,
        Some(_) | None => name,
    }
}

/// Why there is nothing to read of a container whose logging driver is this one.
pub fn refusal(name: &str, driver: &str) -> Option<String> {
    let none = format!(
        "container {name}: no logs: driver none. Docker keeps nothing of what it prints; logging: in its compose file says so"
    );
    (driver == "none").then_some(none)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn wish() -> TailWish {
        TailWish::of(Since::Newest(50))
    }

    fn line(second: u32, text: &str) -> RawLine {
        let bytes = format!("2026-11-22T08:00:{second:02}.000007Z {text}").into_bytes();
        RawLine { length: bytes.len() as u64 + 1, bytes, cut: 0 }
    }

    fn messages(rows: &[LogRow]) -> Vec<String> {
        let said = |row: &LogRow| match row {
            LogRow::Entry(entry) => entry.message.plain(),
            LogRow::Loss(loss) => format!("--- {}", loss.words()),
        };
        rows.iter().map(said).collect()
    }

    fn begin(printed: &mut Printed, follow: bool) -> String {
        printed.begin(Reach::Direct, &wish(), Since::Newest(50), Duration::ZERO, follow).argv.join(" ")
    }

    #[test]
    fn reading_goes_on_a_little_before_its_end_and_tells_nothing_twice() {
        let (mut printed, mut rows) = (Printed::new(&wish(), ID, "web-1", None, None), Vec::new());
        let first = begin(&mut printed, true);
        assert!(first.ends_with(&format!("docker logs --timestamps --tail=50 --follow -- {ID}")), "{first}");
        // The same words at the same moment are two lines.
        let told = [line(1, "a"), line(2, "twice"), line(2, "twice")];
        assert!(told.iter().all(|line| printed.take(line, &mut rows)));
        let again = begin(&mut printed, true);
        assert!(again.contains("--since=2026-11-22T08:00:01.000007Z --follow"), "{again}");
        for line in told.iter().chain([&line(2, "twice"), &line(3, "b")]) {
            printed.take(line, &mut rows);
        }
        assert_eq!(messages(&rows), ["a", "twice", "twice", "twice", "b"]);
    }

    #[test]
    fn reading_goes_on_behind_a_place_that_was_kept() {
        let (mut printed, mut rows) = (Printed::new(&wish(), ID, "web-1", None, None), Vec::new());
        begin(&mut printed, true);
        for line in [line(2, "a"), line(2, "b")] {
            printed.take(&line, &mut rows);
        }
        let LogRow::Entry(last) = rows.pop().unwrap() else { panic!("no entry") };
        assert_eq!(is_of(&last.cursor, ID), Some(true));
        let mut later = Printed::new(&wish(), ID, "web-1", None, Some(&last.cursor));
        let command = begin(&mut later, false);
        assert!(command.contains("--since=2026-11-22T08:00:02.000007Z --"), "{command}");
        let mut rows = Vec::new();
        for line in [line(2, "a"), line(2, "b"), line(2, "c"), line(4, "d")] {
            later.take(&line, &mut rows);
        }
        assert_eq!(messages(&rows), ["c", "d"]);
        // The place of another container is none of this one.
        let other = ID.replace("0123", "3210");
        assert!(!Printed::new(&wish(), &other, "web-1", None, Some(&last.cursor)).has_begun());
    }

    /// Fault B16: Docker repeats its last lines where it rotates its log under a reader.
    #[test]
    fn b16_lines_that_docker_repeats_at_a_rotation_are_told_once() {
        let (mut printed, mut rows) = (Printed::new(&wish(), ID, "web-1", None, None), Vec::new());
        begin(&mut printed, true);
        let exact = |nanos: u32, text: &str| {
            let bytes = format!("2026-11-22T08:00:01.{nanos:09}Z {text}").into_bytes();
            RawLine { length: bytes.len() as u64 + 1, bytes, cut: 0 }
        };
        for (nanos, text) in [(5, "a"), (7, "b"), (9, "b"), (7, "b"), (9, "b"), (11, "c"), (11, "c"), (13, "d")] {
            printed.take(&exact(nanos, text), &mut rows);
        }
        // One in a thousand stamps of a clock of nanoseconds looks as if it were coarser.
        (0..2).for_each(|_| _ = printed.take(&exact(2000, "e"), &mut rows));
        assert_eq!(messages(&rows), ["a", "b", "b", "c", "d", "e"]);
        // Of a clock that is coarser two lines may have one stamp.
        let (mut printed, mut rows) = (Printed::new(&wish(), ID, "web-1", None, None), Vec::new());
        begin(&mut printed, true);
        (0..2).for_each(|_| _ = printed.take(&exact(2000, "e"), &mut rows));
        assert_eq!(messages(&rows), ["e", "e"]);
    }

    #[test]
    fn what_was_removed_meanwhile_is_told() {
        let (mut printed, mut rows) = (Printed::new(&wish(), ID, "web-1", None, None), Vec::new());
        begin(&mut printed, true);
        printed.take(&line(2, "a"), &mut rows);
        begin(&mut printed, true);
        printed.take(&line(9, "b"), &mut rows);
        let told = messages(&rows);
        assert!(told.len() == 3 && told[1].starts_with("--- older lines were removed"), "{told:?}");
    }

    #[test]
    fn words_of_docker_are_no_lines_and_pieces_of_a_long_line_are_one() {
        let (mut printed, mut rows) = (Printed::new(&wish(), ID, "web-1", None, None), Vec::new());
        begin(&mut printed, true);
        let mut words = line(1, "");
        words.bytes = b"Error response from daemon: configured logging driver does not support reading".to_vec();
        assert!(!printed.take(&words, &mut rows) && rows.is_empty());
        assert!(printed.said().starts_with("Error response"), "{}", printed.said());
        let long = format!("{}2026-11-22T08:00:05.000000001Z tail", "x".repeat(PIECE));
        printed.take(&line(5, &long), &mut rows);
        let [LogRow::Entry(entry)] = &rows[..] else { panic!("{}", rows.len()) };
        assert!(entry.message.raw() == format!("{}tail", "x".repeat(PIECE)).as_bytes());
        assert_eq!((plain_name("0123456789ab_shop-web-1"), plain_name("shop_web_1")), ("shop-web-1", "shop_web_1"));
        assert!(refusal("web-1", "none").unwrap().contains("no logs: driver none"));
        assert_eq!(refusal("web-1", "json-file"), None);
    }
}
