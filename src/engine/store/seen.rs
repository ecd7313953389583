//! What was acknowledged last, beside the store: so that a store that lost something is noticed, be it because its
//! `-wal` was removed or because an old copy was put in its place.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::place::beside;

/// Which store, and the place of the newest record in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub id: String,
    pub place: i64,
}

/// Reads it; `None` when there is none that can be read.
pub(super) fn read(store: &Path) -> Option<Seen> {
    let text = fs::read_to_string(beside(store, ".seen")).ok()?;
    let (id, place) = text.trim().split_once(' ')?;
    Some(Seen { id: id.to_owned(), place: place.parse().ok()? })
}

/// Writes it, in one piece and always of the same length. Not forced to the disk: it may be older than the store, but
/// never says more than was acknowledged.
pub(super) fn write(store: &Path, seen: &Seen) {
    let opened = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(beside(store, ".seen"));
    let written = opened.and_then(|mut file| file.write_all(format!("{} {:020}\n", seen.id, seen.place).as_bytes()));
    if let Err(error) = written {
        tracing::warn!(%error, "what was recorded last could not be noted beside the store");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_noted_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store.sqlite");
        assert_eq!(read(&store), None);
        for place in [7, 123_456] {
            let seen = Seen { id: "ab".repeat(16), place };
            write(&store, &seen);
            assert_eq!(read(&store), Some(seen));
        }
    }
}
