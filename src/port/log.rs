//! Lines of logs on their way from the hosts to the core, and what is wished for.
//!
//! A tail is one wish: which sources on which hosts, since when, how much. Its rows of one lane (the journal of a host, one
//! container, one file) come in the order of that lane, each exactly once; everything that is missing between two of them is
//! a row of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::log_source::{Lane, LogSource};
use crate::domain::query::Subject;
use crate::domain::structure;
use crate::domain::when::When;
use crate::domain::{HostName, UnitName};
use crate::text::Foreign;

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailWish {
    /// Its number; rows name it, so that rows of an older wish are told apart.
    pub id: u64,
    /// What is read on which hosts; of each lane one source at most.
    pub sources: BTreeMap<HostName, Vec<LogSource>>,
    /// Where to begin.
    pub since: Since,
    /// With [`Since::Ago`], [`Since::At`] and [`Since::Boot`]: how many lines that are there already are read of each host at most, the
    /// newest ones; that there are more is told by a row. `None` reads all.
    pub bound: Option<u32>,
    /// Where to end, by the host's clock; `None` goes on with what comes.
    pub until: Option<Timestamp>,
    /// The least important priority that is read, 0 (emergency) to 7 (debug).
    pub least: u8,
    /// Whether to go on with what comes, or to end when everything up to now was read.
    pub follow: bool,
    /// Whether a last line without its line feed waits for the rest of it, also where reading ends.
    pub whole_lines: bool,
    /// Where earlier reading has ended, by lane: goes on right behind it, without `since`.
    pub resume: BTreeMap<Origin, Cursor>,
}

impl TailWish {
    /// All of it since then and whatever comes, of no source yet.
    pub fn of(since: Since) -> Self {
        Self {
            id: 1,
            sources: BTreeMap::new(),
            since,
            bound: None,
            until: None,
            least: 7,
            follow: true,
            whole_lines: false,
            resume: BTreeMap::new(),
        }
    }

    /// How many lines are wanted of those in front of a moment. Only whoever has read up to it knows which these are, where
    /// a source can't be asked for them from behind.
    pub fn newest_of_span(&self) -> Option<u32> {
        self.until?;
        match (self.since, self.bound) {
            (Since::Newest(lines), _) => Some(lines),
            (Since::Ago(_) | Since::At(_) | Since::Boot | Since::Head, bound) => bound,
        }
    }
}

/// From where rows come in one order: a lane of a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The host.
    pub host: HostName,
    /// What of it.
    pub lane: Lane,
}

impl Origin {
    /// The journal of a host.
    pub fn journal(host: HostName) -> Self {
        Self { host, lane: Lane::Journal }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.lane {
            Lane::Journal => self.host.fmt(f),
            lane => write!(f, "{lane} on {}", self.host),
        }
    }
}

/// Where a tail begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// With the newest lines of each host, so many at most.
    Newest(u32),
    /// With everything younger than this, by the host's clock, up to the bound.
    Ago(Duration),
    /// With everything after this moment by the host's clock, up to the bound.
    At(Timestamp),
    /// With the first line of the boot that runs, up to the bound.
    Boot,
    /// With the first line there is.
    Head,
}

impl From<When> for Since {
    fn from(when: When) -> Self {
        match when {
            When::Ago(ago) => Since::Ago(ago),
            When::At(at) => Since::At(at),
        }
    }
}

/// The place of an entry in a host's journal, as journald writes it, or of a line in another lane, as its reader writes it;
/// checked to be what one looks like.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(Arc<str>);

impl Cursor {
    /// Longest cursor that is taken, in bytes.
    pub const LONGEST: usize = 512;

    /// Takes `s=…;i=…;…`: letters, digits, `=`, `;` and `-` only.
    pub fn new(word: &str) -> Option<Self> {
        let good = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"=;-".contains(&b));
        (good && !word.is_empty() && !word.starts_with('-') && word.len() <= Self::LONGEST)
            .then(|| Self(Arc::from(word)))
    }

    /// The whole cursor.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Rows of one lane, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct LogBatch {
    /// The wish.
    pub tail: u64,
    /// The host.
    pub host: HostName,
    /// What of it.
    pub lane: Lane,
    /// The rows.
    pub rows: Vec<LogRow>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub enum LogRow {
    /// An entry of the journal.
    Entry(LogEntry),
    /// Something is missing here, or may be.
    Loss(Loss),
}

