//! The tables, version by version. A version that has been released is never changed; a new one is added.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// What makes each version out of the one before; the number of a version is its place, counted from one.
pub(super) const VERSIONS: &[&str] =
    &[include_str!("schema-1.sql"), include_str!("schema-2.sql"), include_str!("schema-3.sql")];

/// The newest version.
pub(super) const NEWEST: i64 = VERSIONS.len() as i64;

/// The version of a store; 0 when it has no tables yet.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings a store to the last of these versions, in one transaction: a kill in the middle leaves the old one.
pub(super) fn migrate(connection: &mut Connection, versions: &[&str]) -> rusqlite::Result<()> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    // Read inside: another program may have done it meanwhile.
    let from = usize::try_from(version(&transaction)?).unwrap_or(usize::MAX);
    for (version, script) in (1i64..).zip(versions).skip(from) {
        transaction.execute_batch(script)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;

    fn old(file: &Path) -> Connection {
        let mut connection = Connection::open(file).unwrap();
        connection.pragma_update(None, "journal_mode", "wal").unwrap();
        migrate(&mut connection, VERSIONS).unwrap();
        connection.execute("UPDATE head SET commits = 41", []).unwrap();
        connection
    }

    fn stands(connection: &Connection) -> (i64, i64, String) {
        let commits = connection.query_row("SELECT commits FROM head", [], |row| row.get(0)).unwrap();
        let whole = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        (version(connection).unwrap(), commits, whole)
    }

    #[test]
    fn g10_half_a_migration_leaves_the_old_schema() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store");
        let mut connection = old(&file);
        let next = "CREATE TABLE news (x) STRICT; UPDATE head SET commits = 0; INSERT INTO nowhere VALUES (1);";
        let newer = [VERSIONS, &["ALTER TABLE head ADD COLUMN more TEXT;", next]].concat();
        assert!(migrate(&mut connection, &newer).is_err(), "the last line of it fails");
        assert_eq!(stands(&connection), (NEWEST, 41, "ok".to_owned()));

        // A kill in the middle: what lies on the disk before the commit is opened by somebody else.
        let transaction = Transaction::new(&mut connection, TransactionBehavior::Immediate).unwrap();
        transaction.execute_batch("ALTER TABLE head ADD COLUMN more TEXT; UPDATE head SET commits = 0").unwrap();
        transaction.pragma_update(None, "user_version", NEWEST + 1).unwrap();
        let copy = folder.path().join("copy");
        for end in ["", "-wal"] {
            let name = |of: &Path| format!("{}{end}", of.display());
            std::fs::copy(name(&file), name(&copy)).unwrap();
        }
        assert_eq!(stands(&Connection::open(&copy).unwrap()), (NEWEST, 41, "ok".to_owned()));
        drop(transaction);
        migrate(&mut connection, &newer[..newer.len() - 1]).unwrap();
        assert_eq!(stands(&connection), (NEWEST + 1, 41, "ok".to_owned()));
    }
}
