//! A file on a host to which programs append lines, each read exactly once: by device, inode and offset.
//!
//! A file that is rotated away is read to its end where it lies now, as long as it lies beside its successor and is not
//! packed; then the successor is read from its beginning. One that became shorter begins anew.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::lines::RawLine;
use super::stamp::{Stamps, offset};
use crate::domain::Lane;
use crate::domain::log_source::LogPath;
use crate::port::log::{Cursor, LogEntry, LogRow, Loss, LossKind, Since, TailWish};
use crate::port::{End, RemoteCommand};
use crate::text::Foreign;

/// Prints a line about what is read and from where, then the bytes of it; with `go` for as long as it lasts. Ends with 10 when
/// the file was rotated and this one read to its end, 11 when it became shorter, 20 to 23 when it can't be read.
const SCRIPT: &str = r#"f=$1 go=$2 mode=$3 place=$4 off=$5
[ -e "$f" ] || exit 21
[ -f "$f" ] || exit 22
[ -r "$f" ] || exit 20
src=$f how=new
if [ "$mode" = at ]; then
  how=same
  if [ "$(stat -L -c %d-%i -- "$f")" != "$place" ]; then
    d=${f%/*} how=moved
    src=$(find "${d:-/}" -maxdepth 1 -type f -inum "${place#*-}" 2>/dev/null | head -n 1)
    [ -n "$src" ] && [ -r "$src" ] && case $src in *.gz|*.xz|*.bz2|*.zst) false ;; esac || { src=$f how=gone off=0; }
  fi
fi
exec 3<"$src" || exit 20
size=$(stat -L -c %s /proc/self/fd/3) || exit 23
if [ "$mode" = newest ]; then
  lines=$off tries=0
  while :; do
    count=$(tail -n "$lines" -- "$src" | wc -c)
    now=$(stat -L -c %s /proc/self/fd/3) tries=$((tries+1))
    if [ "$now" = "$size" ] || [ "$tries" -ge 5 ]; then break; fi
    size=$now
  done
  off=$((size-count))
  [ "$off" -ge 0 ] || off=0
elif [ "$off" -gt "$size" ]; then how=cut off=0; fi
echo "$how $(stat -L -c %d-%i /proc/self/fd/3) $off $size $(date '+%z %s')"
tail -c "+$((off+1))" <&3
if [ "$go" != go ]; then
  [ "$src" = "$f" ] || exit 10
  exit 0
fi
still=0
while :; do
  size=$(stat -L -c %s /proc/self/fd/3)
  read -r _ at </proc/self/fdinfo/3
  if [ "$size" -gt "$at" ]; then
    cat <&3
    still=0
  elif [ "$size" -lt "$at" ]; then
    exit 11
  elif [ -e "$f" ] && ! [ "$f" -ef /proc/self/fd/3 ]; then
    still=$((still+1))
    [ "$still" -lt 6 ] || exit 10
  fi
  sleep 0.2 || sleep 1
done"#;

/// What a reader's end means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Everything was read.
    Done,
    /// The successor is to be read from its beginning.
    Next,
    /// There is no such file now.
    Missing,
    /// It can't be read: why, and what to try.
    Refused(String),
    /// It failed.
    Failed(String),
}

/// One file's part of a tail.
#[derive(Debug, Clone)]
pub struct Appended {
    path: LogPath,
    name: Foreign,
    until: Option<Timestamp>,
    /// Before this no line is told.
    from: Option<Timestamp>,
    place: Option<(String, u64)>,
    /// A file that comes now is new from its beginning.
    fresh: bool,
    /// The reader has not said yet what it reads.
    heading: bool,
    stamps: Stamps,
    zone: Offset,
    /// The host's clock less ours, in seconds.
    ahead: i64,
    last: Option<Timestamp>,
    /// The least important priority that is wished for, and that of the last line.
    least: u8,
    level: Option<u8>,
    /// Lines that told their moment, and lines in all.
    stamped: u64,
    lines: u64,
}

fn read(cursor: &Cursor) -> Option<(String, u64)> {
    let (place, at) = cursor.as_str().strip_prefix("f=")?.split_once(";o=")?;
    Some((place.to_owned(), at.parse().ok()?))
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
        Self {
            path,
            name,
            until: wish.until,
            least: wish.least,
            level: None,
            from: from.filter(|_| resume.is_none()),
            place: resume.and_then(read),
            fresh: false,
            heading: true,
            stamps: Stamps::default(),
            zone: Offset::UTC,
            ahead: 0,
            last: None,
            stamped: 0,
            lines: 0,
        }
    }

    /// The command that reads on.
    pub fn begin(&mut self, wish: &TailWish, follow: bool) -> RemoteCommand {
        self.heading = true;
        let (mode, place, at) = match (&self.place, wish.since) {
            (Some((place, at)), _) => ("at", place.as_str(), *at),
            (None, _) if self.fresh => ("head", "", 0),
            (None, Since::Newest(lines)) => ("newest", "", u64::from(lines)),
            (None, Since::Ago(_) | Since::At(_) | Since::Boot) => match wish.bound {
                Some(bound) => ("newest", "", u64::from(bound)),
                None => ("head", "", 0),
            },
            (None, Since::Head) => ("head", "", 0),
        };
        let go = if follow { "go" } else { "once" };
        let at = at.to_string();
        let before = ["nice", "-n", "10", "/bin/sh", "-c", SCRIPT, "qd-file"];
        RemoteCommand::new(before.into_iter().chain([self.path.as_str(), go, mode, place, &at]))
    }

    /// Takes one line of the reader. `now` is our time.
    pub fn take(&mut self, line: &RawLine, now: Timestamp, rows: &mut Vec<LogRow>) {
        if std::mem::take(&mut self.heading) {
            self.head(line, now, rows);
            return;
        }
        let Some((place, at)) = &mut self.place else { return };
        *at += line.length;
        let word = format!("f={place};o={at}");
        let host_now = now.checked_add(jiff::SignedDuration::from_secs(self.ahead)).unwrap_or(now);
        let told = self.stamps.at(&line.bytes, self.zone, host_now);
        self.lines += 1;
        self.stamped += u64::from(told.is_some());
        // A line without a moment belongs to the one before it, as those of a stack trace do.
        let at = told.or(self.last).unwrap_or(host_now);
        self.last = told.or(self.last);
        if self.from.is_some_and(|from| at < from) || self.until.is_some_and(|until| at > until) {
            return;
        }
        let Some(cursor) = Cursor::new(&word) else { return };
        let message = line.bytes.strip_suffix(b"\r").unwrap_or(&line.bytes);
        // What tells no level belongs to the line before it.
        let own = self.stamps.priority(message);
        let priority = own.or(self.level.filter(|_| told.is_none())).unwrap_or(6);
        self.level = Some(priority);
        if priority > self.least {
            return;
        }
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
    }

    /// What the reader says about what it reads.
    fn head(&mut self, line: &RawLine, now: Timestamp, rows: &mut Vec<LogRow>) {
        let text = String::from_utf8_lossy(&line.bytes);
        let words: Vec<&str> = text.split(' ').collect();
        let [how, place, at, _size, zone, clock] = words.as_slice() else { return };
        self.zone = offset(zone.as_bytes()).unwrap_or(Offset::UTC);
        self.ahead = clock.parse::<i64>().map_or(0, |clock| clock.saturating_sub(now.as_second()));
        match *how {
            "gone" => rows.push(self.loss(now, LossKind::Vacuumed, None)),
            "cut" => rows.push(self.loss(now, LossKind::Truncated, None)),
            _ => {}
        }
        self.place = at.parse().ok().map(|at| ((*place).to_owned(), at));
    }

    /// How long the link was away, as a row.
    pub fn away(&self, gap: std::time::Duration, now: Timestamp) -> LogRow {
        self.loss(now, LossKind::LinkLost(gap), Some(0))
    }

    fn loss(&self, now: Timestamp, kind: LossKind, lost: Option<u64>) -> LogRow {
        LogRow::Loss(Loss { at: self.last.unwrap_or(now), kind, lost, cursor: None })
    }

    /// Whether lines came and none of them told its moment.
    pub fn is_timeless(&self) -> bool {
        self.lines > 0 && self.stamped == 0
    }

    /// What the reader's end means.
    pub fn ended(&mut self, end: &End, said: &[u8], now: Timestamp, rows: &mut Vec<LogRow>) -> Ended {
        let path = self.path.as_str();
        match end {
            End::Exited(0) => Ended::Done,
            End::Exited(10) => {
                // Whoever still has the old one open may write on into it: nobody looks there any more.
                rows.push(self.loss(now, LossKind::Rotated, None));
                (self.place, self.fresh, self.from) = (None, true, None);
                Ended::Next
            }
            End::Exited(11) => {
                rows.push(self.loss(now, LossKind::Truncated, None));
                (self.place, self.fresh, self.from) = (None, true, None);
                Ended::Next
            }
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
