//! Keepsakes in the store: small things under names of their own, of which the newest counts.

use rusqlite::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};

use super::error::Why;
use super::write::json;
use crate::domain::{EnvName, HostName, Lane, SiteName};
use crate::port::keepsake::{Bookmark, BookmarkPlace, Keepsake, KeepsakeName};
use crate::port::log::{Cursor, Origin};

/// So many of a site are read, the newest.
const MOST: i64 = 4000;

/// Keeps one in the place of what has its name.
pub(super) fn keep(to: &Transaction<'_>, site: &SiteName, keepsake: &Keepsake) -> Result<(), Why> {
    let (kind, name) = words(&keepsake.name());
    let said = match keepsake {
        Keepsake::Bookmark(bookmark) => json(&BookmarkForm::from(&**bookmark)),
        Keepsake::Filter { query, .. } => json(&QueryForm { query: query.clone() }),
        Keepsake::Looked(words) | Keepsake::Columns(words) => json(&ListForm { list: words.clone() }),
    }?;
    to.prepare_cached(
        "INSERT INTO keepsakes (site, kind, name, said) VALUES (?, ?, ?, ?)
         ON CONFLICT (site, kind, name) DO UPDATE SET said = excluded.said",
    )?
    .execute(params![site.as_str(), kind, name, said])?;
    Ok(())
}

/// Takes one away; one that is not there is.
pub(super) fn remove(to: &Transaction<'_>, site: &SiteName, name: &KeepsakeName) -> Result<(), Why> {
    let (kind, name) = words(name);
    to.prepare_cached("DELETE FROM keepsakes WHERE site = ? AND kind = ? AND name = ?")?.execute(params![
        site.as_str(),
        kind,
        name
    ])?;
    Ok(())
}

/// Those of a site, the oldest first. What can't be read is left out.
pub(super) fn read(from: &Connection, site: &SiteName) -> Result<Vec<Keepsake>, Why> {
    let mut query =
        from.prepare_cached("SELECT kind, name, said FROM keepsakes WHERE site = ? ORDER BY place DESC LIMIT ?")?;
    let mut rows = query.query(params![site.as_str(), MOST])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, name, said): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        all.extend(one(&kind, name, &said));
    }
    all.reverse();
    Ok(all)
}

fn one(kind: &str, name: String, said: &str) -> Option<Keepsake> {
    match kind {
        "bookmark" => {
            let form: BookmarkForm = serde_json::from_str(said).ok()?;
            Some(Keepsake::Bookmark(Box::new(form.bookmark()?)))
        }
        "filter" => {
            let form: QueryForm = serde_json::from_str(said).ok()?;
            Some(Keepsake::Filter { name, query: form.query })
        }
        "looked" => serde_json::from_str::<ListForm>(said).ok().map(|form| Keepsake::Looked(form.list)),
        "columns" => serde_json::from_str::<ListForm>(said).ok().map(|form| Keepsake::Columns(form.list)),
        _ => None,
    }
}

/// The kind and the name as they stand in the table.
fn words(name: &KeepsakeName) -> (&'static str, String) {
    match name {
        KeepsakeName::Bookmark(BookmarkPlace { environment, origin, cursor }) => {
            // None of the parts but a path holds a space, and the path stands last.
            ("bookmark", format!("{environment} {} {} {}", origin.host, cursor.as_str(), origin.lane))
        }
        KeepsakeName::Filter(name) => ("filter", name.clone()),
        KeepsakeName::Looked => ("looked", String::new()),
        KeepsakeName::Columns => ("columns", String::new()),
    }
}

#[derive(Serialize, Deserialize)]
struct QueryForm {
    query: String,
}

#[derive(Serialize, Deserialize)]
struct ListForm {
    list: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct BookmarkForm {
    environment: String,
    host: String,
    lane: String,
    cursor: String,
    at: String,
    moment: String,
    speaker: String,
    priority: u8,
    text: String,
    note: String,
}

impl From<&Bookmark> for BookmarkForm {
    fn from(bookmark: &Bookmark) -> Self {
        let place = &bookmark.place;
        Self {
            environment: place.environment.to_string(),
            host: place.origin.host.to_string(),
            lane: place.origin.lane.to_string(),
            cursor: place.cursor.as_str().to_owned(),
            at: bookmark.at.to_string(),
            moment: bookmark.moment.to_string(),
            speaker: bookmark.speaker.clone(),
            priority: bookmark.priority,
            text: bookmark.text.clone(),
            note: bookmark.note.clone(),
        }
    }
}

impl BookmarkForm {
    fn bookmark(self) -> Option<Bookmark> {
        let origin = Origin { host: HostName::new(&self.host).ok()?, lane: Lane::read(&self.lane)? };
        let place = BookmarkPlace {
            environment: EnvName::new(&self.environment).ok()?,
            origin,
            cursor: Cursor::new(&self.cursor)?,
        };
        Some(Bookmark {
            place,
            at: self.at.parse().ok()?,
            moment: self.moment.parse().ok()?,
            speaker: self.speaker,
            priority: self.priority.min(7),
            text: self.text,
            note: self.note,
        })
    }
}
