//! The tables, version by version. A version that has been released is never changed; a new one is added.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// What makes each version out of the one before; the number of a version is its place, counted from one.
pub(super) const VERSIONS: &[&str] = &[include_str!("schema-1.sql")];

/// The newest version.
pub(super) const NEWEST: i64 = VERSIONS.len() as i64;

/// The version of a store; 0 when it has no tables yet.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings a store to the newest version, in one transaction: a kill in the middle leaves the old one.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    // Read inside: another program may have done it meanwhile.
    let from = usize::try_from(version(&transaction)?).unwrap_or(usize::MAX);
    for (version, script) in (1i64..).zip(VERSIONS).skip(from) {
        transaction.execute_batch(script)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    transaction.commit()
}