impl LogRow {
    /// The entry, where it is one.
    pub fn entry(&self) -> Option<&LogEntry> {
        match self {
            LogRow::Entry(entry) => Some(entry),
            LogRow::Loss(_) => None,
        }
    }

    /// Behind which place reading goes on when this was told.
    pub fn cursor(&self) -> Option<&Cursor> {
        match self {
            LogRow::Entry(entry) => Some(&entry.cursor),
            LogRow::Loss(loss) => loss.cursor.as_ref(),
        }
    }
}

/// One entry of a journal.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// Its place.
    pub cursor: Cursor,
    /// When journald took it, by the host's clock.
    pub at: Timestamp,
    /// Microseconds since the host's boot.
    pub monotonic: u64,
    /// The boot, 32 hexadecimal digits as a number.
    pub boot: u128,
    /// Syslog priority, 0 to 7; 6 where the entry has none.
    pub priority: u8,
    /// The unit it belongs to.
    pub unit: Option<UnitName>,
    /// `SYSLOG_IDENTIFIER`, else the name of the program.
    pub identifier: Foreign,
    /// The process, 0 where it is not known.
    pub pid: u32,
    /// What it says, at most 64 KiB.
    pub message: Foreign,
    /// Bytes of the message beyond that.
    pub cut: u64,
}

impl LogEntry {
    /// How important it is: as the journal has it, or as the message says itself if that is more.
    pub fn level(&self) -> u8 {
        let said = structure::level(self.message.raw()).unwrap_or(7);
        self.priority.min(7).min(said)
    }

    /// What a query can know of it.
    pub fn subject<'a>(&'a self, host: &'a HostName) -> Subject<'a> {
        Subject {
            host: host.as_str(),
            unit: self.unit.as_ref().map(UnitName::as_str),
            identifier: self.identifier.raw(),
            pid: self.pid,
            priority: self.level(),
            message: self.message.raw(),
        }
    }
}

/// Something that is missing, or may be: a row of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// When, by the host's clock as far as it is known.
    pub at: Timestamp,
    /// What happened.
    pub kind: LossKind,
    /// How many lines are known to be lost; `None` where nobody can tell.
    pub lost: Option<u64>,
    /// The entry of the journal that says so, where one does: reading that goes on behind it does not tell it again.
    pub cursor: Option<Cursor>,
}

/// Why something is missing, or might have been.
#[derive(Debug, Clone, PartialEq)]
pub enum LossKind {
    /// The link was away for this long; what was written meanwhile has been read afterwards.
    LinkLost(Duration),
    /// Entries before this were removed on the host before they could be read.
    Vacuumed,
    /// journald threw lines of this unit away, because they came too fast.
    Suppressed(Option<UnitName>),
    /// journald ended and began again; what was written meanwhile may be lost.
    JournaldRestarted,
    /// The host booted anew.
    Rebooted,
    /// The place where reading had ended does not exist any more, or lies in the future: reading went on by time.
    Rebased(Foreign),
    /// More came than could be taken: this was skipped on purpose.
    SkippedAhead,
    /// Older lines than these were not asked for, because there are too many.
    Bounded,
    /// Older lines than these were chosen on the host: only such are there.
    Picked(Foreign),
    /// journalctl failed; the sentence it said.
    ReaderFailed(Foreign),
    /// In the place of a container there is another one of the same name: the beginnings of their ids.
    Replaced {
        /// The name.
        name: Foreign,
        /// The old one.
        from: String,
        /// The new one.
        to: String,
    },
    /// The file was moved away and made anew: what follows stands in the new one.
    Rotated,
    /// The file was cut to nothing, or to less than what was read of it.
    Truncated,
    /// The rest of a line that was too long, in bytes.
    LeftOut(u64),
    /// The line behind this one tells a time that has not come yet.
    Ahead,
    /// The lines behind this one tell no time, and have that of their arrival.
    Timeless,
    /// A command has ended, or was begun anew: which one, and how.
    Command(Foreign),
    /// The link was away for this long, and what a command printed meanwhile can't be had again.
    Unheard(Duration),
}

