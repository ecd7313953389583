//! A file on a host to which programs append lines, each read exactly once: by device, inode, offset, and a sum of what stands
//! before that place.
//!
//! A file that is rotated away is read to its end where it lies now, as long as it lies beside its successor and is not
//! packed; then its successors are read, each from its beginning, and for a minute what whoever still has the old one open writes
//! there comes as well. One that became shorter, or other bytes, begins anew.

pub mod begin;
mod frames;
mod reel;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::tz::Offset;

use self::begin::Begin;
use self::frames::{Begins, Frames, How, Said, Which};
use self::reel::{Piece, Place, Reel, Rewritten};
use super::gap::Gap;
use super::lines::RawLine;
use super::stamp::{Stamps, Told};
use crate::domain::Lane;
use crate::domain::log_source::LogPath;
use crate::port::log::{Cursor, LogEntry, LogRow, Loss, LossKind, Since, TailWish};
use crate::port::{End, RemoteCommand};
use crate::text::Foreign;

/// Tells in frames what is read and from where, then the bytes of it; with `go` for as long as it lasts. Ends with 11 when the
/// file became shorter while it was told, 20 to 23 when it can't be read.
const SCRIPT: &str = include_str!("script.sh");
/// A line of this much beyond the end of what is wished for ends the reading: those before it may stand in another order.
const BEYOND: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// What a reader's end means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Everything was read.
    Done,
    /// Another reader is needed at once.
    Next,
    /// There is no such file now.
    Missing,
    /// It can't be read: why, and what to try.
    Refused(String),
    /// It failed.
    Failed(String),
}

/// Why the reader is not needed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Another one goes on from the place.
    Again,
    /// What is wished for was read.
    Done,
    /// It said what no reader says.
    Broken,
}

/// The file that was rotated away, while somebody may still write into it.
#[derive(Debug, Clone)]
struct Before {
    reel: Reel,
    last: Option<Timestamp>,
    level: Option<u8>,
}

/// One file's part of a tail.
#[derive(Debug, Clone)]
pub struct Appended {
    path: LogPath,
    name: Foreign,
    until: Option<Timestamp>,
    /// Before this no line is told.
    from: Option<Timestamp>,
    now: Option<Reel>,
    before: Option<Before>,
    /// A file that comes now is new from its beginning.
    fresh: bool,
    frames: Frames,
    /// Whether what is read ends, so that what is open then is all there is.
    ends: bool,
    /// Whether a line without its line feed is told at the end.
    open: bool,
    stamps: Stamps,
    zone: Offset,
    /// The host's clock less ours, in seconds.
    ahead: i64,
    last: Option<Timestamp>,
    /// The least important priority that is wished for, and that of the last line.
    least: u8,
    level: Option<u8>,
    /// The last line told a time that has not come yet.
    is_ahead: bool,
    /// Lines that told their moment, and lines in all.
    stamped: u64,
    lines: u64,
}

/// The place that a cursor names, and that in the file before it.
fn read(cursor: &Cursor) -> Option<(Place, Option<Place>)> {
    let (mut file, mut at, mut sum, mut was, mut rest) = (None, None, None, None, None);
    for (name, word) in cursor.as_str().split(';').filter_map(|part| part.split_once('=')) {
        match name {
            "f" => file = Some(word),
            "o" => at = word.parse().ok(),
            "p" => sum = u32::from_str_radix(word, 16).ok(),
            "r" => was = Some(word),
            "q" => rest = word.parse().ok(),
            _ => {}
        }
    }
    let before = was.zip(rest).map(|(file, at)| Place { file: file.to_owned(), at, sum: None });
    Some((Place { file: file?.to_owned(), at: at?, sum }, before))
}

impl Appended {
    /// The file at this path, from where the wish begins or behind this place.
    pub fn new(wish: &TailWish, path: LogPath, resume: Option<&Cursor>, now: Timestamp) -> Self {
        let name = Foreign::from(Lane::File(path.as_str().into()).speaker());
        let from = match wish.since {
            Since::Newest(_) | Since::Head | Since::Boot => None,
            Since::Ago(span) => now.checked_sub(span).ok(),
            Since::At(at) => Some(at),
        };
        let (place, before) = resume.and_then(read).map_or((None, None), |(place, before)| (Some(place), before));
        Self {
            path,
            name,
            until: wish.until,
            least: wish.least,
            level: None,
            from: from.filter(|_| resume.is_none()),
            now: place.map(|place| Reel::new(place, false)),
            before: before.map(|place| Before { reel: Reel::new(place, false), last: None, level: None }),
            fresh: false,
            frames: Frames::default(),
            ends: false,
            open: !wish.whole_lines,
            stamps: Stamps::default(),
            zone: Offset::UTC,
            ahead: 0,
            last: None,
            is_ahead: false,
            stamped: 0,
            lines: 0,
        }
    }

