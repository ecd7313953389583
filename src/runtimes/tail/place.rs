//! A place in the journal, as an entry or a cursor names it.

use jiff::Timestamp;

use super::cursor::Parts;
use super::entry;
use crate::port::log::Cursor;
use crate::runtimes::journal_export::Entry;

/// A place in the journal.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) cursor: Cursor,
    pub(super) parts: Parts,
    /// Whether the reader of this tail would show the entry there.
    pub(super) own: bool,
}

impl Place {
    pub(super) fn new(cursor: Cursor, own: bool) -> Self {
        Self { parts: Parts::of(&cursor), cursor, own }
    }

    pub(super) fn of(entry: &Entry, own: bool) -> Option<Self> {
        let cursor = entry.get("__CURSOR").and_then(|word| std::str::from_utf8(word).ok()).and_then(Cursor::new)?;
        Some(Self::new(cursor, own))
    }

    /// Whether it is the same entry, also where its journal was numbered anew.
    pub(super) fn is(&self, other: &Self) -> bool {
        let renumbered = || {
            let same_series = self.parts.series.is_some() && self.parts.series == other.parts.series;
            !same_series && self.parts.content().is_some() && self.parts.content() == other.parts.content()
        };
        self.cursor == other.cursor || renumbered()
    }

    pub(super) fn at(&self) -> Option<Timestamp> {
        entry::time_of(self.parts.realtime?)
    }
}
