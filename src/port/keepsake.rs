//! Small things that a person keeps of a site: bookmarks in its logs, filters, columns.

use jiff::Timestamp;

use super::log::{Cursor, Origin};
use crate::domain::{EnvName, SiteName};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keepsake {
    /// A line of a log.
    Bookmark(Box<Bookmark>),
    /// A filter of logs with a name.
    Filter {
        /// Its name.
        name: String,
        /// Its query.
        query: String,
    },
    /// What was looked for in logs, the newest first.
    Looked(Vec<String>),
    /// The columns of the logs, by their names, in their order.
    Columns(Vec<String>),
}

/// A line of a log that a person has marked, with enough of it to be told when the line itself is held no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bookmark {
    /// Which line.
    pub place: BookmarkPlace,
    /// When it was written, by the host's clock.
    pub at: Timestamp,
    /// The same by our clock, as far as it was known.
    pub moment: Timestamp,
    /// Who wrote it; sanitised.
    pub speaker: String,
    /// Its level, 0 to 7.
    pub priority: u8,
    /// The beginning of its message: one row, sanitised, what looks like a secret covered.
    pub text: String,
    /// What the person says of it; empty without a note.
    pub note: String,
}

/// Where a line stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BookmarkPlace {
    /// The environment.
    pub environment: EnvName,
    /// The lane of a host.
    pub origin: Origin,
    /// Its place there.
    pub cursor: Cursor,
}

/// Which keepsake is meant, among those of a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeepsakeName {
    /// The bookmark of this line.
    Bookmark(BookmarkPlace),
    /// The filter of this name.
    Filter(String),
    /// What was looked for.
    Looked,
    /// The columns.
    Columns,
}

impl Keepsake {
    /// Its name.
    pub fn name(&self) -> KeepsakeName {
        match self {
            Keepsake::Bookmark(bookmark) => KeepsakeName::Bookmark(bookmark.place.clone()),
            Keepsake::Filter { name, .. } => KeepsakeName::Filter(name.clone()),
            Keepsake::Looked(_) => KeepsakeName::Looked,
            Keepsake::Columns(_) => KeepsakeName::Columns,
        }
    }
}

/// What is to be done about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepsakeWish {
    /// Read all of the site.
    Read,
    /// Keep this in the place of what has its name.
    Keep(Keepsake),
    /// Take this away.
    Remove(KeepsakeName),
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepsakeNews {
    /// All of this site.
    Read(SiteName, Vec<Keepsake>),
    /// It is kept.
    Kept(Keepsake),
    /// It is taken away.
    Removed(KeepsakeName),
    /// It could not be kept, or not be taken away; a sentence says why.
    Failed(KeepsakeName, String),
}