    /// Where the beginning must be looked for before it is read, if that is needed.
    pub fn search(&self, wish: &TailWish) -> Option<Begin> {
        let is_open = self.now.is_none() && !self.fresh && (wish.bound.is_none() || wish.until.is_some());
        self.from.filter(|_| is_open).map(Begin::new)
    }

    /// The file this lane is about.
    pub fn path(&self) -> &LogPath {
        &self.path
    }

    /// Reading begins here; `bound` when older lines are left out because nobody can say how old they are.
    pub fn begin_at(&mut self, place: Place, bound: bool, now: Timestamp, rows: &mut Vec<LogRow>) {
        self.now = Some(Reel::new(place, true));
        if bound {
            rows.push(self.loss(now, LossKind::Bounded, None));
        }
    }

    /// The command that reads on.
    pub fn begin(&mut self, wish: &TailWish, follow: bool) -> RemoteCommand {
        (self.frames, self.ends) = (Frames::default(), !follow);
        let (mode, place, at) = match (&mut self.now, wish.since) {
            (Some(reel), _) => {
                let mode = if reel.is_too_long() { "skip" } else { "at" };
                reel.resume();
                (mode, reel.place().file.as_str(), reel.place().at)
            }
            (None, _) if self.fresh => ("head", "", 0),
            // Which are the newest before a moment is known when it was read up to it; of one that is to come all are before it.
            (None, _) if !wish.follow && wish.newest_of_span().is_some() => ("head", "", 0),
            (None, Since::Newest(lines)) => ("newest", "", u64::from(lines)),
            (None, Since::Ago(_) | Since::At(_) | Since::Boot) => match wish.bound {
                Some(bound) => ("newest", "", u64::from(bound)),
                None => ("head", "", 0),
            },
            (None, Since::Head) => ("head", "", 0),
        };
        let (was, rest) = match &mut self.before {
            Some(before) => {
                before.reel.resume();
                (before.reel.place().file.as_str(), before.reel.place().at)
            }
            None => ("", 0),
        };
        let go = if follow { "go" } else { "once" };
        let (at, rest) = (at.to_string(), rest.to_string());
        let before = ["nice", "-n", "10", "/bin/sh", "-c", SCRIPT, "qd-file"];
        RemoteCommand::new(before.into_iter().chain([self.path.as_str(), go, mode, place, &at, was, &rest]))
    }

    /// Takes bytes of the reader. `now` is our time. Says when the reader is not needed any more.
    pub fn take(&mut self, mut bytes: &[u8], now: Timestamp, rows: &mut Vec<LogRow>) -> Option<Stop> {
        loop {
            let said = match self.frames.next(&mut bytes) {
                Ok(Some(said)) => said,
                Ok(None) => return None,
                Err(frames::Broken) => return Some(Stop::Broken),
            };
            let stop = match said {
                Said::Begins(begins) => self.begins(&begins, now, rows),
                Said::Bytes(Which::Now, at, bytes) => self.bytes(at, bytes, now, rows),
                Said::Bytes(Which::Before, at, bytes) => {
                    self.bytes_before(at, bytes, now, rows);
                    None
                }
                Said::Closed(whole) => {
                    self.close(whole, now, rows);
                    None
                }
                Said::Passed(at) => {
                    self.now.iter_mut().for_each(|reel| reel.pass(at));
                    None
                }
            };
            if stop.is_some() {
                return stop;
            }
        }
    }

