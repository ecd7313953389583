//! The documents that runs are bound to, each text once under its digest.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::error::Why;
use super::kept::Document;
use crate::domain::{EnvName, ProcedureName, SiteName};

/// Keeps a document; one that is kept already stays as it is.
pub(super) fn keep(to: &Transaction<'_>, document: &Document, now: Timestamp) -> Result<(), Why> {
    to.prepare_cached(
        "INSERT INTO documents (digest, site, environment, person, name, kept, text) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (digest) DO NOTHING",
    )?
    .execute(params![
        document.digest,
        document.site.as_str(),
        document.environment.as_str(),
        document.person,
        document.name.as_str(),
        now.to_string(),
        &*document.text
    ])?;
    Ok(())
}

/// The document of this digest.
pub(super) fn read(from: &Connection, digest: &str) -> Result<Option<Document>, Why> {
    let mut query =
        from.prepare_cached("SELECT site, environment, person, name, text FROM documents WHERE digest = ?")?;
    let found: Option<[String; 5]> = query
        .query_row([digest], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]))
        .optional()?;
    Ok(found.and_then(|[site, environment, person, name, text]| {
        Some(Document {
            digest: digest.to_owned(),
            name: ProcedureName::new(&name).ok()?,
            site: SiteName::new(&site).ok()?,
            environment: EnvName::new(&environment).ok()?,
            person,
            text: Arc::from(text),
        })
    }))
}
