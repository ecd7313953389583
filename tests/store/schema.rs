//! Schemas of other versions.

use std::fs;

use quarterdeck::engine::store::{Sqlite, Store, Why};
use quarterdeck::port::act::StoreState;

use super::common::{ALL, close, file, fill, found, open, run, wait};
use super::lab::report;

#[tokio::test]
async fn g10_a_newer_schema_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fill(&open(folder.path()).await, 2).await;
    close(folder.path());
    let connection = rusqlite::Connection::open(file(folder.path())).unwrap();
    connection.pragma_update(None, "journal_mode", "delete").unwrap();
    connection.execute_batch("PRAGMA user_version = 999; CREATE TABLE news (x)").unwrap();
    drop(connection);
    let before = fs::read(file(folder.path())).unwrap();

    let store = Sqlite::open(folder.path());
    let (state, _) = wait(&store, |state| matches!(state, StoreState::ReadOnly(why) if why.contains("newer"))).await;
    let StoreState::ReadOnly(sentence) = state else { panic!() };
    assert!(sentence.contains("schema is 999") && sentence.contains("use the newer qd"), "{sentence}");
    let refused = store.begin(run("restart", 1)).await.unwrap_err();
    assert_eq!(refused.why, Why::Newer { found: 999, known: 1 });
    assert_eq!(store.runs(ALL).await.unwrap_err().why, refused.why);
    drop(store);
    assert_eq!(fs::read(file(folder.path())).unwrap(), before, "not a byte was changed");
    assert!(found(folder.path(), "damaged").is_empty());
    report("G10", 1, 1, "a newer schema is refused; half a migration is in src/engine/store/schema.rs");
}