    /// What the reader says about what it reads.
    fn begins(&mut self, begins: &Begins, now: Timestamp, rows: &mut Vec<LogRow>) -> Option<Stop> {
        self.zone = begins.zone;
        self.ahead = begins.clock.map_or(0, |clock| clock.saturating_sub(now.as_second()));
        let new = |quiet| Some(Reel::new(Place { file: begins.place.clone(), at: begins.at, sum: None }, quiet));
        match begins.how {
            How::New => self.now = new(true),
            How::Bound => {
                rows.push(self.loss(now, LossKind::Bounded, None));
                self.now = new(true);
            }
            How::Same | How::Moved => {
                let known = self.now.as_mut().is_some_and(|reel| {
                    let is_it = reel.place().file == begins.place || reel.place().sum.is_some();
                    reel.is_called(&begins.place);
                    is_it
                });
                if !known {
                    return Some(self.rewritten(LossKind::Vacuumed, now, rows));
                }
            }
            How::Gone | How::Cut => {
                let kind = if begins.how == How::Cut { LossKind::Truncated } else { LossKind::Vacuumed };
                rows.push(self.loss(now, kind, None));
                (self.now, self.from) = (new(false), None);
            }
            How::Next | How::Later => {
                // What is written into the old one from now on is looked for as well: nothing is lost by itself.
                let lost = if begins.how == How::Next { Some(0) } else { None };
                rows.push(self.loss(now, LossKind::Rotated, lost));
                let old = self.now.take();
                self.before = old.map(|reel| Before { reel, last: self.last, level: self.level });
                (self.now, self.from) = (new(false), None);
            }
        }
        None
    }

    /// The file in the place of the one that was read is another one: all of it is new.
    fn rewritten(&mut self, kind: LossKind, now: Timestamp, rows: &mut Vec<LogRow>) -> Stop {
        rows.push(self.loss(now, kind, None));
        (self.now, self.fresh, self.from) = (None, true, None);
        Stop::Again
    }

    fn bytes(&mut self, at: u64, bytes: &[u8], now: Timestamp, rows: &mut Vec<LogRow>) -> Option<Stop> {
        let (Some(reel), mut pieces) = (&mut self.now, Vec::new()) else { return Some(Stop::Broken) };
        let taken = reel.take(at, bytes, &mut pieces);
        let too_long = reel.is_too_long();
        let mut done = false;
        for piece in pieces {
            done |= self.piece(piece, now, rows);
        }
        match taken {
            Err(Rewritten) => Some(self.rewritten(LossKind::Truncated, now, rows)),
            Ok(()) if done => Some(Stop::Done),
            Ok(()) if too_long => Some(Stop::Again),
            Ok(()) => None,
        }
    }

    /// What was written into the file that was rotated away: its lines stand where they came.
    fn bytes_before(&mut self, at: u64, bytes: &[u8], now: Timestamp, rows: &mut Vec<LogRow>) {
        let (Some(mut before), mut pieces) = (self.before.take(), Vec::new()) else { return };
        match before.reel.take(at, bytes, &mut pieces) {
            Ok(()) => {
                self.pieces_before(&mut before, pieces, now, rows);
                self.before = Some(before);
            }
            Err(Rewritten) => rows.push(self.loss(now, LossKind::Vacuumed, None)),
        }
    }

    fn pieces_before(&mut self, before: &mut Before, pieces: Vec<Piece>, now: Timestamp, rows: &mut Vec<LogRow>) {
        // Reading goes on in the successor, whatever comes of the old one.
        let here = self.now.as_ref().map_or_else(String::new, |reel| reel.place().word());
        std::mem::swap(&mut self.last, &mut before.last);
        std::mem::swap(&mut self.level, &mut before.level);
        for piece in pieces {
            let both = |word: &str| {
                let old = read_place(word).unwrap_or_default();
                format!("{here};r={};q={}", old.0, old.1)
            };
            let piece = match piece {
                Piece::Line(line, word) => Piece::Line(line, both(&word)),
                Piece::LeftOut(more, word) => Piece::LeftOut(more, both(&word)),
            };
            self.piece(piece, now, rows);
        }
        std::mem::swap(&mut self.last, &mut before.last);
        std::mem::swap(&mut self.level, &mut before.level);
    }

    /// Nobody looks at the old file any more.
    fn close(&mut self, whole: bool, now: Timestamp, rows: &mut Vec<LogRow>) {
        let Some(mut before) = self.before.take() else { return };
        if !whole {
            rows.push(self.loss(now, LossKind::Vacuumed, None));
            return;
        }
        let mut pieces = Vec::new();
        before.reel.end(&mut pieces);
        self.pieces_before(&mut before, pieces, now, rows);
    }

