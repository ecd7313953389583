//! Older lines of one host: wished for in pages, beside the tail that goes on.

use super::log::{Cursor, LogRow};
use crate::domain::HostName;
use crate::domain::log_source::JournalMatch;
use crate::text::Foreign;

/// A page of older lines that is wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageWish {
    /// The tail above whose lines it stands.
    pub tail: u64,
    /// The host.
    pub host: HostName,
    /// The units; none for everything.
    pub wanted: JournalMatch,
    /// The oldest line that is held; where none is, the newest lines are meant.
    pub before: Option<Cursor>,
    /// How many lines at most.
    pub lines: u32,
    /// Only such lines, chosen on the host.
    pub only: Option<HostFilter>,
}

/// What a host chooses its lines by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFilter {
    /// An expression that is found in the message, as `--grep` takes it, and whether capitals count.
    pub grep: Option<(String, bool)>,
    /// The least important priority, 0 to 7.
    pub least: u8,
    /// What that is called on the screen: `/timeout/`.
    pub told: String,
}

/// A page as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct LogPage {
    /// What was wished for; `only` is none where the host can't choose.
    pub wish: PageWish,
    /// The rows, in the order of the journal.
    pub rows: Vec<LogRow>,
    /// What lies before them.
    pub end: PageEnd,
}

/// What lies before a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageEnd {
    /// More lines, or nobody looked.
    More,
    /// Nothing: here the journal begins.
    Beginning,
    /// It could not be read; a sentence.
    Failed(Foreign),
}