impl LossKind {
    /// Whether lines may be lost where it happened and nobody counted them.
    pub fn may_lose(&self) -> bool {
        match self {
            LossKind::LinkLost(_)
            | LossKind::Vacuumed
            | LossKind::Suppressed(_)
            | LossKind::JournaldRestarted
            | LossKind::Rebased(_)
            | LossKind::SkippedAhead
            | LossKind::ReaderFailed(_)
            | LossKind::Replaced { .. }
            | LossKind::Rotated
            | LossKind::Truncated
            | LossKind::Unheard(_) => true,
            // A boot by itself loses nothing, nobody wished for lines beyond the bound or for others, what is left out of a
            // line is counted, and a command has said all it had.
            LossKind::Rebooted
            | LossKind::Bounded
            | LossKind::Picked(_)
            | LossKind::LeftOut(_)
            | LossKind::Ahead
            | LossKind::Timeless
            | LossKind::Command(_) => false,
        }
    }
}

impl Loss {
    /// What happened and how much is lost, as half a sentence: `14 s without link, 0 lost`.
    pub fn words(&self) -> String {
        let what = match &self.kind {
            LossKind::LinkLost(span) => without_link(*span),
            LossKind::Unheard(span) => {
                return format!("{}; what it printed is not known, and can't be had again", without_link(*span));
            }
            LossKind::Vacuumed => "older lines were removed on the host before they could be read".to_owned(),
            LossKind::Suppressed(Some(unit)) => format!("journald threw lines of {unit} away, they came too fast"),
            LossKind::Suppressed(None) => "journald threw lines away, they came too fast".to_owned(),
            LossKind::JournaldRestarted => "journald restarted".to_owned(),
            LossKind::Rebooted => "the host booted".to_owned(),
            LossKind::Rebased(why) => format!("reading went on by time: {}", why.plain()),
            LossKind::SkippedAhead => "skipped ahead, more came than could be taken".to_owned(),
            LossKind::Bounded => "older lines are there, and were not asked for at first".to_owned(),
            LossKind::Picked(told) => format!("only lines with {} from here up, chosen on the host", told.plain()),
            LossKind::ReaderFailed(why) => format!("journalctl failed: {}", why.plain()),
            LossKind::Replaced { name, from, to } => {
                format!("container {} was replaced ({from} \u{2192} {to})", name.plain())
            }
            LossKind::Rotated => "the file was rotated, its successor goes on".to_owned(),
            LossKind::Truncated => "the file was truncated, it goes on from its beginning".to_owned(),
            LossKind::LeftOut(bytes) => format!("the line before goes on for {bytes} bytes more, which were left out"),
            LossKind::Ahead => {
                "the next line tells a time that has not come yet: it stands where it came, with that of the line before it".to_owned()
            },
            LossKind::Timeless => "the lines that follow tell no time: each has that of its arrival".to_owned(),
            LossKind::Command(how) => format!("command {}", how.plain()),
        };
        match self.lost {
            Some(lost) => format!("{what}, {lost} lost"),
            None if self.kind.may_lose() => format!("{what}, how many lines are lost is not known"),
            None => what,
        }
    }
}

fn without_link(span: Duration) -> String {
    match span.as_secs() {
        seconds if seconds < 100 => format!("{seconds} s without link"),
        _ => format!("{} without link", crate::domain::time::short(span)),
    }
}

/// How a host's part of a tail stands.
#[derive(Debug, Clone, PartialEq)]
pub enum TailState {
    /// The lines that were there already are being read.
    Reading,
    /// Everything up to now was read; what comes follows at once.
    Following,
    /// Everything that was wished for was read.
    Ended,
    /// There is no link; reading goes on behind the last line when it is back.
    NoLink,
    /// It can't be read, with the reason and what to try, as a sentence.
    Refused(Foreign),
    /// What is wished for is not there: a sentence without the host, such as that there is no such file.
    Missing(Foreign),
    /// It can be read in part only: a sentence such as that the login is in no group that may read all.
    Limited(Foreign),
}

/// All fields of one entry, as asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct LogFields {
    /// The host.
    pub host: HostName,
    /// The entry.
    pub cursor: Cursor,
    /// Name and value of each field, in the order of the journal; or why they can't be read. A value is cut at
    /// 64 KiB.
    pub fields: Result<Vec<(String, Foreign)>, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_looks_like_one() {
        assert!(Cursor::new("s=0639a;i=4d;b=b1;m=1f2;t=63a;x=9c").is_some());
        for bad in ["", "--help", "s=$(id)", "s=1 i=2", "s=\u{1b}[2J"] {
            assert!(Cursor::new(bad).is_none(), "{bad:?}");
        }
    }
}
