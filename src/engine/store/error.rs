//! What can go wrong with the store: each a sentence that says what failed, which file, why, and what to try.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Something that the store could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} failed: {}: {why}", .file.display())]
pub struct StoreError {
    /// What was to be done: `recording a step`.
    pub what: &'static str,
    /// The file.
    pub file: PathBuf,
    /// Why it could not.
    pub why: Why,
}

/// Why the store could not do something, with what to try.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Another program writes for too long.
    #[error("another program has been writing to it for more than {0} s; see who has it open: fuser -v")]
    Busy(u64),
    /// There is no space left.
    #[error("there is no space left on its file system; free some, it is tried again by itself")]
    Full,
    /// The file system takes no writing.
    #[error("its file system is read-only; mount it writable, it is tried again by itself")]
    ReadOnly,
    /// Somebody has marked it so that nobody can write it.
    #[error("it is marked as {0}, so that nobody can write it (lsattr shows that); chattr takes the mark away")]
    Marked(&'static str),
    /// The system says that reading or writing went wrong.
    #[error("the system says: {0}; look at the disk and its quota, it is tried again by itself")]
    Io(String),
    /// It is not what was written.
    #[error("it is damaged ({0}); it is put aside at the next start, and what can be read is kept")]
    Damaged(String),
    /// A newer version of the program wrote it.
    #[error("it was written by a newer qd (its schema is {found}, this qd knows {known}); use the newer qd")]
    Newer {
        /// The version of its schema.
        found: i64,
        /// The newest that we know.
        known: i64,
    },
    /// It lies on a network file system.
    #[error(
        "it lies on a network file system ({0}), where records can be lost; set XDG_DATA_HOME to a folder on a local disk"
    )]
    Network(String),
    /// It is not ours alone.
    #[error("{0}")]
    NotOurs(String),
    /// There is no such run or step.
    #[error("there is no {0}")]
    Missing(String),
    /// The run has ended, so nothing more begins in it.
    #[error("the run has ended already, so nothing more begins in it; begin a new one")]
    Ended,
    /// Somebody else has taken the run over.
    #[error("{0} is at this run now, so nothing more of it is done from here; qd runs --id shows how it goes")]
    Taken(String),
    /// The program that is at the run lives.
    #[error("another qd on this machine is at this run; go on there, or end that one first")]
    Lives,
    /// The store gave no answer.
    #[error("no answer within {0} s, so whether it is recorded is not known; look at the disk")]
    Silent(u64),
    /// It could not be opened, or has ended.
    #[error("the store is not open; start qd again and look at its log")]
    Gone,
}

impl Why {
    /// Whether nothing can be recorded until this has gone.
    pub(super) fn blocks(&self) -> bool {
        match self {
            Why::Full | Why::ReadOnly | Why::Io(_) | Why::Damaged(_) | Why::Gone => true,
            Why::Newer { .. } | Why::Network(_) | Why::NotOurs(_) | Why::Marked(_) => true,
            Why::Busy(_) | Why::Missing(_) | Why::Ended | Why::Silent(_) => false,
            Why::Taken(_) | Why::Lives => false,
        }
    }

    /// What the system said.
    pub(super) fn of_system(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Why::Full,
            io::ErrorKind::ReadOnlyFilesystem => Why::ReadOnly,
            io::ErrorKind::PermissionDenied => {
                Why::NotOurs("you may not read and write it; make it yours with chown and chmod u+rw".to_owned())
            }
            _ => Why::Io(error.to_string()),
        }
    }

    /// The whole sentence.
    pub(super) fn while_doing(self, what: &'static str, file: &Path) -> StoreError {
        let shown = format!("{} ", file.display());
        // What can't be written for this reason is told by SQLite as a file system that is read-only.
        let mark = match &self {
            Why::ReadOnly | Why::Io(_) | Why::NotOurs(_) => super::place::mark(file),
            _ => None,
        };
        let why = match self {
            _ if mark.is_some() => Why::Marked(mark.unwrap_or_default()),
            // The sentence has the path in front of it already.
            Why::NotOurs(text) if text.starts_with(&shown) => Why::NotOurs(text.replacen(&shown, "it ", 1)),
            why => why,
        };
        StoreError { what, file: file.to_owned(), why }
    }
}

impl From<rusqlite::Error> for Why {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(code, words) => of_code(code.code, words.as_deref().unwrap_or_default()),
            // A row that does not look like one of ours.
            other => Why::Damaged(other.to_string()),
        }
    }
}

fn of_code(code: ErrorCode, words: &str) -> Why {
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Why::Busy(0),
        ErrorCode::DiskFull => Why::Full,
        ErrorCode::ReadOnly => Why::ReadOnly,
        ErrorCode::PermissionDenied => {
            Why::NotOurs("you may not read and write it; make it yours with chown and chmod u+rw".to_owned())
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Why::Damaged(words.to_owned()),
        _ => Why::Io(words.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stands_once_in_a_sentence() {
        let file = Path::new("/nowhere/store.sqlite");
        let link = |path: &str| Why::NotOurs(format!("{path} is a symbolic link, which qd does not follow"));
        let told = link("/nowhere/store.sqlite").while_doing("opening", file).to_string();
        assert_eq!(told, "opening failed: /nowhere/store.sqlite: it is a symbolic link, which qd does not follow");
        let told = link("/nowhere/store.sqlite-wal").while_doing("opening", file).to_string();
        assert!(told.contains("store.sqlite: /nowhere/store.sqlite-wal is"), "another file is named: {told}");
    }
}
