//! What a person keeps of a site's logs, as the store has confirmed it: nothing is here before it is kept.

use super::order::Ref;
use super::reading::Reading;
use crate::domain::{EnvName, SiteName};
use crate::port::keepsake::{Bookmark, BookmarkPlace, Keepsake, KeepsakeName, KeepsakeNews};
use crate::port::log::Origin;
use crate::port::log_block::{Line, Row};

/// The clocks of hosts are told apart this well, in microseconds: so near its moment a line is looked for.
const NEAR: i64 = 30_000_000;

/// What is kept of the site that is watched.
#[derive(Debug, Default)]
pub struct Keepsakes {
    site: Option<SiteName>,
    bookmarks: Vec<Bookmark>,
    filters: Vec<(String, String)>,
    columns: Option<Vec<String>>,
    looked: Vec<String>,
}

impl Keepsakes {
    /// Whether what is kept of a site is still to be asked for; from then on it has been.
    pub fn asks(&mut self, site: &SiteName) -> bool {
        if self.site.as_ref() == Some(site) {
            return false;
        }
        *self = Self { site: Some(site.clone()), ..Self::default() };
        true
    }

    /// Takes in what the store says.
    pub fn take(&mut self, news: &KeepsakeNews) {
        match news {
            KeepsakeNews::Read(site, all) if self.site.as_ref() == Some(site) => {
                all.iter().for_each(|one| self.put(one));
            }
            KeepsakeNews::Read(..) | KeepsakeNews::Failed(..) => {}
            KeepsakeNews::Kept(keepsake) => self.put(keepsake),
            KeepsakeNews::Removed(name) => self.remove(name),
        }
    }

    fn put(&mut self, keepsake: &Keepsake) {
        self.remove(&keepsake.name());
        match keepsake {
            Keepsake::Bookmark(bookmark) => {
                let at = self.bookmarks.partition_point(|one| one.moment <= bookmark.moment);
                self.bookmarks.insert(at, (**bookmark).clone());
            }
            Keepsake::Filter { name, query } => {
                self.filters.push((name.clone(), query.clone()));
                self.filters.sort();
            }
            Keepsake::Looked(words) => self.looked.clone_from(words),
            Keepsake::Columns(columns) => self.columns = Some(columns.clone()),
        }
    }

    fn remove(&mut self, name: &KeepsakeName) {
        match name {
            KeepsakeName::Bookmark(place) => self.bookmarks.retain(|one| one.place != *place),
            KeepsakeName::Filter(name) => self.filters.retain(|(own, _)| own != name),
            KeepsakeName::Looked => self.looked.clear(),
            KeepsakeName::Columns => self.columns = None,
        }
    }

    /// The bookmarks of an environment, in the order of time.
    pub fn bookmarks(&self, environment: &EnvName) -> impl DoubleEndedIterator<Item = &Bookmark> {
        self.bookmarks.iter().filter(move |one| one.place.environment == *environment)
    }

    /// The bookmark of a line of this lane.
    pub fn bookmark(
        &self,
        environment: &EnvName,
        origin: (&str, &crate::domain::Lane),
        line: &Line<'_>,
    ) -> Option<&Bookmark> {
        // Most lines have none, and a cursor must be put together first.
        let at = line.at();
        let mut near = self.bookmarks(environment).filter(|one| {
            let Origin { host, lane } = &one.place.origin;
            one.at == at && host.as_str() == origin.0 && lane == origin.1
        });
        let first = near.next()?;
        let cursor = line.cursor()?;
        std::iter::once(first).chain(near).find(|one| one.place.cursor == cursor)
    }

    /// The filters that have names, by their names.
    pub fn filters(&self) -> &[(String, String)] {
        &self.filters
    }

    /// What was looked for, the newest first.
    pub fn looked(&self) -> &[String] {
        &self.looked
    }

    /// The columns, when a person has chosen them.
    pub fn columns(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }
}

/// Where the line of a bookmark is held.
pub fn held(reading: &Reading, bookmark: &Bookmark) -> Option<Ref> {
    let BookmarkPlace { origin, cursor, .. } = &bookmark.place;
    let log = reading.store.hosts().iter().find(|log| log.name == origin.host && log.lane == origin.lane)?;
    let moment = bookmark.moment.as_microsecond();
    let from = Ref::new(moment.saturating_sub(NEAR), 0, 0, None, false);
    let until = moment.saturating_add(NEAR);
    let near = reading.store.all().forward(from).take_while(|row| row.key() <= until);
    near.filter(|row| row.host() == log.place).find(|row| match reading.store.row(*row) {
        Some(Row::Line(line)) => line.at() == bookmark.at && line.cursor().as_ref() == Some(cursor),
        Some(Row::Loss(_)) | None => false,
    })
}
