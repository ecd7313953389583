//! Looking at a store that can't be written: on a full disk, a read-only or a network file system everything that was
//! recorded can still be read.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::Why;
use super::open::immutable;
use super::place::beside;
use super::schema;
use crate::engine::transport::RuntimeDir;

/// A store that can only be read, as it stood when it was opened.
#[derive(Debug)]
pub(super) struct View {
    pub connection: Connection,
    /// Where a copy lies, if one was needed; gone with this.
    _copy: Option<RuntimeDir>,
}

/// Opens what lies there for reading; `why` is what stands in the way of writing.
pub(super) fn open(file: &Path, why: &Why) -> Result<View, Why> {
    let readable = match why {
        Why::Full | Why::ReadOnly | Why::Marked(_) | Why::Io(_) | Why::Network(_) | Why::Busy(_) => file.exists(),
        // What belongs to somebody else, what is damaged and what nobody understands is left alone.
        Why::NotOurs(_) | Why::Newer { .. } | Why::Damaged(_) => false,
        Why::Missing(_) | Why::Ended | Why::Taken(_) | Why::Lives | Why::Silent(_) | Why::Gone => false,
    };
    if !readable {
        return Err(why.clone());
    }
    let wal = beside(file, "-wal");
    let has_wal = fs::metadata(&wal).is_ok_and(|wal| wal.len() > 0);
    let view = if has_wal {
        // Its -wal can't be read in place: that would need locks and a -shm.
        let place = RuntimeDir::create().map_err(Why::Io)?;
        let copy = place.path().join("store");
        for (from, to) in [(file, copy.as_path()), (&wal, &beside(&copy, "-wal"))] {
            fs::copy(from, to).map_err(|error| Why::of_system(&error))?;
        }
        let connection = Connection::open_with_flags(&copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        View { connection, _copy: Some(place) }
    } else {
        View { connection: immutable(file)?, _copy: None }
    };
    let found = schema::version(&view.connection)?;
    if found != schema::NEWEST {
        return Err(Why::Newer { found, known: schema::NEWEST });
    }
    Ok(view)
}