    /// The reader has ended as it should.
    pub fn end(&mut self, now: Timestamp, rows: &mut Vec<LogRow>) {
        let mut pieces = Vec::new();
        self.now.iter_mut().filter(|_| self.ends).for_each(|reel| reel.end(&mut pieces));
        for piece in pieces {
            let is_whole = |piece: &Piece| matches!(piece, Piece::LeftOut(..));
            if self.open || is_whole(&piece) {
                self.piece(piece, now, rows);
            }
        }
    }

    /// Makes a row of it. Says whether it lies beyond the end of what is wished for.
    fn piece(&mut self, piece: Piece, now: Timestamp, rows: &mut Vec<LogRow>) -> bool {
        match piece {
            Piece::Line(line, word) => self.line(&line, &word, now, rows),
            Piece::LeftOut(more, word) => {
                let (at, kind) = (self.last.unwrap_or(now), LossKind::LeftOut(more));
                rows.push(LogRow::Loss(Loss { at, kind, lost: None, cursor: Cursor::new(&word) }));
                false
            }
        }
    }

    fn line(&mut self, line: &RawLine, word: &str, now: Timestamp, rows: &mut Vec<LogRow>) -> bool {
        let host_now = now.checked_add(jiff::SignedDuration::from_secs(self.ahead)).unwrap_or(now);
        let (told, is_ahead) = match self.stamps.read(&line.bytes, self.zone, host_now) {
            Told::At(at) => (Some(at), false),
            Told::Ahead => (None, true),
            Told::Nothing => (None, self.is_ahead),
        };
        self.lines += 1;
        self.stamped += u64::from(told.is_some());
        // A line without a moment belongs to the one before it, as those of a stack trace do.
        let at = told.or(self.last).unwrap_or(host_now);
        self.last = told.or(self.last);
        if self.until.is_some_and(|until| at > until) {
            return self.until.and_then(|until| until.checked_add(BEYOND).ok()).is_some_and(|until| at > until);
        }
        if self.from.is_some_and(|from| at < from) {
            return false;
        }
        let Some(cursor) = Cursor::new(word) else { return false };
        let message = line.bytes.strip_suffix(b"\r").unwrap_or(&line.bytes);
        // What tells no level belongs to the line before it.
        let own = self.stamps.priority(message);
        let priority = own.or(self.level.filter(|_| told.is_none())).unwrap_or(6);
        self.level = Some(priority);
        if priority > self.least {
            return false;
        }
        if is_ahead && !std::mem::replace(&mut self.is_ahead, is_ahead) {
            rows.push(self.loss(now, LossKind::Ahead, Some(0)));
        }
        self.is_ahead = is_ahead;
        rows.push(LogRow::Entry(LogEntry {
            cursor,
            at,
            monotonic: 0,
            boot: 0,
            priority,
            unit: None,
            identifier: self.name.clone(),
            pid: 0,
            message: Foreign::from(message),
            cut: line.cut,
        }));
        false
    }

    /// How long the link was away, as a row.
    pub fn away(&self, gap: Gap, now: Timestamp) -> LogRow {
        gap.row(self.last.or(gap.at).unwrap_or(now))
    }

    fn loss(&self, now: Timestamp, kind: LossKind, lost: Option<u64>) -> LogRow {
        LogRow::Loss(Loss { at: self.last.unwrap_or(now), kind, lost, cursor: None })
    }

    /// Whether lines came and none of them told its moment.
    pub fn is_timeless(&self) -> bool {
        self.lines > 0 && self.stamped == 0
    }

    /// How far the host's clock is ahead of ours, in seconds, as far as it is known.
    pub fn ahead(&self) -> i64 {
        self.ahead
    }

    /// What the reader's end means.
    pub fn ended(&mut self, end: &End, said: &[u8]) -> Ended {
        let path = self.path.as_str();
        match end {
            End::Exited(0) => Ended::Done,
            End::Exited(11) => Ended::Next,
            End::Exited(20) => Ended::Refused(format!(
                "this login may not read {path}; a group that may (ls -l shows it) helps: usermod -aG GROUP LOGIN"
            )),
            End::Exited(21) => {
                self.fresh = true;
                Ended::Missing
            }
            End::Exited(22) => Ended::Refused(format!("{path} is no file")),
            end => Ended::Failed(format!("{path} can't be read: {end}: {}", Foreign::from(said).plain())),
        }
    }
}

/// Device and inode, and bytes, of a place as it stands in a cursor.
fn read_place(word: &str) -> Option<(String, u64)> {
    let place = Cursor::new(word).as_ref().and_then(read)?.0;
    Some((place.file, place.at))
}
